import Foundation
import Testing

/// Files that put the bot on a server. (S1-95)
@Suite("Deploy processes") struct DeployProcessTests {
  private static let deploy = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "deploy")

  private func output(_ script: String) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", script]
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let text = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  @Test(
    "S1-95 systemd takes the unit, and leaves little that the service may do",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")))
  func unit() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = RunningProcess.programs.appending(path: "perpbot").path
    let (status, text) = try output(
      """
      cd '\(folder.path)' && sed 's|/usr/local/bin/perpbot|\(program)|' \
        '\(Self.deploy.path)/perpbot.service' > perpbot.service &&
      systemd-analyze verify ./perpbot.service &&
      systemd-analyze security --offline=true --threshold=15 ./perpbot.service
      """)
    #expect(status == 0 && text.contains("exposure level for perpbot.service"), "\(text)")
  }

  @Test("S1-95 what the unit starts is a command with settings that there are")
  func command() throws {
    let unit = try String(
      contentsOf: Self.deploy.appending(path: "perpbot.service"), encoding: .utf8)
    let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
    let words = line.split(separator: " ").dropFirst().map(String.init)
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bot = try RunningProcess("perpbot", words, in: folder)
    // There is no token yet: it says so, and nothing about what it does not know.
    #expect(bot.end() == 1)
    #expect(bot.said.contains("/var/lib/perpbot/token"), "\(bot.said)")
    let (status, _) = try output("sh -n '\(Self.deploy.path)/perpbot.default'")
    #expect(status == 0)
  }
}
