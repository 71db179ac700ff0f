import Foundation
import Testing

/// Files, variables and flags as the commands take them.
@Suite(.ownThread) struct ConfigurationFileTests {
  /// A home with one file in it, gone with its value.
  private final class Home {
    let path = FileManager.default.temporaryDirectory.path + "/perpwire-\(UUID().uuidString)"

    init(_ text: String) throws {
      let folder = "\(path)/.config/perpwire"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/config.toml"))
    }

    deinit {
      try? FileManager.default.removeItem(atPath: path)
    }

    var environment: [String: String] { ["HOME": path, "XDG_CONFIG_HOME": ""] }
  }

  private static let nowhere = """
    [venue.paradex]
    ws = "ws://127.0.0.1:9/v1"
    rest = "http://127.0.0.1:9/v1"
    """

  /// A word of the file's must show in what each of them says.
  @Test(arguments: [
    ["markets", "paradex"], ["stream", "paradex:BTC", "--duration", "1"],
    ["top", "paradex:BTC", "--once", "--timeout", "1"],
  ])
  func everyCommandHonoursTheFile(arguments: [String]) async throws {
    let home = try Home(Self.nowhere)
    let found = try await Program(arguments, environment: home.environment, within: 10).end()
    #expect(found.status == 69, "\(found)")
    #expect(found.errors.contains("http://127.0.0.1:9/v1"), "\(found)")
    let file = try TemporaryFile(Array("log.format = 'json'\n\(Self.nowhere)".utf8))
    let named = try await Program(
      arguments + ["--config", file.path], environment: home.environment, within: 10
    ).end()
    #expect(named.status == 69 && named.errors.contains("http://127.0.0.1:9/v1"), "\(named)")
  }

  @Test(arguments: [
    ["markets", "--sim"], ["stream", "--sim"], ["top", "--sim"], ["sim", "--print-endpoints"],
  ])
  func nothingStartsWithAFileThatIsWrong(arguments: [String]) async throws {
    let file = try TemporaryFile(Array("[venue.ligther]\nws = 'hunter2'\n".utf8))
    let ending = try await Program(
      arguments + ["--config", file.path], environment: [:], within: 10
    ).end()
    #expect(ending.status == 78 && ending.output == "", "\(ending)")
    #expect(ending.errors.contains("\(file.path):1: there is no table [venue.ligther]"))
    #expect(ending.errors.contains("'venue.lighter'?") && !ending.errors.contains("hunter2"))
  }

  @Test func aWrongNetworkIsRefused() async throws {
    let file = try TemporaryFile(Array("venue.paradex.environment = 'mainnet'".utf8))
    let ending = try await Program.run("stream", "paradex:BTC", "--config", file.path)
    #expect(ending.status == 78)
    #expect(
      ending.errors.contains("'venue.paradex.environment' is \"mainnet\"")
        && ending.errors.contains("production, testnet"))
  }

  @Test func aFileThatIsNamedMustBeThere() async throws {
    let ending = try await Program.run("markets", "--sim", "--config", "/nowhere/at/all")
    #expect(ending.status == 78 && ending.errors.contains("/nowhere/at/all: No such file"))
  }

  @Test func aFolderOrTooMuchIsNoConfiguration() async throws {
    let folder = try await Program.run("markets", "--sim", "--config", "/tmp")
    #expect(folder.status == 78, "\(folder)")
    let long = try TemporaryFile([UInt8](repeating: 10, count: 2 << 20))
    let ending = try await Program.run("markets", "--sim", "--config", long.path)
    #expect(ending.status == 78 && ending.errors.contains("longer than"), "\(ending)")
  }

  /// Flags over variables over the file, and the file's line.
  @Test func eachValueIsShownWithItsOrigin() async throws {
    let home = try Home("[log]\nlevel = 'info'\nformat = 'json'\n")
    let ending = try await Program(
      [
        "doctor", "--config-only", "--json", "paradex", "--set", "paradex.encoding=json",
        "--log-format", "text",
      ],
      environment: home.environment.merging([
        "PERPWIRE_PARADEX_WS_URL": "ws://127.0.0.1:9/v1?key=hunter2"
      ]) { $1 }
    ).end()
    #expect(ending.status == 0, "\(ending)")
    let path = "\(home.path)/.config/perpwire/config.toml"
    let origins = try ending.events().reduce(into: [:]) { $0[$1["key"] ?? ""] = $1["from"] }
    #expect(origins["log.level"] == "\(path):2")
    #expect(origins["log.format"] == "--log-format")
    #expect(origins["venue.paradex.encoding"] == "--set")
    #expect(origins["venue.paradex.ws"] == "PERPWIRE_PARADEX_WS_URL")
    #expect(origins["venue.paradex.rest"] == "default" && origins["venue.grvt.ws"] == nil)
    #expect(!ending.output.contains("hunter2"))
  }

  /// The file of the folder we stand in wins over that of the home, key by key.
  @Test func theProjectsFileWins() async throws {
    let home = try Home("[log]\nlevel = 'info'\nformat = 'json'\n")
    try Data("log.level = 'debug'".utf8).write(to: URL(filePath: "\(home.path)/perpwire.toml"))
    func origins() async throws -> [String: String] {
      let shell = try await Shell.run(
        """
        cd \(home.path) && unset XDG_CONFIG_HOME &&
        HOME=\(home.path) \(Program.path) doctor --config-only --json
        """)
      #expect(shell.status == 0, "\(shell)")
      return try shell.events().reduce(into: [:]) { $0[$1["key"] ?? ""] = $1["from"] }
    }
    let both = try await origins()
    #expect(both["log.level"] == "perpwire.toml:1")
    #expect(both["log.format"] == "\(home.path)/.config/perpwire/config.toml:3")
    // A stranger's file is not followed unasked. Only root can make one here.
    guard geteuid() == 0 else { return }
    chown("\(home.path)/perpwire.toml", 12_345, 12_345)
    let refused = try await Shell.run("cd \(home.path) && \(Program.path) markets --sim")
    #expect(refused.status == 78 && refused.errors.contains("belongs to another user"))
    let named = try await Shell.run(
      "cd \(home.path) && \(Program.path) doctor --config-only --config perpwire.toml")
    #expect(named.status == 0, "\(named)")
  }

  // MARK: Secrets

  /// Each place a secret may be in, the one that wins first.
  @Test func secretsAreFoundAndNeverShown() async throws {
    let word = try TemporaryFile(Array("hunter2\n".utf8))
    let line = try TemporaryFile(Array("# mine\nsession = \"hunter2\"\n".utf8))
    let folder = FileManager.default.temporaryDirectory.path + "/perpwire-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data("hunter2".utf8).write(to: URL(fileURLWithPath: "\(folder)/variational"))
    var text = "[venue.variational]\ncredentials_command = ['echo', 'hunter2']\n"
    var environment: [String: String] = [:]
    let steps: [(String, () -> Void)] = [
      ("echo", {}),
      (line.path, { text += "credentials = '\(line.path)'\n" }),
      ("\(folder)/variational", { environment["CREDENTIALS_DIRECTORY"] = folder }),
      (word.path, { environment["PERPWIRE_VARIATIONAL_SESSION_FILE"] = word.path }),
      ("PERPWIRE_VARIATIONAL_SESSION", { environment["PERPWIRE_VARIATIONAL_SESSION"] = "hunter2" }),
    ]
    for (origin, prepare) in steps {
      prepare()
      let file = try TemporaryFile(Array(text.utf8))
      let ending = try await Program(
        ["doctor", "--config-only", "--json", "variational", "--config", file.path],
        environment: environment
      ).end()
      let row = try ending.events().first { $0["key"] == "venue.variational.session" }
      #expect(ending.status == 0 && row?["from"] == origin, "\(ending)")
      #expect(row?["value"] == "(secret)")
      #expect(!ending.output.contains("hunter2") && !ending.errors.contains("hunter2"))
    }
  }

  @Test(arguments: [
    ("['false']", "false failed with status 1"), ("['/nowhere/at/all']", "No such file"),
    ("['echo', 'hunter2', 'twice']", "NAME = \"VALUE\""),
    ("['echo', 'other = \"hunter2\"']", "NAME = \"VALUE\""),
    ("['yes']", "printed more than"),
  ])
  func aCommandThatFailsIsNamed(command: String, words: String) async throws {
    let file = try TemporaryFile(
      Array("[venue.variational]\ncredentials_command = \(command)".utf8))
    let ending = try await Program.run(
      "stream", "--sim", "variational:BTC", "--config", file.path, within: 10)
    #expect(ending.status == 78 && ending.errors.contains(words), "\(ending)")
    #expect(!ending.errors.contains("hunter2"))
  }

  @Test func aSecretOpenToOthersStopsTheStream() async throws {
    let secret = try TemporaryFile(Array("hunter2".utf8), mode: 0o640)
    let file = try TemporaryFile(
      Array("[venue.variational]\ncredentials = '\(secret.path)'".utf8))
    let ending = try await Program.run(
      "stream", "--sim", "variational:BTC", "--config", file.path, within: 10)
    #expect(ending.status == 77 && ending.errors.contains("(0640); chmod 600"), "\(ending)")
    if geteuid() == 0 {
      chmod(secret.path, 0o600)
      chown(secret.path, 12_345, 12_345)
      let foreign = try await Program.run(
        "stream", "--sim", "variational:BTC", "--config", file.path, within: 10)
      #expect(foreign.status == 77 && foreign.errors.contains("belongs to another user"))
    }
    #expect(!ending.errors.contains("hunter2"))
  }
}
