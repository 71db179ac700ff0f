import Bot
import Glibc
import PerpCore
import PerpIO

/// What the console's bot remembers of its runs: a database, and the same as tables that other
/// programs read. Amounts are stored as text. (S1-55, S1-56)
final class ZarbStore {
  private static let schema = """
    PRAGMA journal_mode=WAL;
    PRAGMA synchronous=NORMAL;
    CREATE TABLE IF NOT EXISTS events(
      id TEXT PRIMARY KEY, ts INTEGER, level TEXT, source TEXT, message TEXT, data_json TEXT);
    CREATE TABLE IF NOT EXISTS trades(
      id TEXT PRIMARY KEY, ts_ms INTEGER, exchange_name TEXT, symbol TEXT, side TEXT,
      quantity TEXT, price TEXT, order_id TEXT, tag TEXT);
    CREATE TABLE IF NOT EXISTS symbol_snapshots(
      id INTEGER PRIMARY KEY AUTOINCREMENT, ts INTEGER, symbol TEXT, data_json TEXT);
    CREATE TABLE IF NOT EXISTS market_spread_history(
      id INTEGER PRIMARY KEY AUTOINCREMENT, symbol TEXT, ts INTEGER, signed_edge_bps TEXT,
      tradable_edge_pct TEXT, source TEXT, UNIQUE(symbol, ts, source));
    """
  /// Rows after which what is too old is removed.
  private static let trimInterval = 5_000
  private static let keptSnapshots = 100_000

  private let database: Database
  private let event: Statement
  private let trade: Statement
  private let snapshot: Statement
  private let spread: Statement
  private let tables: [ZarbTable: RotatedFile]
  private let retention: Int
  private var rows = 0

  init(_ path: String, tables folder: String, retention: Int) throws {
    try makeFolders(
      path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        .joined(separator: "/"))
    try makeFolders(folder)
    self.retention = retention
    database = try Database(path)
    try database.execute(Self.schema)
    event = try database.prepare("INSERT OR IGNORE INTO events VALUES(?,?,?,?,?,?)")
    trade = try database.prepare("INSERT OR IGNORE INTO trades VALUES(?,?,?,?,?,?,?,?,?)")
    snapshot = try database.prepare(
      "INSERT INTO symbol_snapshots(ts, symbol, data_json) VALUES(?,?,?)")
    spread = try database.prepare(
      """
      INSERT OR IGNORE INTO market_spread_history(
        symbol, ts, signed_edge_bps, tradable_edge_pct, source) VALUES(?,?,?,?,'gateway')
      """)
    var files: [ZarbTable: RotatedFile] = [:]
    for table in ZarbTable.allCases {
      files[table] = try RotatedFile("\(folder)/\(table.rawValue).csv", header: table.header)
    }
    tables = files
  }

  func keep(_ record: StoreRecord) throws {
    let isNew: Bool
    switch record {
    case .event(let value): isNew = try keep(value)
    case .trade(let value): isNew = try keep(value)
    case .snapshot(let symbol, let time, let json, _):
      snapshot.bind(1, time)
      snapshot.bind(2, symbol)
      snapshot.bind(3, json)
      isNew = try run(snapshot)
    case .spread(let symbol, let time, let edge, let percent):
      spread.bind(1, symbol)
      spread.bind(2, time)
      spread.bind(3, "\(edge)")
      spread.bind(4, "\(percent)")
      isNew = try run(spread)
    }
    if isNew, let row = record.row { try tables[row.table]?.append(row.text) }
    rows += 1
    if rows % Self.trimInterval == 0 { try trim() }
  }

  private func keep(_ value: ZarbEvent) throws -> Bool {
    event.bind(1, value.id)
    event.bind(2, value.time)
    event.bind(3, value.level.rawValue)
    event.bind(4, value.source)
    event.bind(5, value.message)
    event.bind(6, value.data)
    return try run(event)
  }

  private func keep(_ value: ZarbTrade) throws -> Bool {
    trade.bind(1, value.id)
    trade.bind(2, value.time)
    trade.bind(3, value.venue)
    trade.bind(4, value.symbol)
    trade.bind(5, value.side.rawValue)
    trade.bind(6, "\(value.size)")
    trade.bind(7, "\(value.price)")
    trade.bind(8, value.order)
    trade.bind(9, value.tag)
    return try run(trade)
  }

  /// False of a row that is there already.
  private func run(_ statement: Statement) throws -> Bool {
    try statement.run()
    return try database.integer("SELECT changes()") == 1
  }

  private func trim() throws {
    try database.execute(
      """
      DELETE FROM symbol_snapshots
        WHERE id <= (SELECT max(id) FROM symbol_snapshots) - \(Self.keptSnapshots);
      DELETE FROM market_spread_history WHERE id IN (
        SELECT id FROM (
          SELECT id, row_number() OVER (PARTITION BY symbol ORDER BY ts DESC) AS age
          FROM market_spread_history) WHERE age > \(retention));
      """)
  }

  // MARK: What is there (D-19)

  func memory() throws -> ZarbMemory {
    var memory = ZarbMemory()
    let events = try database.prepare(
      """
      SELECT id, ts, level, source, message, data_json FROM events
      ORDER BY ts DESC, rowid DESC LIMIT 500
      """)
    while try events.step() {
      memory.events.insert(
        ZarbEvent(
          id: events.text(0), time: events.integer(1),
          level: ZarbEvent.Level(rawValue: events.text(2)) ?? .info, source: events.text(3),
          message: events.text(4), data: events.text(5)), at: 0)
    }
    memory.trades = try trades()
    let rows = try database.prepare(
      """
      SELECT symbol, data_json FROM symbol_snapshots
      WHERE id IN (SELECT max(id) FROM symbol_snapshots GROUP BY symbol)
      """)
    while try rows.step() { memory.snapshots.append((rows.text(0), rows.text(1))) }
    let spreads = try database.prepare(
      "SELECT symbol, tradable_edge_pct FROM market_spread_history ORDER BY ts")
    while try spreads.step() {
      if let percent = Decimal(spreads.text(1)) {
        memory.spreads[spreads.text(0), default: []].append(percent)
      }
    }
    return memory
  }

  private func trades() throws -> [ZarbTrade] {
    let rows = try database.prepare(
      """
      SELECT id, ts_ms, exchange_name, symbol, side, quantity, price, order_id, tag FROM trades
      ORDER BY ts_ms DESC LIMIT 1000
      """)
    var trades: [ZarbTrade] = []
    while try rows.step() {
      guard let side = Side(rawValue: rows.text(4)), let size = Decimal(rows.text(5)),
        let price = Decimal(rows.text(6))
      else { continue }
      trades.append(
        ZarbTrade(
          id: rows.text(0), time: rows.integer(1), venue: rows.text(2), symbol: rows.text(3),
          side: side, size: size, price: price, order: rows.text(7), tag: rows.text(8)))
    }
    return trades.reversed()
  }
}

/// A table that begins anew when it is large; older ones are numbered. (S1-56)
final class RotatedFile {
  private static let limit = 16 << 20
  private static let kept = 5

  private let path: String
  private let header: String
  private var file: AppendedFile
  private var size: Int

  init(_ path: String, header: String) throws {
    (self.path, self.header) = (path, header)
    file = try AppendedFile(path, header: header)
    size = readSize(path)
  }

  func append(_ row: String) throws {
    if size > Self.limit { try rotate() }
    let bytes = Array("\(row)\n".utf8)
    try file.append(bytes)
    size += bytes.count
  }

  private func rotate() throws {
    for age in stride(from: Self.kept - 1, through: 1, by: -1) {
      rename("\(path).\(age)", "\(path).\(age + 1)")
    }
    rename(path, "\(path).1")
    file = try AppendedFile(path, header: header)
    size = 0
  }
}

/// Bytes; 0 of what is not there.
private func readSize(_ path: String) -> Int {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

/// With all above it; readable by their owner alone.
func makeFolders(_ path: String) throws {
  var made = path.hasPrefix("/") ? "/" : ""
  for part in path.split(separator: "/") {
    made += made.isEmpty || made.hasSuffix("/") ? "\(part)" : "/\(part)"
    guard mkdir(made, 0o700) == 0 || errno == EEXIST else {
      throw Failure(Failure.ioError, "\(made): \(systemError())")
    }
  }
}
