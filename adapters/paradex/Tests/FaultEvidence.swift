import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// The fault table, row by row: what is injected, what must come of it, and a line of evidence.
/// Rows of the transport (X05 to X08, X10, X19) have theirs over real sockets in PerpIOTests too.
@Suite struct FaultEvidence {
  @Test("X01 a feed stalls, pings are answered")
  func stall() throws {
    var run = try FaultRun("stall:bbo:BTC-USD-PERP@20s+40s")
    run.run(to: 90)
    let stale = try #require(run.states(.bbo).first { $0.status.state == .stale })
    let last = try #require(run.quotes().last { $0.ms <= stale.ms }?.ms)
    let limit = try #require(stale.status.limitMilliseconds)
    let again = run.requests("bbo.BTC-USD-PERP", after: stale.ms)
    let down = try #require(run.first(.down, after: stale.ms))
    let isLate = stale.ms - last > limit + 100
    let othersGap = run.quotes(FaultRun.eth).filter { $0.ms <= down }
      .reduce((last: UInt64(0), most: UInt64(0))) {
        ($1.ms, $0.last == 0 ? 0 : max($0.most, $1.ms - $0.last))
      }.most
    let ok =
      !isLate && (again.first ?? .max) <= stale.ms + 2_000
      && again.count { $0 < down } == 2 && run.isAllLive && run.isSound
    evidence(
      "X01", ok,
      [
        "detect_ms": stale.ms - last, "limit_ms": limit,
        "action": "\"resubscribe x2, reconnect\"", "others_gap_ms": othersGap,
      ])
    #expect(ok)
  }

  @Test("X02 the peer vanishes without a word")
  func halfOpen() throws {
    var run = try FaultRun("half-open@20s+1s")
    run.run(to: 60)
    let detected = try #require(run.first(.stale, after: 20_000) ?? run.first(.down, after: 20_000))
    let down = try #require(run.first(.down, after: 20_000))
    let live = try #require(run.first(.live, after: down))
    let ok = detected <= 24_000 && down <= 30_000 && run.isAllLive && run.isSound
    evidence("X02", ok, ["detect_ms": detected - 20_000, "recover_ms": live - 20_000])
    #expect(ok)
  }

  @Test("X03 the time stamps stand still though data flow")
  func freeze() throws {
    var run = try FaultRun("freeze@20s+30s")
    run.run(to: 70)
    let late = run.quotes().filter { (26_000..<50_000).contains($0.ms) }
    let unflagged = late.count { !$0.bbo.flags.contains(.lagging) }
    let ok = !late.isEmpty && unflagged == 0 && run.isAllLive && run.isSound
    evidence("X03", ok, ["flagged": late.count - unflagged, "unflagged": unflagged])
    #expect(ok)
  }

  @Test("X04 no pong ever comes, but data do")
  func noPong() {
    var connection = Connection(request: WebSocketRequest(url: "ws://127.0.0.1/"), seed: 1)
    var actions: [VenueAction] = []
    connection.open(at: 0, into: &actions)
    _ = connection.opened(connection.id, at: 0)
    var gaveUp = false
    for second in 1...600 {
      let now = Nanoseconds.seconds(second)
      if case .timedOut = connection.wake(at: now, into: &actions) { gaveUp = true }
      _ = connection.accepts(connection.id, at: now)
    }
    evidence("X04", !gaveUp, ["gap_ms": 0, "policy": "\"data answer a ping\""])
    #expect(!gaveUp)
  }

  @Test("X06 one byte at a time")
  func drip() throws {
    var whole = try FaultRun("", channels: [.bbo], symbols: [FaultRun.btc])
    var sliced = try FaultRun("drip=1/1@0s+20s", channels: [.bbo], symbols: [FaultRun.btc])
    whole.run(to: 10)
    sliced.run(to: 60)
    let expected = Dictionary(
      whole.quotes().map { ($0.bbo.venueSequence, [$0.bbo.bid, $0.bbo.ask]) },
      uniquingKeysWith: { $1 })
    let got = Dictionary(
      sliced.quotes().map { ($0.bbo.venueSequence, [$0.bbo.bid, $0.bbo.ask]) },
      uniquingKeysWith: { $1 })
    let common = expected.filter { got[$0.key] != nil }
    let ok = common.count > 20 && common.allSatisfy { got[$0.key]! == $0.value } && sliced.isSound
    evidence("X06", ok, ["equal": ok, "messages": common.count])
    #expect(ok)
  }

  @Test("X07 a frame in a thousand pieces, pings between them")
  func fragments() throws {
    var run = try FaultRun("fragment=1000@10s+10s")
    run.run(to: 40)
    let ok = run.first(.down, after: 10_000) == nil && run.isAllLive && run.isSound
    evidence("X07", ok, ["accepted": ok])
    #expect(ok)
  }

  @Test(
    "X08 broken frames",
    arguments: ["bad-utf8", "bad-opcode", "rsv", "masked", "big-control"])
  func brokenFrames(kind: String) throws {
    var run = try FaultRun("\(kind)@15s")
    run.run(to: 60)
    let ok = run.first(.down, after: 15_000) != nil && run.isAllLive && run.isSound
    evidence("X08", ok, ["case": "\"\(kind)\""])
    #expect(ok)
  }

  @Test("X09 garbage instead of messages")
  func garbage() throws {
    var few = try FaultRun("garbage:bbo@10s+3s%1")
    few.run(to: 30)
    let survived = few.first(.down, after: 10_000) == nil && few.decodeErrors > 0
    var many = try FaultRun("garbage@10s+20s%90")
    many.run(to: 90)
    let reconnected = many.first(.down, after: 10_000) != nil && many.decodeErrors >= 5
    let ok =
      survived && reconnected && few.isAllLive && many.isAllLive && few.isSound && many.isSound
    #expect(survived)
    #expect(reconnected)
    #expect(few.oracle.violations == [])
    #expect(many.oracle.violations == [])
    #expect(few.isAllLive && many.isAllLive)
    evidence(
      "X09", ok, ["dropped": few.decodeErrors + many.decodeErrors, "alive": few.isAllLive])
    #expect(ok)
  }

  @Test("X10 a message of 50 MB")
  func huge() throws {
    var run = try FaultRun("huge=50000000@15s")
    run.run(to: 60)
    let ok = run.first(.down, after: 15_000) != nil && run.isAllLive && run.isSound
    evidence("X10", ok, ["cap_bytes": WebSocketRequest(url: "").maxMessageBytes])
    #expect(ok)
  }

  @Test("X12 deltas missing, twice, out of order", arguments: ["drop", "duplicate", "reorder"])
  func damagedBooks(kind: String) throws {
    var run = try FaultRun("\(kind):book@5s+60s%2")
    run.run(to: 100)
    let resyncs = run.oracle.entered[.resync] ?? 0
    let ok =
      (kind == "duplicate" ? resyncs == 0 : resyncs > 0) && run.oracle.booksCompared > 1_000
      && run.isAllLive && run.isSound
    evidence(
      "X12", ok,
      ["case": "\"\(kind)\"", "resyncs": resyncs, "diff": run.oracle.violations.count])
    #expect(ok)
  }
}
