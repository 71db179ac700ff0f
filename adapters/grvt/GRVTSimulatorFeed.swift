import PerpCore

/// What the simulated gateway publishes under one selector, whoever listens: its numbers, and what
/// subscribers know.
struct GRVTSimulatorFeed: Sendable {
  private enum Told: Sendable {
    /// Whole states are sent each time.
    case nothing
    case values(GRVTWire.Ticker)
    case book(Book)
  }

  /// Numbers of the whole venue leave room for so many messages with the same one.
  private static let globalStep: Int64 = 100_000

  let selector: GRVTSelector
  /// Place of the market.
  let market: Int
  /// Nanoseconds between messages; 0 for one with each change.
  let interval: UInt64
  /// When the next is due, on the monotonic clock.
  var dueAt = UInt64.max
  /// The last number that was used, as gateway and venue count.
  private(set) var number: Int64
  private(set) var globalNumber: Int64
  /// The number at which the best bid or ask changed last, as gateway and venue count.
  private(set) var quoteNumber: Int64
  private(set) var globalQuoteNumber: Int64
  private var hasNewQuote = false
  private var told: Told

  init(
    _ selector: GRVTSelector, market index: Int, of market: GRVTSimulatorMarket, at time: Int64,
    number: Int64, cluster: Int64
  ) {
    self.selector = selector
    self.market = index
    let rate = selector.form.string.prefix { $0 != "-" }
    switch selector.stream {
    case .trades, .account: interval = 0
    case .candles: interval = 1_000_000_000
    default: interval = (UInt64(rate) ?? 0) * 1_000_000
    }
    self.number = number
    globalNumber = cluster * Self.globalStep
    (quoteNumber, globalQuoteNumber) = (number, globalNumber)
    switch selector.stream {
    case .miniDeltas, .tickerDeltas: told = .values(market.ticker(at: time))
    case .bookDeltas, .improvedBookDeltas:
      var book = Book()
      book.set(market.book(depth: .max, at: time))
      told = .book(book)
    default: told = .nothing
    }
  }

  /// Uses the next number of the gateway, and that of the venue.
  mutating func count(_ cluster: inout Int64) -> (gateway: GRVTPlace, global: GRVTPlace) {
    let last = (number, globalNumber)
    cluster += 1
    (number, globalNumber) = (number + 1, cluster * Self.globalStep)
    if hasNewQuote { (quoteNumber, globalQuoteNumber) = (number, globalNumber) }
    hasNewQuote = false
    return (
      GRVTPlace(stream: selector.stream, number: number, previous: last.0),
      GRVTPlace(stream: selector.stream, number: globalNumber, previous: last.1)
    )
  }

  /// The gateway has restarted and counts from elsewhere.
  mutating func restart(from number: Int64) { (self.number, quoteNumber) = (number, number) }

  // MARK: Changes

  /// What is new in a ticker, which from then on is known; nil if nothing is.
  mutating func change(to state: GRVTWire.Ticker) -> GRVTWire.Ticker? {
    guard case .values(let known) = told else { return nil }
    guard let change = state.changes(since: known) else { return nil }
    told = .values(state)
    return change
  }

  /// The same of a mini ticker.
  mutating func change(to state: GRVTWire.Mini) -> GRVTWire.Mini? {
    guard case .values(var known) = told, let change = state.changes(since: known.mini) else {
      return nil
    }
    hasNewQuote = state.bid != known.mini.bid || state.ask != known.mini.ask
    known.mini = state
    told = .values(known)
    return change
  }

  /// The same of a book.
  mutating func change(to state: GRVTWire.Book) -> GRVTWire.Book? {
    guard case .book(var known) = told else { return nil }
    var change = state
    change.bids = state.bids.changes(since: known.bids) { $0 > $1 }
    change.asks = state.asks.changes(since: known.asks) { $0 < $1 }
    guard !change.bids.isEmpty || !change.asks.isEmpty else { return nil }
    known.set(change)
    told = .book(known)
    return change
  }

  // MARK: States

  /// The book that subscribers know.
  var book: Book? {
    if case .book(let book) = told { book } else { nil }
  }

  /// The ticker that they know.
  var ticker: GRVTWire.Ticker? {
    if case .values(let ticker) = told { ticker } else { nil }
  }
}

extension GRVTWire.Change {
  fileprivate func change(since known: GRVTWire.Change) -> GRVTWire.Change {
    self == known ? .unchanged : self
  }
}

extension GRVTWire.Mini {
  /// Nil if nothing but the time is new.
  func changes(since known: GRVTWire.Mini) -> GRVTWire.Mini? {
    var change = self
    change.bidPrice = bidPrice.change(since: known.bidPrice)
    change.bidSize = bidSize.change(since: known.bidSize)
    change.askPrice = askPrice.change(since: known.askPrice)
    change.askSize = askSize.change(since: known.askSize)
    change.midPrice = midPrice.change(since: known.midPrice)
    change.markPrice = markPrice.change(since: known.markPrice)
    change.indexPrice = indexPrice.change(since: known.indexPrice)
    change.lastPrice = lastPrice.change(since: known.lastPrice)
    change.lastSize = lastSize.change(since: known.lastSize)
    return change == GRVTWire.Mini(instrument: instrument, time: time) ? nil : change
  }
}

extension GRVTWire.Ticker {
  func changes(since known: GRVTWire.Ticker) -> GRVTWire.Ticker? {
    let empty = GRVTWire.Mini(instrument: mini.instrument, time: mini.time)
    var change = self
    change.mini = mini.changes(since: known.mini) ?? empty
    change.fundingRate8h = fundingRate8h.change(since: known.fundingRate8h)
    change.fundingRate8hAverage = fundingRate8hAverage.change(since: known.fundingRate8hAverage)
    change.interestRate = interestRate.change(since: known.interestRate)
    change.forwardPrice = forwardPrice.change(since: known.forwardPrice)
    change.buyVolumeBase = buyVolumeBase.change(since: known.buyVolumeBase)
    change.sellVolumeBase = sellVolumeBase.change(since: known.sellVolumeBase)
    change.buyVolumeQuote = buyVolumeQuote.change(since: known.buyVolumeQuote)
    change.sellVolumeQuote = sellVolumeQuote.change(since: known.sellVolumeQuote)
    change.highPrice = highPrice.change(since: known.highPrice)
    change.lowPrice = lowPrice.change(since: known.lowPrice)
    change.openPrice = openPrice.change(since: known.openPrice)
    change.openInterest = openInterest.change(since: known.openInterest)
    change.longShortRatio = longShortRatio.change(since: known.longShortRatio)
    change.fundingRate = fundingRate.change(since: known.fundingRate)
    if fundingIntervalHours == known.fundingIntervalHours { change.fundingIntervalHours = nil }
    if nextFundingTime == known.nextFundingTime { change.nextFundingTime = nil }
    return change == GRVTWire.Ticker(mini: empty) ? nil : change
  }
}

extension [Level] {
  /// Levels that are new or have another size, and with size zero those that are gone; both lists
  /// best first, and so the result.
  fileprivate func changes(
    since known: [Level], _ isBetter: (Decimal, Decimal) -> Bool
  ) -> [Level] {
    var changes: [Level] = []
    var (new, old) = (startIndex, known.startIndex)
    while new < endIndex || old < known.endIndex {
      if old == known.endIndex || (new < endIndex && isBetter(self[new].price, known[old].price)) {
        changes.append(self[new])
        new += 1
      } else if new == endIndex || isBetter(known[old].price, self[new].price) {
        changes.append(Level(price: known[old].price, size: .zero))
        old += 1
      } else {
        if self[new].size != known[old].size { changes.append(self[new]) }
        new += 1
        old += 1
      }
    }
    return changes
  }
}
