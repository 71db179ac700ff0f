import PerpCore
import PerpVenue

/// How Variational is asked: marks and indexes by WebSocket, everything else of the statistics.
struct VariationalDialect: MarketDataDialect {
  let options: SessionOptions

  var venue: VenueID { Variational.id }

  /// "10 requests per 10 seconds" and address. A poll in `pollEvery`, its repetitions after
  /// failures and the question for the time stay below 8.
  var limits: MarketDataLimits {
    var limits = MarketDataLimits()
    limits.subscriptions = RollingWindow(limit: 20, per: Nanoseconds.seconds(1))
    limits.questions = Self.publicRate
    limits.marketsEvery = pollEvery
    limits.marketsRetryAfter = Nanoseconds.seconds(2)
    return limits
  }

  /// Four fifths of what the venue allows an address.
  static let publicRate = RollingWindow(limit: 8, per: Nanoseconds.seconds(10))

  var pollEvery: UInt64 {
    let seconds = options.settings["poll_s"].flatMap { Int($0) } ?? 20
    return Nanoseconds.seconds(min(max(seconds, 15), 300) * max(1, options.share))
  }

  /// Some 25 connections in a few minutes are answered with 429.
  var connectionPolicy: Connection.Policy {
    var policy = Connection.Policy()
    policy.attemptsPerMinute = 4
    policy.backoffBase = Nanoseconds.seconds(1)
    policy.backoffCap = Nanoseconds.seconds(30)
    return policy
  }

  var webSocketRequest: WebSocketRequest {
    WebSocketRequest(url: options.endpoints.ws + "/prices")
  }

  /// An unauthorised or forbidden client, and one that gets a page meant for people where an
  /// answer should be, is not wanted. Gateways have pages for their own failures, too: those pass.
  func bars(_ reason: CloseReason) -> Bool {
    reason == .refused(status: 401) || reason == .refused(status: 403)
  }

  func bars(_ response: HTTPResponse) -> Bool { response.isRefusalOfClient }

  // MARK: Subscriptions

  func wireChannels(of channel: Channel) -> [WireChannel] {
    channel == .funding ? [.prices] : []
  }

  /// A tick a second: ten without one are no rest of the market's.
  func healthPolicy(of channel: Channel) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    policy.shortest = Nanoseconds.seconds(5)
    policy.longest = Nanoseconds.seconds(10)
    policy.retryAfter = Nanoseconds.seconds(5)
    policy.answersAtOnce = true
    return policy
  }

  /// The statistics say when each quote was made. "May be cached for up to 600 seconds" is older
  /// than anybody should trade on.
  var pollPolicy: StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    policy.shortest = pollEvery * 3
    policy.longest = pollEvery * 3
    policy.maxLag = Nanoseconds.seconds(120)
    return policy
  }

  /// `{"action":"subscribe","instruments":[{"underlying":"ABC",…}]}`
  func message(_ request: SubscriptionRequest, id: Int64) -> [UInt8] {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    text.put("action", text: request.isWanted ? "subscribe" : "unsubscribe")
    text.put("instruments")
    text.append("[")
    VariationalInstrument.write(request.market.venueSymbol, to: &text)
    text.append("]}")
    return text.array
  }

  // MARK: Questions

  func request(_ question: Question, of market: Market?) -> HTTPRequest? {
    switch question {
    case .markets: HTTPRequest(.get, options.endpoints.rest + "/metadata/stats")
    case .clock: HTTPRequest(.get, options.endpoints.rest + "/status")
    case .quote, .probe, .funding: nil
    }
  }

  func read(
    _ body: RawSpan, answering question: Question, of market: Market?, unknown: inout [String]
  ) throws(JSONError) -> Answer {
    if question == .clock { return .clock(try VariationalREST.serverTime(body), resolution: 1) }
    let statistics = try VariationalREST.statistics(body, &unknown)
    var unreadable = statistics.unreadable
    var listed: [ListedMarket] = []
    var tickers: Set<String> = []
    for listing in statistics.listings where listing.isPerpetual {
      if tickers.insert(listing.ticker).inserted, let market = listing.market {
        listed.append(market)
      } else {
        unreadable.append(listing.ticker)
      }
    }
    return .markets(listed, unreadable: unreadable)
  }
}

extension WireChannel {
  static let prices = WireChannel(0)
}

extension HTTPResponse {
  /// 401, 403, or a page meant for people where an answer should be, such as a challenge.
  var isRefusalOfClient: Bool {
    if status == 401 || status == 403 { return true }
    let isPage =
      field("content-type")?.lowercased().hasPrefix("text/html") == true
      || body.first { $0 > 0x20 } == UInt8(ascii: "<")
    return isPage && (status < 500 || field("cf-mitigated") != nil)
  }
}
