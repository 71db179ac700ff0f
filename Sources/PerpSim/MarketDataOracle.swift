import PerpCore
import PerpVenue

/// Watches what a session tells and what the venue knows to be true, and writes down every
/// contradiction (`reliability.md` I02, I07, I11, I23). It reads events only, as a client would.
package struct MarketDataOracle: Sendable {
  /// Different sequences of a market whose books are remembered; a later message about an older
  /// one cannot be judged.
  private static let memory = 2_048
  /// Books that a reader may be behind when all is well: the last frames may be on their way, or
  /// have shown nothing.
  private static let slack = 200
  /// Quotes of a market that are remembered, where they are not those of its book.
  private static let quoteMemory = 256

  private struct Rebuilt {
    var book = Book()
    var sequence: Int64?
  }

  package private(set) var violations: [String] = []
  /// How often each state was entered.
  package private(set) var entered: [StreamStatus.State: Int] = [:]
  package private(set) var errors = 0
  package private(set) var drifts = 0
  package private(set) var booksCompared = 0
  package private(set) var quotesCompared = 0
  private var states: [Topic: StreamStatus.State] = [:]
  /// Topics of which the venue wants us to have nothing any more.
  package private(set) var blocked: Set<Topic> = []
  private var mseqs: [Topic: UInt64] = [:]
  private var epochs: [Topic: UInt64] = [:]
  private var rebuilt: [Symbol: Rebuilt] = [:]
  /// The venue's sequence of each market's last quote since its stream changed state.
  private var quoted: [Symbol: Int64] = [:]
  private var truths: [Symbol: [Int64: NumberedBook]] = [:]
  private var newest: [Symbol: Int64] = [:]
  /// Those of `truths`, oldest first.
  private var sequences: [Symbol: [Int64]] = [:]
  private var trueQuotes: [Symbol: [QuoteFacts]] = [:]
  /// When each market's book, and its best, changed last.
  private var changes: [Symbol: (book: UInt64, best: UInt64)] = [:]

  package init() {}

  package func state(of topic: Topic) -> StreamStatus.State? { states[topic] }

  /// Remembers what is true of a market as of `time`.
  package mutating func learn(
    from simulator: any VenueSimulator, of symbol: Symbol, at time: UInt64
  ) {
    learn(simulator.book(of: symbol), of: symbol, at: time)
    guard let quote = simulator.quote(of: symbol), trueQuotes[symbol]?.last != quote else { return }
    trueQuotes[symbol, default: []].append(quote)
    changes[symbol] = (changes[symbol]?.book ?? time, time)
    if trueQuotes[symbol]!.count > Self.quoteMemory { trueQuotes[symbol]!.removeFirst() }
  }

  /// Remembers the true book, if it is a new one, as of `time`.
  private mutating func learn(_ truth: NumberedBook?, of symbol: Symbol, at time: UInt64) {
    guard let truth, newest[symbol] != truth.sequence else { return }
    let last = newest[symbol].flatMap { truths[symbol]?[$0] }
    let isNewBest = last?.bids.first != truth.bids.first || last?.asks.first != truth.asks.first
    changes[symbol] = (time, isNewBest ? time : changes[symbol]?.best ?? time)
    newest[symbol] = truth.sequence
    truths[symbol, default: [:]][truth.sequence] = truth
    sequences[symbol, default: []].append(truth.sequence)
    guard sequences[symbol]!.count > 2 * Self.memory else { return }
    for old in sequences[symbol]!.prefix(Self.memory) { truths[symbol]![old] = nil }
    sequences[symbol]!.removeFirst(Self.memory)
  }

  /// Books the venue has had since the one of this sequence; nil if that is none, or long ago.
  private func booksSince(_ sequence: Int64, _ symbol: Symbol) -> Int? {
    sequences[symbol]?.lastIndex(of: sequence).map { sequences[symbol]!.count - 1 - $0 }
  }

  package mutating func observe(_ event: Event) {
    switch event {
    case .bbo(let bbo): observe(bbo)
    case .book(let update): observe(update)
    case .trade(let trade): count(trade.header, .trade)
    case .funding(let funding): count(funding.header, .funding)
    case .stream(let status): observe(status)
    case .error: errors += 1
    case .drift: drifts += 1
    case .market, .order, .fill, .position, .balance, .account, .limits: break
    }
  }

  /// What was asked for says once more what was told last.
  package mutating func observe(answer event: Event) {
    switch event {
    case .bbo(let bbo): repeats(bbo.header, .bbo)
    case .funding(let funding): repeats(funding.header, .funding)
    case .book(let update):
      repeats(update.header, .book)
      let told = rebuilt[update.header.symbol]
      // The reader has dropped its book, the session has not: it is flagged until it is sound.
      if told?.sequence == nil, update.flags.contains(.lagging) { return }
      if told?.book.bids != update.bids || told?.book.asks != update.asks
        || told?.sequence != update.venueSequence
      {
        violations.append("book \(update.header.symbol): the answer is not the book that was told")
      }
    case .trade, .market, .order, .fill, .position, .balance, .account, .limits, .stream, .drift,
      .error:
      violations.append("\(event) was not asked for")
    }
  }

  private mutating func repeats(_ header: EventHeader, _ channel: Channel) {
    let topic = Topic(channel, header.symbol)
    if header.mseq != mseqs[topic] {
      violations.append("\(topic): the answer has mseq \(header.mseq), not \(mseqs[topic] ?? 0)")
    }
  }

  /// What must hold when faults have ended and the session has had its time: everything live, and
  /// each book the venue's own.
  package mutating func expectRecovered(_ topics: [Topic], since peace: UInt64) {
    for topic in topics where !blocked.contains(topic) {
      if states[topic] != .live {
        // What sleeps has had no occasion to come right.
        let change = changes[topic.symbol]
        if topic.channel == .bbo, change?.best ?? 0 < peace { continue }
        if topic.channel == .book, states[topic] == .stale, change?.book ?? 0 < peace { continue }
        violations.append("\(topic) is \(states[topic].map { "\($0)" } ?? "unknown"), not live")
      }
      guard topic.channel == .book else { continue }
      let (reached, last) = (rebuilt[topic.symbol]?.sequence, newest[topic.symbol])
      guard let reached, let last else {
        violations.append("\(topic) has no book")
        continue
      }
      if booksSince(reached, topic.symbol).map({ $0 > Self.slack }) ?? (last > reached) {
        violations.append("\(topic) stands at \(reached) of \(last)")
      }
    }
  }

  private mutating func count(_ header: EventHeader, _ channel: Channel) {
    let topic = Topic(channel, header.symbol)
    let expected = (mseqs[topic] ?? 0) + 1
    if header.mseq != expected {
      violations.append("\(topic): mseq \(header.mseq) instead of \(expected)")
    }
    mseqs[topic] = header.mseq
  }

  private mutating func observe(_ status: StreamStatus) {
    if states[status.topic] == status.state, status.cause != "blocked" {
      violations.append("\(status.topic) told \(status.state) twice")
    }
    if status.epoch < epochs[status.topic] ?? 0 {
      violations.append("\(status.topic): epoch fell to \(status.epoch)")
    }
    if blocked.contains(status.topic) {
      violations.append("\(status.topic) told \(status.state) after it was blocked")
    }
    if status.cause == "blocked" { blocked.insert(status.topic) }
    states[status.topic] = status.state
    epochs[status.topic] = status.epoch
    entered[status.state, default: 0] += 1
    if status.topic.channel == .bbo { quoted[status.topic.symbol] = nil }
    // A lagging book goes on, flagged; all else that is not live ends in a snapshot.
    if status.topic.channel == .book, status.state != .live, status.cause != "lagging" {
      rebuilt[status.topic.symbol] = Rebuilt()
    }
  }

  private mutating func observe(_ bbo: BBO) {
    count(bbo.header, .bbo)
    let topic = Topic(.bbo, bbo.header.symbol)
    if states[topic] != .live, bbo.flags.isEmpty {
      violations.append("\(topic): unflagged quote while \(states[topic].map { "\($0)" } ?? "new")")
    }
    let actual = QuoteFlags.of(bid: bbo.bid?.price, ask: bbo.ask?.price)
    if !actual.isSubset(of: bbo.flags) { violations.append("\(topic): crossed and not flagged") }
    if let known = trueQuotes[topic.symbol] { compare(bbo, with: known) }
    guard let sequence = bbo.venueSequence else { return }
    if let last = quoted[topic.symbol], sequence < last {
      violations.append("\(topic): the quote of sequence \(sequence) came after \(last)")
    }
    quoted[topic.symbol] = sequence
    guard trueQuotes[topic.symbol] == nil, let truth = truths[topic.symbol]?[sequence] else {
      return
    }
    quotesCompared += 1
    if truth.bids.first != bbo.bid || truth.asks.first != bbo.ask {
      violations.append("\(topic): the quote of sequence \(sequence) is not the venue's")
    }
  }

  /// A numbered quote must be the venue's of that number, any other one that the venue has had.
  private mutating func compare(_ bbo: BBO, with known: [QuoteFacts]) {
    let topic = Topic(.bbo, bbo.header.symbol)
    if let sequence = bbo.venueSequence {
      guard let truth = known.last(where: { $0.sequence == sequence }) else { return }
      quotesCompared += 1
      if truth.bid == bbo.bid, truth.ask == bbo.ask { return }
    } else {
      quotesCompared += 1
      if known.contains(where: { $0.bid == bbo.bid && $0.ask == bbo.ask }) { return }
    }
    violations.append("\(topic): \(bbo.bid as Any) \(bbo.ask as Any) is no quote of the venue's")
  }

  private mutating func observe(_ update: BookUpdate) {
    count(update.header, .book)
    let topic = Topic(.book, update.header.symbol)
    if states[topic] != .live, !update.flags.contains(.lagging) {
      violations.append("\(topic): told unflagged while not live")
    }
    var current = rebuilt[topic.symbol] ?? Rebuilt()
    if update.isSnapshot {
      current.book.removeAll()
    } else if update.previousVenueSequence != current.sequence {
      violations.append(
        "\(topic): follows \(update.previousVenueSequence ?? -1), reader is at "
          + "\(current.sequence ?? -1)")
    }
    for level in update.bids { current.book.set(level, on: .buy) }
    for level in update.asks { current.book.set(level, on: .sell) }
    current.sequence = update.venueSequence
    rebuilt[topic.symbol] = current
    if !current.book.flags.isSubset(of: update.flags) {
      violations.append("\(topic): crossed and not flagged")
    }
    guard let sequence = update.venueSequence, let truth = truths[topic.symbol]?[sequence] else {
      return
    }
    booksCompared += 1
    if current.book.bids != truth.bids || current.book.asks != truth.asks {
      violations.append("\(topic): the book of sequence \(sequence) is not the venue's")
    }
  }
}
