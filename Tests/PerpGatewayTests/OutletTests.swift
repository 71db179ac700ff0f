import PerpCore
import PerpGateway
import Testing

@Suite("Outlet")
struct OutletTests {
  /// Holds one or two quotes before lines queue up.
  private static let narrow = Outlet.Limits(highWater: 100, queueBytes: 4_000)

  @Test("a reader who keeps up gets every line at once")
  func flowing() {
    var outlet = Outlet()
    outlet.put(
      Hello(
        version: "0.1.0", pid: 7, runID: "r", mode: .sim, venues: [Sample.venue, VenueID("grvt")]))
    outlet.put(Sample.stream(.bbo, .live), sequence: 1, at: Sample.moment(1))
    outlet.put(Sample.bbo(1), at: Sample.moment(2))
    outlet.put(Sample.stream(.bbo, .stale), sequence: 2, at: Sample.moment(3))
    outlet.putBye(reason: "stopped")
    #expect(
      outlet.take() == [
        #"{"type":"hello","protocol":1,"version":"0.1.0","pid":7,"run_id":"r","mode":"sim","#
          + #""venues":["paradex","grvt"]}"#,
        #"{"type":"stream","seq":1,"venue":"paradex","symbol":"BTC-USD-PERP","channel":"bbo","#
          + #""state":"live","cause":"test","epoch":1,"ts":1,"send_ts":1000}"#,
        #"{"type":"bbo","mseq":1,"venue":"paradex","symbol":"BTC-USD-PERP","bid":"1001","#
          + #""bid_size":"1","ask":"2001","ask_size":"1","source":"bbo","ts":1000000,"#
          + #""recv_ts":1000010,"send_ts":2000}"#,
        #"{"type":"stream","seq":2,"venue":"paradex","symbol":"BTC-USD-PERP","channel":"bbo","#
          + #""state":"stale","cause":"test","epoch":1,"ts":1,"send_ts":3000}"#,
        #"{"type":"bye","reason":"stopped","open_orders":0}"#,
      ])
    #expect(outlet.isDrained && outlet.counters.events == 3)
  }

  @Test("of states the newest is kept, where the oldest stood")
  func conflation() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    outlet.put(Sample.bbo(2), at: Sample.moment(1))
    outlet.put(Sample.funding(1), at: Sample.moment(1))
    outlet.put(Sample.bbo(1, Sample.ether), at: Sample.moment(1))
    outlet.put(Sample.market(tick: 1), at: Sample.moment(1))
    outlet.put(Sample.bbo(3), at: Sample.moment(2))
    outlet.put(Sample.bbo(4), at: Sample.moment(3))
    outlet.put(Sample.market(tick: 5), at: Sample.moment(3))
    #expect(outlet.brief() == ["bbo BTC 1"])
    #expect(
      outlet.drain(at: Sample.moment(9)) == [
        "bbo BTC 4 skipped 2", "funding BTC 1", "bbo ETH 1", "market BTC skipped 1",
      ])
    #expect(outlet.isDrained && outlet.counters.conflatedStates == 3)
    outlet.put(Sample.bbo(5), at: Sample.moment(10))
    #expect(outlet.brief() == ["bbo BTC 5"], "what was told as skipped is not told again")
  }

  @Test("a state is not moved across what is told of its stream")
  func sealing() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    outlet.put(Sample.bbo(2), at: Sample.moment(1))
    outlet.put(Sample.bbo(3), at: Sample.moment(1))
    outlet.put(Sample.funding(1), at: Sample.moment(1))
    outlet.put(Sample.stream(.bbo, .down), sequence: 1, at: Sample.moment(1))
    outlet.put(Sample.stream(.bbo, .live), sequence: 2, at: Sample.moment(2))
    outlet.put(Sample.bbo(4), at: Sample.moment(2))
    outlet.put(Sample.funding(2), at: Sample.moment(2))
    outlet.put(Sample.bbo(5), at: Sample.moment(2))
    _ = outlet.take()
    #expect(
      outlet.drain(at: Sample.moment(9)) == [
        "bbo BTC 3 skipped 1", "funding BTC 2 skipped 1", "stream BTC down seq 1",
        "stream BTC live seq 2", "bbo BTC 5 skipped 1",
      ])
  }

  @Test("a book goes on with a snapshot, asked for when the reader has caught up")
  func books() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(snapshot(1), at: Sample.moment(0))
    outlet.put(delta(2), at: Sample.moment(1))
    outlet.put(delta(3), at: Sample.moment(1))
    #expect(outlet.takeSnapshotRequests() == [], "not while the reader is behind")
    #expect(outlet.brief() == ["book BTC snapshot 1"])
    outlet.refill(at: Sample.moment(2))

    outlet.put(delta(4), at: Sample.moment(3))
    #expect(outlet.brief() == [], "a change of a broken book means nothing")
    let topic = VenueTopic(Sample.venue, Topic(.book, Sample.bitcoin))
    #expect(outlet.takeSnapshotRequests() == [topic])
    #expect(outlet.takeSnapshotRequests() == [], "asked for once")
    outlet.put(delta(5), at: Sample.moment(4))
    outlet.put(snapshot(6), at: Sample.moment(5))
    #expect(outlet.brief() == ["book BTC snapshot 6 skipped 4"])
    outlet.put(delta(7), at: Sample.moment(6))
    #expect(outlet.brief() == ["book BTC delta 7"])
    #expect(outlet.counters.droppedBookUpdates == 4 && outlet.counters.snapshotRequests == 1)
  }

  @Test("a snapshot that comes too late is asked for again")
  func lateSnapshot() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    outlet.put(delta(2), at: Sample.moment(0))
    _ = outlet.take()
    #expect(outlet.takeSnapshotRequests().count == 1)
    outlet.put(Sample.bbo(2), at: Sample.moment(1))
    outlet.put(snapshot(3), at: Sample.moment(1))
    #expect(outlet.brief() == ["bbo BTC 2"])
    #expect(outlet.takeSnapshotRequests().count == 1)
    outlet.put(snapshot(4), at: Sample.moment(2))
    #expect(outlet.brief() == ["book BTC snapshot 4 skipped 2"])
  }

  @Test("a snapshot that comes unasked mends the book")
  func unaskedSnapshot() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    outlet.put(delta(2), at: Sample.moment(0))
    _ = outlet.take()
    outlet.put(snapshot(3), at: Sample.moment(1))
    #expect(outlet.brief() == ["book BTC snapshot 3 skipped 1"])
    #expect(outlet.takeSnapshotRequests() == [])
  }

  @Test("an answer mends a book with the newest of what was left out, and repeats no sound one")
  func answers() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(snapshot(1), at: Sample.moment(0))
    outlet.put(answer: snapshot(1), at: Sample.moment(0))
    outlet.put(delta(2), at: Sample.moment(1))
    outlet.put(delta(3), at: Sample.moment(1))
    outlet.put(answer: snapshot(3), at: Sample.moment(1))
    #expect(outlet.brief() == ["book BTC snapshot 1"], "not while the reader is behind")
    #expect(outlet.takeSnapshotRequests().count == 1)
    outlet.put(delta(4), at: Sample.moment(2))
    #expect(outlet.takeSnapshotRequests().count == 1, "there was no answer: asked again")
    outlet.put(answer: snapshot(4), at: Sample.moment(3))
    outlet.put(answer: snapshot(4), at: Sample.moment(3))
    #expect(outlet.brief() == ["book BTC snapshot 4 skipped 2"])
    outlet.put(delta(5), at: Sample.moment(4))
    #expect(outlet.brief() == ["book BTC delta 5"])
  }

  @Test("a reader begins a book with a snapshot")
  func beginning() {
    var outlet = Outlet()
    let topic = VenueTopic(Sample.venue, Topic(.book, Sample.bitcoin))
    outlet.expectSnapshot(of: topic)
    outlet.put(delta(7), at: Sample.moment(0))
    #expect(outlet.takeSnapshotRequests() == [topic])
    outlet.put(answer: snapshot(7), at: Sample.moment(0))
    outlet.put(delta(8), line: Array("\n".utf8), at: Sample.moment(0))
    #expect(outlet.take().count == 1)
    outlet.expectSnapshot(of: topic)
    outlet.forget(topic)
    #expect(outlet.takeSnapshotRequests() == [])
  }

  @Test("a line formed for all does for a reader who keeps up, and for no other")
  func sharedLines() {
    var outlet = Outlet(limits: Self.narrow)
    let line = Array(
      "{\"type\":\"shared\",\"mark\":\"\(String(repeating: "x", count: 100))\"}\n".utf8)
    outlet.put(Sample.bbo(1), line: line, at: Sample.moment(0))
    outlet.put(Sample.bbo(2), line: line, at: Sample.moment(0))
    outlet.put(Sample.bbo(3), line: line, at: Sample.moment(0))
    #expect(outlet.drain(at: Sample.moment(1)) == ["shared", "bbo BTC 3 skipped 1"])
  }

  @Test("the last line of a reader that is cut off comes whatever waits")
  func cut() {
    var outlet = Outlet(limits: Self.narrow)
    for _ in 1...100 { outlet.put(Sample.stream(.bbo, .stale), at: Sample.moment(0)) }
    Array("{\"type\":\"bye\"}\n".utf8).withUnsafeBytes { outlet.put(final: $0) }
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    #expect(outlet.drain(at: Sample.moment(1)).last == "bye")
  }

  @Test("trades queue up to the limit; what is left out is told by the next")
  func trades() {
    var outlet = Outlet(limits: Self.narrow)
    for mseq in 1...100 { outlet.put(Sample.trade(UInt64(mseq)), at: Sample.moment(0)) }
    let dropped = Int(outlet.counters.droppedTrades)
    #expect(dropped > 70 && outlet.counters.mostBytesQueued < 3_300)
    outlet.put(Sample.stream(.trade, .stale), at: Sample.moment(0))
    #expect(outlet.isOverflowed == false, "trades leave room for what may not be left out")
    let lines = Array(outlet.drain(at: Sample.moment(1)).dropLast())
    #expect(lines == (1...100 - dropped).map { "trade BTC \($0)" })
    outlet.put(Sample.trade(101), at: Sample.moment(2))
    outlet.put(Sample.trade(102), at: Sample.moment(2))
    #expect(
      outlet.drain(at: Sample.moment(3)) == [
        "trade BTC 101 skipped \(dropped)", "trade BTC 102",
      ])
  }

  @Test("the health of streams, errors and drift are never left out")
  func lossless() {
    var outlet = Outlet(limits: Self.narrow)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    for sequence in 1...5 {
      let stale = Sample.stream(.bbo, .stale)
      outlet.put(stale, sequence: UInt64(sequence), at: Sample.moment(0))
      outlet.put(Sample.error, at: Sample.moment(0))
      outlet.put(Sample.drift, at: Sample.moment(0))
    }
    let lines = outlet.drain(at: Sample.moment(1))
    #expect(lines.count == 16 && !outlet.isOverflowed)
    #expect(
      lines.filter { $0.hasPrefix("stream") } == (1...5).map { "stream BTC stale seq \($0)" })
  }

  @Test("where lossless lines do not fit the reader must be cut off")
  func overflow() {
    var outlet = Outlet(limits: Self.narrow)
    for _ in 1...100 { outlet.put(Sample.stream(.bbo, .stale), at: Sample.moment(0)) }
    #expect(outlet.isOverflowed == true)
    let queued = outlet.counters.mostBytesQueued
    #expect(queued < 4_300 && outlet.counters.refusedEvents > 50)
    outlet.put(Sample.bbo(1), at: Sample.moment(0))
    #expect(outlet.counters.mostBytesQueued == queued)
  }
}

extension OutletTests {
  private func snapshot(_ mseq: UInt64) -> Event {
    Sample.book(mseq, snapshot: true, bids: [Sample.level], asks: [])
  }

  private func delta(_ mseq: UInt64) -> Event {
    Sample.book(mseq, snapshot: false, bids: [Sample.level], asks: [])
  }
}

extension Outlet {
  fileprivate mutating func put(_ event: borrowing Event, line: [UInt8], at now: Moment) {
    let event = copy event
    line.withUnsafeBytes { put(event, line: $0, at: now) }
  }
}
