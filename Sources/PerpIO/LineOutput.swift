import PerpCore
import PerpGateway

/// The lines of one reader on their way out: when they are written, and how many.
///
/// They are written at the end of a turn, in one piece. But one turn can bring more than an outlet
/// holds before it begins to leave out, and a reader that keeps up must not miss anything for
/// that: so when much is ready it is written at once.
package struct LineOutput: ~Copyable {
  /// Takes what the reader takes now; says how many bytes that are and why not all.
  package typealias Write = (UnsafeRawBufferPointer) -> (
    taken: Int, outcome: StandardOutput.Outcome
  )

  package enum Outcome: Equatable, Sendable {
    case goesOn
    /// As many lines as were asked for have been written.
    case enough
    /// Nobody reads any more.
    case readerGone
    /// Not even the lines that may not be left out fit any more.
    case readerTooSlow
    /// Such as a full disk, in words.
    case failed(String)
  }

  /// Bytes of lines that do not wait for the end of the turn; well below what an outlet holds.
  static let flushAt = 64 << 10

  package var outlet: Outlet
  /// The last write did not take everything.
  package private(set) var isReaderBehind = false
  /// Lines that may still be written; nil without a limit.
  private var linesLeft: Int?

  package init(_ outlet: consuming Outlet, lines: Int? = nil) {
    self.outlet = outlet
    linesLeft = lines
  }

  /// `sequence` is the number of a lossless event.
  package mutating func put(
    _ event: borrowing Event, sequence: UInt64 = 0, at now: Moment, write: Write
  ) -> Outcome {
    outlet.put(event, sequence: sequence, at: now)
    return check(at: now, write: write)
  }

  package mutating func put(
    _ quote: borrowing BBO, at now: Moment, write: Write
  ) -> Outcome {
    outlet.put(quote, at: now)
    return check(at: now, write: write)
  }

  private mutating func check(at now: Moment, write: Write) -> Outcome {
    if outlet.isOverflowed { return .readerTooSlow }
    guard !isReaderBehind, outlet.ready.count >= Self.flushAt else { return .goesOn }
    return flush(at: now, write: write)
  }

  /// Writes what is ready, no more lines than are left.
  package mutating func flush(at now: Moment, write: Write) -> Outcome {
    isReaderBehind = false
    while !outlet.isDrained {
      let bytes = linesLeft.map { outlet.ready.prefix(lines: $0) } ?? outlet.ready
      let (taken, outcome) = write(bytes)
      if let linesLeft {
        let written = UnsafeRawBufferPointer(rebasing: bytes[..<taken])
        self.linesLeft = linesLeft - written.count { $0 == UInt8(ascii: "\n") }
      }
      outlet.consume(taken)
      outlet.refill(at: now)
      if linesLeft == 0 { return .enough }
      switch outcome {
      case .all: continue
      case .partial:
        isReaderBehind = true
        return .goesOn
      case .closed: return .readerGone
      case .failed(let cause): return .failed(cause)
      }
    }
    return .goesOn
  }
}

extension UnsafeRawBufferPointer {
  /// The bytes up to and with the last LF of the first so many lines.
  fileprivate func prefix(lines: Int) -> UnsafeRawBufferPointer {
    var left = lines
    for (index, byte) in enumerated() where byte == UInt8(ascii: "\n") {
      left -= 1
      if left <= 0 { return UnsafeRawBufferPointer(rebasing: self[...index]) }
    }
    return self
  }
}
