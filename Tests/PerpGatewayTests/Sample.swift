import PerpCore

/// Events made up as a test needs them.
enum Sample {
  static let venue = VenueID("paradex")
  static let bitcoin = Symbol("BTC-USD-PERP")!
  static let ether = Symbol("ETH-USD-PERP")!

  static func header(_ mseq: UInt64, _ symbol: Symbol = bitcoin) -> EventHeader {
    EventHeader(
      venue: venue, symbol: symbol, mseq: mseq, venueTime: 1_000_000, received: 1_000_010)
  }

  static func bbo(_ mseq: UInt64, _ symbol: Symbol = bitcoin) -> Event {
    let bid = Decimal(1_000 + Int(mseq))
    return .bbo(
      BBO(
        header: header(mseq, symbol), bid: Level(price: bid, size: Decimal(1)),
        ask: Level(price: Decimal(2_000 + Int(mseq)), size: Decimal(1)), venueSequence: nil,
        source: .bbo))
  }

  static func quote(bid: Int, ask: Int) -> Event {
    .bbo(
      BBO(
        header: header(1), bid: Level(price: Decimal(bid), size: Decimal(1)),
        ask: Level(price: Decimal(ask), size: Decimal(1)), venueSequence: nil, source: .bbo))
  }

  static func funding(_ mseq: UInt64, _ symbol: Symbol = bitcoin) -> Event {
    .funding(Funding(header: header(mseq, symbol), rate: Decimal(mantissa: Int128(mseq), scale: 6)))
  }

  static func trade(_ mseq: UInt64, _ symbol: Symbol = bitcoin) -> Event {
    .trade(
      Trade(
        header: header(mseq, symbol), tradeID: ShortText("t\(mseq)"), price: Decimal(1_500),
        size: Decimal(1), side: .buy, isLiquidation: false))
  }

  static func book(
    _ mseq: UInt64, _ symbol: Symbol = bitcoin, snapshot: Bool, bids: [Level], asks: [Level],
    previous: Int64? = nil
  ) -> Event {
    .book(
      BookUpdate(
        header: header(mseq, symbol), isSnapshot: snapshot, bids: bids, asks: asks,
        venueSequence: Int64(mseq), previousVenueSequence: previous))
  }

  static func market(_ symbol: Symbol = bitcoin, tick: Int = 1) -> Event {
    .market(terms(symbol, tick: tick))
  }

  static func terms(_ symbol: Symbol, tick: Int) -> Market {
    Market(
      venue: venue, symbol: symbol, venueSymbol: symbol.description, base: "B", quote: "Q",
      tickSize: Decimal(mantissa: Int128(tick), scale: 1), lotSize: Decimal(1),
      minSize: Decimal(1), minNotional: nil, maxLeverage: nil, fundingIntervalSeconds: nil,
      status: .open)
  }

  static func stream(_ channel: Channel, _ state: StreamStatus.State, _ symbol: Symbol = bitcoin)
    -> Event
  {
    .stream(
      StreamStatus(
        venue: venue, topic: Topic(channel, symbol), state: state, cause: "test", epoch: 1, time: 1)
    )
  }

  static let error = Event.error(
    ErrorReport(
      venue: venue, place: "decode", reason: "malformed", message: "what", venueCode: "7", time: 1))

  static let drift = Event.drift(
    Drift(venue: venue, channel: "trades", path: "kind", sample: "\"x\"", time: 1))

  static let account = AccountHeader(venue: venue, account: "a1", venueTime: 5, received: 6)

  static let order = Event.order(
    OrderUpdate(
      header: account, symbol: bitcoin, clientID: ClientOrderID("c-1"), orderID: ShortText("9"),
      change: .cancelled, status: .cancelled,
      terms: OrderTerms(
        side: .sell, type: .stopLimit, timeInForce: .gtt, price: Decimal(5), stopPrice: Decimal(6),
        size: Decimal(2), isPostOnly: true, isReduceOnly: true),
      originalClientID: ClientOrderID("c-0"), filled: Decimal(1), remaining: .zero,
      averagePrice: Decimal(5), reason: "user", venueCode: "C1", venueMessage: "so be it",
      evidence: .webSocket, isForeign: true, isCancelPending: true, isReplacePending: true))

  static let fill = Event.fill(
    Fill(
      header: account, symbol: bitcoin, tradeID: ShortText("t1")!, clientID: ClientOrderID("c-1"),
      orderID: ShortText("9")!, side: .sell, price: Decimal(5), size: Decimal(1),
      fee: Decimal(-1), feeAsset: "USD", liquidity: .maker, filled: Decimal(1),
      remaining: Decimal(1)))

  static let position = Event.position(
    Position(header: account, symbol: bitcoin, size: Decimal(-1), entryPrice: nil))

  static let balance = Event.balance(
    Balance(header: account, asset: "USD", total: Decimal(5), available: Decimal(4)))

  static let level = Level(price: Decimal(5), size: Decimal(1))

  static let events: [Event] = [
    bbo(1), funding(1), trade(1), market(), stream(.book, .live), error, drift,
    order, fill, position, balance,
    book(1, snapshot: true, bids: Array(repeating: level, count: 3_000), asks: []),
    book(2, snapshot: false, bids: [level], asks: [level], previous: 1),
  ]

  static func moment(_ milliseconds: Int) -> Moment {
    Moment(monotonic: .zero, wall: 0).advanced(by: Nanoseconds.milliseconds(milliseconds))
  }
}
