import PerpCore
import Testing

@testable import PerpGateway

/// Clients that are behind are told of market data no more until they read on; what they missed
/// must be told and counted as if they had been.
@Suite("Slow readers of the gateway")
struct GatewaySlowReaderTests {
  private static func script() -> GatewayScript {
    var limits = GatewayScript.limits
    limits.outlet = Outlet.Limits(highWater: 600, queueBytes: 48_000)
    let script = GatewayScript(limits: limits)
    for client in [1, 2] {
      script.open(client)
      script.subscribe(client, #""bbo","trade","book","funding""#, #""BTC","ETH""#)
      _ = script.read(client)
    }
    _ = script.takeWishes()
    return script
  }

  @Test("the newest state is told with what was left out, before what ends its stream")
  func states() {
    let script = Self.script()
    for mseq in 1...9 { script.emit(Sample.bbo(UInt64(mseq))) }
    script.emit(Sample.stream(.bbo, .down))
    #expect(script.gateway.clients[ClientID(1)]?.outlet.counters.conflatedStates == 4)
    #expect(
      script.brief(1) == [
        "bbo BTC 1", "bbo BTC 2", "bbo BTC 3", "bbo BTC 4", "bbo BTC 9 skipped 4",
        "stream BTC down seq 1",
      ])
    script.emit(Sample.bbo(10))
    #expect(script.brief(1) == ["bbo BTC 10"])
    #expect(script.brief(2).count == 7, "who reads late reads the same")
  }

  @Test("what a reader misses is counted while it still does not read")
  func counted() {
    let script = Self.script()
    for mseq in 1...9 { script.emit(Sample.bbo(UInt64(mseq))) }
    script.open(3)
    script.say(3, #"{"id":1,"method":"stats"}"#)
    #expect(script.read(3).joined().contains(#""conflated":4,"#))
    script.close(1)
    var metrics = Metrics()
    script.gateway.write(into: &metrics, at: script.now)
    #expect(metrics.text.string.contains(#"perpwire_client_dropped_total{type="state"} 8"#))
  }

  @Test("trades are all told, in their order, however late they are read")
  func trades() {
    let script = Self.script()
    for mseq in 1...40 { script.emit(Sample.trade(UInt64(mseq))) }
    let memory = script.gateway.lineMemory.bytes
    #expect(memory > 5_000 && memory < 10_000, "once for both")
    script.emit(Sample.stream(.trade, .down))
    for mseq in 41...50 { script.emit(Sample.trade(UInt64(mseq))) }
    let story =
      (1...40).map { "trade BTC \($0)" } + ["stream BTC down seq 1"]
      + (41...50).map { "trade BTC \($0)" }
    #expect(script.brief(1) == story)
    #expect(script.brief(2) == story, "who reads late reads the same")
    script.emit(Sample.trade(51))
    #expect(script.brief(1) == ["trade BTC 51"])
    #expect(script.gateway.lineMemory.bytes == 0)
  }

  @Test("trades that do not fit are left out, the oldest first, and told by the next")
  func droppedTrades() throws {
    let script = Self.script()
    for mseq in 1...1_000 { script.emit(Sample.trade(UInt64(mseq))) }
    let story = script.brief(1)
    let left = 1_000 - story.count
    let next = try #require(story.firstIndex { $0.contains("skipped") })
    #expect(left > 500 && story.last == "trade BTC 1000")
    #expect(story[next] == "trade BTC \(next + left + 1) skipped \(left)")
    #expect(script.gateway.clients[ClientID(1)]?.outlet.counters.droppedTrades == UInt64(left))
  }

  @Test("a book is told anew after its changes were left out")
  func books() {
    let script = Self.script()
    let book = { (mseq: UInt64, isSnapshot: Bool) in
      Sample.book(mseq, snapshot: isSnapshot, bids: [Sample.level], asks: [])
    }
    script.emit(book(1, true))
    for mseq in 2...9 { script.emit(book(UInt64(mseq), false)) }
    _ = script.takeWishes()
    #expect(
      script.brief(1) == [
        "book BTC snapshot 1", "book BTC delta 2", "book BTC delta 3", "book BTC delta 4",
      ])
    #expect(script.takeWishes() == ["snapshot paradex book BTC-USD-PERP"])
    script.answer(book(9, true))
    #expect(script.brief(1) == ["book BTC snapshot 9 skipped 4"])
    script.emit(book(10, false))
    #expect(script.brief(1) == ["book BTC delta 10"])
  }

  @Test("a reader that goes while it is behind leaves the others their places")
  func leaving() {
    let script = Self.script()
    for mseq in 1...9 {
      script.emit(Sample.bbo(UInt64(mseq)))
      _ = script.read(2)
    }
    script.close(1)
    script.emit(Sample.bbo(10))
    #expect(script.brief(2) == ["bbo BTC 10"])
    script.close(2)
    #expect(script.takeWishes().contains { $0.hasPrefix("unsubscribe paradex") })
  }

  @Test("a reader that unsubscribes while it is behind, the last one, reads on")
  func unsubscribing() {
    let script = Self.script()
    script.close(2)
    for mseq in 1...9 { script.emit(Sample.bbo(UInt64(mseq))) }
    script.say(1, #"{"id":2,"method":"unsubscribe","params":{}}"#)
    #expect(script.brief(1).last == #"{"id":2,"result":{"unsubscribed":11}}"#)
    script.emit(Sample.bbo(10))
    #expect(script.brief(1) == [])
  }

  @Test(
    "a slow client gets a true story, and a quick one all of it",
    arguments: 1...8 as ClosedRange<UInt64>)
  func flood(seed: UInt64) throws {
    var random = Random(seed: seed)
    let script = Self.script()
    let client = try #require(script.gateway.clients[ClientID(1)])
    var (market, slow, answers) = (Flood(), FloodReader(), 0)
    var quick: [String] = []
    let before = client.outlet.counters.events
    func read(_ limit: Int) {
      let ready = client.outlet.ready
      let length = min(limit, ready.count)
      slow.read(ready[..<length])
      script.consume(1, length, isBlocked: length < ready.count)
      for wish in script.takeWishes() where wish.hasPrefix("snapshot") {
        let symbol = wish.contains("BTC") ? Sample.bitcoin : Sample.ether
        let topic = VenueTopic(Sample.venue, Topic(.book, symbol))
        script.answer(market.repeated(symbol))
        if !client.outlet.expects(topic) { answers += 1 }
      }
    }
    for step in 0..<6_000 {
      script.emit(market.next(&random))
      quick += script.read(2)
      let isPaused = (step / 900) % 2 == 1
      if !isPaused, random.chance(1, in: 4) { read(random.below(6_000)) }
    }
    while !client.outlet.isDrained || !client.resting.isEmpty { read(5_000) }

    let problems = try slow.problems().filter { $0.severity == .error }
    #expect(problems.isEmpty, "\(problems.prefix(3))")
    #expect(quick.count { !$0.contains("skipped") } == market.count)
    for (key, mseq) in market.sequences where !key.hasPrefix("trade") {
      #expect(slow.lastSequences[key] == mseq, "\(key)")
    }
    #expect(slow.books == market.books, "each book is the venue's")
    let counters = client.outlet.counters
    #expect(counters.conflatedStates > 0 && counters.droppedBookUpdates > 0)
    let told = Int(counters.events - before) - answers
    let left = counters.conflatedStates + counters.droppedTrades + counters.droppedBookUpdates
    #expect(told + Int(left) == market.count, "every event came or was counted")
  }
}
