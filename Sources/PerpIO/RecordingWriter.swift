import Glibc
import PerpCore

/// Writes what was recorded into a file, or into one file for each day, UTC. Of one thread.
final class RecordingWriter {
  private static let microsecondsPerDay: Int64 = 86_400_000_000
  private static let batch = 1000

  /// Nil where all goes into one file.
  private let folder: String?
  private let facts: [(name: String, value: String)]
  private var sessions: [RecordedSession] = []
  private var file: RecordingFile
  private var part = 1
  private var day: Int64

  init(
    into path: String, facts: [(name: String, value: String)], at now: Moment
  ) throws(Database.Failure) {
    let isFile = path.hasSuffix(".sqlite") || path.hasSuffix(".db")
    folder = isFile ? nil : path
    self.facts = facts
    day = Self.day(of: now)
    if !isFile { mkdir(path, 0o700) }
    let name = try isFile ? path : Self.freeName(in: path, day: day)
    file = try RecordingFile(name, facts: facts + [("part", "1")])
  }

  /// False when the last row has been written.
  func write(_ items: [RecordingQueue.Item]) throws(Database.Failure) -> Bool {
    var rest = items[...]
    while let first = rest.first {
      if let next = first.moment.map(Self.day(of:)), next > day, folder != nil {
        try turnOver(to: next, at: first)
      }
      let batch = rest.prefix(Self.batch).prefix { item in
        folder == nil || (item.moment.map(Self.day(of:)) ?? day) <= day
      }
      try file.transaction { () throws(Database.Failure) in
        for item in batch { try write(item) }
      }
      rest = rest.dropFirst(batch.count)
    }
    guard case .raw(let row)? = items.last, row.kind == .end else { return true }
    try file.finish()
    return false
  }

  private func write(_ item: RecordingQueue.Item) throws(Database.Failure) {
    switch item {
    case .session(let session):
      sessions.append(session)
      try file.write(session)
    case .raw(let row):
      let venue = row.session > 0 ? sessions[row.session - 1].venue : nil
      try file.write(row, venue: venue)
    case .event(let event, let moment): try file.write(event, at: moment)
    }
  }

  /// Goes on in a new file, which says what it continues.
  private func turnOver(
    to day: Int64, at first: RecordingQueue.Item
  ) throws(Database.Failure) {
    guard let folder, let moment = first.moment else { return }
    let name = try Self.freeName(in: folder, day: day)
    try file.write(RecordedRow(.next, at: moment, head: Self.lastComponent(name)), venue: nil)
    part += 1
    let previous = Self.lastComponent(file.path)
    let next = try RecordingFile(
      name, facts: facts + [("part", "\(part)"), ("previous", previous)])
    for session in sessions { try next.write(session) }
    try file.finish()
    file = next
    self.day = day
  }

  private static func day(of moment: Moment) -> Int64 { moment.wall / microsecondsPerDay }

  private static func lastComponent(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "")
  }

  /// `perpwire-2026-11-20.sqlite`; of later recordings of one day `perpwire-2026-11-20-2.sqlite`.
  static func freeName(in folder: String, day: Int64) throws(Database.Failure) -> String {
    var (seconds, parts) = (time_t(day) * 86_400, tm())
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 16)
    strftime(&text, text.count, "%Y-%m-%d", &parts)
    let date = text.prefix { $0 != 0 }.map { Character(Unicode.Scalar(UInt8($0))) }
    for number in 1...9_999 {
      let name = "\(folder)/perpwire-\(String(date))\(number == 1 ? "" : "-\(number)").sqlite"
      if access(name, F_OK) != 0 { return name }
    }
    throw Database.Failure(code: EEXIST, description: "\(folder) is full of recordings of a day")
  }
}

extension RecordingQueue.Item {
  /// Nil for what happens at no moment.
  fileprivate var moment: Moment? {
    switch self {
    case .session: nil
    case .raw(let row): row.moment
    case .event(_, let moment): moment
    }
  }
}
