import PerpCore
import PerpVenue

/// Asks for two-sided quotes of sizes that the user has set, with a session that is the user's own
/// ("POST /quotes/indicative"). The venue publishes no rate for it: the public one is kept to.
struct VariationalQuoter: Sendable {
  enum Outcome: Equatable {
    case quote(Symbol, QuoteFacts, unknown: [String])
    /// The venue does not quote this market, or not this size.
    case refused(Symbol, String)
    /// The session is over, or the host does not want us: nothing more is sent there.
    case barred(String)
    case failed(String)
  }

  /// One market to be quoted.
  private struct Line: Sendable {
    let symbol: Symbol
    let ticker: String
    let size: Decimal
    /// On the monotonic clock; not before the last answer.
    var dueAt: UInt64
    var isAsking = false
  }

  private static let refusedFor = Nanoseconds.seconds(300)
  /// Requests of ours are told from the feed's by their numbers.
  private static let firstRequest = 1 << 31

  /// By ticker. Empty without a session, or where nothing is to be quoted.
  let sizes: [String: Decimal]
  private(set) var isBarred = false
  private let url: String
  private let fields: [HTTPField]
  private let every: UInt64
  /// In the order they were subscribed to.
  private var lines: [Line] = []
  private var rate: RollingWindow
  private var backoff: Backoff
  private var pausedUntil: UInt64 = 0
  private var asked: [RequestID: (symbol: Symbol, sent: UInt64)] = [:]
  private var lastRequest = firstRequest

  init(_ configuration: VariationalConfiguration, options: SessionOptions) {
    sizes = configuration.problem == nil ? configuration.sizes : [:]
    url = (configuration.application ?? "") + "/quotes/indicative"
    var fields = [HTTPField("Content-Type", "application/json")]
    if let session = options.secrets["session"] {
      fields.append(HTTPField("Cookie", "vr-token=\(session.value)"))
    }
    if let address = options.settings["address"], !address.isEmpty {
      fields.append(HTTPField("vr-connected-address", address))
    }
    self.fields = fields
    let wanted = options.settings["quote_every_ms"].flatMap { Int($0) } ?? 2_000
    every = Nanoseconds.milliseconds(min(max(wanted, 500), 60_000))
    rate = VariationalDialect.publicRate.part(options.share)
    backoff = Backoff(
      base: Nanoseconds.seconds(1), cap: Nanoseconds.seconds(30),
      seed: ~options.seed)
  }

  /// A round of all markets takes as long as the rate says, and five may fail.
  var policy: StreamHealth.Policy {
    let round = max(every, rate.span / UInt64(rate.limit) * UInt64(max(1, sizes.count)))
    var policy = StreamHealth.Policy()
    policy.shortest = max(Nanoseconds.seconds(10), round * 5)
    policy.longest = policy.shortest
    return policy
  }

  mutating func begin(_ market: Market, at now: Moment) {
    guard let size = sizes[market.venueSymbol] else { return }
    lines.append(
      Line(symbol: market.symbol, ticker: market.venueSymbol, size: size, dueAt: now.monotonic))
  }

  mutating func end(_ symbol: Symbol) { lines.removeAll { $0.symbol == symbol } }

  mutating func endAll() {
    lines = []
    asked = [:]
    isBarred = false
  }

  var deadline: UInt64? {
    guard !isBarred, let due = lines.filter({ !$0.isAsking }).map(\.dueAt).min() else { return nil }
    return max(due, pausedUntil, rate.earliest)
  }

  mutating func wake(at now: Moment, into actions: inout VenueActions) {
    guard !isBarred, now.monotonic >= pausedUntil else { return }
    for index in lines.indices where !lines[index].isAsking && lines[index].dueAt <= now.monotonic {
      guard rate.take(at: now.monotonic) else { return }
      lastRequest += 1
      lines[index].isAsking = true
      asked[RequestID(lastRequest)] = (lines[index].symbol, now.monotonic)
      var body = ByteBuffer(capacity: 256)
      body.append("{")
      body.put("instrument")
      VariationalInstrument.write(lines[index].ticker, to: &body)
      body.put("qty", lines[index].size)
      body.append("}")
      actions.append(
        .request(
          RequestID(lastRequest),
          HTTPRequest(.post, url, fields: fields, body: body.array, timeoutMilliseconds: 5_000)))
    }
  }

  // MARK: Answers

  /// Nil for the answer to a request that is not ours, or of no interest any more.
  mutating func receive(_ response: HTTPResponse, to id: RequestID, at now: Moment) -> Outcome? {
    guard let (index, sent) = answered(id) else { return nil }
    let line = lines[index]
    if response.isRefusalOfClient {
      isBarred = true
      asked = [:]
      return .barred("HTTP status \(response.status)")
    }
    switch response.status {
    case 200:
      backoff.succeed()
      lines[index].dueAt = max(now.monotonic, sent + every)
      return quote(response.body.span.bytes, for: line)
    case 418, 429:
      let wanted = response.field("retry-after").flatMap { Int($0) } ?? 60
      pausedUntil = now.monotonic + Nanoseconds.seconds(min(max(wanted, 1), 3_600))
      return .failed("HTTP status \(response.status)")
    case 400..<500:
      lines[index].dueAt = now.monotonic + Self.refusedFor
      return .refused(line.symbol, "HTTP status \(response.status)")
    default:
      pausedUntil = now.monotonic + backoff.fail(floor: every)
      return .failed("HTTP status \(response.status)")
    }
  }

  mutating func receive(_ failure: HTTPFailure, to id: RequestID, at now: Moment) -> Outcome? {
    guard answered(id) != nil else { return nil }
    pausedUntil = now.monotonic + backoff.fail(floor: every)
    switch failure {
    case .notSent(let cause), .noAnswer(let cause): return .failed(cause)
    }
  }

  private mutating func answered(_ id: RequestID) -> (index: Int, sent: UInt64)? {
    guard let (symbol, sent) = asked.removeValue(forKey: id),
      let index = lines.firstIndex(where: { $0.symbol == symbol })
    else { return nil }
    lines[index].isAsking = false
    return (index, sent)
  }

  private func quote(_ body: RawSpan, for line: Line) -> Outcome {
    var unknown: [String] = []
    do throws(JSONError) {
      let quote = try VariationalREST.quote(body, &unknown)
      guard quote.underlying == line.ticker, quote.quantity == line.size else {
        return .failed("a quote for \(quote.quantity) \(quote.underlying)")
      }
      let facts = QuoteFacts(
        bid: quote.bid.map { Level(price: $0, size: line.size) },
        ask: quote.ask.map { Level(price: $0, size: line.size) }, sequence: nil,
        time: quote.time)
      return .quote(line.symbol, facts, unknown: unknown)
    } catch {
      return .failed("the answer \(error)")
    }
  }
}
