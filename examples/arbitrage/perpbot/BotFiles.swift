import Bot
import Glibc
import PerpCore

/// Writes a file at once or not at all: by another that takes its place.
func replaceFile(_ path: String, with text: String) throws {
  let draft = "\(path).new"
  let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw Failure(Failure.ioError, "\(draft): \(systemError())") }
  defer { close(file) }
  let bytes = Array(text.utf8)
  guard write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0, rename(draft, path) == 0
  else { throw Failure(Failure.ioError, "\(path): \(systemError())") }
}

/// A file that lines are appended to.
final class AppendedFile {
  let path: String
  private let file: Int32

  /// Made with its first line, if there is none; readable by its owner alone.
  init(_ path: String, header: String? = nil) throws {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    if !folder.isEmpty { mkdir(folder.joined(separator: "/"), 0o700) }
    self.path = path
    file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure(Failure.ioError, "\(path): \(systemError())") }
    if let header, lseek(file, 0, SEEK_END) == 0 { try append(Array("\(header)\n".utf8)) }
  }

  deinit { close(file) }

  func append(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(Failure.ioError, "\(path): \(systemError())") }
      rest = rest.dropFirst(count)
    }
  }

  /// Until then a loss of power may take it.
  func sync() throws {
    guard fdatasync(file) == 0 else {
      throw Failure(Failure.ioError, "\(path): \(systemError())")
    }
  }

  /// Of one process.
  func lock() throws {
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      throw Failure("\(path): another bot has it; stop that one first, or give another --folder")
    }
  }

  /// What was half written at a crash is left where it is, as a line of its own.
  func endTornLine() throws {
    var last: UInt8 = 10
    guard lseek(file, -1, SEEK_END) >= 0 else { return }
    guard read(file, &last, 1) == 1 else {
      throw Failure(Failure.ioError, "\(path): \(systemError())")
    }
    if last != 10 { try append([10]) }
  }

  func lines() throws -> [[UInt8]] {
    guard let bytes = readFile(path) else {
      throw Failure(Failure.ioError, "\(path): \(systemError())")
    }
    return bytes.split(separator: 10).map(Array.init)
  }
}

/// The ledger on disk.
struct LedgerFile {
  private let file: AppendedFile
  let ledger: Ledger

  init(_ path: String) throws {
    file = try AppendedFile(path)
    try file.lock()
    try file.endTornLine()
    ledger = Ledger(lines: try file.lines())
  }

  func lines() throws -> [[UInt8]] { try file.lines() }

  func keep(_ record: LedgerRecord) throws {
    try file.append(record.line)
    try file.sync()
  }
}

/// What the bot says to people: everything to its file, what matters to standard error too.
struct ActivityLog {
  private let file: AppendedFile
  private let time: WallTime

  init(_ path: String, time: WallTime) throws {
    file = try AppendedFile(path)
    self.time = time
  }

  func write(_ level: LogLevel, _ text: String, at now: Moment) {
    let line = "\(time.text(now.wall)) \(level.rawValue.uppercased()) \(text)"
    if level >= .info { say(line) }
    do { try file.append(Array("\(line)\n".utf8)) } catch { say("\(error)") }
  }
}

/// Tables of rows, with their headers written once.
final class TableFiles {
  private static let rowsPerFlush = 10

  private let stem: String
  private let headers: [Table: String]
  private var files: [Table: AppendedFile] = [:]
  private var waiting: [Table: [String]] = [:]

  init(_ stem: String, headers: [Table: String]) {
    (self.stem, self.headers) = (stem, headers)
  }

  /// Quotes are written ten rows at a time, all else at once. (S0-50)
  func append(_ row: String, to table: Table) throws {
    waiting[table, default: []].append(row)
    if table != .bbo || waiting[table, default: []].count >= Self.rowsPerFlush {
      try flush(table)
    }
  }

  func flush() throws { for table in Table.allCases { try flush(table) } }

  private func flush(_ table: Table) throws {
    guard let rows = waiting.removeValue(forKey: table) else { return }
    let file =
      try files[table]
      ?? AppendedFile("\(stem)_\(table.rawValue).\(table.fileEnding)", header: headers[table])
    files[table] = file
    try file.append(Array((rows.joined(separator: "\n") + "\n").utf8))
  }
}
