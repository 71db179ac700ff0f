import Glibc
import PerpCore
import PerpVenue

/// What the program says to people: one line a message on standard error, as text or JSON.
///
/// A hundred lines of our own instead of swift-log: levels, repeats and a stream that may not block
/// are all there is to it. A message that repeats within ten seconds is counted instead of written,
/// and a line that nobody takes is dropped and counted.
package final class Log {
  package enum Format: String, Sendable {
    case text, json
  }

  /// A message is written again after this time at the earliest.
  private static let repeatWindow = Nanoseconds.seconds(10)
  /// Different messages whose repeats are counted at a time.
  private static let repeatLimit = 64

  private struct Recent {
    let level: Note.Level
    let text: String
    let since: UInt64
    var repeats = 0
  }

  private let level: Note.Level
  private let format: Format
  private let descriptor: Int32
  private var recent: [Recent] = []
  private var line = ByteBuffer(capacity: 512)
  /// Lines that could not be written because the stream was full or gone.
  package private(set) var lost = 0

  package init(
    level: Note.Level = .info, format: Format = .text, descriptor: Int32 = STDERR_FILENO
  ) {
    self.level = level
    self.format = format
    self.descriptor = descriptor
  }

  package func write(_ level: Note.Level, _ text: String, at now: Moment) {
    guard level.rank >= self.level.rank else { return }
    tellRepeats(at: now) { $0.since + Self.repeatWindow <= now.monotonic }
    if let index = recent.firstIndex(where: { $0.level == level && $0.text == text }) {
      recent[index].repeats += 1
      return
    }
    if recent.count == Self.repeatLimit {
      let oldest = recent[0].since
      tellRepeats(at: now) { $0.since == oldest }
    }
    recent.append(Recent(level: level, text: text, since: now.monotonic))
    put(level, text, at: now)
  }

  package func write(_ note: Note, at now: Moment) { write(note.level, note.text, at: now) }

  /// Says what was held back; for the end of the program.
  package func finish(at now: Moment) { tellRepeats(at: now) { _ in true } }

  private func tellRepeats(at now: Moment, where isOver: (Recent) -> Bool) {
    for entry in recent where entry.repeats > 0 && isOver(entry) {
      let times = entry.repeats == 1 ? "once" : "\(entry.repeats) times"
      put(entry.level, "\(entry.text) (repeated \(times))", at: now)
    }
    recent.removeAll(where: isOver)
  }

  private func put(_ level: Note.Level, _ text: String, at now: Moment) {
    line.clear()
    switch format {
    case .text:
      line.append("perpwire: ")
      line.append(level.rawValue)
      line.append(": ")
      line.append(text.onOneLine)
    case .json:
      line.append(#"{"time":"#)
      line.append(now.wall)
      line.append(#","level":""#)
      line.append(level.rawValue)
      line.append(#"","message":"#)
      line.append(json: text)
      line.append("}")
    }
    line.append("\n")
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    // A full pipe on standard error must not stop the loop.
    line.truncate(to: min(line.count, 4096))
    let isTaken =
      poll(&entry, 1, 0) > 0 && Glibc.write(descriptor, line.bytes.baseAddress, line.count) >= 0
    if !isTaken { lost += 1 }
  }
}

extension Note.Level {
  fileprivate var rank: Int {
    switch self {
    case .debug: 0
    case .info: 1
    case .notice: 2
    case .warning: 3
    case .error: 4
    }
  }
}

extension String {
  /// With spaces for line ends and other control characters, which a peer may have sent.
  fileprivate var onOneLine: String {
    guard utf8.contains(where: { $0 < 32 || $0 == 127 }) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 32 ? " " : $0 }))
  }
}
