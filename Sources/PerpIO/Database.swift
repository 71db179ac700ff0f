import CSQLite

/// One connection to a SQLite database, of one thread.
package final class Database {
  /// What SQLite says, in its own words; `code` is its extended result code.
  package struct Failure: Error, CustomStringConvertible {
    package let code: Int32
    package let description: String

    /// The file is no database, or a damaged one.
    package var isCorruption: Bool {
      code & 0xff == SQLITE_CORRUPT || code & 0xff == SQLITE_NOTADB
    }
  }

  package enum Mode {
    /// Created if there is none, readable and writable by its owner alone.
    case readWrite
    case readOnly
  }

  private let handle: OpaquePointer

  /// `:memory:` is a database that ends with the connection.
  package init(_ path: String, _ mode: Mode = .readWrite) throws(Failure) {
    var handle: OpaquePointer?
    let flags =
      switch mode {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      case .readOnly: SQLITE_OPEN_READONLY
      }
    // One thread uses it: SQLite's own locks would only cost.
    let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let handle, code == SQLITE_OK else {
      let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(handle)
      throw Failure(code: code, description: "\(path): \(text)")
    }
    self.handle = handle
    sqlite3_extended_result_codes(handle, 1)
  }

  deinit { sqlite3_close_v2(handle) }

  /// Runs statements that have no parameters and give no rows.
  package func execute(_ sql: String) throws(Failure) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
  }

  package func prepare(_ sql: String) throws(Failure) -> Statement {
    var statement: OpaquePointer?
    let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
    guard sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil) == SQLITE_OK, let statement
    else { throw failure }
    return Statement(statement, of: self)
  }

  /// The first column of the first row, such as of `PRAGMA user_version`; nil without a row.
  package func integer(_ sql: String) throws(Failure) -> Int64? {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : nil
  }

  fileprivate var failure: Failure {
    Failure(
      code: sqlite3_extended_errcode(handle), description: String(cString: sqlite3_errmsg(handle)))
  }
}

/// A statement that is run over and over. Parameters count from 1, columns from 0.
package final class Statement {
  /// SQLite is to copy what is bound.
  private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private let statement: OpaquePointer
  private let database: Database

  fileprivate init(_ statement: OpaquePointer, of database: Database) {
    self.statement = statement
    self.database = database
  }

  deinit { sqlite3_finalize(statement) }

  package func bind(_ place: Int32, _ value: Int64?) {
    if let value {
      sqlite3_bind_int64(statement, place, value)
    } else {
      sqlite3_bind_null(statement, place)
    }
  }

  package func bind(_ place: Int32, _ text: String?) {
    if let text {
      sqlite3_bind_text(statement, place, text, -1, Self.transient)
    } else {
      sqlite3_bind_null(statement, place)
    }
  }

  /// As text, which must be UTF-8.
  func bind(_ place: Int32, text bytes: UnsafeRawBufferPointer) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    sqlite3_bind_text(statement, place, start, Int32(bytes.count), Self.transient)
  }

  func bind(_ place: Int32, blob bytes: UnsafeRawBufferPointer) {
    sqlite3_bind_blob(statement, place, bytes.baseAddress, Int32(bytes.count), Self.transient)
  }

  /// Moves to the next row; false, and ready for the next run, when there is none.
  package func step() throws(Database.Failure) -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE:
      sqlite3_reset(statement)
      return false
    default:
      let failure = database.failure
      sqlite3_reset(statement)
      throw failure
    }
  }

  /// Runs a statement that gives no rows.
  package func run() throws(Database.Failure) { _ = try step() }

  /// Ends a run before its last row.
  package func reset() { sqlite3_reset(statement) }

  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  /// Text or blob; valid until the next step.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: sqlite3_column_blob(statement, column),
      count: Int(sqlite3_column_bytes(statement, column)))
  }

  package func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }
}
