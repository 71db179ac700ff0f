import Foundation
import Testing

/// `perpwire doctor` names exactly the fault that was injected (acceptance C6).
@Suite(.ownThread, .serialized) struct DoctorTests {
  /// Runs it with `--json` and without files of whoever runs the tests.
  private static func doctor(
    _ line: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> Program.Ending {
    try await Program(
      ["doctor", "--json"] + line.split(separator: " ").map(String.init) + arguments,
      environment: environment.merging(["XDG_CONFIG_HOME": "/nowhere"]) { own, _ in own }
    ).end()
  }

  /// That this is the one failure, that the summary says so, and that the exit code fits.
  private static func expect(
    _ fault: String, in check: String, status: Int32 = 69, _ ending: Program.Ending,
    venue: String? = "paradex"
  ) throws {
    let lines = try ending.events()
    let failures = lines.filter { $0["verdict"] == "fail" && $0["check"] != "summary" }
    #expect(failures.map { $0["fault"] } == [fault], "\(ending)")
    #expect(failures.first?["check"] == check && failures.first?["venue"] == venue)
    #expect(failures.first?["advice"]?.isEmpty == false)
    let name = (venue.map { "\($0) " } ?? "") + fault
    #expect(lines.last?["check"] == "summary")
    #expect(lines.last?.fields["faults"] as? [String] == [name], "\(ending)")
    #expect(ending.status == status && ending.errors == "", "\(ending)")
  }

  // MARK: Nothing is wrong

  @Test func whereNothingIsWrongNothingIsFound() async throws {
    let ending = try await Program.run("doctor", "--sim", "--json", within: 60)
    let lines = try ending.events()
    #expect(ending.status == 0 && ending.errors == "", "\(ending)")
    #expect(lines.allSatisfy { $0["verdict"] == "ok" }, "\(ending.output)")
    #expect(Set(lines.compactMap { $0["venue"] }).count == 5)
    let paradex = lines.filter { $0["venue"] == "paradex" }.compactMap { $0["check"] }
    let checks = [
      "credentials", "tcp", "rest", "rate", "clock", "websocket", "bbo", "trade", "book", "funding",
    ]
    #expect(paradex == checks)
  }

  @Test func peopleGetATable() async throws {
    let ending = try await Program.run("doctor", "--sim", "paradex")
    #expect(ending.status == 0 && ending.lines.last == "no fault found")
    #expect(
      ending.lines.contains { $0.hasPrefix("ok    paradex      clock         the venue's is ") })
    let sick = try await Program.run("doctor", "--sim", "paradex", "--fault", "rest=403")
    #expect(sick.status == 69 && sick.lines.last == "fault found: paradex rest_banned")
    #expect(sick.lines.contains { $0.contains("HTTP status 403 (rest_banned)") })
    #expect(sick.lines.contains { $0.contains("→ ") })
  }

  // MARK: Faults of the venue

  struct Injection: CustomTestStringConvertible, Sendable {
    let plan: String
    let fault: String
    let check: String
    var testDescription: String { plan }
  }

  @Test(arguments: [
    Injection(plan: "rest=403", fault: "rest_banned", check: "rest"),
    Injection(plan: "rest=429", fault: "rest_limited", check: "rest"),
    Injection(plan: "rest=503", fault: "rest_failed", check: "rest"),
    Injection(plan: "rest=none", fault: "rest_silent", check: "rest"),
    Injection(plan: "skew=30000", fault: "clock_off", check: "clock"),
    Injection(plan: "refuse=503", fault: "ws_refused", check: "websocket"),
    Injection(plan: "stall:book", fault: "channel_silent", check: "book"),
    Injection(plan: "stall:bbo", fault: "channel_silent", check: "bbo"),
  ])
  func aVenuesFaultIsNamed(_ injection: Injection) async throws {
    let ending = try await Self.doctor(
      "--sim paradex --timeout 3 --fault", [injection.plan])
    try Self.expect(injection.fault, in: injection.check, ending)
  }

  /// The names are the same whatever the venue.
  @Test(arguments: [
    ("rest=429", "rest_limited"), ("skew=30000", "clock_off"), ("refuse=503", "ws_refused"),
  ])
  func everyVenuesFaultIsNamed(plan: String, fault: String) async throws {
    let ending = try await Self.doctor("--sim --fault", [plan])
    let names = try ending.events().last?.fields["faults"] as? [String]
    let venues = ["paradex", "edgex", "grvt", "lighter", "variational"]
    #expect(names == venues.map { "\($0) \(fault)" }, "\(ending)")
    #expect(ending.status == 69)
  }

  /// What is a stalled channel elsewhere may just be nobody who trades.
  @Test func silentTradesAreAWarning() async throws {
    let ending = try await Self.doctor("--sim paradex --timeout 2 --fault stall:trade")
    #expect(ending.status == 0)
    #expect(
      try ending.events().last?.fields["warnings"] as? [String] == ["paradex channel_quiet"])
  }

  @Test func aPageForPeopleIsABan() async throws {
    let ending = try await Self.doctor("--sim variational --sim-set variational.blocked=rest")
    try Self.expect("rest_banned", in: "rest", ending, venue: "variational")
  }

  // MARK: Faults on the way

  private static func endpoints(_ authority: String, secure: Bool = false) -> [String] {
    let (ws, http) = secure ? ("wss", "https") : ("ws", "http")
    return [
      "--endpoint", "paradex.ws=\(ws)://\(authority)/v1", "--endpoint",
      "paradex.rest=\(http)://\(authority)/v1",
    ]
  }

  @Test func aNameNobodyKnows() async throws {
    let ending = try await Self.doctor(
      "paradex", Self.endpoints("venue.invalid", secure: true))
    try Self.expect("name_unresolved", in: "dns", ending)
  }

  @Test func aPortWhereNothingListens() async throws {
    let ending = try await Self.doctor("paradex", Self.endpoints("127.0.0.1:9"))
    try Self.expect("connection_refused", in: "tcp", ending)
  }

  @Test func aBlackHole() async throws {
    let hole = try BlackHole()
    let ending = try await Self.doctor(
      "paradex --timeout 1", Self.endpoints("127.0.0.1:\(hole.port)"))
    try Self.expect("connection_timeout", in: "tcp", ending)
  }

  @Test func aCertificateNobodyVouchesFor() async throws {
    let peer = try TLSPeer(name: "DNS:localhost")
    let ending = try await Self.doctor(
      "paradex", Self.endpoints("localhost:\(peer.port)", secure: true))
    try Self.expect("tls_untrusted", in: "tls", ending)
  }

  @Test func aCertificateOfAnotherHost() async throws {
    let peer = try TLSPeer(name: "DNS:venue.example")
    let ending = try await Self.doctor(
      "paradex", Self.endpoints("localhost:\(peer.port)", secure: true),
      environment: ["SSL_CERT_FILE": peer.certificate])
    try Self.expect("tls_wrong_host", in: "tls", ending)
  }

  @Test func aCertificateOfYesterday() async throws {
    let peer = try TLSPeer(name: "DNS:localhost", days: -1)
    let ending = try await Self.doctor(
      "paradex", Self.endpoints("localhost:\(peer.port)", secure: true),
      environment: ["SSL_CERT_FILE": peer.certificate])
    try Self.expect("tls_expired", in: "tls", ending)
  }

  /// Behind TLS that is fine there is no venue.
  @Test func aServerThatIsNoVenue() async throws {
    let peer = try TLSPeer(name: "DNS:localhost")
    let ending = try await Self.doctor(
      "paradex --timeout 3",
      ["--endpoint", "paradex.rest=https://localhost:\(peer.port)/v1"]
        + Self.endpoints("127.0.0.1:9")[..<2],
      environment: ["SSL_CERT_FILE": peer.certificate])
    let lines = try ending.events()
    let tls = lines.first { $0["check"] == "tls" }
    #expect(tls?["detail"]?.hasPrefix("TLSv1.") == true, "\(ending)")
    let faults = lines.compactMap { $0["fault"] }
    #expect(faults == ["connection_refused", "rest_unreadable"], "\(ending)")
  }

  @Test func aProxyIsToldWithoutItsPassword() async throws {
    let ending = try await Self.doctor(
      "paradex --timeout 1",
      [
        "--endpoint", "paradex.rest=https://venue.invalid/v1", "--endpoint",
        "paradex.ws=wss://venue.invalid/v1",
      ], environment: ["https_proxy": "http://me:hunter2@127.0.0.1:9"])
    let lines = try ending.events()
    #expect(lines.first { $0["check"] == "proxy" }?["fault"] == "proxy_ignored")
    // Names are the proxy's business for REST, and ours for the WebSocket.
    #expect(lines.compactMap { $0["fault"] }.contains("rest_failed"), "\(ending)")
    #expect(lines.compactMap { $0["fault"] }.contains("name_unresolved"))
    #expect(!ending.output.contains("hunter2") && !ending.errors.contains("hunter2"))
  }

  // MARK: Faults of the configuration

  @Test func anUnencryptedAddress() async throws {
    let ending = try await Self.doctor(
      "paradex", environment: ["PERPWIRE_PARADEX_WS_URL": "ws://example.com/v1?key=hunter2"])
    try Self.expect("address_invalid", in: "address", status: 78, ending)
    #expect(ending.output.contains("PERPWIRE_PARADEX_WS_URL"))
    #expect(!ending.output.contains("hunter2"))
  }

  @Test func aKeyNobodyKnows() async throws {
    let file = try TemporaryFile(Array("[log]\nlevle = \"info\"\n".utf8))
    let ending = try await Self.doctor("--sim paradex --config", [file.path])
    try Self.expect("config_invalid", in: "configuration", status: 78, ending, venue: nil)
    #expect(ending.output.contains(":2: ") && ending.output.contains("'log.level'?"))
  }

  @Test func aSecretOpenToOthers() async throws {
    let file = try TemporaryFile(Array("hunter2\n".utf8), mode: 0o644)
    let ending = try await Self.doctor(
      "--sim variational", environment: ["PERPWIRE_VARIATIONAL_SESSION_FILE": file.path])
    try Self.expect("secret_open", in: "credentials", status: 77, ending, venue: "variational")
    #expect(!ending.output.contains("hunter2"))
  }

  @Test func aSecretThatIsNotThere() async throws {
    let ending = try await Self.doctor(
      "--sim variational", environment: ["PERPWIRE_VARIATIONAL_SESSION_FILE": "/nowhere/at/all"])
    try Self.expect(
      "secret_unreadable", in: "credentials", status: 78, ending, venue: "variational")
  }

  @Test func aVariableThatMeansNothingIsAWarning() async throws {
    let ending = try await Self.doctor("--config-only", environment: ["PERPWIRE_LOG_LEVLE": "x"])
    #expect(ending.status == 0)
    #expect(try ending.events().last?.fields["warnings"] as? [String] == ["variable_unknown"])
    #expect(ending.output.contains("PERPWIRE_LOG_LEVLE"))
  }
}
