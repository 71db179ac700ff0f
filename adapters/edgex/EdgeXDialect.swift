import PerpCore
import PerpVenue

/// How edgeX is asked for market data: one channel a message on the WebSocket, REST beside it.
struct EdgeXDialect: MarketDataDialect {
  let options: SessionOptions
  let generation: EdgeXGeneration
  /// Levels a side.
  let bookDepth: Int

  init(options: SessionOptions) {
    self.options = options
    generation = EdgeXGeneration(options.settings)
    bookDepth = options.settings["book_depth"] == "15" ? 15 : 200
  }

  var venue: VenueID { EdgeX.id }

  /// The only limits ever published were in a draft that was withdrawn: 100 messages a second and
  /// 10 new connections a minute. We stay below four fifths of it.
  var limits: MarketDataLimits {
    var limits = MarketDataLimits()
    limits.subscriptions = RollingWindow(limit: 80, per: Nanoseconds.seconds(1))
    limits.questions = RollingWindow(limit: 5, per: Nanoseconds.seconds(1))
    limits.keepAliveEvery = Nanoseconds.seconds(5)
    return limits
  }

  var connectionPolicy: Connection.Policy {
    var policy = Connection.Policy()
    // The venue pings every 10 s: two missing ones are a reason to ask, 24 s of silence the end.
    policy.pingInterval = Nanoseconds.seconds(12)
    policy.missedPings = 1
    policy.attemptsPerMinute = 8
    policy.backoffBase = Nanoseconds.seconds(1)
    policy.backoffCap = Nanoseconds.seconds(20)
    return policy
  }

  /// The path says `v1` on both systems.
  var webSocketRequest: WebSocketRequest {
    WebSocketRequest(url: options.endpoints.ws + "/api/v1/public/ws")
  }

  // MARK: Subscriptions

  func wireChannels(of channel: Channel) -> [WireChannel] {
    switch channel {
    case .bbo: [.depth15]
    case .trade: [.trades]
    case .book: [bookDepth == 15 ? .depth15 : .depth200]
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
      // The pace of a single ticker is not documented; all together come once a second.
      policy.shortest = Nanoseconds.seconds(30)
      policy.longest = Nanoseconds.seconds(300)
      policy.retryAfter = Nanoseconds.seconds(10)
    }
    return policy
  }

  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8] {
    guard let contract = ShortText(request.market.venueSymbol) else { return [] }
    return EdgeXRequest.subscription(
      request.channel.name(of: contract), isWanted: request.isWanted)
  }

  /// The answer comes behind all data that wait on the way to us: it shows how late they are.
  func keepAlive(at now: Moment) -> [UInt8]? {
    ShortText(String(now.wall / 1_000)).map { EdgeXRequest.beat("ping", time: $0) }
  }

  // MARK: Questions

  func request(_ question: Question, of market: Market?) -> HTTPRequest? {
    let contract = market?.venueSymbol ?? ""
    let path: String
    switch question {
    case .markets: path = "meta/getMetaData"
    case .clock: path = "meta/getServerTime"
    // A subscription begins with the whole book.
    case .quote: return nil
    case .probe: path = "quote/getDepth?contractId=\(contract)&level=15"
    case .funding: path = "quote/getTicker?contractId=\(contract)"
    }
    return HTTPRequest(.get, "\(options.endpoints.rest)\(generation.path)/public/\(path)")
  }

  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer {
    let answer = try EdgeXREST(body)
    if let failure = answer.failure { return .refused(failure) }
    switch question {
    case .markets:
      let metadata = try answer.metadata(venue)
      return .markets(metadata.markets, unreadable: metadata.unreadable)
    case .clock: return .clock(try answer.serverTime(), resolution: 1_000)
    case .quote, .probe:
      let depth = try answer.depth(&unknown)
      guard let depth, depth.contract.string == market?.venueSymbol else { return .quote(nil) }
      return .quote(depth.quote)
    case .funding:
      let rows = try answer.tickers(&unknown)
      return .funding(rows.first { $0.contract.string == market?.venueSymbol }?.facts)
    }
  }
}

extension WireChannel {
  static let depth15 = WireChannel(0)
  static let depth200 = WireChannel(1)
  static let trades = WireChannel(2)
  static let ticker = WireChannel(3)

  func name(of contract: ShortText) -> EdgeXChannel {
    switch self {
    case .depth15: .depth(contract: contract, levels: 15)
    case .depth200: .depth(contract: contract, levels: 200)
    case .trades: .trades(contract: contract)
    default: .ticker(.contract(contract))
    }
  }

  /// Nil for a channel that we never ask for.
  init?(_ channel: EdgeXChannel) {
    switch channel {
    case .depth(_, levels: 15): self = .depth15
    case .depth: self = .depth200
    case .trades: self = .trades
    case .ticker(.contract): self = .ticker
    default: return nil
    }
  }
}

// MARK: - What the messages say

extension EdgeXWire.Depth {
  var quote: QuoteFacts {
    QuoteFacts(bid: bids.first, ask: asks.first, sequence: endVersion, time: nil)
  }

  /// A whole book that the changes we have seen have overtaken. A venue that numbers anew ends its
  /// connections; should it not, the silence that follows ends ours.
  func isOutdated(by last: Int64?) -> Bool {
    guard let last else { return false }
    return isSnapshot && endVersion < last
  }

  /// `last` is where the book stands, nil where there is none.
  func facts(after last: Int64?, _ versions: inout EdgeXDepthVersions) -> BookFacts {
    var previous = startVersion
    if let last, !isSnapshot {
      previous = versions.previous(ofChangeFrom: startVersion, to: endVersion, after: last)
    }
    return BookFacts(
      isSnapshot: isSnapshot, bids: bids, asks: asks, sequence: endVersion, previous: previous,
      time: nil)
  }
}

extension EdgeXWire.Trade {
  func facts(isReplay: Bool) -> TradeFacts {
    TradeFacts(
      id: id, key: id?.key, price: price, size: size,
      side: isBuyerMaker.map { $0 ? .sell : .buy }, time: time, isReplay: isReplay)
  }
}

extension EdgeXWire.Ticker {
  /// Rows have no time of their own.
  var facts: FundingFacts {
    var facts = FundingFacts(time: nil)
    facts.rate = fundingRate
    facts.nextTime = nextFundingTime
    facts.markPrice = markPrice
    facts.indexPrice = indexPrice
    facts.openInterest = openInterest
    return facts
  }
}
