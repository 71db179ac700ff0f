import PerpCore
import Testing
import VenueTesting

@testable import Paradex
@testable import PerpVenue

extension ParadexSessionTests {
  /// Ten quotes a second for a minute; the rhythm is known then.
  private static func lively(_ topics: [Topic] = [bbo]) -> ParadexScript {
    var script = ParadexScript.connected(topics)
    script.fail("/bbo/BTC-USD-PERP")
    for sequence in 1...600 {
      script.bbo(Int64(sequence), "1x\(sequence)", "2x2")
      if topics.contains(book) {
        script.book(Int64(sequence), snapshot: sequence == 1, "1x\(sequence)", "2x2")
      }
      script.wait(milliseconds: 100)
    }
    script.skip()
    return script
  }

  @Test("silence: a probe at half the limit, unanswered; stale at the limit, then resubscribed")
  func silence() {
    var script = Self.lively()
    script.wait(milliseconds: 1_399)
    #expect(script.did() == [])
    script.wait(milliseconds: 2)
    #expect(script.did() == ["GET /bbo/BTC-USD-PERP"])
    script.wait(milliseconds: 1_498)
    #expect(script.did() == [])
    script.wait(milliseconds: 2)
    #expect(
      script.did() == [
        "stream bbo BTC stale no_data", "send 1 unsubscribe bbo.BTC-USD-PERP",
        "send 1 subscribe bbo.BTC-USD-PERP", "GET /bbo/BTC-USD-PERP",
      ])
    script.bbo(601, "1x1", "2x2")
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 601"])
  }

  @Test("a probe that shows what we hold keeps the stream live")
  func equalProbe() {
    var script = Self.lively()
    for _ in 0..<10 {
      script.wait(seconds: 30)
      script.answer(
        "/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(700, "1x600", "2x2", at: script.now.wall)))
    }
    // The first answer came after half a minute: too late.
    #expect(script.did().contains("stream bbo BTC stale no_data"))

    script = Self.lively()
    for _ in 0..<600 {
      script.wait(milliseconds: 500)
      script.answer(
        "/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(700, "1x600", "2x2", at: script.now.wall)))
    }
    let lines = script.did().filter { $0 != "GET /markets" && $0 != "GET /system/time" }
    #expect(lines.allSatisfy { $0 == "GET /bbo/BTC-USD-PERP" })
    #expect((5...25).contains(lines.count), "\(lines.count) probes in five minutes")
  }

  @Test("after a silence, the quote we hold is the first again if the venue still has it")
  func stillTheSame() {
    for (now, isSame) in [("1x600", true), ("1x601", false)] {
      var script = Self.lively()
      script.wait(seconds: 3)
      script.fail("/bbo/BTC-USD-PERP")
      script.skip()
      script.answer(
        "/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(700, now, "2x2", at: script.now.wall)))
      #expect(
        script.did()
          == (isSame ? ["stream bbo BTC live first_data", "bbo BTC 1x600 2x2 seq 700 poll"] : []))
    }
  }

  @Test("a probe that shows something else lets the limit run out")
  func unequalProbe() {
    var script = Self.lively()
    script.wait(milliseconds: 1_600)
    script.answer(
      "/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(700, "1x700", "2x2", at: script.now.wall)))
    script.skip()
    script.wait(milliseconds: 1_299)
    #expect(script.did() == [])
    script.wait(milliseconds: 2)
    #expect(script.did().first == "stream bbo BTC stale no_data")
  }

  @Test("a probe proves the silence before it was asked, not what came while it travelled")
  func slowProbe() {
    var script = Self.lively()
    script.wait(milliseconds: 1_401)
    script.wait(milliseconds: 1_400)
    script.answer(
      "/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(600, "1x600", "2x2", at: script.now.wall)))
    script.skip()
    let limit = script.session.feed.markets[0].bbo?.health.limit ?? 0
    script.wait(limit - Nanoseconds.milliseconds(1_402))
    #expect(script.did() == ["GET /bbo/BTC-USD-PERP"])
    script.wait(milliseconds: 2)
    #expect(script.did().contains("stream bbo BTC stale no_data"))
  }

  @Test("a silent book is stale although its quotes flow; the quotes are untouched")
  func silentBook() {
    var script = Self.lively([Self.bbo, Self.book])
    for sequence in Int64(601)...640 {
      script.bbo(sequence, "1x\(sequence)", "2x2")
      script.answer(
        "/bbo/BTC-USD-PERP",
        Venue.quote(Venue.bbo(sequence, "1x\(sequence)", "2x2", at: script.now.wall)))
      script.wait(milliseconds: 100)
    }
    let lines = script.did()
    #expect(lines.contains("stream book BTC stale no_data"))
    #expect(lines.contains("send 1 subscribe order_book.BTC-USD-PERP.deltas"))
    #expect(lines.filter { $0.hasPrefix("bbo") }.count == 40)
    #expect(!lines.contains { $0.hasPrefix("stream bbo") || $0.contains("bbo.BTC") })
    script.book(650, "1x5", "")
    #expect(script.did() == [], "a stale book waits for its snapshot")
    script.book(651, snapshot: true, "1x1", "2x2")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [1x1] [2x2] seq 651",
      ])
  }

  @Test("two subscriptions in vain cost the connection, and the next one starts afresh")
  func silentConnection() {
    var script = Self.lively()
    script.wait(milliseconds: 2_950)
    script.skip()
    script.wait(milliseconds: 3_900)
    #expect(
      script.did().filter { $0.hasPrefix("send") } == [
        "send 1 unsubscribe bbo.BTC-USD-PERP", "send 1 subscribe bbo.BTC-USD-PERP",
      ])
    script.wait(milliseconds: 400)
    let lines = script.did()
    #expect(lines.prefix(2) == ["close 1 1001", "stream bbo BTC down no_data"])
    script.wait(milliseconds: 300)
    script.open()
    script.bbo(3, "1x1", "2x2")
    #expect(script.did().suffix(2) == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 3"])
  }

  @Test("the venue repeats what we hold after a renewed subscription: a sign of life")
  func repeatedQuote() {
    var script = Self.lively()
    script.wait(seconds: 3)
    script.skip()
    script.bbo(600, "1x600", "2x2")
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x600 2x2 seq 600"])
  }

  @Test("a quiet trade channel is left alone")
  func quietTrades() {
    var script = ParadexScript.connected([Self.trade])
    script.wait(seconds: 3_600)
    #expect(script.did().allSatisfy { $0.hasPrefix("GET") })
  }

  @Test("a lost acknowledgement: subscribed again after five seconds")
  func lostAcknowledgement() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.trade])
    script.open()
    script.skip()
    script.wait(milliseconds: 4_900)
    #expect(script.did() == [])
    script.wait(milliseconds: 1_200)
    #expect(
      script.did().filter { $0.hasPrefix("send") } == [
        "send 1 unsubscribe trades.BTC-USD-PERP", "send 1 subscribe trades.BTC-USD-PERP",
      ])
    script.acknowledge()
    script.wait(seconds: 24)
    #expect(!script.did().contains { $0.hasPrefix("send") })
  }

  @Test("an acknowledgement after the data, or none at all, changes nothing")
  func lateAcknowledgement() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    script.open()
    for sequence in Int64(1)...100 {
      script.bbo(sequence, "1x\(sequence)", "2x2")
      script.wait(milliseconds: 100)
    }
    script.skip()
    script.acknowledge()
    #expect(script.did() == [])
    #expect(script.session.feed.unanswered.isEmpty)
  }

  @Test(
    "a refused subscription is down, and tried again after half a minute",
    arguments: [(-32_600, "unsupported"), (42_901, "rate_limited")])
  func refused(code: Int, reason: String) {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.trade, Self.bbo])
    script.open()
    script.bbo(1, "1x1", "2x2")
    script.skip()
    script.refuse("trades.BTC-USD-PERP", code: code, "no")
    #expect(
      script.did() == ["error subscribe \(reason) \(code)", "stream trade BTC down refused"])
    for sequence in Int64(2)...290 {
      script.bbo(sequence, "1x\(sequence)", "2x2")
      script.wait(milliseconds: 100)
    }
    #expect(!script.did().contains { $0.hasPrefix("send") })
    script.bbo(300, "1x1", "2x2")
    script.wait(milliseconds: 1_300)
    #expect(
      script.did().filter { !$0.hasPrefix("bbo") } == [
        "stream trade BTC connecting subscribing", "send 1 unsubscribe trades.BTC-USD-PERP",
        "send 1 subscribe trades.BTC-USD-PERP",
      ])
    script.binary(Venue.trade("1", "1", "1", at: script.now.wall).frame(version: 2))
    #expect(script.did() == ["stream trade BTC live first_data", "trade BTC buy 1@1"])
  }

  @Test("a topic that was refused, then granted, then silent, is not forgotten")
  func grantedInTheEnd() {
    var script = ParadexScript.connected([Self.trade])
    script.subscribe([Self.bbo])
    script.refuse("bbo.BTC-USD-PERP", code: -32_600, "no")
    for _ in 0..<40 {
      script.wait(seconds: 1)
      script.acknowledge()
    }
    #expect(
      script.lines.contains("stream bbo BTC down no_data"),
      "without first data the connection is renewed")
  }

  @Test("a refusal of what flows already, or of nothing we sent, is only noted")
  func harmlessRefusals() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    script.open()
    script.bbo(1, "1x1", "2x2")
    script.skip()
    script.refuse("bbo.BTC-USD-PERP", code: -32_600, "already subscribed")
    script.text(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}"#)
    #expect(script.did() == [])
    #expect(script.notes.suffix(2).map(\.level) == [.notice, .warning])
  }
}
