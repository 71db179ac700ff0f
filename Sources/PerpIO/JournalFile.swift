import PerpCore
import PerpGateway

/// The tables of a journal.
///
///     journal(id, boot, is_open)     one row
///     line(seq, check_sum, text)     a row for each line, with its LF
///     order_record(number, check_sum, venue, account, is_own, order_key, kind, name, placed, text)
///                                    a row for each record of an order: see `OrderRow`
///     order_total(records, check_sum)  one row: how many those are, and the sum of their checksums
///
/// A line's `check_sum` is the CRC-32C of its number and text, continued from the line before.
/// Records of orders are forgotten from the middle, all of one order at a time: theirs are each of
/// the row alone, and `order_total`, which triggers keep, tells whether one is missing.
///
/// Where a record is of an order's line, both tables have its text. So neither must look after the
/// other: lines are trimmed by their number, as clients may want to read them again, and records
/// by the order, as its tracker may need them, which for an old order is long after its lines are
/// gone.
final class JournalFile {
  struct Damage: Error, CustomStringConvertible {
    let description: String
  }

  /// `pwjr`, for `file` and SQLite's own tools.
  private static let applicationID: Int64 = 0x7077_6A72
  /// 2 has the records of orders; 1 is made 2 when it is opened.
  private static let version: Int64 = 2

  let orders: OrderTable
  private let database: Database
  private let beginning: Statement
  private let ending: Statement
  private let insertion: Statement
  private let deletion: Statement
  private let selection: Statement

  /// `boot` differs from one start of the machine to the next: a journal that was left open before
  /// the last may have lost lines, and gets the new `id`.
  init(_ path: String, id: String, boot: String) throws {
    database = try Database(path)
    // Small pages: what a commit writes is a page or two.
    try database.execute("PRAGMA page_size = 1024")
    try database.execute("PRAGMA journal_mode = WAL")
    try database.execute("PRAGMA synchronous = NORMAL")
    try database.execute("PRAGMA wal_autocheckpoint = 0")
    try database.execute("PRAGMA journal_size_limit = 4194304")
    try database.execute("PRAGMA busy_timeout = 200")
    try Self.prepare(database, id: id, boot: boot)
    orders = try OrderTable(database)
    beginning = try database.prepare("BEGIN IMMEDIATE")
    ending = try database.prepare("COMMIT")
    insertion = try database.prepare("INSERT INTO line (seq, check_sum, text) VALUES (?, ?, ?)")
    deletion = try database.prepare("DELETE FROM line WHERE seq < ?")
    selection = try database.prepare(
      "SELECT seq, text FROM line WHERE seq >= ? ORDER BY seq LIMIT ?")
  }

  private static func prepare(_ database: Database, id: String, boot: String) throws {
    let application = try database.integer("PRAGMA application_id") ?? 0
    let version = try database.integer("PRAGMA user_version") ?? 0
    let tables = try database.integer("SELECT count(*) FROM sqlite_schema") ?? 0
    if application == 0, version == 0, tables == 0 {
      try database.execute(
        """
        BEGIN IMMEDIATE;
        CREATE TABLE journal (id TEXT NOT NULL, boot TEXT NOT NULL, is_open INTEGER NOT NULL)
          STRICT;
        CREATE TABLE line (
          seq INTEGER PRIMARY KEY, check_sum INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
        INSERT INTO journal VALUES ('', '', 0);
        \(OrderTable.schema)
        PRAGMA application_id = \(applicationID);
        PRAGMA user_version = \(Self.version);
        COMMIT;
        """)
    } else if application != applicationID {
      throw Damage(description: "it is no journal of perpwire's")
    } else if version == 1 {
      try database.execute(
        "BEGIN IMMEDIATE; \(OrderTable.schema) PRAGMA user_version = \(Self.version); COMMIT")
    } else if version != Self.version {
      let text = "it is of version \(version); this perpwire reads versions 1 and \(Self.version)"
      throw Damage(description: text)
    }
    let open = try database.prepare(
      """
      UPDATE journal SET is_open = 1, boot = ?2, id =
        CASE WHEN id = '' OR (is_open = 1 AND boot <> ?2) THEN ?1 ELSE id END
      """)
    open.bind(1, id)
    open.bind(2, boot)
    try open.run()
  }

  /// Reads everything: what the journal holds, and the checksum of its last line.
  func verify() throws -> (range: JournalRange, check: UInt32) {
    let header = try database.prepare("SELECT id FROM journal")
    guard try header.step() else { throw Damage(description: "its header is missing") }
    var range = JournalRange(id: header.text(0), first: 1, last: 0)
    header.reset()
    let lines = try database.prepare("SELECT seq, check_sum, text FROM line ORDER BY seq")
    var check: UInt32 = 0
    while try lines.step() {
      let sequence = UInt64(bitPattern: lines.integer(0))
      let stored = UInt32(truncatingIfNeeded: lines.integer(1))
      // What the oldest line follows is held no more, unless it is the first of all.
      if range.last == 0, sequence > 1 {
        range.first = sequence
      } else {
        guard sequence == range.last + 1 else {
          throw Damage(description: "line \(range.last + 1) is missing")
        }
        guard stored == Self.check(sequence, lines.bytes(2), after: check) else {
          throw Damage(description: "line \(sequence) has been changed")
        }
      }
      range.last = sequence
      check = stored
    }
    try orders.verify()
    return (range, check)
  }

  func begin() throws(Database.Failure) { try beginning.run() }
  func commit() throws(Database.Failure) { try ending.run() }

  func insert(_ sequence: UInt64, _ line: [UInt8], _ check: UInt32) throws(Database.Failure) {
    insertion.bind(1, Int64(bitPattern: sequence))
    insertion.bind(2, Int64(check))
    line.withUnsafeBytes { insertion.bind(3, text: $0) }
    try insertion.run()
  }

  func delete(before sequence: UInt64) throws(Database.Failure) {
    deletion.bind(1, Int64(bitPattern: sequence))
    try deletion.run()
  }

  func read(
    from sequence: UInt64, limit: Int
  ) throws(Database.Failure) -> [(sequence: UInt64, line: [UInt8])] {
    selection.bind(1, Int64(bitPattern: sequence))
    selection.bind(2, Int64(limit))
    var lines: [(sequence: UInt64, line: [UInt8])] = []
    while try selection.step() {
      lines.append((UInt64(bitPattern: selection.integer(0)), [UInt8](selection.bytes(1))))
    }
    return lines
  }

  /// Lines of one type, from the oldest on, one at a time: there may be a million of them. What
  /// all of them begin with is enough to know them by.
  func each(ofType type: String, _ body: ([UInt8]) -> Void) throws(Database.Failure) {
    let lines = try database.prepare(
      "SELECT text FROM line WHERE text LIKE '{\"type\":\"' || ? || '\",%' ORDER BY seq")
    lines.bind(1, type)
    while try lines.step() { body([UInt8](lines.bytes(0))) }
  }

  /// Nothing can have been lost when it is opened next.
  func markClosed() { try? database.execute("UPDATE journal SET is_open = 0") }

  static func check(_ sequence: UInt64, _ line: [UInt8], after before: UInt32) -> UInt32 {
    line.withUnsafeBytes { check(sequence, $0, after: before) }
  }

  static func check(
    _ sequence: UInt64, _ line: UnsafeRawBufferPointer, after before: UInt32
  ) -> UInt32 {
    let number = withUnsafeBytes(of: sequence.littleEndian) {
      Checksum.crc32c($0, after: before)
    }
    return Checksum.crc32c(line, after: number)
  }
}
