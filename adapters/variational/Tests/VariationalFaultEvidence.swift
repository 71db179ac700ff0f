import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

/// The fault table, row by row. Rows about books and about quotes that stream do not apply: the
/// connection is judged by marks and indexes, which come once a second.
@Suite struct VariationalFaultEvidence {
  private static let rows = FaultRow.all.filter {
    [
      "X07", "X08", "X10", "X16", "X17", "X18", "X19", "X41", "X44", "X61", "X68", "N01",
    ].contains($0.id)
  }

  @Test(arguments: rows + [.close(1005)])
  func row(_ row: FaultRow) throws { #expect(try row.holds(on: .variational)) }

  private static func show(_ row: String, _ ok: Bool, _ fields: KeyValuePairs<String, Any>) {
    evidence(row, "variational", ok, fields)
  }

  @Test("X01 a feed stalls, pings are answered")
  func stall() throws {
    var run = try FaultRun(.variational, "stall:funding:BTC-USDC-PERP@20s+40s")
    run.run(to: 120)
    let stale = try #require(run.first(.stale, after: 20_000))
    let down = try #require(run.first(.down, after: stale))
    let again = run.subscriptions(Topic(.funding, run.victim), after: stale)
    let ok =
      stale <= 31_100 && again.count { $0 < down } == 2 && run.isAllLive && run.isSound
    Self.show("X01", ok, ["detect_ms": stale - 20_000, "action": "\"resubscribe x2, reconnect\""])
    #expect(ok)
  }

  @Test("X02 the peer vanishes without a word")
  func halfOpen() throws {
    var run = try FaultRun(.variational, "half-open@20s+1s")
    run.run(to: 60)
    let stale = try #require(run.first(.stale, after: 20_000))
    let down = try #require(run.first(.down, after: 20_000))
    let ok = stale <= 31_100 && down <= 36_100 && run.isAllLive && run.isSound
    Self.show("X02", ok, ["detect_ms": min(stale, down) - 20_000, "down_ms": down - 20_000])
    #expect(ok)
  }

  @Test("X03 the time stamps of the statistics stand still")
  func freeze() throws {
    var run = try FaultRun(.variational, "freeze@20s+240s")
    run.run(to: 340)
    let late = run.quotes(run.victim).filter { $0.bbo.flags.contains(.lagging) }
    let old = run.quotes(run.victim).filter {
      $0.bbo.header.received - ($0.bbo.header.venueTime ?? 0) > 121_000_000
    }
    let unflagged = old.count { !$0.bbo.flags.contains(.lagging) }
    let ok =
      !late.isEmpty && unflagged == 0 && run.first(.stale, after: 20_000, .bbo) != nil
      && run.isAllLive && run.isSound
    Self.show("X03", ok, ["flagged": late.count, "unflagged": unflagged])
    #expect(ok)
  }

  @Test("X09 garbage instead of messages")
  func garbage() throws {
    var few = try FaultRun(.variational, "garbage:funding@10s+8s%20")
    few.run(to: 60)
    var many = try FaultRun(.variational, "garbage@10s+20s%90")
    many.run(to: 120)
    let ok =
      few.first(.down, after: 10_000) == nil && few.decodeErrors > 0
      && many.first(.down, after: 10_000) != nil && many.decodeErrors >= 5 && few.isAllLive
      && many.isAllLive && few.isSound && many.isSound
    Self.show("X09", ok, ["dropped": few.decodeErrors + many.decodeErrors])
    #expect(ok)
  }

  @Test("REST fails for two minutes: quotes go stale and come back, marks never notice")
  func noStatistics() throws {
    var run = try FaultRun(.variational, "rest=503@30s+120s")
    run.run(to: 240)
    let stale = try #require(run.first(.stale, after: 30_000, .bbo))
    #expect(stale <= 91_000)
    #expect(run.first(.stale, after: 1_000, .funding) == nil)
    #expect(run.first(.down, after: 1_000, .funding) == nil)
    #expect(run.isAllLive && run.isSound)
  }
}
