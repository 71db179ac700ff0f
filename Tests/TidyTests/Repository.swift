import Foundation

/// The files of this repository, read from the working tree.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Every Swift file of ours, in order of path.
  static let swiftFiles: [SourceFile] =
    paths
    .filter { $0.hasSuffix(".swift") }
    .map { SourceFile(path: $0, text: text($0)) }

  static let documents: [String] = paths.filter { $0.hasSuffix(".md") }

  /// Paths relative to the root of all files but those of builds and of git.
  static let paths: [String] = {
    let generated: Set = [".build", ".git", "node_modules", "__pycache__"]
    var result: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []
      for name in names
      where !generated.contains(name) && !name.hasPrefix(".build-") && !name.hasPrefix(".venv") {
        let child = folder.isEmpty ? name : "\(folder)/\(name)"
        if isFolder(child) { folders.append(child) } else { result.append(child) }
      }
    }
    return result.sorted()
  }()

  static func text(_ path: String) -> String {
    (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: self.path(path))
  }

  static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted()
  }

  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: self.path(path), isDirectory: &isFolder)
    return exists && isFolder.boolValue
  }

  /// Runs a command at the root; nil when it cannot be started.
  static func run(_ command: [String]) throws -> (output: String, status: Int32)? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = root
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    // What env(1) answers for a command that is not there.
    guard process.terminationStatus != 127 else { return nil }
    return (String(decoding: output, as: UTF8.self), process.terminationStatus)
  }

  private static func path(_ relative: String) -> String { root.appending(path: relative).path }
}
