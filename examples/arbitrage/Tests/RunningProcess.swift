import Foundation

/// A program of this build in a folder of its own, with what it says in files there.
final class RunningProcess {
  private let process = Process()
  private let errors: URL
  private let output: URL

  /// Where the programs of this build are.
  static let programs: URL = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(filePath: own).deletingLastPathComponent()
  }()

  init(
    _ program: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:]
  ) throws {
    let name = "\(program)-\(UUID().uuidString)"
    errors = folder.appending(path: "\(name).err")
    output = folder.appending(path: "\(name).out")
    for file in [errors, output] {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    }
    process.executableURL = Self.programs.appending(path: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    var variables = ProcessInfo.processInfo.environment
    variables["PATH"] = "\(Self.programs.path):\(variables["PATH"] ?? "")"
    variables["PERPBOT_KILL_SWITCH"] = folder.appending(path: "kill-switch").path
    process.environment = variables.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  var said: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
  var result: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// False when it has not come to be within a minute.
  func wait(until condition: (RunningProcess) -> Bool) -> Bool {
    for _ in 0..<3_000 {
      if condition(self) { return true }
      usleep(20_000)
    }
    return false
  }

  func wait(toSay text: String) -> Bool { wait { $0.said.contains(text) } }

  /// Its status at its end; nil when it does not end.
  func end() -> Int32? {
    guard wait(until: { !$0.process.isRunning }) else { return nil }
    return process.terminationStatus
  }

  /// A folder of a test, to be removed by it.
  static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "bot-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}
