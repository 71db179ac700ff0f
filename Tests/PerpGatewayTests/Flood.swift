import PerpCore
import PerpGateway

/// A venue with two markets whose events come at random.
struct Flood {
  private(set) var sequences: [String: UInt64] = [:]
  private(set) var books: [Symbol: Book] = [:]
  private(set) var count = 0

  mutating func next(_ random: inout Random) -> Event {
    let symbol = random.chance(1, in: 2) ? Sample.bitcoin : Sample.ether
    guard books[symbol] != nil else { return snapshot(of: symbol) }
    switch random.below(160) {
    case 0:
      count += 1
      return Sample.stream(random.chance(1, in: 2) ? .bbo : .funding, .stale, symbol)
    case 1..<5: return Sample.funding(sequence("funding", symbol), symbol)
    case 5..<45: return Sample.bbo(sequence("bbo", symbol), symbol)
    case 45..<93: return Sample.trade(sequence("trade", symbol), symbol)
    default: return delta(of: symbol, &random)
    }
  }

  mutating func snapshot(of symbol: Symbol) -> Event {
    let book = books[symbol] ?? Book()
    books[symbol] = book
    let mseq = sequence("book", symbol)
    return Sample.book(mseq, symbol, snapshot: true, bids: book.bids, asks: book.asks)
  }

  /// The book as it is, with the number of its last change.
  func repeated(_ symbol: Symbol) -> Event {
    let book = books[symbol] ?? Book()
    return Sample.book(
      sequences["book \(symbol)"] ?? 0, symbol, snapshot: true, bids: book.bids, asks: book.asks)
  }

  private mutating func delta(of symbol: Symbol, _ random: inout Random) -> Event {
    let side: Side = random.chance(1, in: 2) ? .buy : .sell
    let price = Decimal((side == .buy ? 0 : 100) + random.below(50))
    let level = Level(price: price, size: Decimal(random.below(3)))
    books[symbol]?.set(level, on: side)
    let mseq = sequence("book", symbol)
    return Sample.book(
      mseq, symbol, snapshot: false, bids: side == .buy ? [level] : [],
      asks: side == .sell ? [level] : [], previous: Int64(mseq) - 1)
  }

  private mutating func sequence(_ type: String, _ symbol: Symbol) -> UInt64 {
    count += 1
    sequences["\(type) \(symbol)", default: 0] += 1
    return sequences["\(type) \(symbol)", default: 0]
  }
}

/// Rebuilds what it can from the lines it got.
struct FloodReader {
  private(set) var lines: [String] = []
  private(set) var lastSequences: [String: UInt64] = [:]
  private(set) var books: [Symbol: Book] = [:]
  private var partial = ""

  mutating func read(_ outlet: inout Outlet, atMost limit: Int, at now: Moment) {
    let length = min(limit, outlet.ready.count)
    read(outlet.ready[..<length])
    outlet.consume(length)
    outlet.refill(at: now)
  }

  mutating func read(_ bytes: Slice<UnsafeRawBufferPointer>) {
    partial += String(decoding: bytes, as: UTF8.self)
    while let end = partial.firstIndex(of: "\n") {
      note(String(partial[..<end]))
      partial.removeSubrange(...end)
    }
  }

  func problems() throws -> [LineProblem] {
    var checker = try LineChecker()
    var problems: [LineProblem] = []
    for line in lines {
      let bytes = Array(line.utf8)
      let span = bytes.span
      checker.check(span.bytes, into: &problems)
    }
    return problems
  }

  private mutating func note(_ line: String) {
    lines.append(line)
    guard let object = Line(line), let symbol = object.symbol else { return }
    lastSequences["\(object.type) \(symbol)"] = object.mseq
    guard object.type == "book" else { return }
    if object.isSnapshot { books[symbol] = Book() }
    for level in object.bids { books[symbol]?.set(level, on: .buy) }
    for level in object.asks { books[symbol]?.set(level, on: .sell) }
  }
}
