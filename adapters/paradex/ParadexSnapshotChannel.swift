import PerpCore
import PerpVenue

/// `order_book.{market}.snapshot@15@100ms[@tick]` of a recording that has the market's deltas: as
/// the venue does, the top 15 levels as a snapshot, at most that often, in the encoding of the
/// deltas.
struct ParadexSnapshotChannel: DerivedChannel {
  static let depth = 15

  let source: String
  private let name: String
  /// Nanoseconds from one to the next.
  private let pace: UInt64
  private let tick: Decimal?
  private var book: Book?
  private var nextAge: UInt64 = 0

  /// Nil for a channel of another kind.
  init?(_ name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3,
      case .granted(let channel) = ParadexSimulatorChannel.parse(name, symbols: [parts[1]]),
      case .bookSnapshot(let market, false, let milliseconds, let tick) = channel
    else { return nil }
    self.name = name
    self.tick = tick
    source = "order_book.\(market).deltas"
    pace = Nanoseconds.milliseconds(milliseconds)
  }

  mutating func take(_ frame: Frame, age: UInt64) -> Frame? {
    guard var update = Self.book(in: frame) else { return nil }
    apply(update)
    guard let book, age >= nextAge else { return nil }
    nextAge = age + pace
    update.isSnapshot = true
    (update.bids, update.asks) = (book.bids, book.asks)
    let snapshot = update.top(Self.depth, groupedBy: tick)
    guard frame.kind == .text else {
      return Frame(.binary, snapshot.frame(version: Self.version(of: frame)))
    }
    return Frame(.text, ParadexSimulator.notification(of: name, data: snapshot.write))
  }

  /// Changes before the first snapshot mean nothing.
  private mutating func apply(_ update: ParadexWire.Book) {
    if update.isSnapshot { book = Book() }
    guard book != nil else { return }
    for level in update.bids { book?.set(level, on: .buy) }
    for level in update.asks { book?.set(level, on: .sell) }
  }

  private static func book(in frame: Frame) -> ParadexWire.Book? {
    if frame.kind == .text {
      var decoder = ParadexTextDecoder()
      guard case .book(let book)? = try? decoder.decode(frame.bytes.span.bytes) else { return nil }
      return book
    }
    guard var fields = try? ParadexFrame(frame.bytes.span.bytes), fields.template == .book
    else { return nil }
    return try? ParadexWire.Book(&fields)
  }

  private static func version(of frame: Frame) -> UInt16 {
    (try? ParadexFrame(frame.bytes.span.bytes).version) ?? 0
  }
}
