import Foundation
import Testing

/// One language's programs of `examples/`; all of them have the same recipes.
enum Kit: String, CaseIterable, Sendable {
  case shell, python, node, swift

  static let recipes = ["best", "record", "resume"]
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// Where the program lies, below the root.
  func source(_ recipe: String) -> String {
    switch self {
    case .shell: "examples/shell/\(recipe).sh"
    case .python: "examples/python/\(recipe).py"
    case .node: "examples/node/\(recipe).mjs"
    case .swift: "examples/swift/Sources/\(recipe)/main.swift"
    }
  }

  /// How a shell starts it.
  func command(_ recipe: String) -> String {
    let file = "\(Self.root)/\(source(recipe))"
    switch self {
    case .shell: return file
    case .python: return "python3 -B \(file)"
    case .node: return "node \(file)"
    case .swift: return "\(Self.root)/examples/swift/.build/debug/\(recipe)"
    }
  }

  private var needs: [String] {
    switch self {
    case .shell: ["bash", "bc", "jq", "socat", "sqlite3"]
    case .python: ["python3", "sqlite3"]
    case .node: ["node", "sqlite3"]
    case .swift: ["sqlite3", command("best"), command("record"), command("resume")]
    }
  }

  var isReady: Bool { Tool.areHere(needs) }

  /// Why its tests are skipped.
  var need: Comment {
    self == .swift
      ? "needs sqlite3, and `swift build --package-path examples/swift` first, as in script/test"
      : "needs \(needs.joined(separator: ", "))"
  }

  func start(_ recipe: String, _ arguments: [String], _ filter: String = "") throws -> Program {
    let words = arguments.map { "'\($0)'" }.joined(separator: " ")
    let start = filter.isEmpty ? "exec " : ""
    return try Program(
      ["-c", "\(start)\(command(recipe)) \(words)\(filter)"], of: "/bin/sh",
      environment: ["PERPWIRE": Program.path], within: 60)
  }
}

/// Programs of this machine that a test can do without.
enum Tool {
  static func areHere(_ names: [String]) -> Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let folders = path.split(separator: ":").map(String.init)
    return names.allSatisfy { name in
      (name.hasPrefix("/") ? [""] : folders.map { "\($0)/" })
        .contains { FileManager.default.isExecutableFile(atPath: $0 + name) }
    }
  }
}
