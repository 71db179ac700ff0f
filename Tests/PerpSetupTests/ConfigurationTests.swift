import Foundation
import PerpVenue
import PerpVenues
import Testing

@testable import PerpSetup

@Suite struct ConfigurationTests {
  private static func read(
    _ files: String..., variables: [String: String] = [:], flags: [Configuration.Flag] = []
  ) throws -> Configuration {
    try Configuration(
      venues: Registry.venues, flags: flags, environment: variables,
      files: zip(1..., files).map { Configuration.File("\($0).toml", Array($1.utf8)) })
  }

  // MARK: Precedence

  @Test func withoutAnythingTheStandardsHold() throws {
    let configuration = try Self.read()
    #expect(configuration.text("log.level") == "notice")
    #expect(!configuration.isTrue("serve.race"))
    #expect(configuration.path("serve.socket") == nil)
    #expect(configuration.users("serve.allow_read") == [])
    #expect(
      configuration.text("venue.lighter.ws") == "wss://mainnet.zklighter.elliot.ai/stream")
    for venue in Registry.venues { #expect(configuration.settings(of: venue) == [:]) }
  }

  @Test func flagsWinOverVariablesOverFiles() throws {
    let (first, second) = ("[log]\nlevel='info'", "[log]\nformat='json'\nlevel='debug'")
    var configuration = try Self.read(first, second)
    #expect(configuration.setting("log.level")?.origin == .file("1.toml", line: 2))
    #expect(configuration.setting("log.format")?.origin == .file("2.toml", line: 2))
    configuration = try Self.read(first, variables: ["PERPWIRE_LOG_LEVEL": "warning"])
    #expect(configuration.text("log.level") == "warning")
    #expect(configuration.setting("log.level")?.origin == .variable("PERPWIRE_LOG_LEVEL"))
    configuration = try Self.read(
      first, variables: ["PERPWIRE_LOG_LEVEL": "warning"],
      flags: [.init("log.level", .text("error"), by: "--quiet")])
    #expect(configuration.text("log.level") == "error")
    #expect(configuration.setting("log.level")?.origin == .flag("--quiet"))
  }

  @Test func aVariableThatIsSetToNothingIsNotSet() throws {
    let configuration = try Self.read("log.level='info'", variables: ["PERPWIRE_LOG_LEVEL": ""])
    #expect(configuration.text("log.level") == "info")
  }

  @Test func anEnvironmentBringsItsAddresses() throws {
    let configuration = try Self.read(
      "[venue.lighter]\nenvironment='testnet'\nrest='https://mine.example'")
    #expect(
      configuration.text("venue.lighter.ws") == "wss://testnet.zklighter.elliot.ai/stream")
    #expect(configuration.setting("venue.lighter.ws")?.origin == .standard)
    #expect(configuration.text("venue.lighter.rest") == "https://mine.example")
  }

  @Test func valuesOfEveryForm() throws {
    let configuration = try Self.read(
      """
      [serve]
      race = true
      allow_read = [1000, 4_294_967_295]
      journal = "~/journal"
      socket = "/~/x"
      [venue.grvt]
      quote_rate = 50
      [venue.lighter]
      readonly = true
      [venue.variational]
      credentials_command = ["pass", "show"]
      """,
      variables: [
        "HOME": "/home/me", "PERPWIRE_SERVE_VENUES": "grvt,lighter",
        "PERPWIRE_SERVE_ALLOW_TRADE": "0",
      ])
    #expect(configuration.isTrue("serve.race"))
    #expect(configuration.users("serve.allow_read") == [1_000, .max])
    #expect(configuration.users("serve.allow_trade") == [0])
    #expect(configuration.list("serve.venues") == ["grvt", "lighter"])
    #expect(configuration.path("serve.journal") == "/home/me/journal")
    #expect(configuration.path("serve.socket") == "/~/x")
    #expect(configuration.list("venue.variational.credentials_command") == ["pass", "show"])
    let settings = try ["grvt", "lighter"].map {
      configuration.settings(of: try #require(Registry.venue($0)))
    }
    #expect(settings == [["quote_rate": "50"], ["readonly": "true"]])
  }

  @Test func theVariablesOfBeforeStillHold() throws {
    let configuration = try Self.read(
      variables: [
        "PERPWIRE_PARADEX_WS_URL": "ws://127.0.0.1:1", "PERPWIRE_GRVT_REST_URL": "https://a.b",
        "PERPWIRE_VENUE_PARADEX_ENCODING": "json",
      ])
    #expect(configuration.text("venue.paradex.ws") == "ws://127.0.0.1:1")
    #expect(configuration.text("venue.grvt.rest") == "https://a.b")
    #expect(configuration.text("venue.paradex.encoding") == "json")
  }

  // MARK: Errors

  @Test(arguments: [
    ("[log]\nlevle = 'info'", "1.toml:2: there is no key 'log.levle'; did you mean 'log.level'?"),
    ("[venue.ligther]\nws = 'x'", "1.toml:1: there is no table [venue.ligther]; did you mean"),
    ("venue.lighter.url = 'x'", "there is no key 'venue.lighter.url'; [venue.lighter] has"),
    ("[venue.lighter]\nbook_depth = 15", "[venue.lighter] has environment, ws, rest, account"),
    ("[frobnicate]", "1.toml:1: there is no table [frobnicate]; there are limits, log, serve,"),
    ("[log.level]", "1.toml:1: there is no table [log.level]"),
    ("level = 'info'", "1.toml:1: there is no key 'level'"),
    ("\"log.level\" = 'info'", "1.toml:1: there is no key 'log.level'"),
    ("log.level = 3", "1.toml:1: 'log.level' must be one of error, warning, notice"),
    ("log.level = 'loud'", "'log.level' is \"loud\", but must be one of error"),
    ("[serve]\nrace = 'yes'", "1.toml:2: 'serve.race' must be true or false"),
    ("serve.allow_read = ['me']", "'serve.allow_read' must be a list of users by number"),
    ("serve.allow_read = [-1]", "'serve.allow_read' must be a list of users by number"),
    ("serve.venues = ['ligther']", "'serve.venues' has \"ligther\", but must be a list of paradex"),
    ("serve.venues = 'lighter'", "'serve.venues' must be a list of paradex, edgex"),
    ("serve.socket = true", "'serve.socket' must be a path in quotes"),
    ("venue.grvt.ws = 9464", "'venue.grvt.ws' must be a text in quotes"),
    ("venue.grvt.quote_rate = ['5']", "'venue.grvt.quote_rate' must be a text in quotes, a"),
    ("venue.variational.credentials_command = []", "must be a program and its arguments"),
    ("venue.paradex.environment = 'mainnet'", "must be one of production, testnet"),
    ("[log]\nlevel = ", "1.toml:2: the value is no text in quotes"),
  ])
  func whatIsNotUnderstoodIsRefused(text: String, words: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
    #expect(error?.description.contains(words) == true, "\(error as Any)")
  }

  /// Also where another one wins.
  @Test func everyFileMustBeRight() {
    #expect(throws: ConfigurationError.self) { try Self.read("log.level='info'", "log.levle=''") }
  }

  @Test func aVariableIsNamedInsteadOfALine() {
    let error = #expect(throws: ConfigurationError.self) {
      try Self.read(variables: ["PERPWIRE_SERVE_RACE": "1"])
    }
    #expect(error?.description == "PERPWIRE_SERVE_RACE: 'serve.race' must be true or false")
  }

  /// Whoever writes the secret itself into the file must not find it in a log.
  @Test(arguments: [
    "[venue.variational]\nsession = 'hunter2'", "[venue.variational]\ncredentials = ['hunter2']",
    "[venue.variational]\ncredentials = hunter2", "venue.paradex.ws = ['hunter2']",
  ])
  func aSecretIsNotRepeated(text: String) {
    let error = #expect(throws: ConfigurationError.self) { try Self.read(text) }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func keysAtRandomAreRefused() throws {
    var random = SystemRandomNumberGenerator()
    let letters = Array("abcdefghijklmnopqrstuvwxyz_")
    let known = Set(try Self.read().keys.map(\.name))
    for _ in 0..<500 {
      var name = try #require(known.randomElement(using: &random))
      let index = try #require(name.indices.randomElement(using: &random))
      name.replaceSubrange(index...index, with: [letters[Int(random.next() % 27)]])
      guard !known.contains(name) else { continue }
      #expect(throws: ConfigurationError.self, "\(name)") { try Self.read("\(name) = 'x'") }
    }
  }

  // MARK: Showing it

  @Test func theListingTellsWhereEachValueComesFrom() throws {
    let configuration = try Self.read(
      """
      [log]
      level = "info"
      [venue.paradex]
      ws = "wss://me:hunter2@proxy.example/v1?key=hunter2"
      [venue.variational]
      credentials_command = ["tool", "hunter2"]
      """, variables: ["PERPWIRE_LOG_FORMAT": "json"],
      flags: [.init("venue.paradex.encoding", .text("json"), by: "--set")])
    let rows = configuration.rows(of: ["paradex", "variational"])
    func row(_ key: String) -> [String] {
      rows.filter { $0.key == key }.flatMap { [$0.value, $0.origin] }
    }
    #expect(row("log.level") == ["info", "1.toml:2"])
    #expect(row("log.format") == ["json", "PERPWIRE_LOG_FORMAT"])
    #expect(row("serve.race") == ["false", "default"])
    #expect(row("venue.paradex.encoding") == ["json", "--set"])
    #expect(row("venue.paradex.ws") == ["wss://proxy.example/v1?(redacted)", "1.toml:4"])
    #expect(row("venue.variational.credentials_command") == ["tool (and 1 more)", "1.toml:6"])
    #expect(row("venue.lighter.ws") == [] && row("serve.socket") == [])
    #expect(!rows.contains { $0.value.contains("hunter2") || $0.line.contains("hunter2") })
  }

  @Test func variablesThatMeanNothingAreFound() throws {
    let configuration = try Self.read()
    let unknown = configuration.unknownVariables(in: [
      "PERPWIRE_LOG_LEVLE": "", "PERPWIRE_LOG_LEVEL": "", "PERPWIRE_X_SESSION_FILE": "",
      "PERPWIRE_VARIATIONAL_SESSION_FILE": "", "HOME": "", "PERPWIRE": "",
    ]) { "PERPWIRE_\($0.id)_\($1)".uppercased() }
    #expect(unknown == ["PERPWIRE_LOG_LEVLE", "PERPWIRE_X_SESSION_FILE"])
  }

  // MARK: The example

  private static let example = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "examples/perpwire.toml")

  /// As it lies there it sets nothing; without the # before its keys it sets every one.
  @Test func theExampleHasEveryKeyAndNoOther() throws {
    let text = try String(contentsOf: Self.example, encoding: .utf8)
    #expect(try TOMLDocument(Array(text.utf8)).entries == [])
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.prefixMatch(of: #/# [a-z_0-9]+ = /#) == nil ? line : line.dropFirst(2)
    }
    let configuration = try Self.read(lines.joined(separator: "\n"))
    for key in configuration.keys {
      guard case .file? = configuration.setting(key.name)?.origin else {
        Issue.record("\(key.name) is missing")
        continue
      }
      // What stands there is what holds without it, but for what has no standard.
      if let standard = key.standard, !standard.isEmpty {
        #expect(configuration.setting(key.name)?.value == key.value(standard: standard))
      }
    }
    let bare = try Self.read()
    for venue in Registry.venues {
      for kind in ["ws", "rest"] {
        let key = "venue.\(venue.id).\(kind)"
        #expect(configuration.text(key) == bare.text(key))
      }
    }
  }
}
