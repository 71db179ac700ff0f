import PerpCore
import PerpVenue

/// How GRVT is asked for market data: JSON-RPC on the WebSocket, posted JSON beside it.
struct GRVTDialect: MarketDataDialect {
  let options: SessionOptions
  let encoding: GRVTEncoding

  init(options: SessionOptions) {
    self.options = options
    encoding = GRVTEncoding(options.settings)
  }

  var venue: VenueID { GRVT.id }

  /// For the WebSocket none are known. REST allows 25 tickers a second and 8 books, says ccxt: we
  /// stay well below the least of them.
  var limits: MarketDataLimits {
    var limits = MarketDataLimits()
    limits.subscriptions = RollingWindow(limit: 50, per: Nanoseconds.seconds(1))
    limits.questions = RollingWindow(limit: 5, per: Nanoseconds.seconds(1))
    // The venue says nothing of its own accord, and nobody knows how much silence it stands.
    limits.keepAliveEvery = Nanoseconds.seconds(15)
    return limits
  }

  var webSocketRequest: WebSocketRequest {
    WebSocketRequest(url: "\(options.endpoints.ws)/ws/\(encoding.rawValue)")
  }

  // MARK: Subscriptions

  func wireChannels(of channel: Channel) -> [WireChannel] {
    switch channel {
    case .bbo: [.quotes]
    case .trade: [.trades]
    case .book: [.book]
    case .funding: [.ticker]
    }
  }

  func healthPolicy(of channel: Channel) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    switch channel {
    case .bbo, .book:
      policy.canBeProbed = true
      policy.answersAtOnce = true
    case .trade:
      policy.isQuietByNature = true
      policy.shortest = Nanoseconds.seconds(10)
      policy.longest = Nanoseconds.seconds(600)
    case .funding:
      policy.shortest = Nanoseconds.seconds(20)
      policy.longest = Nanoseconds.seconds(120)
      policy.retryAfter = Nanoseconds.seconds(10)
    }
    return policy
  }

  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8] {
    let selector = selector(of: request.channel, request.market.venueSymbol)
    let message = GRVTRequest(
      id: id, method: request.isWanted ? "subscribe" : "unsubscribe",
      stream: selector.stream.name, selectors: [selector.text],
      usesGlobalSequence: options.settings["sequence"] == "global")
    return message.text(encoding)
  }

  func selector(of channel: WireChannel, _ instrument: String) -> GRVTSelector {
    let name = ShortText(instrument) ?? ShortText()
    func setting(_ key: String, _ standard: String) -> String {
      options.settings[key] ?? standard
    }
    switch channel {
    case .quotes: return GRVTSelector(.miniDeltas, name, setting("quote_rate", "0"))
    case .trades: return GRVTSelector(.trades, name, "50")
    case .book:
      let isImproved = options.settings["book_stream"] == GRVTStream.improvedBookDeltas.name
      return GRVTSelector(
        isImproved ? .improvedBookDeltas : .bookDeltas, name, setting("book_rate", "50"))
    default: return GRVTSelector(.tickerSnapshots, name, setting("ticker_rate", "500"))
    }
  }

  // MARK: Questions

  func request(_ question: Question, of market: Market?) -> HTTPRequest? {
    guard question != .clock else { return HTTPRequest(.get, options.endpoints.rest + "/time") }
    let route =
      switch question {
      case .markets, .clock: "all_instruments"
      case .quote: "mini"
      case .probe: "book"
      case .funding: "ticker"
      }
    var writer = GRVTWriter(encoding, capacity: 96)
    writer.object { writer in
      if let market { writer.put(.instrument, text: market.venueSymbol) }
      switch question {
      case .markets: writer.put(.isActive, true)
      case .probe: writer.put(.depth, integer: 50)
      default: break
      }
    }
    return HTTPRequest(
      .post, "\(options.endpoints.rest)/\(encoding.rawValue)/v1/\(route)",
      fields: [HTTPField("Content-Type", "application/json")], body: writer.text.array)
  }

  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer {
    let name = market?.venueSymbol
    switch question {
    case .markets:
      let (markets, unreadable) = try GRVTREST.instruments(body, venue: venue, &unknown)
      return .markets(markets, unreadable: unreadable)
    case .clock: return .clock(try GRVTREST.serverTime(body), resolution: 1_000)
    case .quote:
      let mini = try GRVTREST.object(GRVTWire.Mini.self, body, &unknown)
      let quote = QuoteFacts(
        bid: mini.bid, ask: mini.ask, sequence: nil, time: mini.time.map { $0 / 1_000 })
      return .quote(mini.instrument.string == name ? quote : nil)
    case .probe:
      let book = try GRVTREST.object(GRVTWire.Book.self, body, &unknown)
      guard book.instrument.string == name else { return .quote(nil) }
      return .levels(bids: book.bids, asks: book.asks)
    case .funding:
      let ticker = try GRVTREST.object(GRVTWire.Ticker.self, body, &unknown)
      return .funding(ticker.mini.instrument.string == name ? ticker.facts : nil)
    }
  }
}

extension WireChannel {
  static let quotes = WireChannel(0)
  static let trades = WireChannel(1)
  static let book = WireChannel(2)
  static let ticker = WireChannel(3)
}

// MARK: - What the messages say

extension GRVTWire.Ticker {
  /// Rates are in percent.
  var facts: FundingFacts {
    var facts = FundingFacts(time: mini.time.map { $0 / 1_000 })
    facts.rate = fundingRate.value?.multiplied(by: Decimal(mantissa: 1, scale: 2))
    facts.intervalSeconds = fundingIntervalHours.flatMap {
      (1...168).contains($0) ? Int($0) * 3_600 : nil
    }
    facts.nextTime = nextFundingTime.map { $0 / 1_000 }
    facts.markPrice = mini.markPrice.value
    facts.indexPrice = mini.indexPrice.value
    facts.openInterest = openInterest.value
    return facts
  }
}

extension GRVTWire.Trade {
  func facts(isReplay: Bool) -> TradeFacts {
    TradeFacts(
      id: id, key: id.key, price: price, size: size, side: isTakerBuyer ? .buy : .sell,
      time: time / 1_000, isReplay: isReplay)
  }
}

extension GRVTWire.Book {
  func facts(isSnapshot: Bool, sequence: Int64, previous: Int64 = 0) -> BookFacts {
    BookFacts(
      isSnapshot: isSnapshot, bids: bids, asks: asks, sequence: sequence, previous: previous,
      time: time.map { $0 / 1_000 })
  }
}
