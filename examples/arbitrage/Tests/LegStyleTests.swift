import PerpCore
import Testing

@testable import Bot

/// Row S1-47, and scenario D-10 with legs that rest.
@Suite("Styles of legs") struct LegStyleTests {
  /// Warm, with markets that have just come apart.
  private func script(
    _ style: LegStyle, wait: Int = 1_500, _ fates: [BenchVenue.Fate] = []
  ) -> ZarbScript {
    let script = ZarbScript { settings in
      settings.order(style, wait: Nanoseconds.milliseconds(wait))
      settings.parameters.sizes.maxPosition = decimal("0.0022")
    }
    script.warmUp()
    script.bench.second.fates = fates
    script.pullApart()
    return script
  }

  private static let refused = BenchVenue.Fate.refused(code: "REFUSED")
  private let inTime = Nanoseconds.seconds(5)

  /// What was told of openings that failed.
  private func failures(_ script: ZarbScript) -> Int {
    script.events("BTC-PERP open: ").count { $0.source == "execution" }
  }

  private func tags(_ script: ZarbScript) -> [String] {
    script.bench.stored.compactMap { if case .trade(let trade) = $0 { trade.tag } else { nil } }
  }

  @Test("S1-47 taker_maker: Paradex takes, GRVT rests at its own best, each batch after the other")
  func takerMaker() {
    let script = script(.takerMaker)
    for (index, held) in ["0.001", "0.0017", "0.0022"].enumerated() {
      #expect(script.bench.run(seconds: 2) { script.bench.second.resting.count == 1 })
      #expect(script.bench.first.placed.count == index + 1)
      #expect(script.bench.second.resting.first?.price == script.bench.second.ask)
      script.bench.second.hit(.sell)
      #expect(script.bench.run(seconds: 1) { script.positions == [held, "-\(held)"] })
    }
    script.bench.run(seconds: Decimal(1))
    #expect(script.bench.first.placed.count == 3 && script.bench.second.placed.count == 3)
    #expect(script.events("BTC-PERP open is done").count == 1)
    #expect(tags(script).prefix(2) == ["open-taker", "open-hedge"])
  }

  @Test("D-10 a hedge that nobody takes rests three times, then takes, within 5 s")
  func unfilledHedge() {
    let script = script(.takerMaker)
    #expect(script.bench.run(seconds: 6) { script.positions == ["0.001", "-0.001"] })
    #expect(script.bench.second.placed.count == 4 && script.bench.second.resting.isEmpty)
    script.bench.run(seconds: decimal("0.2"))
    #expect(script.bot?.desk.maxUnhedged ?? .max < inTime)
    #expect(script.bot?.desk.maxUnhedged ?? 0 > Nanoseconds.milliseconds(4_400))
  }

  @Test("D-10 the third batch's hedge is refused three times, then hedged at market, else unwound")
  func refusedHedge() {
    for (refusals, held) in [(3, "0.0022"), (4, "0.0017")] {
      let script = script(.takerMaker)
      for _ in 0..<2 {
        #expect(script.bench.run(seconds: 2) { script.bench.second.resting.count == 1 })
        if script.bench.second.placed.count == 2 {
          script.bench.second.fates = Array(repeating: Self.refused, count: refusals)
        }
        script.bench.second.hit(.sell)
        script.bench.run(seconds: decimal("0.2"))
      }
      let due = 2 + refusals + (refusals == 3 ? 1 : 0)
      #expect(script.bench.run(seconds: 5) { script.bench.second.placed.count == due })
      script.bench.run(seconds: decimal("0.5"))
      #expect(script.positions == [held, "-\(held)"])
      #expect(script.bot?.desk.maxUnhedged ?? .max < inTime)
      #expect(failures(script) == (refusals == 3 ? 0 : 1))
    }
  }

  // MARK: A trade alone

  private static let start = Moment(
    monotonic: Nanoseconds.seconds(100), wall: 1_795_132_800_000_000)
  private static let listings = [
    Listing("paradex", Symbol("BTC-USD-PERP")!), Listing("grvt", Symbol("BTC-USDT-PERP")!),
  ]

  /// Both markets at 100 and 100.1.
  private static var view: MarketView {
    var view = MarketView()
    let (bid, ask, step) = (decimal("100"), decimal("100.1"), decimal("0.0001"))
    for listing in listings {
      view.note(.market(listing, MarketRules(tick: step, lot: step, minSize: step)), at: start)
      view.note(.stream(listing, channel: "bbo", state: "live", cause: ""), at: start)
      let quote = Quote(bid: bid, ask: ask, bidSize: bid, askSize: bid, received: start.wall)
      view.note(.quote(listing, quote), at: start)
    }
    return view
  }

  private static let record = LedgerRecord.TradeRecord(
    id: 1, direction: "long", first: ticket("buy", 0, .buy), second: ticket("sell", 1, .sell),
    positions: [.zero, .zero], pair: nil, style: .takerMaker)

  private static func ticket(_ name: String, _ index: Int, _ side: Side) -> OrderTicket {
    OrderTicket(
      listings[index], clientID: "arb_1_\(name)", side: side, size: Decimal(1),
      price: decimal("100.1"), timeInForce: .ioc)
  }

  private static func result(_ name: String, _ filled: String) -> LedgerRecord {
    var result = LegResult(requested: Decimal(1), clientID: "arb_1_\(name)")
    result.filled = decimal(filled)
    result.settle()
    return .result(trade: 1, result)
  }

  @Test("S1-47 after a crash what was being undone is undone further, and not hedged")
  func crashWhileUndoing() throws {
    let records: [LedgerRecord] = [
      .trade(Self.record), Self.result("buy", "0.5"),
      .order(trade: 1, Self.ticket("h0", 1, .sell)), Self.result("h0", "0"),
      .order(trade: 1, Self.ticket("u1", 0, .sell)), Self.result("u1", "0.2"),
    ]
    let entry = try #require(Ledger(lines: records.map(\.line)).open.first)
    var trade = PairTrade(resuming: entry, settings: PairTrade.Settings(), at: Self.start)
    var outbox = Outbox()
    trade.resume(at: Self.start, Self.view, &outbox)
    #expect(trade.legs.last?.ticket.clientID == "arb_1_u2")
    #expect(trade.legs.last?.ticket.size == decimal("0.3") && trade.legs.count == 4)
    #expect(trade.legs.last?.ticket.listing == Self.listings[0])
  }

  @Test("S1-47 a first leg that takes in pieces has one hedge, unless its end does not come")
  func pieces() throws {
    let (view, record, start) = (Self.view, Self.record, Self.start)
    var (outbox, now) = (Outbox(), start)
    func line(_ status: String, _ filled: String) throws -> OrderLine {
      let text =
        #"{"type":"order","venue":"paradex","symbol":"BTC-USD-PERP","client_id":"arb_1_buy","#
        + #""event":"fill","status":"\#(status)","filled":"\#(filled)"}"#
      guard case .order(let line) = try GatewayLine(Array(text.utf8)) else {
        preconditionFailure(text)
      }
      return line
    }
    for endComes in [true, false] {
      var trade = PairTrade(record, settings: PairTrade.Settings(), at: now)
      trade.begin(at: now, &outbox)
      trade.note(try line("partially_filled", "0.3"), at: now, view, &outbox)
      #expect(trade.legs.count == 1)
      if endComes {
        trade.note(try line("filled", "1"), at: now, view, &outbox)
      } else {
        now = now.advanced(by: Nanoseconds.seconds(2))
        #expect(trade.deadline == now.monotonic)
        trade.wake(at: now, view, &outbox)
      }
      #expect(trade.legs.count == 2 && trade.legs.last?.ticket.isPostOnly == true)
      #expect(trade.legs.last?.ticket.size == (endComes ? Decimal(1) : decimal("0.3")))
    }
  }

  @Test("S1-47 a hedge that is filled in part rests, and takes, for the difference alone")
  func partialHedge() {
    let script = script(.takerMaker)
    #expect(script.bench.run(seconds: 2) { script.bench.second.resting.count == 1 })
    script.bench.second.hit(.sell, upTo: decimal("0.0004"))
    #expect(script.bench.run(seconds: 2) { script.bench.second.placed.count == 2 })
    #expect(script.bench.second.placed.last?.size == decimal("0.0006"))
    #expect(script.bench.run(seconds: 5) { script.positions == ["0.001", "-0.001"] })
  }

  @Test("S1-47 maker_taker: Paradex rests at its own best, GRVT takes what is filled of it")
  func makerTaker() {
    let script = script(.makerTaker)
    #expect(script.bench.run(seconds: 2) { script.bench.first.resting.count == 1 })
    #expect(script.bench.first.resting.first?.price == script.bench.first.bid)
    #expect(script.bench.second.placed.isEmpty)
    script.bench.first.hit(.buy, upTo: decimal("0.0003"))
    #expect(script.bench.run(seconds: 1) { script.positions == ["0.0003", "-0.0003"] })
    script.bench.first.hit(.buy)
    #expect(script.bench.run(seconds: 1) { script.positions == ["0.001", "-0.001"] })
    #expect(script.bench.run(seconds: 1) { script.bench.first.resting.count == 1 })
    #expect(script.bench.first.resting.first?.size == decimal("0.0007"))
    #expect(Set(tags(script)) == ["open-maker", "open-hedge"])
  }

  @Test("S1-47 a first leg that nobody takes is tried three times; no more batches follow")
  func unfilledFirst() {
    let script = script(.makerTaker)
    script.bench.run(seconds: Decimal(5))
    #expect(script.bench.first.placed.count == 3 && script.bench.first.resting.isEmpty)
    #expect(script.positions == ["0", "0"] && failures(script) == 1)
  }

  @Test("S1-47 a hedge that takes is tried again three times, then the first leg is undone")
  func refusedTaker() {
    let script = script(.makerTaker, Array(repeating: Self.refused, count: 4))
    #expect(script.bench.run(seconds: 2) { script.bench.first.resting.count == 1 })
    script.bench.first.hit(.buy)
    #expect(script.bench.run(seconds: 4) { script.bench.first.placed.count == 2 })
    script.bench.run(seconds: decimal("0.2"))
    #expect(script.positions == ["0", "0"] && script.bench.second.placed.count == 4)
    #expect(script.bot?.desk.maxUnhedged ?? .max < inTime)
  }

  @Test("S1-41 what may not be opened any more does not rest, and what is filled is hedged")
  func guards() {
    let script = script(.makerTaker, wait: 60_000)
    #expect(script.bench.run(seconds: 2) { script.bench.first.resting.count == 1 })
    script.bench.first.hit(.buy, upTo: decimal("0.0003"))
    script.bench.run(seconds: decimal("0.3"))
    script.bench.second.isQuoted = false
    script.bench.run(seconds: Decimal(3))
    #expect(script.bench.first.resting.isEmpty && script.positions == ["0.0003", "-0.0003"])
    #expect(script.bench.first.placed.count == 1)
  }

  @Test("S1-46 orders that follow others count for those that wait for their turn")
  func tokens() {
    let script = ZarbScript { settings in
      settings.order(.takerMaker)
      settings.rates["grvt"]?.orders = (rate: 1, capacity: 2)
    }
    script.warmUp()
    script.pullApart()
    #expect(script.bench.run(seconds: 1) { script.bench.second.resting.count == 1 })
    #expect(script.bot?.buckets["grvt"]?.stock(at: script.bench.now.monotonic) ?? 9 < 1.5)
    script.bench.run(seconds: decimal("2"))
    // The second price has taken what came in between.
    #expect(script.bot?.buckets["grvt"]?.stock(at: script.bench.now.monotonic) ?? 9 < 2)
  }

  @Test("S1-47 the style, its tries and its wait are settings")
  func settings() throws {
    func read(_ environment: [String: String]) throws -> ZarbSettings {
      try ZarbSettings(Settings(ZarbSettings.parameters, arguments: [], environment: environment))
    }
    let usual = try read([:])
    #expect(usual.legStyle == .takerTaker && usual.trade.resting == Resting())
    #expect(usual.trade.resting.tries == 3)
    #expect(usual.trade.resting.wait == Nanoseconds.milliseconds(1_500))
    let read = try read([
      "ARB_LEG_STYLE": "maker_taker", "ARB_HEDGE_RETRIES": "2", "ARB_HEDGE_WAIT_MS": "700",
    ])
    #expect(read.legStyle == .makerTaker && read.trade.hedgeTries == 3)
    #expect(read.trade.resting.wait == Nanoseconds.milliseconds(700))
  }
}
