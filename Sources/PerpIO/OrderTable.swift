import PerpCore
import PerpVenue

/// The part of a journal that has the records of orders; see `JournalFile`.
final class OrderTable {
  static let schema = """
    CREATE TABLE order_record (
      number INTEGER PRIMARY KEY, check_sum INTEGER NOT NULL, venue TEXT NOT NULL,
      account TEXT NOT NULL, is_own INTEGER NOT NULL, order_key TEXT NOT NULL, kind TEXT NOT NULL,
      name TEXT, placed INTEGER, text TEXT NOT NULL) STRICT;
    CREATE INDEX order_record_key ON order_record (order_key);
    CREATE TABLE order_total (records INTEGER NOT NULL, check_sum INTEGER NOT NULL) STRICT;
    INSERT INTO order_total VALUES (0, 0);
    CREATE TRIGGER order_record_kept AFTER INSERT ON order_record BEGIN
      UPDATE order_total SET records = records + 1, check_sum = check_sum + NEW.check_sum;
    END;
    CREATE TRIGGER order_record_forgotten AFTER DELETE ON order_record BEGIN
      UPDATE order_total SET records = records - 1, check_sum = check_sum - OLD.check_sum;
    END;
    """

  private static let columns =
    "number, check_sum, venue, account, is_own, order_key, kind, name, placed, text"

  private let database: Database
  private let insertion: Statement
  private let deletion: Statement
  /// The number of the latest record.
  private var last: Int64

  init(_ database: Database) throws(Database.Failure) {
    self.database = database
    insertion = try database.prepare(
      """
      INSERT INTO order_record (\(Self.columns))
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """)
    deletion = try database.prepare(
      """
      DELETE FROM order_record WHERE order_key = ?1 AND is_own = ?2 AND venue = ?3 AND account = ?4
      """)
    last = try database.integer("SELECT max(number) FROM order_record") ?? 0
  }

  func insert(
    _ row: OrderRow, venue: String, account: String
  ) throws(Database.Failure) {
    last += 1
    insertion.bind(1, last)
    insertion.bind(2, Int64(Self.check(last, row, venue: venue, account: account)))
    insertion.bind(3, venue)
    insertion.bind(4, account)
    insertion.bind(5, row.key.isOwn ? 1 : 0)
    insertion.bind(6, row.key.text.string)
    insertion.bind(7, row.kind.rawValue)
    insertion.bind(8, row.name?.string)
    insertion.bind(9, row.placed)
    row.line.withUnsafeBytes { insertion.bind(10, text: $0) }
    try insertion.run()
  }

  func delete(_ key: OrderKey, venue: String, account: String) throws(Database.Failure) {
    deletion.bind(1, key.text.string)
    deletion.bind(2, key.isOwn ? 1 : 0)
    deletion.bind(3, venue)
    deletion.bind(4, account)
    try deletion.run()
  }

  /// In the order in which they were kept.
  func read(venue: String, account: String) throws -> [OrderRow] {
    let rows = try database.prepare(
      """
      SELECT \(Self.columns) FROM order_record WHERE venue = ? AND account = ? ORDER BY number
      """)
    rows.bind(1, venue)
    rows.bind(2, account)
    var read: [OrderRow] = []
    while try rows.step() { read.append(try Self.row(rows)) }
    return read
  }

  /// Reads everything.
  func verify() throws {
    let rows = try database.prepare("SELECT \(Self.columns) FROM order_record ORDER BY number")
    var (count, sum): (Int64, Int64) = (0, 0)
    while try rows.step() {
      let number = rows.integer(0)
      let check = Self.check(
        number, try Self.row(rows), venue: rows.text(2), account: rows.text(3))
      guard rows.integer(1) == Int64(check) else { throw Self.changed(number) }
      count += 1
      sum += Int64(check)
    }
    let total = try database.prepare("SELECT records, check_sum FROM order_total")
    guard try total.step() else {
      throw JournalFile.Damage(description: "the count of its order records is missing")
    }
    defer { total.reset() }
    guard total.integer(0) == count, total.integer(1) == sum else {
      let text = "it has \(count) order records, and they are not the \(total.integer(0)) it kept"
      throw JournalFile.Damage(description: text)
    }
  }

  private static func changed(_ number: Int64) -> JournalFile.Damage {
    JournalFile.Damage(description: "order record \(number) has been changed")
  }

  private static func row(_ rows: Statement) throws(JournalFile.Damage) -> OrderRow {
    guard let kind = OrderRow.Kind(rawValue: rows.text(6)),
      let key = OrderKey(isOwn: rows.integer(4) == 1, rows.text(5))
    else { throw changed(rows.integer(0)) }
    return OrderRow(
      kind: kind, key: key, name: rows.isNull(7) ? nil : ShortText(rows.text(7)),
      placed: rows.isNull(8) ? nil : rows.integer(8), line: [UInt8](rows.bytes(9)))
  }

  /// The CRC-32C of all that the row says; texts follow their length.
  private static func check(
    _ number: Int64, _ row: OrderRow, venue: String, account: String
  ) -> UInt32 {
    var check: UInt32 = 0
    func add(_ number: Int64) {
      withUnsafeBytes(of: number.littleEndian) { check = Checksum.crc32c($0, after: check) }
    }
    func add(_ bytes: UnsafeRawBufferPointer) {
      add(Int64(bytes.count))
      check = Checksum.crc32c(bytes, after: check)
    }
    add(number)
    for text in [venue, account, row.kind.rawValue] {
      var text = text
      text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }
    add(row.key.isOwn ? 1 : 0)
    row.key.text.withBytes { add($0) }
    add(row.name == nil ? 0 : 1)
    (row.name ?? ShortText()).withBytes { add($0) }
    add(row.placed == nil ? 0 : 1)
    add(row.placed ?? 0)
    row.line.withUnsafeBytes { add($0) }
    return check
  }
}

extension OrderKey {
  fileprivate init?(isOwn: Bool, _ text: String) {
    if isOwn {
      guard let id = ClientOrderID(text) else { return nil }
      self = .own(id)
    } else {
      guard let id = ShortText(text) else { return nil }
      self = .foreign(id)
    }
  }

  fileprivate var isOwn: Bool {
    switch self {
    case .own: true
    case .foreign: false
    }
  }

  fileprivate var text: ShortText {
    switch self {
    case .own(let id): id.text
    case .foreign(let id): id
    }
  }
}
