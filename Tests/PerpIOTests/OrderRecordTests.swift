import PerpCore
import PerpGateway
import PerpVenue
import Testing

@testable import PerpIO

@Suite("Journal, records of orders")
struct OrderRecordTests {
  static let venue = VenueID("toy")

  static func id(_ number: Int) -> ClientOrderID { ClientOrderID("c\(number)")! }

  static func intent(_ number: Int, size: Int = 2) -> OrderIntent {
    let terms = OrderTerms(
      side: .buy, type: .stopLimit, timeInForce: .gtc, price: Decimal("100.50")!,
      stopPrice: Decimal(99), size: Decimal(size), isPostOnly: true, isReduceOnly: true)
    return OrderIntent(
      clientID: id(number), symbol: Symbol("BTC-USD-PERP")!, terms: terms,
      originalClientID: id(number + 1))
  }

  /// One of each kind of an order of ours, and of somebody else's.
  static func records(_ number: Int) -> [OrderRecord] {
    let header = AccountHeader(venue: venue, account: "a", venueTime: 5, received: 6)
    let intent = intent(number)
    let venueID = ShortText("v\(number)")!
    func order(_ clientID: ClientOrderID?) -> OrderRecord {
      .order(
        OrderUpdate(
          header: header, symbol: intent.symbol, clientID: clientID, orderID: venueID,
          change: .fill, status: .partiallyFilled, terms: intent.terms, filled: Decimal(1),
          remaining: Decimal(1), evidence: .webSocket, isForeign: clientID == nil))
    }
    func fill(_ clientID: ClientOrderID?) -> OrderRecord {
      .fill(
        Fill(
          header: header, symbol: intent.symbol, tradeID: ShortText("t\(number)")!,
          clientID: clientID, orderID: venueID, side: .buy, price: Decimal(100), size: Decimal(1),
          fee: Decimal("-0.01")!, feeAsset: "USD", liquidity: .maker, filled: Decimal(1),
          remaining: Decimal(1)))
    }
    let placed = Int64(1_795_000_000_000_000 + number)
    return [
      .intent(intent, name: number % 2 == 0 ? nil : ShortText("n\(number)"), at: placed),
      .replacement(Self.intent(number, size: 3)), fill(intent.clientID), order(intent.clientID),
      fill(nil), order(nil),
    ]
  }

  static func keep(_ numbers: ClosedRange<Int>, in journal: Journal, account: String = "a") throws {
    for number in numbers {
      for record in records(number) { try journal.keep(record, venue: venue, account: account) }
    }
    try journal.commit()
  }

  static func forget(_ number: Int, in journal: Journal, account: String = "a") throws {
    for key in [OrderKey.own(id(number)), .foreign(ShortText("v\(number)")!)] {
      try journal.forget(key, venue: venue, account: account)
    }
  }

  private func records(of journal: Journal, _ account: String = "a") throws -> [OrderRecord] {
    try journal.records(venue: Self.venue, account: account)
  }

  @Test("what was kept of an account is there when it is opened again, in the order it came")
  func reopening() throws {
    let folder = JournalTests.Folder()
    var journal = try Journal(folder.journal, id: "a")
    try Self.keep(1...2, in: journal)
    try Self.keep(3...3, in: journal, account: "b")
    journal.close()
    journal = try Journal(folder.journal, id: "b")
    try Self.keep(4...4, in: journal)
    #expect(try records(of: journal) == [1, 2, 4].flatMap(Self.records))
    #expect(try records(of: journal, "b") == Self.records(3))
    #expect(try journal.records(venue: VenueID("other"), account: "a") == [])
    #expect(journal.range == JournalRange(id: "a", first: 1, last: 0), "they are no lines")
  }

  @Test("in memory too")
  func memory() throws {
    let journal = Journal(inMemoryAfter: 41, id: "m")
    try Self.keep(1...3, in: journal)
    try Self.forget(2, in: journal)
    #expect(try records(of: journal) == [1, 3].flatMap(Self.records))
  }

  @Test("what was not committed is not there, neither line nor record")
  func transaction() throws {
    let folder = JournalTests.Folder()
    let file = try JournalFile(folder.journal, id: "a", boot: "1")
    let row = try #require(OrderRow(Self.records(1)[0], venue: Self.venue, account: "a"))
    for commits in [true, false] {
      try file.begin()
      try file.orders.insert(row, venue: "toy", account: "a")
      if commits { try file.commit() }
    }
    let reader = try OrderTable(Database(folder.journal, .readOnly))
    #expect(try reader.read(venue: "toy", account: "a") == [row])
    try reader.verify()
    withExtendedLifetime(file) {}
  }

  @Test("an order that is forgotten is gone, with all that was kept of it and nothing else")
  func forgetting() throws {
    let folder = JournalTests.Folder()
    var journal = try Journal(folder.journal, id: "a")
    try Self.keep(1...4, in: journal)
    try Self.keep(2...2, in: journal, account: "b")
    try Self.forget(2, in: journal)
    try Self.forget(4, in: journal)
    try Self.forget(9, in: journal)
    journal.close()
    journal = try Journal(folder.journal, id: "b")
    #expect(try records(of: journal) == [1, 3].flatMap(Self.records))
    #expect(try records(of: journal, "b") == Self.records(2))
    try journal.forget(.foreign(ShortText("c1")!), venue: Self.venue, account: "a")
    #expect(try records(of: journal).count == 12, "c1 is an order of ours")
    for number in [1, 3] { try Self.forget(number, in: journal) }
    try Self.keep(5...5, in: journal)
    journal.close()
    journal = try Journal(folder.journal, id: "c")
    #expect(try records(of: journal) == Self.records(5))
  }

  @Test("what is kept of an order outlives its lines")
  func trimmed() throws {
    let folder = JournalTests.Folder()
    var journal = try Journal(folder.journal, capacity: 10, id: "a")
    try Self.keep(1...1, in: journal)
    for number: UInt64 in 1...50 { try journal.append(number, JournalTests.line(number)) }
    journal.close()
    journal = try Journal(folder.journal, capacity: 10, id: "b")
    #expect(journal.range == JournalRange(id: "a", first: 41, last: 50))
    #expect(try records(of: journal) == Self.records(1))
  }

  @Test("a journal from before there were records keeps its lines")
  func upgrade() throws {
    let folder = JournalTests.Folder()
    let old = try Database(folder.journal)
    let check = JournalFile.check(1, JournalTests.line(1), after: 0)
    try old.execute(
      """
      CREATE TABLE journal (id TEXT NOT NULL, boot TEXT NOT NULL, is_open INTEGER NOT NULL) STRICT;
      CREATE TABLE line (
        seq INTEGER PRIMARY KEY, check_sum INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
      INSERT INTO journal VALUES ('old', '', 0);
      INSERT INTO line VALUES (
        1, \(check), '\(String(decoding: JournalTests.line(1), as: UTF8.self))');
      PRAGMA application_id = \(0x7077_6A72);
      PRAGMA user_version = 1;
      """)
    var journal = try Journal(folder.journal, id: "new")
    #expect(journal.range == JournalRange(id: "old", first: 1, last: 1))
    #expect(try records(of: journal) == [])
    try Self.keep(1...1, in: journal)
    journal.close()
    journal = try Journal(folder.journal, id: "new")
    #expect(journal.range.last == 1)
    #expect(try records(of: journal) == Self.records(1))
  }

  @Test(
    "what was changed or lost is found",
    arguments: [
      ("UPDATE order_record SET text = replace(text, '100.50', '100.60') WHERE number = 7", "7"),
      ("UPDATE order_record SET account = 'b' WHERE number = 3", "3"),
      ("UPDATE order_record SET venue = 'toys' WHERE number = 3", "3"),
      ("UPDATE order_record SET name = 'm' WHERE number = 1", "1"),
      ("UPDATE order_record SET name = NULL WHERE number = 1", "1"),
      ("UPDATE order_record SET placed = placed + 1 WHERE number = 1", "1"),
      ("UPDATE order_record SET kind = 'order' WHERE number = 2", "2"),
      ("UPDATE order_record SET kind = 'thing' WHERE number = 2", "2"),
      ("UPDATE order_record SET order_key = 'c9' WHERE number = 2", "2"),
      ("UPDATE order_record SET order_key = 'no name' WHERE number = 2", "2"),
      ("UPDATE order_record SET is_own = 1 WHERE number = 5", "5"),
      ("UPDATE order_record SET check_sum = check_sum + 1 WHERE number = 5", "5"),
      ("UPDATE order_record SET number = 99 WHERE number = 5", "99"),
    ])
  func changed(sql: String, number: String) throws {
    try damage(sql, "order record \(number) has been changed")
  }

  @Test("what was lost behind the table's back is found")
  func lost() throws {
    try damage(
      "DROP TRIGGER order_record_forgotten; DELETE FROM order_record WHERE number = 5",
      "it has 17 order records, and they are not the 18 it kept")
    try damage(
      """
      DROP TRIGGER order_record_forgotten; DELETE FROM order_record WHERE number = 18;
      UPDATE order_total SET records = 17
      """, "it has 17 order records, and they are not the 17 it kept")
    try damage("DELETE FROM order_total", "the count of its order records is missing")
  }

  private func damage(_ sql: String, _ problem: String) throws {
    let folder = JournalTests.Folder()
    let journal = try Journal(folder.journal, id: "a")
    try Self.keep(1...3, in: journal)
    journal.close()
    try Database(folder.journal).execute(sql)
    #expect(throws: Journal.Problem.damaged("\(folder.journal): \(problem)")) {
      try Journal(folder.journal, id: "b")
    }
  }

  @Test("a tracker is the same again from the file")
  func tracker() throws {
    let settings = OrderTracker.Settings(naming: .text, definiteRefusals: [])
    let now = Moment(monotonic: 1_000_000_000_000, wall: 1_795_000_000_000_000)
    var tracker = OrderTracker(venue: Self.venue, account: "a", settings: settings)
    let folder = JournalTests.Folder()
    var journal = try Journal(folder.journal, id: "a")
    for number in 1...3 {
      var actions: [OrderAction] = []
      tracker.receive(.place(Self.intent(number)), at: now, into: &actions)
      for case .record(let record) in actions {
        try journal.keep(record, venue: Self.venue, account: "a")
      }
    }
    journal.close()
    journal = try Journal(folder.journal, id: "b")
    let again = OrderTracker(
      venue: Self.venue, account: "a", settings: settings, replaying: try records(of: journal),
      at: now)
    #expect(again.liveOrders == tracker.liveOrders && again.liveOrders.count == 3)
    for key in again.liveOrders { #expect(again.order(key) == tracker.order(key)) }
  }
}
