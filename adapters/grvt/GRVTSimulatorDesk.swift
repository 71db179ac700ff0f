import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// What the simulated venue keeps of its one account beside the exchange: who is logged in, what
/// was signed, what is to be told.
struct GRVTSimulatorDesk: Sendable {
  /// Of one stream under one selector, with the number of what was told last.
  struct Feed: Sendable {
    let stream: String
    /// The place of the market, where the selector names one.
    let market: Int?
    var number: Int64
  }

  /// An answer, or what the private streams tell: they are numbered as they leave.
  enum Delivery: Sendable {
    case action(SimulatorAction)
    case report(Report)
  }

  enum Report: Sendable {
    case order(ExchangeOrder)
    case fill(ExchangeFill, trade: ShortText)
    case position(ExchangePosition)
    /// A cancel that waited for an order in vain.
    case cancelExpired(clientID: String, isDuplicate: Bool)
  }

  /// A cancel by client id lasts, for an order that may come after it.
  struct StandingCancel: Sendable {
    let clientID: String
    let until: UInt64
  }

  static let owner: UInt32 = 1
  /// "Non-post-only orders pass a 25 ms speed bump."
  static let speedBump = Nanoseconds.milliseconds(25)

  let chainID: UInt64
  let signer: EthereumAddress?
  /// Seconds.
  let sessionLife: Int64
  /// Whether sockets are closed when their session expires, or hear nothing more.
  let closesExpired: Bool
  /// Rows of one answer at most.
  let pageRows: Int
  private let isLimited: Bool
  /// When sessions expire, in seconds since the epoch, by the value of their cookie.
  var sessions: [String: Int64] = [:]
  var windows: [String: RollingWindow] = [:]
  var faults: OrderFaults
  /// Why the setting with the faults is none.
  var faultsProblem: String?
  var held = HeldActions<Delivery>()
  var feeds: [Feed] = []
  /// By the number of the exchange.
  var orders: [UInt64: GRVTSimulatorOrder] = [:]
  /// Digests of what was signed: the same again is ignored.
  var digests: Set<UInt256> = []
  /// With which the wallet has logged in.
  var loginNonces: Set<UInt32> = []
  var cancels: [StandingCancel] = []
  /// To be told with the answer to the request that is carried out.
  var notices: [Report] = []
  /// Everything is cancelled then, unless it is put off.
  var countdownDue: UInt64?
  /// Public numbers of trades by those of fills.
  private(set) var trades: [UInt64: ShortText] = [:]

  init(_ options: SimulatorOptions) {
    let settings = options.settings
    chainID = settings["chain_id"].flatMap { UInt64($0) } ?? 325
    signer = (try? Secp256k1.PrivateKey(hex: GRVTSimulatedAccount.privateKey))?.address
    sessionLife = settings["session_seconds"].flatMap { Int64($0) } ?? 86_400
    closesExpired = settings["expired_sockets"] != "silent"
    pageRows = settings["page_rows"].flatMap { Int($0) } ?? 1_000
    isLimited = settings["rates"] != "none"
    faults = OrderFaults(seed: options.seed)
    guard let text = settings["order_faults"], !text.isEmpty else { return }
    do throws(OrderFaults.Problem) {
      faults = try OrderFaults(text, seed: options.seed)
    } catch {
      faultsProblem = "\(error)"
    }
  }

  /// Calls a second as ccxt has them for the lowest tier.
  private static func calls(_ route: String) -> RollingWindow {
    let (limit, seconds) =
      switch route {
      case "create_order", "cancel_order": (20, 1)
      case "cancel_all_orders", "bulk_orders": (2, 1)
      case "account_summary", "aggregated_account_summary", "funding_account_summary": (5, 2)
      case "login", "cancel_on_disconnect": (1, 1)
      default: (5, 1)
      }
    return RollingWindow(limit: limit, per: Nanoseconds.seconds(seconds))
  }

  mutating func mayCall(_ route: String, at now: Moment) -> Bool {
    !isLimited || windows[route, default: Self.calls(route)].take(at: now.monotonic)
  }

  func isValid(_ session: String, at now: Moment) -> Bool {
    sessions[session].map { $0 * 1_000_000 > now.wall } ?? false
  }

  /// When the session is over, on the monotonic clock.
  func end(of session: String, _ now: Moment) -> UInt64 {
    guard let expires = sessions[session] else { return now.monotonic }
    return now.monotonic + UInt64(max(0, expires * 1_000_000 - now.wall)) * 1_000
  }

  var deadline: UInt64 {
    min(held.deadline ?? .max, countdownDue ?? .max, cancels.map(\.until).min() ?? .max)
  }

  mutating func note(_ trade: ShortText, of fill: UInt64) {
    trades[fill] = trade
    if trades.count > 12_000 { trades = trades.filter { $0.key + 6_000 > fill } }
  }

  // MARK: The exchange

  static func exchange(_ markets: [GRVTSimulatorMarket]) -> SimulatedExchange {
    var exchange = SimulatedExchange(
      rules: ExchangeRules(
        fees: FeeRates(
          maker: Decimal(mantissa: -1, scale: 6), taker: Decimal(mantissa: 45, scale: 5)),
        orderName: { number, time in
          let mixed = (number &* 0x9E37_79B9_7F4A_7C15) >> 40
          return "0x0101010503" + digits(mixed, 6) + digits(number + 0x6600_0000, 16)
        }),
      markets: markets.map { market in
        ExchangeMarket(
          market.market, minValue: market.instrument.minNotional ?? .zero,
          positionLimit: market.instrument.maxPositionSize)
      })
    exchange.open(owner)
    return exchange
  }

  private static func digits(_ value: UInt64, _ count: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}

/// Who has asked, and how the answer comes there.
enum GRVTCaller {
  case http(RequestID, GRVTEncoding)
  /// By JSON-RPC on the WebSocket.
  case socket(ConnectionID, id: Int64?, method: String, GRVTEncoding)

  var encoding: GRVTEncoding {
    switch self {
    case .http(_, let encoding), .socket(_, _, _, let encoding): encoding
    }
  }

  /// The body of an answer in the form of the way; of failures too, which have it inside.
  func answer(_ body: [UInt8]) -> SimulatorAction {
    switch self {
    case .http(let id, _): return .respond(id, .json { $0.append(body) })
    case .socket(let connection, let id, let method, let encoding):
      return .send(
        connection,
        Self.frame(id, method, encoding) {
          $0.key(.result); $0.text.append(body)
        })
    }
  }

  func failure(_ failure: GRVTFailure) -> SimulatorAction {
    switch self {
    case .http(let id, let encoding):
      return .respond(id, GRVTSimulator.failure(failure, encoding))
    case .socket(let connection, let id, let method, let encoding):
      let frame = Self.frame(id, method, encoding) { writer in
        writer.object(.error) { writer in
          writer.put(.code, integer: failure.rawValue)
          writer.put(.message, text: failure.text)
        }
      }
      return .send(connection, frame)
    }
  }

  /// A failure that only the status tells: somebody between has answered.
  func failure(status: Int) -> SimulatorAction {
    switch (status, self) {
    case (401, _): failure(.unauthenticated)
    case (429, _): failure(.rateLimited)
    case (500..., .socket): failure(.serverError)
    case (_, .socket): failure(.malformed)
    case (_, .http(let id, _)): .respond(id, HTTPResponse(status: status))
    }
  }

  private static func frame(
    _ id: Int64?, _ method: String, _ encoding: GRVTEncoding,
    _ write: (inout GRVTWriter) -> Void
  ) -> Frame {
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.put(.version, text: "2.0")
      write(&writer)
      if let id { writer.put(.id, integer: id) }
      writer.put(.method, text: method)
    }
    return Frame(.text, writer.text.array)
  }
}
