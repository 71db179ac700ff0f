import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

/// A host that does not want us is left alone.
@Suite struct VariationalBlockedTests {
  private static let all = [Topic(.bbo, Venue.btc), Topic(.funding, Venue.btc)]
  private static let page = [HTTPField("Content-Type", "text/html; charset=UTF-8")]

  private static let refusals: [(status: Int, fields: [HTTPField], body: String)] = [
    (401, [], ""), (403, [], ""), (403, page, "<html>"), (200, page, "<!DOCTYPE html>"),
    (200, [], "\n <html>"), (302, page, ""), (429, page, "<html>"),
    (503, page + [HTTPField("CF-Mitigated", "challenge")], "<html>"),
  ]

  @Test("statistics: nothing is asked there any more, and marks go on", arguments: 0..<8)
  func statistics(of index: Int) {
    let (status, fields, body) = Self.refusals[index]
    var script = VariationalScript.connected(Self.all)
    script.price("BTC", "1", "1")
    script.wait(seconds: 20)
    script.skip()
    script.answer("/metadata/stats", body, status: status, fields: fields)
    #expect(script.did() == ["error rest blocked", "stream bbo BTC down blocked"])
    for second in 0..<1_000 {
      script.wait(seconds: 1)
      script.price("BTC", "\(second)", "1")
    }
    #expect(!script.did().contains { $0.hasPrefix("GET") || $0.hasPrefix("stream bbo") })
    script.subscribe([Topic(.bbo, Venue.eth)])
    #expect(script.did() == ["stream bbo ETH down blocked"])
    guard
      case .error(let report)? = script.events.first(where: {
        if case .error = $0 { true } else { false }
      })
    else { return }
    #expect(report.isFatal)
    #expect(report.message.contains("https://venue.example/v1/metadata/stats"))
  }

  @Test(
    "a gateway's own failure is none of that",
    arguments: [500, 502, 503, 504, 429, 418, 404])
  func failures(status: Int) {
    var script = VariationalScript.connected(Self.all)
    script.wait(seconds: 20)
    script.skip()
    script.answer(
      "/metadata/stats", status >= 500 ? "<html>" : "", status: status,
      fields: status >= 500 ? Self.page : [])
    #expect(script.did() == ["error markets venue_down"])
    script.wait(seconds: 125)
    #expect(script.did().contains("GET /metadata/stats"))
  }

  @Test("the WebSocket: no further attempt, and quotes go on", arguments: [401, 403])
  func connection(status: Int) {
    var script = VariationalScript.subscribed(Self.all)
    script.skip()
    script.close(.refused(status: status))
    #expect(script.did() == ["stream funding BTC down blocked", "error connection blocked"])
    for _ in 0..<50 {
      script.wait(seconds: 20)
      script.answerStatistics()
    }
    #expect(!script.lines.dropFirst(8).contains { $0.hasPrefix("open") })
    script.skip()
    script.subscribe([Topic(.funding, Venue.eth)])
    script.wait(seconds: 5)
    #expect(script.did().filter { !$0.hasPrefix("GET") } == ["stream funding ETH down blocked"])
    #expect(script.lines.filter { $0.hasPrefix("open") }.count == 1)
  }

  @Test("another refusal of the WebSocket is tried again, a minute after 429")
  func limited() {
    var script = VariationalScript.subscribed(Self.all)
    script.skip()
    script.close(.refused(status: 429))
    #expect(script.did() == ["stream funding BTC down refused_429"])
    script.wait(seconds: 59)
    #expect(!script.did().contains { $0.hasPrefix("open") })
    script.wait(seconds: 3)
    #expect(script.did().contains("open 2 wss://venue.example/v1/prices"))
  }

  @Test("the application: no further quote, and the rest goes on", arguments: 0..<8)
  func application(of index: Int) {
    let (status, fields, body) = Self.refusals[index]
    var script = VariationalScript.subscribed(
      [Topic(.bbo, Venue.btc), Topic(.bbo, Venue.eth)],
      settings: ["quotes": "BTC=0.01", "app_url": VenueExample.rest + "/api"],
      session: "made-up-session")
    script.skip()
    script.answer(Venue.question("BTC", "0.01"), body, status: status, fields: fields)
    #expect(script.did() == ["error quotes blocked", "stream bbo BTC down blocked"])
    for second in 0..<100 {
      script.wait(seconds: 20)
      script.answerStatistics(btc: second + 90_000)
    }
    #expect(!script.did().contains { $0.hasPrefix("POST") || $0.hasPrefix("bbo BTC") })
    script.snapshot(Topic(.bbo, Venue.eth))
    #expect(script.did() == ["answer bbo ETH 2999x0.333444 3001x0.333222 seq -1 poll"])
  }

  @Test("nobody sees the session")
  func secrecy() {
    var script = VariationalScript.subscribed(
      [Topic(.bbo, Venue.btc)],
      settings: ["quotes": "BTC=0.01", "app_url": VenueExample.rest + "/api"],
      session: "made-up-session")
    script.answer(Venue.question("BTC", "0.01"), "", status: 401)
    let said = script.lines + script.notes.map(\.text) + script.events.map { "\($0)" }
    #expect(said.count > 6)
    #expect(!said.contains { $0.contains("made-up-session") })
    let secret = Secret("made-up-session")
    var dumped = ""
    dump(secret, to: &dumped)
    #expect("\(secret) \(String(reflecting: secret)) \(dumped)".contains("made-up") == false)
    #expect("\(["session": secret])".contains("made-up") == false)
  }
}
