import PerpCore
import PerpVenue
import Testing

@testable import EdgeX
@testable import PerpSim

/// How an account is let in, and goes on to be.
@Suite struct EdgeXSignInTests {
  @Test("contracts, clock, account, stream: every private request is proven")
  func order() throws {
    let desk = try EdgeXDesk.live()
    #expect(
      desk.requests.prefix(3).map { $0.url.split(separator: "/").last?.prefix { $0 != "?" } } == [
        "getMetaData", "getServerTime", "getAccountAsset",
      ])
    let names = ["Api-Key", "Passphrase", "Signature", "Timestamp"].map { "X-edgeX-\($0)" }
    for request in desk.requests where request.url.contains("/private/") {
      #expect(names.allSatisfy { name in request.fields.contains { $0.name == name } })
    }
    #expect(desk.sockets.map(\.fields).allSatisfy { names.allSatisfy($0.map(\.name).contains) })
  }

  @Test(
    "wrong credentials are said to be, seldom asked again, and not repeated",
    arguments: [
      ("api_key", "00000000-0000-4000-8000-000000000000", "INVALID_API_KEY"),
      ("api_passphrase", "wrong", "INVALID_PASSPHRASE"),
      ("api_secret", "wrong", "INVALID_SIGNATURE"), ("account_id", "77", "INVALID_ACCOUNT_ID"),
    ])
  func wrong(name: String, value: String, code: String) throws {
    var desk = try EdgeXDesk(secrets: [name: value])
    desk.pair.start()
    desk.run(seconds: 50)
    #expect(desk.states == ["connecting signing_in", "down auth"])
    #expect(desk.errors.count == 1 && desk.errors[0].contains(code))
    #expect(!desk.errors[0].contains(EdgeXSimulatedAccount.apiKey))
    #expect(desk.sockets.isEmpty)
  }

  @Test(
    "credentials that are none are refused before anything is sent",
    arguments: [
      ("private_key", "0x12"), ("private_key", ""), ("account_id", "main"),
      ("api_key", "a\r\nb"),
    ])
  func none(name: String, value: String) {
    do {
      _ = try EdgeXDesk(secrets: [name: value])
      Issue.record("they are taken")
    } catch {
      guard case .credentials(let text)? = error as? TradingProblem else {
        Issue.record("\(error)")
        return
      }
      #expect(text.contains(name) && !text.contains("0x12"))
    }
  }

  @Test("on the legacy system there is no trading, and it is said why")
  func legacy() throws {
    var desk = try EdgeXDesk(["generation": "v1"])
    desk.pair.start()
    desk.run(seconds: 5)
    #expect(desk.states == [] && desk.errors.count == 1 && desk.requests.isEmpty)
    #expect(desk.errors[0].hasPrefix("auth edgex/main: orders go to V2 alone"))
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    guard case .refused(let refusal) = desk.outcomes.last else {
      Issue.record("it is taken")
      return
    }
    #expect(refusal.reason == .venueDown)
  }

  @Test("an order that is refused for its time is sent once more, by the venue's clock")
  func time() throws {
    var desk = try EdgeXDesk.live()
    // The venue's clock is set.
    desk.setVenueClock(ahead: 300_000_000)
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait(seconds: 10) { $0.status("a") == "open" }
    #expect(desk.bodies("createOrder").count == 2 && desk.atVenue("a").count == 1)
    let clock = desk.requests.filter { $0.url.hasSuffix("getServerTime") }
    #expect(clock.count >= 2)
  }

  @Test("the private stream is pinged and answers pings, and stands for hours")
  func heartbeat() throws {
    var desk = try EdgeXDesk.live()
    desk.run(seconds: 4_000)
    #expect(desk.states == ["connecting signing_in", "live signed_in"])
    #expect(desk.errors == [])
    // Contracts and the clock are read again, and the account is not asked to prove itself.
    #expect(desk.requests.count { $0.url.hasSuffix("getMetaData") } == 2)
    #expect(desk.sockets.count == 1)
  }

  @Test("a stream that says nothing is given up, and another one tells what was missed")
  func silence() throws {
    var desk = try EdgeXDesk.live()
    desk.silenceStreams()
    try desk.wait(seconds: 40) { $0.states.last?.hasPrefix("down") == true }
    try desk.wait(seconds: 30) { $0.states.last == "live signed_in" }
    #expect(desk.sockets.count == 2)
    #expect(Set(desk.sockets.map { $0.url }).count == 2, "each has a proof of its own")
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
