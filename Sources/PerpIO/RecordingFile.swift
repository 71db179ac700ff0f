import Glibc
import PerpCore
import PerpVenue

/// One file of a recording, as it is written. The tables are described in RECORDING.md.
final class RecordingFile {
  /// `perp` in ASCII: what kind of database it is, for whoever looks at the file.
  static let applicationID: Int64 = 0x7065_7270
  /// Of the tables; another one is not read.
  static let schemaVersion: Int64 = 1

  let path: String
  private let database: Database
  private let raw: Statement
  private let events: EventTables
  private let sessions: Statement

  /// Makes the file, readable and writable by its owner alone; there must be none of that name.
  init(_ path: String, facts: [(name: String, value: String)]) throws(Database.Failure) {
    self.path = path
    let descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Database.Failure(code: errno, description: "\(path): \(errorText(errno))")
    }
    close(descriptor)
    database = try Database(path)
    try database.execute(
      """
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
      BEGIN;
      PRAGMA application_id = \(Self.applicationID); PRAGMA user_version = \(Self.schemaVersion);
      \(Self.schema)
      """)
    let insert = try database.prepare("INSERT INTO recording VALUES (?, ?)")
    for (name, value) in facts {
      insert.bind(1, name)
      insert.bind(2, value)
      try insert.run()
    }
    try database.execute("COMMIT")
    raw = try database.prepare("INSERT INTO raw VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    sessions = try database.prepare("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    events = try EventTables(database)
  }

  /// Writes all that `body` writes, or nothing.
  func transaction(
    _ body: () throws(Database.Failure) -> Void
  ) throws(Database.Failure) {
    try database.execute("BEGIN")
    try body()
    try database.execute("COMMIT")
  }

  /// Nothing is written any more: puts all into the one file, which then opens anywhere, also
  /// where nothing can be written.
  func finish() throws(Database.Failure) { try database.execute("PRAGMA journal_mode = DELETE") }

  func write(_ session: RecordedSession) throws(Database.Failure) {
    sessions.bind(1, Int64(session.id))
    sessions.bind(2, session.venue)
    sessions.bind(3, "\(session.seed)")
    sessions.bind(4, session.endpoints.ws)
    sessions.bind(5, session.endpoints.rest)
    let settings = session.settings.sorted { $0.key < $1.key }
    sessions.bind(6, settings.map { "\($0.key)=\($0.value)" }.joined(separator: "\n"))
    sessions.bind(7, session.secretNames.joined(separator: "\n"))
    sessions.bind(8, Int64(session.share))
    sessions.bind(9, session.isRacing ? 1 : 0)
    try sessions.run()
  }

  func write(_ row: RecordedRow, venue: String?) throws(Database.Failure) {
    raw.bind(1, row.moment.wall)
    raw.bind(2, Int64(row.moment.monotonic))
    raw.bind(3, row.session == 0 ? nil : Int64(row.session))
    raw.bind(4, venue)
    raw.bind(5, row.kind.direction)
    raw.bind(6, row.kind.rawValue)
    raw.bind(7, row.reference == 0 ? nil : Int64(row.reference))
    raw.bind(8, row.head.isEmpty ? nil : row.head)
    if row.payload.isEmpty {
      raw.bind(9, nil as Int64?)
    } else {
      row.payload.withUnsafeBytes { raw.bind(9, blob: $0) }
    }
    try raw.run()
  }

  func write(_ event: Event, at moment: Moment) throws(Database.Failure) {
    try events.write(event, at: moment)
  }
}

extension RecordingFile {
  /// Times are microseconds since the epoch, prices and sizes the venue's own digits.
  static let schema = """
    CREATE TABLE recording (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE session (
      id INTEGER PRIMARY KEY, venue TEXT NOT NULL, seed TEXT NOT NULL, ws TEXT NOT NULL,
      rest TEXT NOT NULL, settings TEXT NOT NULL, secret_names TEXT NOT NULL,
      share INTEGER NOT NULL, is_racing INTEGER NOT NULL) STRICT;
    CREATE TABLE raw (
      id INTEGER PRIMARY KEY, recv_ts INTEGER NOT NULL, monotonic_ns INTEGER NOT NULL,
      session INTEGER, venue TEXT, direction TEXT NOT NULL, kind TEXT NOT NULL, ref INTEGER,
      head TEXT, payload BLOB) STRICT;
    CREATE TABLE bbo (
      recv_ts INTEGER NOT NULL, ts INTEGER, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      mseq INTEGER NOT NULL, bid TEXT, bid_size TEXT, ask TEXT, ask_size TEXT,
      venue_seq INTEGER, source TEXT NOT NULL, flags TEXT) STRICT;
    CREATE TABLE trade (
      recv_ts INTEGER NOT NULL, ts INTEGER, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      mseq INTEGER NOT NULL, trade_id TEXT, price TEXT NOT NULL, size TEXT NOT NULL, side TEXT,
      liquidation INTEGER NOT NULL) STRICT;
    CREATE TABLE book (
      recv_ts INTEGER NOT NULL, ts INTEGER, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      mseq INTEGER NOT NULL, snapshot INTEGER NOT NULL, bids TEXT NOT NULL, asks TEXT NOT NULL,
      venue_seq INTEGER, prev_venue_seq INTEGER, flags TEXT) STRICT;
    CREATE TABLE funding (
      recv_ts INTEGER NOT NULL, ts INTEGER, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      mseq INTEGER NOT NULL, rate TEXT, interval_s INTEGER, rate_1h TEXT, next_ts INTEGER,
      mark_price TEXT, index_price TEXT, open_interest TEXT) STRICT;
    CREATE TABLE market (
      recv_ts INTEGER NOT NULL, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      venue_symbol TEXT NOT NULL, base TEXT NOT NULL, quote TEXT NOT NULL,
      tick_size TEXT NOT NULL, lot_size TEXT NOT NULL, min_size TEXT NOT NULL,
      min_notional TEXT, max_leverage TEXT, status TEXT NOT NULL) STRICT;
    CREATE TABLE stream (
      recv_ts INTEGER NOT NULL, ts INTEGER NOT NULL, venue TEXT NOT NULL, symbol TEXT NOT NULL,
      channel TEXT NOT NULL, state TEXT NOT NULL, cause TEXT NOT NULL, epoch INTEGER NOT NULL,
      age_ms INTEGER, limit_ms INTEGER, attempt INTEGER, retry_ms INTEGER) STRICT;
    CREATE TABLE drift (
      recv_ts INTEGER NOT NULL, ts INTEGER NOT NULL, venue TEXT NOT NULL, channel TEXT NOT NULL,
      path TEXT NOT NULL, sample TEXT NOT NULL) STRICT;
    CREATE TABLE error (
      recv_ts INTEGER NOT NULL, ts INTEGER NOT NULL, venue TEXT, "where" TEXT NOT NULL,
      reason TEXT NOT NULL, message TEXT NOT NULL, venue_code TEXT,
      fatal INTEGER NOT NULL) STRICT;
    CREATE INDEX bbo_symbol ON bbo (symbol, recv_ts);
    CREATE INDEX trade_symbol ON trade (symbol, recv_ts);
    CREATE INDEX book_symbol ON book (symbol, recv_ts);
    CREATE INDEX funding_symbol ON funding (symbol, recv_ts);
    CREATE VIEW bbo_real AS SELECT recv_ts, ts, venue, symbol, mseq, CAST(bid AS REAL) AS bid,
      CAST(bid_size AS REAL) AS bid_size, CAST(ask AS REAL) AS ask,
      CAST(ask_size AS REAL) AS ask_size, venue_seq, source, flags FROM bbo;
    CREATE VIEW trade_real AS SELECT recv_ts, ts, venue, symbol, mseq, trade_id,
      CAST(price AS REAL) AS price, CAST(size AS REAL) AS size, side, liquidation FROM trade;
    CREATE VIEW funding_real AS SELECT recv_ts, ts, venue, symbol, mseq,
      CAST(rate AS REAL) AS rate, interval_s, CAST(rate_1h AS REAL) AS rate_1h, next_ts,
      CAST(mark_price AS REAL) AS mark_price, CAST(index_price AS REAL) AS index_price,
      CAST(open_interest AS REAL) AS open_interest FROM funding;
    """
}
