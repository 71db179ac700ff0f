import PerpCore
import PerpVenue

/// How Paradex is asked for market data: JSON-RPC on the WebSocket, plain REST beside it.
struct ParadexDialect: MarketDataDialect {
  let options: SessionOptions

  var venue: VenueID { Paradex.id }

  var limits: MarketDataLimits {
    var limits = MarketDataLimits()
    limits.subscriptions = RollingWindow(limit: 50, per: Nanoseconds.milliseconds(100))
    // Half of the 1,500 a minute that the venue allows one address.
    limits.questions = RollingWindow(limit: 12, per: Nanoseconds.seconds(1))
    return limits
  }

  var isJSON: Bool { options.settings["encoding"] == "json" }

  var webSocketRequest: WebSocketRequest {
    webSocketRequest(version: options.settings["sbe_version"] ?? "2")
  }

  func webSocketRequest(version: String) -> WebSocketRequest {
    WebSocketRequest(
      url: options.endpoints.ws + (isJSON ? "" : "?sbeSchemaId=1&sbeSchemaVersion=\(version)"))
  }

  // MARK: Subscriptions

  func wireChannels(of channel: Channel) -> [WireChannel] {
    switch channel {
    case .bbo: [.bbo]
    case .trade: [.trades]
    case .book: [.deltas]
    case .funding: [.fundingData, .summary]
    }
  }

  func healthPolicy(of channel: Channel) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    switch channel {
    case .bbo: policy.canBeProbed = true
    case .book:
      policy.canBeProbed = true
      policy.answersAtOnce = true
    case .trade:
      policy.isQuietByNature = true
      policy.shortest = Nanoseconds.seconds(10)
      policy.longest = Nanoseconds.seconds(600)
    case .funding:
      // The pace is not documented; rows were seen 15 s apart.
      policy.shortest = Nanoseconds.seconds(60)
      policy.longest = Nanoseconds.seconds(300)
      policy.retryAfter = Nanoseconds.seconds(30)
    }
    return policy
  }

  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8] {
    ParadexChannel.request(
      id, request.isWanted ? "subscribe" : "unsubscribe",
      request.channel.name(of: request.market.venueSymbol))
  }

  // MARK: Questions

  func request(_ question: Question, of market: Market?) -> HTTPRequest? {
    let symbol = market?.venueSymbol ?? ""
    let path =
      switch question {
      case .markets: "/markets"
      case .clock: "/system/time"
      case .quote, .probe: "/bbo/\(symbol)"
      case .funding: "/markets/summary?market=\(symbol)"
      }
    return HTTPRequest(.get, options.endpoints.rest + path)
  }

  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer {
    switch question {
    case .markets:
      let (markets, unreadable) = try ParadexREST.markets(body, venue: venue)
      let listed = markets.compactMap { market in
        ShortText(market.venueSymbol).map { ListedMarket(name: $0, market: market) }
      }
      return .markets(listed, unreadable: unreadable)
    case .clock: return .clock(try ParadexREST.serverTime(body), resolution: 1_000)
    case .quote, .probe:
      let quote = try ParadexREST.bbo(body, &unknown)
      return .quote(quote.market.string == market?.venueSymbol ? quote.facts : nil)
    case .funding:
      let rows = try ParadexREST.summaries(body, &unknown)
      return .funding(rows.first { $0.market.string == market?.venueSymbol }?.facts)
    }
  }
}

extension WireChannel {
  static let bbo = WireChannel(0)
  static let trades = WireChannel(1)
  static let deltas = WireChannel(2)
  static let fundingData = WireChannel(3)
  static let summary = WireChannel(4)

  /// Spelt exactly: some wrong spellings are granted and then stay silent.
  func name(of market: String) -> String {
    switch self {
    case .bbo: "bbo.\(market)"
    case .trades: "trades.\(market)"
    case .deltas: "order_book.\(market).deltas"
    case .fundingData: "funding_data.\(market)"
    default: "markets_summary.\(market)"
    }
  }
}

enum ParadexChannel {
  /// `{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"channel":"bbo.BTC-USD-PERP"}}`
  static func request(_ id: Int64, _ method: StaticString, _ channel: String) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.append(#"{"jsonrpc":"2.0","id":"#)
    text.append(id)
    text.append(#","method":""#)
    text.append(method)
    text.append(#"","params":{"channel":"#)
    text.append(json: channel)
    text.append("}}")
    return text.array
  }

  /// Channels of the venue that we have no use for; a message of theirs is no surprise. All but
  /// the last two are private.
  static let others = [
    "account", "balance_events", "block_trades", "fills", "funding_payments", "mmp", "orders",
    "positions", "rfq", "tradebusts", "transaction", "transfers", "markets",
    "funding_rate_comparison",
  ]

  static func isOther(_ name: String) -> Bool {
    others.contains(String(name.prefix { $0 != "." }))
  }
}

// MARK: - What the messages say

extension ParadexWire.BBO {
  var facts: QuoteFacts { QuoteFacts(bid: bid, ask: ask, sequence: sequence, time: time) }
}

extension ParadexWire.Trade {
  var facts: TradeFacts {
    TradeFacts(
      id: id, key: key, price: price, size: size, side: side,
      isLiquidation: kind == .liquidation, time: createdAt, publishedAt: time)
  }
}

extension ParadexWire.Book {
  /// "Every delta frame increments seq by exactly 1, including frames with no levels."
  var facts: BookFacts {
    BookFacts(
      isSnapshot: isSnapshot, bids: bids, asks: asks, sequence: sequence,
      previous: sequence &- 1, time: time)
  }
}

extension ParadexWire.Summary {
  var facts: FundingFacts {
    var facts = FundingFacts(time: time)
    facts.secondaryRate = fundingRatePrecise ?? fundingRate
    facts.markPrice = markPrice
    facts.indexPrice = indexPrice
    facts.openInterest = openInterest
    return facts
  }
}

extension ParadexWire.Funding {
  var facts: FundingFacts {
    var facts = FundingFacts(time: time)
    facts.rate = rate
    // Answers with a period of 0 were seen.
    facts.intervalSeconds = (1...168).contains(periodHours) ? periodHours * 3_600 : nil
    return facts
  }
}
