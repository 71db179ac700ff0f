import PerpCore
import PerpVenue
import Testing

@testable import EdgeX
@testable import PerpSim

/// How an account is let in, and goes on to be.
@Suite struct EdgeXSignInTests {
  @Test(
    "contracts, clock, account, stream: every private request is proven",
    arguments: EdgeXGeneration.both)
  func order(_ generation: EdgeXGeneration) throws {
    let desk = try EdgeXDesk.live(as: generation)
    #expect(
      desk.requests.prefix(3).map { $0.url.split(separator: "/").last?.prefix { $0 != "?" } } == [
        "getMetaData", "getServerTime", "getAccountAsset",
      ])
    let names = (generation == .v1 ? ["Api-Timestamp", "Api-Signature"] : Self.headersOfV2)
      .map { "X-edgeX-\($0)" }
    for request in desk.requests where request.url.contains("/private/") {
      #expect(names.allSatisfy { name in request.fields.contains { $0.name == name } })
    }
    #expect(desk.sockets.map(\.fields).allSatisfy { names.allSatisfy($0.map(\.name).contains) })
    #expect(desk.sockets.map { $0.url.contains("&timestamp=") } == [generation == .v2])
  }

  private static let headersOfV2 = ["Api-Key", "Passphrase", "Signature", "Timestamp"]

  @Test(
    "wrong credentials are said to be, seldom asked again, and not repeated",
    arguments: [
      (EdgeXGeneration.v2, "api_key", "00000000-0000-4000-8000-000000000000", "INVALID_API_KEY"),
      (.v2, "api_passphrase", "wrong", "INVALID_PASSPHRASE"),
      (.v2, "api_secret", "wrong", "INVALID_SIGNATURE"),
      (.v2, "account_id", "77", "INVALID_ACCOUNT_ID"),
      (.v1, "stark_private_key", "0x77", "INVALID_SIGNATURE"),
      (.v1, "account_id", "77", "INVALID_ACCOUNT_ID"),
    ])
  func wrong(generation: EdgeXGeneration, name: String, value: String, code: String) throws {
    var desk = try EdgeXDesk(as: generation, secrets: [name: value])
    desk.pair.start()
    desk.run(seconds: 50)
    #expect(desk.states == ["connecting signing_in", "down auth"])
    #expect(desk.errors.count == 1 && desk.errors.allSatisfy { $0.contains(code) })
    #expect(desk.errors.allSatisfy { !$0.contains(EdgeXSimulatedAccount.apiKey) })
    #expect(desk.sockets.isEmpty)
  }

  @Test(
    "credentials that are none are refused before anything is sent",
    arguments: [
      (EdgeXGeneration.v2, "private_key", "0x12"), (.v2, "private_key", ""),
      (.v2, "account_id", "main"), (.v2, "api_key", "a\r\nb"),
      (.v1, "stark_private_key", "0x12z"), (.v1, "stark_private_key", ""),
      (.v1, "account_id", "main"),
    ])
  func none(generation: EdgeXGeneration, name: String, value: String) {
    do {
      _ = try EdgeXDesk(as: generation, secrets: [name: value])
      Issue.record("they are taken")
    } catch {
      guard case .credentials(let text)? = error as? TradingProblem else {
        Issue.record("\(error)")
        return
      }
      #expect(text.contains(name) && !text.contains("0x12"))
    }
  }

  @Test(
    "each generation wants its own keys, and no others",
    arguments: [
      (["generation": "v1"], ["stark_private_key"]),
      (["generation": "v1", "v1_proof": "hmac"], keysOfAPI + ["stark_private_key"]),
      (["generation": "v2"], keysOfAPI + ["private_key"]), ([:], keysOfAPI + ["private_key"]),
    ])
  func keys(settings: [String: String], names: [String]) throws {
    func dialect(_ names: [String]) throws -> EdgeXTrading {
      let secrets = EdgeXSimulatedAccount.secrets.filter { names.contains($0.key) }
      return try EdgeXTrading(
        TradingOptions(
          account: EdgeXDesk.account, endpoints: Endpoints(ws: "", rest: ""), seed: 1,
          settings: settings, secrets: secrets.mapValues { Secret($0) },
          now: PairOptions().start))
    }
    let all = names + ["account_id"]
    _ = try dialect(all)
    #expect(EdgeX.descriptor.trading?.required(settings).sorted() == all.sorted())
    for name in all {
      #expect(throws: TradingProblem.credentials("edgex/main has no \(name)")) {
        try dialect(all.filter { $0 != name })
      }
    }
  }

  private static let keysOfAPI = ["api_key", "api_passphrase", "api_secret"]

  @Test("V1 may want the codes of V2; who has the wrong proof is not let in")
  func proofs() throws {
    let hmac = ["v1_proof": "hmac", "sim.v1_proof": "hmac"]
    var desk = try EdgeXDesk.live(as: .v1, hmac)
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == "open" }
    #expect(desk.requests.allSatisfy { !$0.fields.map(\.name).contains("X-edgeX-Api-Signature") })
    for name in hmac.keys {
      var desk = try EdgeXDesk(as: .v1, [name: "hmac"])
      desk.pair.start()
      desk.run(seconds: 5)
      #expect(desk.states.last == "down auth" && desk.sockets.isEmpty)
      #expect(desk.errors.first?.contains("GATEWAY_HEADER_REQUIRED") == true)
    }
  }

  @Test(
    "an order that is refused for its time is sent once more, by the venue's clock",
    arguments: EdgeXGeneration.both)
  func time(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    // The venue's clock is set.
    desk.setVenueClock(ahead: 300_000_000)
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 10) { $0.status("a") == "open" }
    #expect(desk.bodies("createOrder").count == 2 && desk.atVenue("a").count == 1)
    let clock = desk.requests.filter { $0.url.hasSuffix("getServerTime") }
    #expect(clock.count >= 2)
  }

  @Test(
    "the private stream is pinged and answers pings, and stands for hours",
    arguments: EdgeXGeneration.both)
  func heartbeat(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.run(seconds: 4_000)
    #expect(desk.states == ["connecting signing_in", "live signed_in"])
    #expect(desk.errors == [])
    // Contracts and the clock are read again, and the account is not asked to prove itself.
    #expect(desk.requests.count { $0.url.hasSuffix("getMetaData") } == 2)
    #expect(desk.sockets.count == 1)
  }

  @Test(
    "a stream that says nothing is given up, and another one tells what was missed",
    arguments: EdgeXGeneration.both)
  func silence(_ generation: EdgeXGeneration) throws {
    var desk = try EdgeXDesk.live(as: generation)
    desk.silenceStreams()
    try desk.wait(seconds: 40) { $0.states.last?.hasPrefix("down") == true }
    try desk.wait(seconds: 30) { $0.states.last == "live signed_in" }
    #expect(desk.sockets.count == 2)
    #expect(
      Set(desk.sockets.map { "\($0.url) \($0.fields)" }).count == 2, "each has a proof of its own")
  }
}

extension EdgeXDesk {
  /// The venue's clock stands still from now on, so many microseconds ahead.
  fileprivate mutating func setVenueClock(ahead: Int64) {
    var time = pair.now
    time.wall += ahead
    var actions: [SimulatorAction] = []
    simulator.receive(.freezeTime(true), at: time, into: &actions)
  }

  /// The venue's side of all connections vanishes without a word.
  fileprivate mutating func silenceStreams() {
    for id in pair.links.keys { pair.perform(.silence(id)) }
  }
}
