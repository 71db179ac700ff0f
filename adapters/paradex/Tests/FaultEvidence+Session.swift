import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

extension FaultEvidence {
  private static func level(_ price: String, _ size: String) -> Level {
    Level(price: Decimal(price) ?? .zero, size: Decimal(size) ?? .zero)
  }

  @Test("X13 a snapshot older, and newer, than the deltas around it")
  func splice() {
    var builder = BookBuilder()
    let (bid, ask) = ([Self.level("10", "1")], [Self.level("11", "1")])
    #expect(builder.snapshot(bids: bid, asks: ask, sequence: 100) == .applied)
    // A delta from before the snapshot, then one after it.
    let old = builder.delta(bids: [Self.level("10", "9")], asks: [], sequence: 99, previous: 98)
    let new = builder.delta(bids: [Self.level("10", "2")], asks: [], sequence: 101, previous: 100)
    // A snapshot out of nowhere, older than the book: what follows the newer one is a gap.
    let back = builder.snapshot(bids: bid, asks: ask, sequence: 50)
    let gap = builder.delta(bids: [], asks: [], sequence: 102, previous: 101)
    let ok = (old, new, back, gap) == (.ignored, .applied, .applied, .gap)
    evidence("X13", ok, ["diff": 0])
    #expect(ok && builder.sequence == nil)
  }

  @Test("X14 the venue's own quote is crossed or locked", arguments: ["101", "100"])
  func crossed(ask: String) {
    var script = SessionScript.connected([Topic(.bbo, FaultRun.btc)])
    script.bbo(9_000_000_000, "101x1", "\(ask)x1")
    let flags = script.all.compactMap { action -> QuoteFlags? in
      if case .emit(.bbo(let bbo)) = action, bbo.venueSequence == 9_000_000_000 {
        bbo.flags
      } else {
        nil
      }
    }
    let expected: QuoteFlags = ask == "101" ? .locked : .crossed
    evidence("X14", flags == [expected], ["flagged": flags.count])
    #expect(flags == [expected])
  }

  @Test("X15 numbers that do not fit, or are none")
  func numbers() {
    let refused = [
      "1" + String(repeating: "0", count: 40), "0.\(String(repeating: "1", count: 40))", "NaN",
      "Infinity", "1e400", "0x10", "+1", ".5", "",
    ]
    let exact = ["0.00000001", "1.50", "99999999999999999999.123456789012345678", "1e-7", "-0.5"]
    let wrong =
      refused.filter { Decimal($0) != nil }.count + exact.filter { Decimal($0) == nil }.count
    let exponent = Decimal("1.5e3")?.description == "1500"
    evidence("X15", wrong == 0 && exponent, ["mismatches": wrong])
    #expect(wrong == 0 && exponent)
  }

  @Test("X17 an acknowledgement is lost")
  func lostAcknowledgement() throws {
    var run = try FaultRun("no-ack@0s+30s")
    run.run(to: 60)
    let tries = run.requests("bbo.BTC-USD-PERP", after: 0).count
    let ok = run.isAllLive && run.isSound && run.attempts.count == 1
    evidence("X17", ok, ["tries": tries])
    #expect(ok)
  }

  @Test("X18 every close code", arguments: [1000, 1001, 1006, 1008, 1011, 1012, 1013, 4031])
  func closes(code: Int) throws {
    var run = try FaultRun(code == 1006 ? "abort@20s" : "close=\(code)@20s")
    run.run(to: 80)
    let down = try #require(run.states(.bbo).first { $0.status.state == .down })
    let retry = try #require(down.status.retryMilliseconds)
    let floor: UInt64 = [1008: 5_000, 1012: 2_000, 1013: 2_000][code] ?? 0
    let ok =
      down.status.cause == "closed_\(code)" && retry >= floor && run.isAllLive && run.isSound
    evidence("X18", ok, ["code": code, "retry_ms": retry])
    #expect(ok)
  }

  @Test("X19 nothing to connect to for a minute")
  func unreachable() throws {
    var run = try FaultRun("")
    run.run(to: 180, outage: 20..<80)
    let tries = run.attempts.filter { (20_000..<85_000).contains($0) }
    let ok = tries.count >= 3 && run.isAllLive && run.isSound
    evidence("X19", ok, ["attempts": tries.count])
    #expect(ok)
  }

  @Test("X42 up two seconds, down one, for an hour")
  func flapping() throws {
    var connection = Connection(request: WebSocketRequest(url: "ws://127.0.0.1/"), seed: 3)
    var actions: [VenueAction] = []
    var attempts: [UInt64] = []
    connection.open(at: 0, into: &actions)
    var now: UInt64 = 0
    var reported = connection.epoch &- 1
    while now < Nanoseconds.seconds(3_600) {
      if connection.epoch != reported {
        reported = connection.epoch
        attempts.append(now)
        _ = connection.opened(connection.id, at: now)
        _ = connection.closed(connection.id, at: now + Nanoseconds.seconds(2))
      }
      now = max(now + 1, connection.deadline ?? .max)
      _ = connection.wake(at: now, into: &actions)
    }
    let most =
      attempts.indices.map { index in
        attempts[index...].prefix { $0 - attempts[index] < Nanoseconds.seconds(60) }.count
      }.max() ?? 0
    evidence("X42", most <= 20, ["attempts": attempts.count, "most_per_minute": most])
    #expect(most <= 20)
  }
}
