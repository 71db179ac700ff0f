import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

/// Quotes of the statistics, and of the user's own session.
@Suite struct VariationalQuoteTests {
  private static let quotes = [Topic(.bbo, Venue.btc)]
  private static let listed = #"markets ["BTC-USDC-PERP", "ETH-USDC-PERP"]"#

  // MARK: Of the statistics

  @Test("the statistics that are known already make a stream live")
  func poll() throws {
    var script = VariationalScript.subscribed(Self.quotes)
    #expect(
      script.did().suffix(3) == [
        "stream bbo BTC connecting polling", "stream bbo BTC live first_data",
        "bbo BTC 89999x0.0111112 90001x0.0111109 seq -1 poll",
      ])
    #expect(script.all.allSatisfy { if case .open = $0 { false } else { true } })
  }

  @Test("each reading that brings something new is an event, others are a sign of life")
  func polls() {
    var script = VariationalScript.subscribed(Self.quotes)
    script.skip()
    script.wait(seconds: 20)
    script.answerStatistics(age: 20)
    #expect(script.did() == ["GET /metadata/stats", Self.listed])
    script.wait(seconds: 20)
    script.answerStatistics(btc: 90_010)
    #expect(
      script.did() == [
        "GET /metadata/stats", Self.listed, "bbo BTC 90009x0.01111 90011x0.0111097 seq -1 poll",
      ])
  }

  @Test("the size can be set; where the venue has none of it there is no quote")
  func size() {
    var script = VariationalScript.subscribed(Self.quotes, settings: ["size": "size_100k"])
    #expect(script.did().last == "bbo BTC 89990x1.11123 90010x1.11098 seq -1 poll")
    script = VariationalScript.subscribed(Self.quotes, settings: ["size": "size_1m"])
    #expect(script.did().last == "stream bbo BTC connecting polling")
  }

  @Test("quotes of ten minutes ago are late, and say so")
  func late() {
    var script = VariationalScript.subscribed(Self.quotes)
    script.skip()
    script.wait(seconds: 20)
    script.answerStatistics(btc: 90_010, age: 121)
    #expect(
      script.did().suffix(2) == [
        "stream bbo BTC stale lagging",
        "bbo BTC 90009x0.01111 90011x0.0111097 seq -1 lagging poll",
      ])
    script.wait(seconds: 20)
    script.answerStatistics(btc: 90_010, age: 1)
    #expect(
      script.did().suffix(2) == [
        "stream bbo BTC live first_data", "bbo BTC 90009x0.01111 90011x0.0111097 seq -1 poll",
      ])
  }

  @Test("a minute without an answer makes them stale; the next answer makes them live")
  func silence() {
    var script = VariationalScript.subscribed(Self.quotes)
    script.skip()
    for _ in 0..<59 {
      script.wait(seconds: 1)
      script.fail("/metadata/stats")
    }
    #expect(!script.did().contains { $0.hasPrefix("stream") })
    script.wait(seconds: 2)
    #expect(script.did().contains("stream bbo BTC stale no_data"))
    script.wait(seconds: 60)
    script.answerStatistics()
    #expect(
      script.did().suffix(2) == [
        "stream bbo BTC live first_data", "bbo BTC 89999x0.0111112 90001x0.0111109 seq -1 poll",
      ])
  }

  @Test("the loss of the connection is nothing to them")
  func independence() {
    var script = VariationalScript.connected(Self.quotes + [Topic(.funding, Venue.btc)])
    script.price("BTC", "1", "1")
    script.skip()
    script.close(.lost("reset"))
    #expect(script.did() == ["stream funding BTC down closed_1006"])
  }

  @Test("a snapshot is the latest quote once more; what ended has none")
  func snapshot() {
    var script = VariationalScript.subscribed(Self.quotes)
    script.skip()
    script.snapshot(Self.quotes[0])
    #expect(script.did() == ["answer bbo BTC 89999x0.0111112 90001x0.0111109 seq -1 poll"])
    script.unsubscribe(Self.quotes)
    script.snapshot(Self.quotes[0])
    script.wait(seconds: 20)
    script.answerStatistics(btc: 1_000)
    #expect(script.did() == ["GET /metadata/stats", Self.listed])
  }

  // MARK: Of the user's session

  private static func withSession(
    _ topics: [Topic] = quotes, _ settings: [String: String] = [:]
  ) -> VariationalScript {
    let all = [
      "quotes": "BTC=0.01,ETH=0.2", "app_url": VenueExample.rest + "/api",
    ].merging(settings) { $1 }
    return VariationalScript.subscribed(topics, settings: all, session: "made-up-session")
  }

  @Test("quotes of the set size are asked for, with the session in a cookie")
  func indicative() throws {
    var script = Self.withSession(Self.quotes, ["address": "0x0a"])
    let question = Venue.question("BTC", "0.01")
    #expect(
      script.did().suffix(2) == ["stream bbo BTC connecting polling", "POST \(question)"])
    guard case .request(_, let request)? = script.all.last else { return }
    #expect(request.url == "https://venue.example/v1/api/quotes/indicative")
    #expect(
      request.fields == [
        HTTPField("Content-Type", "application/json"),
        HTTPField("Cookie", "vr-token=made-up-session"), HTTPField("vr-connected-address", "0x0a"),
      ])
    script.answer(question, Venue.indicative("BTC", "0.01", "89990.5", "90009.50", at: 0))
    #expect(script.did().suffix(1) == ["bbo BTC 89990.5x0.01 90009.50x0.01 seq -1 lagging quote"])
    script.wait(milliseconds: 1_990)
    #expect(script.did() == [])
    script.wait(milliseconds: 20)
    #expect(script.did() == ["POST \(question)"])
    script.answer(question, Venue.indicative("BTC", "0.01", "1", "2", at: script.now.wall))
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1x0.01 2x0.01 seq -1 quote",
      ])
  }

  @Test("a market without a set size keeps the quotes of the statistics")
  func mixed() {
    var script = Self.withSession([Topic(.bbo, Venue.eth)], ["quotes": "BTC=0.01"])
    #expect(script.did().last?.hasSuffix("poll") == true)
    script.wait(seconds: 30)
    #expect(!script.lines.contains { $0.hasPrefix("POST") })
  }

  @Test("never more than eight questions in ten seconds")
  func rate() {
    var script = Self.withSession(
      [Topic(.bbo, Venue.btc), Topic(.bbo, Venue.eth)], ["quote_every_ms": "500"])
    var times: [UInt64] = []
    for _ in 0..<6_000 {
      script.wait(milliseconds: 10)
      for (ticker, size) in [("BTC", "0.01"), ("ETH", "0.2")] {
        let answer = Venue.indicative(ticker, size, "1", "2", at: script.now.wall)
        if script.answer(Venue.question(ticker, size), answer) {
          times.append(script.now.monotonic)
        }
      }
    }
    // The eighth before must be at least ten seconds ago, but for our steps of 10 ms.
    for index in times.indices.dropFirst(8) {
      #expect(times[index] - times[index - 8] >= Nanoseconds.milliseconds(9_980))
    }
    #expect(times.count > 40)
    #expect(!script.lines.contains { $0.contains("stale") })
  }

  @Test("a limit that is reached is respected")
  func limited() {
    var script = Self.withSession()
    let question = Venue.question("BTC", "0.01")
    script.answer(question, "", status: 429, fields: [HTTPField("Retry-After", "7")])
    script.skip()
    script.wait(milliseconds: 6_990)
    #expect(!script.did().contains { $0.hasPrefix("POST") })
    script.wait(milliseconds: 20)
    #expect(script.did() == ["POST \(question)"])
    script.answer(question, "", status: 418)
    script.wait(seconds: 59)
    #expect(!script.did().contains { $0.hasPrefix("POST") })
    script.wait(seconds: 2)
    #expect(script.did().contains("POST \(question)"))
  }

  @Test("what the venue does not quote is said, and asked for minutes later")
  func refused() {
    var script = Self.withSession()
    let question = Venue.question("BTC", "0.01")
    script.skip()
    script.answer(question, "missing field `qty`", status: 400)
    #expect(script.did() == ["error quotes unsupported", "stream bbo BTC down refused"])
    script.wait(seconds: 299)
    #expect(!script.did().contains { $0.hasPrefix("POST") })
    script.wait(seconds: 2)
    script.answer(question, Venue.indicative("BTC", "0.01", "1", "2", at: script.now.wall))
    #expect(script.did().contains("stream bbo BTC live first_data"))
  }

  @Test("an answer to another question is no quote")
  func mismatch() {
    var script = Self.withSession()
    let question = Venue.question("BTC", "0.01")
    script.skip()
    for answer in [
      Venue.indicative("ETH", "0.01", "1", "2", at: 0),
      Venue.indicative("BTC", "0.02", "1", "2", at: 0), "{}", "",
    ] {
      script.answer(question, answer)
      script.wait(seconds: 3)
    }
    #expect(!script.did().contains { $0.hasPrefix("bbo") })
  }

  @Test(
    "settings that cannot be are named, and the statistics serve",
    arguments: ["BTC", "BTC=", "=1", "BTC=0", "BTC=-1", "BTC=1=2", "BTC=one"])
  func settings(quotes: String) {
    var script = Self.withSession(Self.quotes, ["quotes": quotes])
    let lines = script.did()
    #expect(lines.contains("error settings malformed"))
    #expect(lines.last?.hasSuffix(" poll") == true)
  }

  @Test("without a session there are no such questions, and it says why")
  func noSession() {
    var script = VariationalScript.subscribed(
      Self.quotes, settings: ["quotes": "BTC=0.01", "app_url": VenueExample.rest + "/api"])
    let lines = script.did()
    #expect(lines.contains("error settings malformed"))
    #expect(lines.last?.hasSuffix(" poll") == true)
  }

  @Test("a session goes to the venue, to a simulator here, and nowhere else")
  func whereTo() {
    func application(_ rest: String, _ settings: [String: String] = [:]) -> String? {
      VariationalConfiguration(
        SessionOptions(endpoints: Endpoints(ws: "", rest: rest), seed: 1, settings: settings)
      ).application
    }
    #expect(
      application(Variational.descriptor.environments[0].endpoints.rest)
        == "https://omni.variational.io/api")
    #expect(application(Variational.descriptor.environments[1].endpoints.rest) == nil)
    #expect(application("https://elsewhere.example") == nil)
    #expect(application("http://127.0.0.1:8100") == "http://127.0.0.1:8100/api")
    #expect(application("https://x", ["app_url": "https://y/api"]) == "https://y/api")
  }
}
