import PerpCore

/// Writes events into the tables that bear the names of their types.
final class EventTables {
  private let bbo: Statement
  private let trade: Statement
  private let book: Statement
  private let funding: Statement
  private let market: Statement
  private let stream: Statement
  private let drift: Statement
  private let error: Statement

  init(_ database: Database) throws(Database.Failure) {
    func insert(_ table: String, _ columns: Int) throws(Database.Failure) -> Statement {
      let places = Array(repeating: "?", count: columns).joined(separator: ", ")
      return try database.prepare("INSERT INTO \(table) VALUES (\(places))")
    }
    bbo = try insert("bbo", 12)
    trade = try insert("trade", 10)
    book = try insert("book", 11)
    funding = try insert("funding", 12)
    market = try insert("market", 12)
    stream = try insert("stream", 12)
    drift = try insert("drift", 6)
    error = try insert("error", 8)
  }

  func write(_ event: Event, at moment: Moment) throws(Database.Failure) {
    switch event {
    case .bbo(let quote): try write(quote)
    case .trade(let trade): try write(trade)
    case .book(let update): try write(update)
    case .funding(let funding): try write(funding)
    case .market(let market): try write(market, at: moment)
    case .stream(let status): try write(status, at: moment)
    case .drift(let drift): try write(drift, at: moment)
    case .error(let report): try write(report, at: moment)
    // A recording is made to be passed on; what an account does is in the journal.
    case .order, .fill, .position, .balance, .account, .limits: break
    }
  }

  private func write(_ quote: BBO) throws(Database.Failure) {
    bbo.bind(quote.header)
    bbo.bind(6, quote.bid?.price)
    bbo.bind(7, quote.bid?.size)
    bbo.bind(8, quote.ask?.price)
    bbo.bind(9, quote.ask?.size)
    bbo.bind(10, quote.venueSequence)
    bbo.bind(11, quote.source.rawValue)
    bbo.bind(12, quote.flags.words)
    try bbo.run()
  }

  private func write(_ trade: Trade) throws(Database.Failure) {
    self.trade.bind(trade.header)
    self.trade.bind(6, trade.tradeID?.string)
    self.trade.bind(7, trade.price)
    self.trade.bind(8, trade.size)
    self.trade.bind(9, trade.side?.rawValue)
    self.trade.bind(10, trade.isLiquidation ? 1 : 0)
    try self.trade.run()
  }

  private func write(_ update: BookUpdate) throws(Database.Failure) {
    book.bind(update.header)
    book.bind(6, update.isSnapshot ? 1 : 0)
    book.bind(7, update.bids)
    book.bind(8, update.asks)
    book.bind(9, update.venueSequence)
    book.bind(10, update.previousVenueSequence)
    book.bind(11, update.flags.words)
    try book.run()
  }

  private func write(_ funding: Funding) throws(Database.Failure) {
    self.funding.bind(funding.header)
    self.funding.bind(6, funding.rate)
    self.funding.bind(7, funding.intervalSeconds.map(Int64.init))
    self.funding.bind(8, funding.hourlyRate)
    self.funding.bind(9, funding.nextTime)
    self.funding.bind(10, funding.markPrice)
    self.funding.bind(11, funding.indexPrice)
    self.funding.bind(12, funding.openInterest)
    try self.funding.run()
  }

  private func write(_ market: Market, at moment: Moment) throws(Database.Failure) {
    self.market.bind(1, moment.wall)
    self.market.bind(2, market.venue.description)
    self.market.bind(3, market.symbol.description)
    self.market.bind(4, market.venueSymbol)
    self.market.bind(5, market.base)
    self.market.bind(6, market.quote)
    self.market.bind(7, market.tickSize)
    self.market.bind(8, market.lotSize)
    self.market.bind(9, market.minSize)
    self.market.bind(10, market.minNotional)
    self.market.bind(11, market.maxLeverage)
    self.market.bind(12, market.status.rawValue)
    try self.market.run()
  }

  private func write(_ status: StreamStatus, at moment: Moment) throws(Database.Failure) {
    stream.bind(1, moment.wall)
    stream.bind(2, status.time)
    stream.bind(3, status.venue.description)
    stream.bind(4, status.topic.symbol.description)
    stream.bind(5, status.topic.channel.rawValue)
    stream.bind(6, status.state.rawValue)
    stream.bind(7, status.cause)
    stream.bind(8, Int64(clamping: status.epoch))
    stream.bind(9, status.ageMilliseconds.map(Int64.init(clamping:)))
    stream.bind(10, status.limitMilliseconds.map(Int64.init(clamping:)))
    stream.bind(11, status.attempt.map(Int64.init))
    stream.bind(12, status.retryMilliseconds.map(Int64.init(clamping:)))
    try stream.run()
  }

  private func write(_ drift: Drift, at moment: Moment) throws(Database.Failure) {
    self.drift.bind(1, moment.wall)
    self.drift.bind(2, drift.time)
    self.drift.bind(3, drift.venue.description)
    self.drift.bind(4, drift.channel)
    self.drift.bind(5, drift.path)
    self.drift.bind(6, drift.sample)
    try self.drift.run()
  }

  private func write(_ report: ErrorReport, at moment: Moment) throws(Database.Failure) {
    error.bind(1, moment.wall)
    error.bind(2, report.time)
    error.bind(3, report.venue?.description)
    error.bind(4, report.place)
    error.bind(5, report.reason)
    error.bind(6, report.message)
    error.bind(7, report.venueCode)
    error.bind(8, report.isFatal ? 1 : 0)
    try error.run()
  }
}

extension Statement {
  /// The first five columns of all market data.
  fileprivate func bind(_ header: EventHeader) {
    bind(1, header.received)
    bind(2, header.venueTime)
    bind(3, header.venue.description)
    header.symbol.text.withBytes { bind(4, text: $0) }
    bind(5, Int64(clamping: header.mseq))
  }

  fileprivate func bind(_ place: Int32, _ value: Decimal?) {
    guard let value else { return bind(place, nil as Int64?) }
    var text = ByteBuffer(capacity: 64)
    text.append(value)
    bind(place, text: text.bytes)
  }

  /// As in a line of the protocol: `[["price","size"],…]`, best first.
  fileprivate func bind(_ place: Int32, _ levels: [Level]) {
    var text = ByteBuffer(capacity: 64 + 48 * levels.count)
    text.append(UInt8(ascii: "["))
    for (index, level) in levels.enumerated() {
      text.append(index == 0 ? #"[""# : #",[""#)
      text.append(level.price)
      text.append(#"",""#)
      text.append(level.size)
      text.append(#""]"#)
    }
    text.append(UInt8(ascii: "]"))
    bind(place, text: text.bytes)
  }
}

extension QuoteFlags {
  /// Nil for a sound quote.
  fileprivate var words: String? {
    guard !isEmpty else { return nil }
    let names: [(QuoteFlags, String)] = [
      (.crossed, "crossed"), (.locked, "locked"), (.lagging, "lagging"),
    ]
    return names.filter { contains($0.0) }.map(\.1).joined(separator: ",")
  }
}
