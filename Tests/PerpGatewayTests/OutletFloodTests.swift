import PerpCore
import PerpGateway
import Testing

/// Random floods through an outlet whose reader stops, crawls and catches up again. What the
/// reader got must be right by the rules across lines, and what it lacks must be counted.
@Suite("Outlet under a flood")
struct OutletFloodTests {
  #if DEBUG
    static let events = 6_000
  #else
    static let events = 30_000
  #endif

  @Test(
    "a slow reader gets a true story in bounded memory", arguments: 1...8 as ClosedRange<UInt64>)
  func flood(seed: UInt64) throws {
    var random = Random(seed: seed)
    let limits = Outlet.Limits(highWater: 2_000, queueBytes: 48_000)
    var market = Flood()
    var reader = Reader()
    var outlet = Outlet(limits: limits)
    outlet.put(Hello(version: "0", pid: 1, runID: "r", mode: .sim, venues: [Sample.venue]))

    var sequence: UInt64 = 0
    var answers = 0
    for step in 0..<Self.events {
      let now = Sample.moment(step)
      let event = market.next(&random)
      if event.isLossless { sequence += 1 }
      outlet.put(event, sequence: sequence, at: now)
      // Pauses long enough to fill the queue, then reads of every size.
      let isPaused = (step / 900) % 2 == 1
      if !isPaused, random.chance(1, in: 4) {
        reader.read(&outlet, atMost: random.below(6_000), at: now)
      }
      answers += answerRequests(&outlet, &market, at: now)
    }
    #expect(outlet.isOverflowed == false)
    while !outlet.isDrained {
      reader.read(&outlet, atMost: 5_000, at: Sample.moment(Self.events))
      answers += answerRequests(&outlet, &market, at: Sample.moment(Self.events))
    }

    #expect(try reader.problems() == [])
    expectLastStates(reader, market)
    #expect(reader.books == market.books, "each book is the venue's")
    let counters = outlet.counters
    #expect(counters.conflatedStates > 0 && counters.droppedBookUpdates > 0)
    #expect(counters.droppedTrades > 0 && counters.snapshotRequests > 0)
    #expect(counters.mostBytesReady < limits.highWater + 8_000)
    #expect(counters.mostBytesQueued < limits.queueBytes + 8_000)
    // An answer tells nothing new.
    let received = reader.lines.count - 1 - answers
    let left = counters.conflatedStates + counters.droppedTrades + counters.droppedBookUpdates
    #expect(UInt64(received) + left == UInt64(market.count), "every event came or was counted")
  }

  /// How many were told.
  private func answerRequests(
    _ outlet: inout Outlet, _ market: inout Flood, at now: Moment
  ) -> Int {
    var told = 0
    for request in outlet.takeSnapshotRequests() {
      outlet.put(answer: market.repeated(request.topic.symbol), at: now)
      if !outlet.expects(request) { told += 1 }
    }
    return told
  }

  private func expectLastStates(_ reader: borrowing Reader, _ market: borrowing Flood) {
    for (key, mseq) in market.sequences where key.hasPrefix("bbo") || key.hasPrefix("funding") {
      #expect(reader.lastSequences[key] == mseq, "\(key)")
    }
  }
}

/// A venue with two markets whose events come at random.
private struct Flood {
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
private struct Reader {
  private(set) var lines: [String] = []
  private(set) var lastSequences: [String: UInt64] = [:]
  private(set) var books: [Symbol: Book] = [:]
  private var partial = ""

  mutating func read(_ outlet: inout Outlet, atMost limit: Int, at now: Moment) {
    let length = min(limit, outlet.ready.count)
    partial += String(decoding: outlet.ready[..<length], as: UTF8.self)
    outlet.consume(length)
    outlet.refill(at: now)
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
