import CSQLite
import Glibc
import PerpCore
import PerpGateway
import PerpVenue

/// The lossless lines of all runs, numbered without a hole, in a SQLite file; and of each order
/// that is not forgotten yet what its tracker needs after a crash.
///
/// All lines of one turn of the loop are one transaction, committed before any of them is written
/// to a client. A commit goes to the write-ahead log without waiting for the disk: some ten
/// microseconds. So a process that is killed loses nothing that a client has seen. A power cut
/// may lose what was written since the last checkpoint, a second at most, but never a line from
/// the middle; since their numbers would then be given twice, the journal gets a new id, and
/// clients that know the old one are told so.
///
/// Each line carries a checksum over itself and the line before: what was changed or lost in the
/// middle is found when the journal is opened, and it is refused with the number of the line. The
/// same is true of the records of orders.
package final class Journal {
  package enum Problem: Error, Equatable, CustomStringConvertible {
    /// Another gateway has it.
    case locked(String)
    /// It is damaged, or no journal.
    case damaged(String)
    case failed(String)

    package var description: String {
      switch self {
      case .locked(let text), .damaged(let text), .failed(let text): text
      }
    }
  }

  /// Lines that are held; older ones are forgotten.
  package static let capacity: UInt64 = 1_000_000
  /// The same where they are held in memory.
  package static let capacityInMemory: UInt64 = 10_000

  package private(set) var range: JournalRange
  /// Transactions so far.
  package private(set) var commits: UInt64 = 0
  /// Nil once it is closed.
  private var file: JournalFile?
  private let capacity: UInt64
  private var lock: FileLock?
  private var checkpoints: CheckpointThread?
  private var check: UInt32
  private var isInTransaction = false

  /// Opens or creates the journal at `path`. `id` is for a new one, and for one that may have lost
  /// lines.
  package init(_ path: String, capacity: UInt64 = Journal.capacity, id: String) throws(Problem) {
    lock = try FileLock(path + ".lock")
    do {
      try Self.create(path)
      let file = try JournalFile(path, id: id, boot: Self.bootID())
      (range, check) = try file.verify()
      self.file = file
    } catch let failure as Database.Failure {
      let text = "\(path): \(failure)"
      throw failure.isCorruption ? .damaged(text) : .failed(text)
    } catch let damage as JournalFile.Damage {
      throw .damaged("\(path): \(damage.description)")
    } catch {
      throw .failed("\(path): \(error)")
    }
    self.capacity = capacity
    checkpoints = CheckpointThread(path)
  }

  /// Holds the lines in memory; they are numbered from after `last`.
  package init(inMemoryAfter last: UInt64 = 0, id: String) {
    lock = nil
    capacity = Self.capacityInMemory
    // Without a disk there is nothing to fail but memory itself.
    guard let file = try? JournalFile(":memory:", id: id, boot: "") else {
      preconditionFailure("SQLite does not work")
    }
    self.file = file
    range = JournalRange(id: id, first: last + 1, last: last)
    check = 0
  }

  /// Keeps a line, with the others of its transaction, once that is committed.
  package func append(_ sequence: UInt64, _ line: [UInt8]) throws(Problem) {
    try write { file throws(Database.Failure) in
      check = JournalFile.check(sequence, line, after: check)
      try file.insert(sequence, line, check)
      range.last = sequence
      if range.last - range.first >= capacity {
        range.first = range.last - capacity + 1
        try file.delete(before: range.first)
      }
    }
  }

  /// Keeps what the tracker of an account's orders needs after a crash, with the lines of the same
  /// transaction.
  package func keep(
    _ record: OrderRecord, venue: VenueID, account: String
  ) throws(Problem) {
    guard let row = OrderRow(record, venue: venue, account: account) else { return }
    try write { file throws(Database.Failure) in
      try file.orders.insert(row, venue: venue.description, account: account)
    }
  }

  /// Drops all records of an order, in the same transaction.
  package func forget(_ order: OrderKey, venue: VenueID, account: String) throws(Problem) {
    try write { file throws(Database.Failure) in
      try file.orders.delete(order, venue: venue.description, account: account)
    }
  }

  /// What was kept of an account's orders and not forgotten, in the order in which it came.
  package func records(venue: VenueID, account: String) throws(Problem) -> [OrderRecord] {
    let file = try openFile()
    do {
      return try file.orders.read(venue: venue.description, account: account)
        .map { try $0.record(of: venue) }
    } catch let error as JSONError {
      throw .damaged("an order record of \(venue) \(account): \(error)")
    } catch let damage as JournalFile.Damage {
      throw .damaged(damage.description)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// What earlier runs told of an account's balances, in the order in which it came.
  package func eachBalance(
    venue: VenueID, account: String, _ body: (Balance) -> Void
  ) throws(Problem) {
    let file = try openFile()
    do throws(Database.Failure) {
      try file.each(ofType: "balance") { line in
        // A line of another venue is not one of this.
        guard let balance = try? Balance(line: line.span.bytes, venue: venue),
          balance.header.account == account
        else { return }
        body(balance)
      }
    } catch {
      throw .failed("\(error)")
    }
  }

  private func write(
    _ body: (JournalFile) throws(Database.Failure) -> Void
  ) throws(Problem) {
    let file = try openFile()
    do throws(Database.Failure) {
      if !isInTransaction {
        try file.begin()
        isInTransaction = true
      }
      try body(file)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// Makes what was appended and kept outlive this process.
  package func commit() throws(Problem) {
    guard isInTransaction else { return }
    let file = try openFile()
    do throws(Database.Failure) { try file.commit() } catch { throw .failed("\(error)") }
    isInTransaction = false
    commits += 1
  }

  /// At most `limit` lines, from this one or the oldest that is held.
  package func read(
    from sequence: UInt64, limit: Int
  ) throws(Problem) -> [(sequence: UInt64, line: [UInt8])] {
    let file = try openFile()
    do throws(Database.Failure) { return try file.read(from: sequence, limit: limit) } catch {
      throw .failed("\(error)")
    }
  }

  /// The disk has everything. Nothing may be appended after this.
  package func close() {
    try? commit()
    checkpoints?.stop()
    checkpoints = nil
    file?.markClosed()
    file = nil
    lock = nil
  }

  private func openFile() throws(Problem) -> JournalFile {
    guard let file else { throw .failed("it is closed") }
    return file
  }

  /// Readable by its owner alone.
  private static func create(_ path: String) throws(Problem) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .failed("\(path): \(errorText(errno))") }
    Glibc.close(descriptor)
  }

  /// Differs from one start of the machine to the next.
  private static func bootID() -> String {
    let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { Glibc.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
      .filter { !$0.isWhitespace }
  }
}

/// A lock that ends with the process, whatever ends it.
package final class FileLock {
  private let descriptor: Int32

  package init(_ path: String) throws(Journal.Problem) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw .failed("\(path): \(errorText(errno))") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isHeld = errno == EWOULDBLOCK
      let text = errorText(errno)
      close(descriptor)
      throw isHeld
        ? .locked("another gateway holds \(path)") : .failed("\(path): \(text)")
    }
  }

  deinit {
    // Given up, not only closed: a program that is just being started shares it for a moment.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}

/// Moves what was committed from the write-ahead log to the file and to the disk, beside the loop
/// and every second: that waits for the disk.
final class CheckpointThread {
  private let loop = EventLoop()
  private let stopping: Mailbox<Void>
  private let worker: Worker

  init(_ path: String) {
    let loop = loop
    stopping = loop.mailbox("stop", limit: 1) { loop.stop() }
    nonisolated(unsafe) let own = loop
    worker = Worker("checkpoint") {
      guard let database = try? Database(path) else { return }
      // A write that is under way, or a reader, only puts it off.
      var timer: Timer?
      timer = own.timer {
        try? database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        timer?.deadline = own.now().monotonic + Nanoseconds.seconds(1)
      }
      timer?.deadline = own.now().monotonic + Nanoseconds.seconds(1)
      own.run()
      try? database.execute("PRAGMA wal_checkpoint(PASSIVE)")
    }
  }

  func stop() {
    _ = stopping.post(())
    worker.join()
  }
}
