import CSQLite
import Foundation
import PerpCore
import PerpGateway
import PerpVenue
import Testing

@testable import PerpIO

@Suite("Journal")
struct JournalTests {
  /// A folder that is gone when the test is.
  final class Folder {
    let path: String

    init() {
      // Where there is one, a folder in memory: to close a journal waits for the disk.
      let root = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
      path = "\(root)/perpwire-journal-\(UUID().uuidString)"
      try? FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var journal: String { path + "/journal.sqlite" }
  }

  static func line(_ number: UInt64) -> [UInt8] {
    let padding = String(repeating: "x", count: Int(number * 37 % 150) + 150)
    return Array("{\"type\":\"stream\",\"seq\":\(number),\"cause\":\"\(padding)\"}\n".utf8)
  }

  private static func append(_ numbers: ClosedRange<UInt64>, to journal: Journal) throws {
    for number in numbers { try journal.append(number, line(number)) }
    try journal.commit()
  }

  @Test("what was kept is there when it is opened again, and numbers go on")
  func reopening() throws {
    let folder = Folder()
    var journal = try Journal(folder.journal, id: "a")
    #expect(journal.range == JournalRange(id: "a", first: 1, last: 0))
    try Self.append(1...7, to: journal)
    journal.close()
    journal = try Journal(folder.journal, id: "b")
    #expect(journal.range == JournalRange(id: "a", first: 1, last: 7))
    try Self.append(8...9, to: journal)
    let page = try journal.read(from: 6, limit: 3)
    #expect(page.map(\.sequence) == [6, 7, 8])
    #expect(page.map(\.line) == [6, 7, 8].map(Self.line))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.journal)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("in memory the numbers go on where they were told to")
  func memory() throws {
    let journal = Journal(inMemoryAfter: 41, id: "m")
    #expect(journal.range == JournalRange(id: "m", first: 42, last: 41))
    try Self.append(42...44, to: journal)
    #expect(try journal.read(from: 1, limit: 9).map(\.sequence) == [42, 43, 44])
  }

  @Test("only so many lines are held")
  func capacity() throws {
    let folder = Folder()
    let journal = try Journal(folder.journal, capacity: 10, id: "a")
    try Self.append(1...25, to: journal)
    #expect(journal.range == JournalRange(id: "a", first: 16, last: 25))
    journal.close()
    let again = try Journal(folder.journal, id: "b")
    #expect(again.range == JournalRange(id: "a", first: 16, last: 25))
  }

  @Test("one gateway has it at a time")
  func locking() throws {
    let folder = Folder()
    let journal = try Journal(folder.journal, id: "a")
    #expect(throws: Journal.Problem.locked("another gateway holds \(folder.journal).lock")) {
      try Journal(folder.journal, id: "b")
    }
    journal.close()
  }

  @Test("a power cut gives the journal another name, a killed process does not")
  func powerCut() throws {
    let folder = Folder()
    for (boot, id, expected) in [
      ("1", "a", "a"), ("1", "b", "a"), ("2", "c", "c"), ("2", "d", "c"),
    ] {
      let file = try JournalFile(folder.journal, id: id, boot: boot)
      #expect(try file.verify().range.id == expected)
    }
    try JournalFile(folder.journal, id: "e", boot: "2").markClosed()
    let file = try JournalFile(folder.journal, id: "f", boot: "3")
    #expect(try file.verify().range.id == "c", "it was closed in order")
  }

  @Test(
    "what was changed or lost in the middle is found",
    arguments: [
      ("UPDATE line SET text = replace(text, 'x', 'y') WHERE seq = 5", "line 5 has been changed"),
      ("DELETE FROM line WHERE seq = 5", "line 5 is missing"),
      ("UPDATE line SET check_sum = 7 WHERE seq = 9", "line 9 has been changed"),
      ("DELETE FROM journal", "its header is missing"),
      ("PRAGMA user_version = 9", "it is of version 9; this perpwire reads versions 1 and 2"),
      ("PRAGMA application_id = 9", "it is no journal of perpwire's"),
    ])
  func damage(sql: String, problem: String) throws {
    let folder = Folder()
    let journal = try Journal(folder.journal, id: "a")
    try Self.append(1...9, to: journal)
    journal.close()
    try Database(folder.journal).execute(sql)
    #expect(throws: Journal.Problem.damaged("\(folder.journal): \(problem)")) {
      try Journal(folder.journal, id: "b")
    }
  }

  @Test("what is no database is refused")
  func garbage() throws {
    let folder = Folder()
    try Data(repeating: 7, count: 5_000).write(to: URL(fileURLWithPath: folder.journal))
    #expect(throws: Journal.Problem.self) { try Journal(folder.journal, id: "a") }
    #expect(throws: Journal.Problem.self) { try Journal(folder.path, id: "a") }
    #expect(throws: Journal.Problem.self) { try Journal("/nowhere/journal.sqlite", id: "a") }
  }
}

/// X51: whatever a power cut leaves of the last 64 lines, what is read is the beginning of what was
/// written.
@Suite("Journal, torn")
struct TornJournalTests {
  /// What is committed one after the other: lines alone, or with each a record of an order, of
  /// which the last three are not forgotten.
  enum Content: Sendable {
    case lines, orders

    var commits: UInt64 { self == .lines ? 66 : 5 }

    func records(after commits: UInt64) -> Int { self == .lines ? 0 : Int(min(commits, 3)) }
  }

  /// The files of a journal that was not closed, and how long the log was after each line.
  private struct Image {
    let file: [UInt8]
    let log: [UInt8]
    let content: Content
    var lengths: [Int] = []

    init(of content: Content, in folder: JournalTests.Folder) throws {
      self.content = content
      let file = try JournalFile(folder.journal, id: "a", boot: "1")
      var check: UInt32 = 0
      for number in 1...content.commits {
        let line = JournalTests.line(number)
        check = JournalFile.check(number, line, after: check)
        try file.begin()
        try file.insert(number, line, check)
        if content == .orders {
          let row = OrderRow(
            kind: .order, key: .foreign(ShortText("\(number)")!), line: JournalTests.line(number))
          try file.orders.insert(row, venue: "v", account: "a")
          let old = OrderKey.foreign(ShortText("\(number < 4 ? 0 : number - 3)")!)
          try file.orders.delete(old, venue: "v", account: "a")
        }
        try file.commit()
        var status = stat()
        stat(folder.journal + "-wal", &status)
        lengths.append(Int(status.st_size))
      }
      self.file = try Self.read(folder.journal)
      log = try Self.read(folder.journal + "-wal")
      withExtendedLifetime(file) {}
    }

    private static func read(_ path: String) throws -> [UInt8] {
      try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Lines whose log is whole up to this byte.
    func whole(at byte: Int) -> UInt64 { UInt64(lengths.prefix { $0 <= byte }.count) }

    /// What is read with this log, or why nothing is; the records must be those of its end.
    func last(log: ArraySlice<UInt8>, in folder: JournalTests.Folder) throws -> UInt64 {
      for (path, bytes) in [(folder.journal, file[...]), (folder.journal + "-wal", log)] {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        #expect(count == bytes.count)
      }
      unlink(folder.journal + "-shm")
      let file = try JournalFile(folder.journal, id: "b", boot: "1")
      let last = try file.verify().range.last
      let records = try file.orders.read(venue: "v", account: "a")
      #expect(records.count == content.records(after: last), "after \(last) commits")
      return last
    }
  }

  /// The sweep in parts, so that they run side by side.
  private static let parts = 8

  @Test("cut at every byte", arguments: [Content.lines, .orders], 0..<parts)
  func cut(content: Content, part: Int) throws {
    let image = try Image(of: content, in: JournalTests.Folder())
    let (folder, from) = (JournalTests.Folder(), image.lengths[1])
    for end in from...image.log.count where end % Self.parts == part {
      let last = try image.last(log: image.log[..<end], in: folder)
      guard last == image.whole(at: end) else {
        Issue.record("cut at \(end): \(last) lines instead of \(image.whole(at: end))")
        return
      }
    }
    if part == 0 {
      report("cut", content, bytes: image.log.count - from)
    }
  }

  /// Every so many bytes are changed; with `PERPWIRE_LONG` all.
  private static let step = ProcessInfo.processInfo.environment["PERPWIRE_LONG"] == nil ? 8 : 1

  @Test("bytes changed", arguments: [Content.lines, .orders], 0..<parts)
  func changed(content: Content, part: Int) throws {
    let image = try Image(of: content, in: JournalTests.Folder())
    let (folder, from) = (JournalTests.Folder(), image.lengths[1])
    let places = stride(from: from + part, to: image.log.count, by: Self.parts * Self.step)
    for place in places {
      var log = image.log
      log[place] ^= UInt8(1 + place % 255)
      let last = try image.last(log: log[...], in: folder)
      guard last == image.whole(at: place) else {
        Issue.record("byte \(place): \(last) lines instead of \(image.whole(at: place))")
        return
      }
    }
    if part == 0 {
      report("changed", content, bytes: (image.log.count - from) / Self.step)
    }
  }

  private func report(_ fault: String, _ content: Content, bytes: Int) {
    let fields = #""fault":"\#(fault)","of":"\#(content)","bytes_tested":\#(bytes)"#
    print(#"{"evid":"X51","ok":true,\#(fields)}"#)
  }
}
