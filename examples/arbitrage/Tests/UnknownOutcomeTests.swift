import Bot
import PerpCore
import Testing

/// What becomes of trades whose orders are not heard of, and of bots that are killed.
/// (C-07, C-14, D-37)
@Suite("Unknown outcomes and restarts") struct UnknownOutcomeTests {
  @Test("C-07 an order that nobody hears of freezes entries, is never sent again, and is proven")
  func unheard() {
    let script = SpreadScript { $0.maxPosition = Decimal(1) }
    script.warmUp()
    script.bench.second.fates = [.unheard]
    script.setShortSpread("22.42")
    script.bench.run(seconds: decimal("1.5"))
    #expect(script.bench.first.placed.count == 1 && script.bench.second.placed.count == 1)
    #expect(script.bot?.desk.ledger.open.count == 1)
    // The venue says it when it is asked.
    #expect(script.bench.run(seconds: 60) { script.bot?.desk.ledger.bookedTrades == 1 })
    #expect(script.positions == ["-0.001", "0.001"])
    #expect(Set(script.bench.sent.filter { $0.contains("order.place") }).count == 2)
  }

  @Test("C-07 an order that never arrived is proven to be none, and the other is undone")
  func lost() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.second.fates = [.lost]
    script.setShortSpread("22.42")
    #expect(script.bench.run(seconds: 120) { script.bench.first.placed.count == 2 })
    script.setShortSpread("0")
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["0", "0"])
    #expect(script.bench.second.placed.isEmpty)
  }

  @Test("C-07 the order that undoes is refused again and again: it is tried until it is done")
  func stubbornUnwind() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.second.fates = [.refused(code: "REFUSED")]
    script.bench.first.fates = [.own] + Array(repeating: .refused(code: "REFUSED"), count: 4)
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    script.setShortSpread("0")
    script.bench.run(seconds: Decimal(10))
    #expect(script.positions == ["0", "0"])
    #expect(script.bench.first.placed.count == 6)
    #expect(script.logs("stands alone").count == 5)
  }

  @Test("S0-13 beyond the threshold: told, or paused, or flattened", arguments: 0...2)
  func imbalance(kind: Int) {
    let action = ImbalanceAction.allCases[kind]
    let script = SpreadScript { settings in
      settings.imbalanceAction = action
      settings.maxPosition = Decimal(1)
    }
    script.warmUp()
    script.bench.first.seize(decimal("0.0021"))
    script.bench.run(seconds: Decimal(31))
    #expect(script.notices("Imbalance").first?.contains("net +0.002100") == true)
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(2))
    switch action {
    case .alert: #expect(script.positions == ["0.0011", "0.001"])
    case .pause: #expect(script.positions == ["0.0021", "0"])
    case .flatten:
      script.bench.run(seconds: Decimal(5))
      #expect(script.positions == ["0", "0"] && script.bench.end?.code == 0)
    }
  }

  @Test("B-10 the kill switch stops entries of a bot that runs, and arming lets them on")
  func killSwitch() {
    let script = SpreadScript()
    script.warmUp()
    script.bench.tell(.killSwitch(KillSwitch(state: .killed, reason: "test")))
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(10))
    #expect(script.positions == ["0", "0"])
    script.bench.tell(.killSwitch(.armed))
    script.bench.run(seconds: Decimal(1))
    #expect(script.positions == ["-0.001", "0.001"])
    script.bench.tell(.killSwitch(KillSwitch(file: "flatten now\n")))
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["0", "0"] && script.bench.end?.code == 0)
    #expect(KillSwitch(file: "nonsense").state == .killed)
    #expect(KillSwitch(file: nil) == .armed)
    #expect(KillSwitch(file: KillSwitch(state: .killed, reason: "a b").file).reason == "a b")
  }

  @Test("S0-44 asked to stop, once or twice: flat, and a summary for machines")
  func stop() {
    let script = SpreadScript()
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(1))
    script.bench.tell(.stop(reason: "SIGTERM"))
    script.bench.tell(.stop(reason: "SIGTERM"))
    script.bench.run(seconds: Decimal(5))
    #expect(script.positions == ["0", "0"])
    #expect(script.logs("Stopping: SIGTERM").count == 1)
    #expect(script.bench.end?.code == 0)
    let cash = script.bench.first.cash.adding(script.bench.second.cash)!
    #expect(script.bench.end?.summary.netProfit == cash)
    let line = script.bench.end?.summary.line ?? ""
    #expect(line.hasPrefix(#"{"bot":"pv","trades":1,"net_pnl":""#))
    #expect(line.contains(#""paradex:BTC-USD-PERP":"0""#))
  }

  @Test("C-16 a dry run sends no orders")
  func dryRun() {
    let script = SpreadScript { $0.sendsOrders = false }
    script.warmUp()
    script.setShortSpread("22.42")
    script.bench.run(seconds: Decimal(10))
    #expect(script.bench.first.placed.isEmpty && script.bench.second.placed.isEmpty)
    #expect(script.logs("Dry run: no orders").count > 1)
    #expect(!script.bench.sent.contains { $0.contains("order.") })
  }

  /// Every action of a run is a place to die at; a trade is not entered twice, and ends hedged.
  @Test("D-37 killed at any point of a trade: what the venues have is what the ledger says")
  func killedAnywhere() {
    var crashes = 0
    for seed in 1...4 as ClosedRange<UInt64> {
      for point in 0..<24 {
        let script = SpreadScript(seed: seed) { $0.maxPosition = decimal("0.001") }
        script.warmUp()
        switch seed {
        case 2: script.bench.second.fates = [.refused(code: "REFUSED")]
        case 3: script.bench.first.fates = [.filled(upTo: decimal("0.0004"))]
        case 4: script.bench.second.fates = [.unheard]
        default: break
        }
        script.bench.dieAfter(point)
        script.setShortSpread("22.42")
        script.bench.run(seconds: Decimal(2))
        script.setShortSpread("0")
        if script.bench.bot == nil { crashes += 1 }
        script.restart()
        script.bench.run(seconds: Decimal(90))
        let ledger = script.bot?.desk.ledger
        #expect(script.net.isZero, "seed \(seed), point \(point): \(script.positions)")
        #expect(ledger?.open.isEmpty == true, "seed \(seed), point \(point)")
        let listings = [script.settings.first, script.settings.second]
        let inventory = listings.map { ledger?.inventory[$0] ?? .zero }
        #expect(
          inventory == script.bench.venues.map(\.position),
          "seed \(seed), point \(point): \(inventory) but \(script.positions)")
        let entries = script.bench.sent.filter { $0.contains("keep {\"kind\":\"trade\"") }
        #expect(entries.count <= 1, "seed \(seed), point \(point)")
      }
    }
    #expect(crashes > 30)
  }
}
