import PerpCore
import PerpVenue

/// How Lighter is asked for market data: small JSON messages on one socket, REST for the markets.
struct LighterDialect: MarketDataDialect {
  let options: SessionOptions

  var venue: VenueID { Lighter.id }

  /// "200 client messages per minute, 50 unacknowledged messages in flight", pings included; a
  /// standard account may ask 60 REST questions a minute.
  var limits: MarketDataLimits {
    var limits = MarketDataLimits()
    limits.subscriptions = RollingWindow(limit: 150, per: Nanoseconds.seconds(60))
    limits.maxUnanswered = 35
    limits.questions = RollingWindow(limit: 40, per: Nanoseconds.seconds(60))
    // "No frame for 2 minutes" ends a connection; control frames may not count.
    limits.keepAliveEvery = Nanoseconds.seconds(30)
    limits.marketsEvery = Nanoseconds.seconds(3_600)
    limits.waitsForGreeting = true
    return limits
  }

  var connectionPolicy: Connection.Policy {
    var policy = Connection.Policy()
    // Statistics come every second: ten seconds without anything are the end.
    policy.pingInterval = Nanoseconds.seconds(3)
    policy.backoffCap = Nanoseconds.seconds(30)
    return policy
  }

  var webSocketRequest: WebSocketRequest {
    let isReadOnly = options.settings["readonly"] == "true"
    return WebSocketRequest(url: options.endpoints.ws + (isReadOnly ? "?readonly=true" : ""))
  }

  // MARK: Subscriptions

  func wireChannels(of channel: Channel) -> [WireChannel] {
    switch channel {
    case .bbo: [.ticker]
    case .trade: [.trade]
    case .book: [.book]
    case .funding: [.stats]
    }
  }

  /// Statistics come once a second and carry the best prices. To probe by REST would cost more
  /// questions than there are.
  func companions(of channel: Channel) -> [WireChannel] {
    switch channel {
    case .bbo, .book: [.stats]
    case .trade, .funding: []
    }
  }

  /// Every subscription is answered by a state at once, but for markets that are listed and not
  /// active: those stay silent, and are no reason to give up a connection.
  func healthPolicy(of channel: Channel) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    switch channel {
    case .bbo, .book: break
    case .trade:
      policy.isQuietByNature = true
      policy.shortest = Nanoseconds.seconds(10)
      policy.longest = Nanoseconds.seconds(600)
    case .funding:
      // About once a second.
      policy.shortest = Nanoseconds.seconds(15)
      policy.longest = Nanoseconds.seconds(120)
      policy.retryAfter = Nanoseconds.seconds(10)
    }
    return policy
  }

  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8] {
    LighterRequest.subscription(
      request.channel.family, request.market.venueSymbol, isWanted: request.isWanted)
  }

  func keepAlive(at now: Moment) -> [UInt8]? { LighterRequest.ping }

  // MARK: Questions

  func request(_ question: Question, of market: Market?) -> HTTPRequest? {
    let path: String
    switch question {
    case .markets: path = "/api/v1/orderBookDetails?filter=perp"
    case .clock: path = "/"
    // A subscription begins with the state.
    case .quote, .probe, .funding: return nil
    }
    return HTTPRequest(.get, options.endpoints.rest + path)
  }

  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer {
    switch question {
    case .markets:
      let markets = try LighterMarkets(body, venue: venue)
      return .markets(markets.listed, unreadable: markets.unreadable)
    case .clock: return .clock(try Self.time(body), resolution: 1_000_000)
    case .quote, .probe, .funding: return .quote(nil)
    }
  }

  /// `{"status":200,"network_id":1,"timestamp":1795132800}`, in seconds.
  private static func time(_ body: RawSpan) throws(JSONError) -> Int64 {
    var json = JSONReader(body)
    var seconds: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "timestamp" { seconds = try json.integer() } else { try json.skip() }
    }
    try json.finish()
    guard let seconds, (0..<1 << 40).contains(seconds) else { throw json.error(.wrongType) }
    return seconds * 1_000_000
  }
}

extension WireChannel {
  static let ticker = WireChannel(0)
  static let trade = WireChannel(1)
  static let book = WireChannel(2)
  static let stats = WireChannel(3)

  init(_ family: LighterChannel.Family) {
    switch family {
    case .ticker: self = .ticker
    case .trade: self = .trade
    case .book: self = .book
    case .stats: self = .stats
    }
  }

  var family: LighterChannel.Family {
    switch self {
    case .ticker: .ticker
    case .trade: .trade
    case .book: .book
    default: .stats
    }
  }
}

enum LighterRequest {
  /// Either side may send it at any time, and is answered with a pong.
  static let ping = Array(#"{"type":"ping"}"#.utf8)
  static let pong = Array(#"{"type":"pong"}"#.utf8)

  /// `{"type":"subscribe","channel":"order_book/1"}`
  static func subscription(
    _ family: LighterChannel.Family, _ market: String, isWanted: Bool
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 96)
    text.append("{")
    text.put("type", text: isWanted ? "subscribe" : "unsubscribe")
    text.put("channel", text: "\(family.rawValue)/\(market)")
    text.append("}")
    return text.array
  }
}

// MARK: - What the messages say

extension LighterWire.Ticker {
  /// The first tells a state that may be old: its time is that of sending.
  var facts: QuoteFacts {
    QuoteFacts(
      bid: bid, ask: ask, sequence: nonce, time: isFirst ? sentAt : changedAt ?? sentAt)
  }
}

extension LighterWire.Book {
  /// `last` is where the book stands. What has no nonce cannot be checked, and is taken as next.
  func facts(after last: Int64?) -> BookFacts {
    let sequence = nonce ?? (isFirst ? 1 : (last ?? 0) &+ 1)
    return BookFacts(
      isSnapshot: isFirst, bids: bids, asks: asks, sequence: sequence,
      previous: beginNonce ?? last ?? 0, time: changedAt)
  }
}

extension LighterWire.Trade {
  func facts(isReplay: Bool) -> TradeFacts {
    TradeFacts(
      id: ShortText(String(id)), key: SIMD4(id, 0, 0, 0), price: price, size: size,
      side: isMakerAsk ? .buy : .sell, isLiquidation: kind == .liquidation || kind == .deleverage,
      time: time, isReplay: isReplay)
  }
}

extension LighterWire.Stats {
  static let fundingSeconds = 3_600

  /// Rates are in percent. The open interest is in quote units, and cannot be told in base units.
  var facts: FundingFacts {
    var facts = FundingFacts(time: sentAt)
    facts.rate = currentFundingRate?.hundredth ?? fundingRate?.hundredth
    facts.intervalSeconds = Self.fundingSeconds
    facts.nextTime = fundingTime.map { time in
      let hour = Int64(Self.fundingSeconds) * 1_000_000
      // Settlements are told a little after the full hour.
      return time.saturating(adding: hour) / hour * hour
    }
    facts.markPrice = markPrice
    facts.indexPrice = indexPrice
    return facts
  }
}

extension Decimal {
  /// Nil only for a number with more digits than are kept.
  fileprivate var hundredth: Decimal? {
    scale <= UInt8(Self.maxScale - 2) ? Decimal(mantissa: mantissa, scale: scale + 2) : nil
  }
}
