import PerpCore
import PerpGateway
import PerpVenue
import Testing

@testable import PerpIO

@Suite("Orders meet the journal")
struct GatewayDriverTests {
  private static let account = AccountID(OrderRecordTests.venue, "a")

  /// Notes whether its records are kept.
  private struct Session: VenueSession {
    var deadline: UInt64?

    mutating func receive(
      _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
    ) {
      switch input {
      case .trading(.kept(let isKept)):
        actions.append(.note(Note(.info, isKept ? "kept" : "not kept")))
      default: break
      }
    }
  }

  /// A gateway with an account and a journal in a file.
  private final class Desk {
    let folder = JournalTests.Folder()
    let driver: GatewayDriver
    private let bench: Bench
    private(set) var notes: [String] = []

    init() throws {
      bench = try Bench()
      let journal = try Journal(folder.journal, id: "a")
      let now = bench.loop.now()
      let hello = Hello(
        version: "0", pid: 1, runID: "r", mode: .sim, venues: [OrderRecordTests.venue])
      let gateway = Gateway(
        hello, venues: [.init(id: OrderRecordTests.venue, channels: [.bbo])],
        journal: journal.range, limits: Gateway.Limits(), at: now)
      driver = GatewayDriver(
        gateway, journal: journal, loop: bench.loop, newID: { "b" }, onNote: { _ in })
      driver.accounts[account] = SessionDriver(
        session: Session(), network: bench.network,
        outlets: .init(
          onEvent: { _ in }, onNote: { [unowned self] in notes.append($0.text) }))
    }

    /// What another reader of the file finds committed.
    func committed() throws -> Int64? {
      try Database(folder.journal).integer("SELECT count(*) FROM order_record")
    }
  }

  @Test("a session hears that its record is kept when it is committed, and only then")
  func keeping() throws {
    let desk = try Desk()
    desk.driver.receive(.record(OrderRecordTests.records(1)[0]), of: Self.account)
    #expect(try desk.committed() == 0)
    desk.driver.receive(.keep, of: Self.account)
    #expect(try desk.committed() == 1 && desk.notes == ["kept"])
    // As when the disk is full.
    desk.driver.journal.close()
    desk.driver.receive(.record(OrderRecordTests.records(2)[0]), of: Self.account)
    desk.driver.receive(.keep, of: Self.account)
    #expect(desk.notes == ["kept", "not kept"])
  }

  @Test("what is told of an order is kept as its record, but for what its intent has said")
  func telling() throws {
    let desk = try Desk()
    let told = OrderRecordTests.records(1).dropFirst(2)
    for record in told {
      switch record {
      case .order(let update): desk.driver.receive(.order(update), of: Self.account)
      case .fill(let fill): desk.driver.receive(.fill(fill), of: Self.account)
      default: break
      }
    }
    desk.driver.receive(.keep, of: Self.account)
    let kept = try desk.driver.journal.records(venue: OrderRecordTests.venue, account: "a")
    #expect(kept == Array(told))
  }

  @Test("orders of an earlier run are known")
  func restoring() throws {
    let desk = try Desk()
    try desk.driver.add(Self.account, OrderRecordTests.records(1))
    let (gateway, client) = (desk.driver.gateway, ClientID(1))
    let now = Moment(monotonic: 1, wall: 1)
    _ = gateway.open(client, role: .read, at: now)
    gateway.receive(
      Array(#"{"id":1,"method":"orders","params":{"all":true}}"#.utf8).span.bytes, from: client,
      at: now)
    var text = ""
    while let ready = gateway.ready(for: client), !ready.isEmpty {
      text += String(decoding: ready, as: UTF8.self)
      gateway.consume(client, ready.count, isBlocked: false, at: now)
    }
    #expect(text.contains(#""client_id":"c1""#) && text.contains(#""order_id":"v1""#))
  }
}
