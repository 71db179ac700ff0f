import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Lighter

/// Some markets are listed and never say anything. They must not use up the messages that the
/// venue allows for all, and must not be given up either.
@Suite struct LighterSilentMarketTests {
  private static let families = ["ticker", "trade", "order_book", "market_stats"]

  /// Subscribed to BTC's quotes as market 1, and to the markets 2 to `count` + 1, which are silent.
  private static func script(silent count: Int, _ channels: [Channel]) -> LighterScript {
    let rows = (1...count + 1).map { id in
      #"{"symbol":"\#(id == 1 ? "BTC" : "M\(id)")","market_id":\#(id),"market_type":"perp","#
        + #""status":"active","supported_size_decimals":4,"supported_price_decimals":2}"#
    }
    var script = LighterScript()
    script.start()
    script.answer(
      "/api/v1/orderBookDetails?filter=perp",
      #"{"code":200,"order_book_details":[\#(rows.joined(separator: ","))]}"#)
    let silent = (2..<count + 2).compactMap { Symbol("M\($0)-USDC-PERP") }
    script.subscribe(
      [Topic(.bbo, Venue.btc)] + silent.flatMap { symbol in channels.map { Topic($0, symbol) } })
    script.open()
    script.text(Venue.connected)
    return script
  }

  private static func stats(isFirst: Bool = false) -> String {
    #"{"channel":"market_stats:1","market_stats":{"symbol":"BTC","market_id":1,"#
      + #""best_bid_price":"100","best_ask_price":"101"},"timestamp":1795132800125,"#
      + #""type":"\#(isFirst ? "subscribed" : "update")/market_stats"}"#
  }

  private static func ticker(_ script: LighterScript, isFirst: Bool = false) -> String {
    Venue.ticker(
      Int64(script.now.monotonic / 1_000_000), "100x1", "101x1", isFirst: isFirst,
      at: script.now.wall)
  }

  /// So many minutes, in which BTC is told every second; what was done in each.
  private static func run(_ script: inout LighterScript, minutes: Int) -> [[String]] {
    (0..<minutes).map { _ in
      for _ in 0..<60 {
        script.text(ticker(script, isFirst: true))
        script.text(stats(isFirst: true))
        script.wait(seconds: 1)
      }
      defer { script.forget() }
      return script.did()
    }
  }

  @Test("in the long run eighteen of them cost hardly a message, and never disturb the others")
  func budget() {
    var script = Self.script(silent: 18, Channel.allCases)
    let minutes = Self.run(&script, minutes: 480)
    let sent = minutes.map { $0.count { $0.hasPrefix("send") && $0.contains("subscribe") } }
    let calm = sent.suffix(360)
    #expect(calm.reduce(0, +) <= 5 * calm.count, "\(sent)")
    #expect(calm.max()! <= 30, "they do not come together")
    #expect(sent.prefix(60).reduce(0, +) <= 30 * 60, "\(sent.prefix(60))")
    let lines = minutes.joined()
    #expect(!lines.contains { $0.hasPrefix("close") || $0.hasPrefix("stream bbo BTC stale") })
    let late = Set(minutes.suffix(120).joined().filter { $0.hasPrefix("send 1 subscribe") })
    #expect(late.count == 18 * 4, "none is given up")
  }

  @Test("a request that waits for its turn is not made again meanwhile")
  func queue() {
    var script = Self.script(silent: 60, Channel.allCases)
    let lines = Self.run(&script, minutes: 3).joined().filter { $0.hasPrefix("send 1 subscribe") }
    for market in 2...61 {
      for family in Self.families {
        #expect(lines.contains("send 1 subscribe \(family)/\(market)"))
      }
    }
  }

  @Test("one is asked for after 2 s, 2 s and then ever less often", arguments: Channel.allCases)
  func story(channel: Channel) {
    var script = Self.script(silent: 1, [channel])
    let family = ["ticker", "trade", "order_book", "market_stats"][
      Channel.allCases.firstIndex(of: channel)!]
    let first: UInt64 = ["trade": 5, "market_stats": 5][family] ?? 2
    var asked: [UInt64] = []
    for second in UInt64(0)..<20_000 {
      if script.did().contains("send 1 subscribe \(family)/2") { asked.append(second) }
      script.forget()
      script.text(Self.ticker(script, isFirst: true))
      script.text(Self.stats(isFirst: true))
      script.wait(seconds: 1)
    }
    let gaps = zip(asked.dropFirst(), asked).map { $0 - $1 }
    #expect(gaps.prefix(2) == [first, first])
    for (gap, most) in zip(gaps.dropFirst(2), [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]) {
      #expect((UInt64(most) / 2...UInt64(most) + 12).contains(gap), "\(gaps)")
    }
    #expect((8...14).contains(gaps.count), "\(gaps)")
  }

  @Test("one that speaks at last is live")
  func speaks() {
    var script = Self.script(silent: 2, [.bbo, .trade])
    _ = Self.run(&script, minutes: 120)
    let text = Venue.ticker(5, "1x1", "2x1", at: script.now.wall)
    script.text(text.replacing("ticker:1", with: "ticker:2"))
    #expect(script.did() == ["stream bbo M2 live first_data", "bbo M2 1x1 2x1 seq 5 ticker"])
  }

  @Test("on a new connection all of them are asked for again")
  func reconnect() {
    var script = Self.script(silent: 3, Channel.allCases)
    _ = Self.run(&script, minutes: 120)
    script.close(.lost("reset"))
    script.wait(seconds: 2)
    script.open()
    script.skip()
    script.text(Venue.connected)
    let lines = script.did().filter { $0.contains(" subscribe ") }
    #expect(lines.count == 2 + 3 * 4 && Set(lines).count == lines.count)
    script.wait(milliseconds: 4_500)
    #expect(script.did().count { $0 == "send 2 subscribe ticker/2" } == 2, "it is urgent again")
  }

  @Test("statistics asked for in vain are asked for again with the quotes they go with")
  func lostCompanion() {
    var script = Self.script(silent: 1, [.trade])
    for second in 0..<6 {
      script.text(Self.ticker(script, isFirst: second == 0))
      script.wait(seconds: 1)
    }
    script.skip()
    script.wait(seconds: 30)
    let lines = script.did()
    #expect(lines.contains("stream bbo BTC stale no_data"))
    #expect(lines.contains("send 1 subscribe market_stats/1"))
    script.text(Self.ticker(script, isFirst: true))
    script.text(Self.stats(isFirst: true))
    script.skip()
    for _ in 0..<90 {
      script.wait(seconds: 1)
      script.text(Self.stats())
    }
    #expect(!script.did().contains { $0.hasPrefix("stream bbo BTC") }, "now the market is quiet")
  }
}
