import PerpCore
import PerpVenue
import Testing
import VenueTesting

/// Rows of the fault table that what all venues share must stand by itself; `FaultRow` has those
/// for each venue's session.
@Suite struct FaultEvidence {
  @Test("X04 no pong ever comes, but data do")
  func noPong() {
    var connection = Connection(request: WebSocketRequest(url: "ws://127.0.0.1/"), seed: 1)
    var actions = VenueActions()
    connection.open(at: 0, into: &actions)
    _ = connection.opened(connection.id, at: 0)
    var gaveUp = false
    for second in 1...600 {
      let now = Nanoseconds.seconds(second)
      if case .timedOut = connection.wake(at: now, into: &actions) { gaveUp = true }
      _ = connection.accepts(connection.id, at: now)
    }
    evidence("X04", "all", !gaveUp, ["gap_ms": 0, "policy": "\"data answer a ping\""])
    #expect(!gaveUp)
  }

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
    evidence("X13", "all", ok, ["diff": 0])
    #expect(ok && builder.sequence == nil)
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
    evidence("X15", "all", wrong == 0 && exponent, ["mismatches": wrong])
    #expect(wrong == 0 && exponent)
  }

  @Test("X42 up two seconds, down one, for an hour")
  func flapping() throws {
    var connection = Connection(request: WebSocketRequest(url: "ws://127.0.0.1/"), seed: 3)
    var actions = VenueActions()
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
    evidence("X42", "all", most <= 20, ["attempts": attempts.count, "most_per_minute": most])
    #expect(most <= 20)
  }
}
