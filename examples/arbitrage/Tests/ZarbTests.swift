import PerpCore
import Testing

@testable import Bot

/// Rows S1-40 to S1-50, S1-60 to S1-63, and scenarios D-10 to D-16, D-19.
@Suite("Z-score arbitrage") struct ZarbTests {
  @Test("D-10 far from its mean, three batches are ordered in order, each hedged before the next")
  func threeBatches() throws {
    let script = ZarbScript()
    script.warmUp()
    #expect(script.orders == 0 && script.symbol?.guards.canOpen == true)
    script.pullApart()
    #expect((script.symbol?.score?.z ?? 0) > 3)
    script.bench.run(seconds: decimal("0.4"))
    let (first, second) = (script.bench.first.placed, script.bench.second.placed)
    #expect(first.map(\.size.trimmed) == ["0.001", "0.0007", "0.0005"].map(decimal))
    #expect(second.map(\.size.trimmed) == first.map(\.size.trimmed))
    #expect(first.allSatisfy { $0.side == .buy } && second.allSatisfy { $0.side == .sell })
    for index in 1..<3 { #expect(second[index - 1].at < first[index].at) }
    #expect(script.positions == ["0.0022", "-0.0022"])
    #expect(script.bench.stored.filter { if case .trade = $0 { true } else { false } }.count == 6)
  }

  @Test("D-10 a hedge that is refused is undone at once, and no more batches follow")
  func refusedHedge() throws {
    let script = ZarbScript()
    script.warmUp()
    script.bench.second.fates = [.own, .own, .refused(code: "REFUSED")]
    script.pullApart()
    script.bench.run(seconds: decimal("0.9"))
    #expect(script.bench.first.placed.count == 4)
    #expect(script.bench.first.placed.last?.side == .sell)
    #expect(script.positions == ["0.0017", "-0.0017"])
    #expect(script.bot?.desk.maxUnhedged ?? .max < Nanoseconds.seconds(5))
    #expect(script.events("BTC-PERP open is done").isEmpty && script.symbol?.failures == 1)
  }

  @Test("S1-34 batches end where they are too small for the market, which is no failure")
  func smallBatches() {
    let script = ZarbScript { $0.parameters.sizes.base = decimal("0.0001") }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: decimal("0.4"))
    #expect(script.positions == ["0.0001", "-0.0001"] && script.symbol?.failures == 0)
    #expect(script.events("BTC-PERP open is done").count == 1)
    #expect(script.events("below the least").isEmpty)
  }

  @Test("D-11 both executable edges are negative: no orders, whatever the score")
  func noLoss() {
    let script = ZarbScript()
    script.warmUp()
    for venue in script.bench.venues { venue.ask = decimal("69600") }
    script.bench.second.bid = decimal("69419")
    script.bench.first.bid = decimal("69300")
    script.bench.tellQuotesOnce()
    script.bench.run(seconds: decimal("0.5"))
    #expect(abs(script.symbol?.score?.z ?? 0) > 3)
    #expect(script.symbol?.sample?.edge(.long).isNegative == true)
    script.bench.run(seconds: Decimal(5))
    #expect(script.orders == 0 && script.positions == ["0", "0"])
  }

  @Test("D-12 what has come back is closed, however small the edge is by then")
  func closing() {
    let script = ZarbScript { $0.parameters.sizes.maxPosition = decimal("0.0022") }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["0.0022", "-0.0022"])
    // The statistics take the new distance for granted: the score falls, and so does the edge.
    script.setMiddles("69420", "69420")
    _ = script.bench.run(seconds: 60) { script.positions == ["0", "0"] }
    #expect(script.positions == ["0", "0"])
    #expect(script.symbol?.sample?.edgeBasisPoints(.long).isNegative == true)
    let closed = script.bench.first.placed.filter { $0.side == .sell }
    #expect(closed.allSatisfy { $0.isReduceOnly })
    // Base orders at most, one after another.
    #expect(closed.map(\.size.trimmed) == ["0.001", "0.001", "0.0002"].map(decimal))
  }

  @Test("D-13 quotes older than 1200 ms stop openings; levelling and closing go on")
  func stale() {
    let script = ZarbScript()
    script.warmUp()
    script.bench.second.isQuoted = false
    script.bench.run(seconds: decimal("1.1"))
    #expect(script.symbol?.guards.isStale == false)
    script.bench.run(seconds: decimal("0.9"))
    #expect(script.symbol?.guards.isStale == true && script.symbol?.guards.canOpen == false)
    #expect(script.get("/api/symbols").contains("quotes are stale"))
    script.bench.first.seize(decimal("0.0016"))
    script.bench.run(seconds: Decimal(2))
    #expect(script.bench.first.placed.map(\.size.trimmed) == [decimal("0.001")])
    script.bench.first.seize(decimal("0.0031"))
    script.bench.second.seize(decimal("-0.0031"))
    script.bench.run(seconds: Decimal(2))
    let reply = script.post("/api/symbol/BTC-PERP/flatten")
    #expect(reply.ok == true && reply.text.contains("\"attempted_orders\":2"))
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["0", "0"])
  }

  @Test("D-13 a second source that differs three times stops openings until it agrees")
  func inconsistent() {
    let script = ZarbScript()
    script.warmUp()
    script.bench.second.bookFactor = decimal("1.0003")
    script.bench.run(seconds: Decimal(2))
    #expect(script.symbol?.guards.isConsistent == true)
    script.bench.run(seconds: Decimal(2))
    #expect(script.symbol?.guards.isConsistent == false)
    script.pullApart()
    script.bench.run(seconds: Decimal(1))
    #expect(script.orders == 0)
    script.bench.second.bookFactor = Decimal(1)
    script.bench.run(seconds: decimal("1.5"))
    #expect(script.symbol?.guards.isConsistent == true)
    script.pullApart("69720")
    script.bench.run(seconds: Decimal(1))
    #expect(script.orders > 0)
  }

  @Test("D-14 a net position of three orders is closed, of one and a half it is levelled")
  func net() {
    let script = ZarbScript()
    script.warmUp()
    script.bench.first.seize(decimal("0.004"))
    script.bench.second.seize(decimal("-0.0024"))
    script.bench.run(seconds: Decimal(1))
    #expect(script.bench.first.placed.map(\.size.trimmed) == [decimal("0.001")])
    #expect(script.bench.first.placed.first?.side == .sell && script.bench.second.placed.isEmpty)
    #expect(script.events("net 0.0016 beyond").count == 1)
    script.bench.run(seconds: Decimal(3))
    script.bench.first.seize(decimal("0.0041"))
    script.bench.second.seize(decimal("-0.001"))
    script.bench.run(seconds: Decimal(3))
    #expect(script.events("closing").contains { $0.level == .warn })
    #expect(script.positions == ["0", "0"])
  }

  @Test("S1-50 strictly beyond, on the right side")
  func netPosition() {
    func step(_ first: String, _ second: String) -> NetPosition {
      NetPosition(
        first: decimal(first), second: decimal(second), base: decimal("0.001"),
        rebalanceAt: decimal("1.5"), flattenAt: Decimal(3))
    }
    let order = decimal("0.001")
    #expect(step("0.004", "-0.001") == .rebalance(isFirst: true, .sell, order))
    #expect(step("0.0041", "-0.001") == .flatten)
    #expect(step("0.0025", "-0.001") == .level)
    #expect(step("-0.001", "0.003") == .rebalance(isFirst: false, .sell, order))
    #expect(step("-0.003", "0.001") == .rebalance(isFirst: true, .buy, order))
    #expect(step("0.001", "0.001") == .rebalance(isFirst: true, .sell, order))
  }

  @Test("S1-43 a venue is connected while it is heard, and S1-45 well until three checks fail")
  func link() throws {
    var link = VenueLink()
    let listing = Listing("grvt", Symbol("BTC-USDT-PERP")!)
    var now = Moment(monotonic: Nanoseconds.seconds(100), wall: 1_000_000)
    func stream(_ state: String) -> GatewayLine {
      .stream(listing, channel: "bbo", state: state, cause: "")
    }
    let timeout = Nanoseconds.seconds(8)
    #expect(!link.isHeard(timeout, at: now.monotonic))
    link.note(stream("live"), at: now)
    now = now.advanced(by: timeout)
    #expect(link.isHeard(timeout, at: now.monotonic))
    #expect(!link.isHeard(timeout, at: now.monotonic + 1))
    link.note(stream("stale"), at: now)
    #expect(!link.isConnected && link.lastDisconnect == 9_000 && link.reconnects == 0)
    link.note(stream("live"), at: now)
    #expect(link.isConnected && link.reconnects == 1)
    for _ in 0..<3 { link.check(false) }
    #expect(link.failures == 3 && !link.isWell)
    link.check(true)
    #expect(link.failures == 0 && link.isWell)
  }

  @Test("D-15 orders are enabled by the right words, on real prices, while the engine stands")
  func enabling() {
    let script = ZarbScript { ($0.simulatesData, $0.sendsOrders) = (true, false) }
    script.bench.run(seconds: Decimal(8))
    let path = "/api/runtime/order-execution"
    let right = #"{"live_order_enabled":true,"confirm_text":" ENABLE_LIVE_ORDER "}"#
    #expect(script.post(path, #"{"live_order_enabled":true,"confirm_text":"yes"}"#).status == 400)
    #expect(script.post(path, right).ok == false && script.bot?.sendsOrders == false)
    let mode = "/api/runtime/market-data-mode"
    #expect(script.post(mode, #"{"simulated_market_data":false}"#).ok == true)
    script.bench.run(seconds: Decimal(3))
    #expect(script.post("/api/engine/start").ok == true)
    #expect(script.post(path, right).ok == false && script.post(path, right).status == 200)
    #expect(script.post(mode, #"{"simulated_market_data":true}"#).ok == false)
    #expect(script.post("/api/engine/stop").ok == true)
    #expect(script.post(path, right).ok == true && script.bot?.sendsOrders == true)
    #expect(script.events("LIVE").last?.level == .warn)
    let back = script.post(mode, #"{"simulated_market_data":true}"#)
    #expect(back.ok == true && back.text.contains("switched off"))
    #expect(script.bot?.sendsOrders == false && script.bot?.desk.isDry == true)
  }

  @Test("D-16 with orders off a signal is told as blocked, nothing is attempted, rows go on")
  func blocked() {
    let script = ZarbScript { $0.sendsOrders = false }
    script.bench.tell(.console(.listeners(1)))
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(3))
    #expect(script.orders == 0)
    let told = script.events("open blocked: orders are off")
    #expect(told.count == 1 && told.first?.data.contains("\"attempted_orders\":0") == true)
    let rows = script.bench.published.count { $0.hasPrefix(#"{"type":"symbol""#) }
    script.bench.run(seconds: Decimal(2))
    #expect(script.bench.published.count { $0.hasPrefix(#"{"type":"symbol""#) } == rows + 4)
    let flatten = script.post("/api/symbol/BTC-PERP/flatten")
    #expect(flatten.ok == false && flatten.text.contains("\"attempted_orders\":0"))
  }

  @Test("B-10 the kill switch stops openings, and closes everything if it says so")
  func killSwitch() {
    let script = ZarbScript { $0.parameters.sizes.maxPosition = decimal("0.0022") }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["0.0022", "-0.0022"])
    script.bench.tell(.killSwitch(KillSwitch(state: .killed, reason: "by hand")))
    #expect(script.post("/api/symbol/BTC-PERP/params", #"{"max_position":1}"#).ok == true)
    script.pullApart("69720")
    script.bench.run(seconds: Decimal(2))
    #expect(script.positions == ["0.0022", "-0.0022"])
    #expect(script.events("blocked: kill switch by hand").count == 1)
    script.bench.tell(.killSwitch(KillSwitch(state: .flatten, reason: "by hand")))
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["0", "0"] && script.bench.end?.code == 0)
  }

  @Test("S1-61 orders that are switched off while they wait for their turn are not sent")
  func switchedOff() {
    let script = ZarbScript { settings in
      settings.rates["grvt"]?.orders = (rate: 2, capacity: 1)
    }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: decimal("0.2"))
    #expect(script.bench.second.placed.count == 1)
    let off = script.post(
      "/api/runtime/order-execution", #"{"live_order_enabled":false}"#)
    #expect(off.ok == true)
    script.bench.run(seconds: Decimal(5))
    #expect(script.bench.second.placed.count == 1 && script.positions == ["0.001", "-0.001"])
  }

  @Test("S1-46 an order that must wait for its turn too long is not sent")
  func rateLimited() {
    let script = ZarbScript { settings in
      settings.rates["grvt"]?.orders = (rate: 1, capacity: 1)
    }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: decimal("0.4"))
    #expect(script.bench.first.placed.count == 1)
    #expect(script.events("rate limited at grvt").count == 1)
    #expect(script.positions == ["0.001", "-0.001"])
  }

  @Test("S1-48 the cap counts the batch that would be added")
  func cap() {
    let script = ZarbScript { $0.parameters.sizes.maxPosition = decimal("0.0019") }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(3))
    #expect(script.positions == ["0.0017", "-0.0017"])
    #expect(script.events("the position is at its cap of 0.0019").count == 1)
  }

  @Test("S1-49 of unequal positions each is closed for itself")
  func unequalClose() {
    let script = ZarbScript()
    script.warmUp()
    script.bench.first.seize(decimal("0.0012"))
    script.bench.second.seize(decimal("-0.0008"))
    script.setMiddles("69420", "69420")
    _ = script.bench.run(seconds: 30) { script.positions == ["0", "0"] }
    #expect(script.positions == ["0", "0"])
    #expect(script.bench.second.placed.map(\.size.trimmed) == [decimal("0.0008")])
    #expect(script.bench.first.placed.first?.size.trimmed == decimal("0.001"))
  }

  @Test("S1-51 made-up prices: the same seed gives the same prices, near to where they began")
  func simulatedPrices() throws {
    let listing = Listing("paradex", Symbol("BTC-USD-PERP")!)
    func walk(_ seed: UInt64) -> [Quote?] {
      var markets = SimulatedMarkets(seed: seed)
      var now = Moment(monotonic: 0, wall: 0)
      return (0..<200).map { _ in
        now = now.advanced(by: Nanoseconds.milliseconds(100))
        markets.tick(listing, at: now)
        return markets.quote(listing)
      }
    }
    #expect(walk(7) == walk(7) && walk(7) != walk(8))
    let last = try #require(walk(7).last ?? nil)
    #expect(last.spread.minus(Decimal(10)).magnitude < decimal("0.1"))
    #expect(last.mid.minus(Decimal(50_000)).magnitude < Decimal(20))
  }

  @Test("S1-60 the engine starts by itself where it is told to, once")
  func autostart() {
    let waiting = ZarbScript()
    waiting.bench.run(seconds: Decimal(20))
    #expect(waiting.bot?.engine == .stopped)
    let script = ZarbScript { $0.startsByItself = true }
    script.bench.run(seconds: Decimal(20))
    #expect(script.bot?.engine == .running)
    #expect(script.events("Engine started on BTC-PERP").count == 1)
    script.post("/api/engine/stop")
    script.bench.run(seconds: Decimal(20))
    #expect(script.bot?.engine == .stopped, "who stops it has it stopped")
  }

  @Test("S1-60 on made-up prices it runs without a gateway, and orders nothing")
  func simulated() {
    let script = ZarbScript { ($0.simulatesData, $0.sendsOrders) = (true, false) }
    script.bench.run(seconds: Decimal(3))
    #expect(script.post("/api/engine/start").ok == true)
    #expect(script.post("/api/engine/start").ok == false)
    script.bench.run(seconds: Decimal(20))
    #expect(script.symbol?.score?.isReady == true && script.symbol?.guards.canOpen == true)
    #expect(script.orders == 0)
    #expect(script.post("/api/engine/stop").ok == true)
    #expect(script.post("/api/engine/stop").ok == false)
  }

  @Test("D-19 after a restart events, rows, trades and positions are there, none twice")
  func restart() throws {
    let script = ZarbScript { $0.parameters.sizes.maxPosition = decimal("0.0022") }
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["0.0022", "-0.0022"])
    let events = script.bot?.events.count ?? 0
    script.restart()
    #expect(script.bot?.events.count == events)
    #expect(script.get("/api/symbols").contains(#""symbol":"BTC-PERP","status":"#))
    #expect(script.get("/api/symbols").contains(#""paradex_position":0.0022"#))
    script.bench.run(seconds: Decimal(8))
    #expect(script.bot?.engine == .stopped && script.positions == ["0.0022", "-0.0022"])
    #expect(script.get("/api/status").contains(#""paradex_position":0.0022"#))
    let history = try #require(script.fields(script.get("/api/history", ["symbol": "BTC-PERP"])))
    #expect(history.objects("trades")?.count == 6)
    let ids = script.bot?.events.map(\.id) ?? []
    #expect(Set(ids).count == ids.count)
    script.bench.tell(.stop(reason: "SIGTERM"))
    script.bench.run(seconds: Decimal(5))
    // A service that is started again goes on with what it holds.
    #expect(script.bench.end?.code == 0 && script.positions == ["0.0022", "-0.0022"])
  }
}
