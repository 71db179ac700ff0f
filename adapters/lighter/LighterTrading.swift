import PerpCore
import PerpCrypto
import PerpVenue

/// How an account of Lighter is spoken to: orders are transactions that one key of the account
/// signs, each with the next number of that key; what becomes of them comes over the same socket,
/// whose channels are granted to tokens that the key signs too.
struct LighterTrading: TradingDialect {
  /// What signing in still has to ask, in this order.
  enum Step {
    case clock, markets, key, nonce
  }

  /// Clock and markets are asked for again so often.
  static let refreshEvery = Nanoseconds.seconds(3_600)
  /// A transaction is void so many milliseconds after it was signed: what is lost on the way and
  /// arrives late does no harm any more. (The official library gives ten minutes.)
  static let transactionLifetime: Int64 = 15_000
  /// So many milliseconds after that the venue must know of what it took before.
  static let settlingTime: Int64 = 10_000
  /// So many milliseconds ahead a cancel of all is scheduled; the venue takes none below 5 minutes.
  static let deadManAfter: Int64 = 600_000
  /// "The server honours at most 8 hours ahead."
  static let longestToken: Int64 = 8 * 3_600 - 60

  /// A transaction that is to make an order: under its hash the venue knows what came of it.
  struct Attempt: Equatable, Sendable {
    let hash: String
    let nonce: Int64
    /// Milliseconds of the venue's time, after which it is void.
    let expiredAt: Int64
    /// Another transaction has used its number up: the venue can take it no more.
    var isPassed = false
  }

  let options: TradingOptions
  let signer: LighterSigner
  var trace: SigningTrace?
  private(set) var clock = ClockOffset()
  private(set) var markets: [Symbol: Market] = [:]
  private(set) var symbols: [String: Symbol] = [:]
  private var refreshAt: UInt64 = 0
  private var isKeyKnown = false
  private var asked: (step: Step, at: Moment)?
  var line = LighterNonceLine()
  /// By the client's index of the order, until it is seen.
  var attempts: [ShortText: Attempt] = [:]
  private var token: (text: Secret, renewAt: UInt64)?
  /// When the token that the stream was granted to is to be replaced.
  var streamRenewal: UInt64 = .max
  /// Channels that have not begun yet.
  var ungranted: Set<String> = []

  init(_ options: TradingOptions) throws(TradingProblem) {
    self.options = options
    func secret(_ name: String) throws(TradingProblem) -> String {
      if let value = options.secrets[name]?.value { return value }
      throw .credentials("\(options.account) has no \(name)")
    }
    func index(_ name: String, _ range: ClosedRange<Int64>) throws(TradingProblem) -> Int64 {
      guard let index = Int64(try secret(name)), range.contains(index) else {
        throw .credentials(
          "the \(name) of \(options.account) must be a number from \(range.lowerBound) to "
            + "\(range.upperBound)")
      }
      return index
    }
    let key: SchnorrPrivateKey
    do throws(SecretError) {
      key = try SchnorrPrivateKey(hex: options.secrets["private_key"]?.value ?? "")
    } catch {
      throw .credentials("the private_key of \(options.account) is no key of Lighter: \(error)")
    }
    signer = LighterSigner(
      key: key, chainID: try Self.chainID(options),
      account: try index("account_index", 0...1 << 48),
      apiKey: try index("api_key_index", 0...254))
  }

  /// "304 on mainnet", 466324 on robinhood, 300 on the testnets; any other host is a simulator of
  /// mainnet, as the official library has it.
  private static func chainID(_ options: TradingOptions) throws(TradingProblem) -> Int64 {
    let given = options.settings["chain_id"] ?? "auto"
    guard given == "auto" else {
      if let number = Int64(given), number > 0 { return number }
      throw .credentials("chain_id must be a number or auto, not \(given)")
    }
    let host = options.endpoints.rest
    if host.contains("testnet.") { return 300 }
    return host.contains("//api.rh.") ? 466_324 : 304
  }

  var venue: VenueID { Lighter.id }

  var tracking: OrderTracker.Settings {
    var settings = OrderTracker.Settings(
      naming: .number(1...(1 << 48) - 1), definiteRefusals: Self.definiteRefusals,
      refusalReasons: Self.refusalReasons)
    // A lost request may still arrive until it is void.
    settings.absenceAge = Nanoseconds.milliseconds(Int(Self.transactionLifetime) + 10_000)
    settings.lookInterval = Nanoseconds.seconds(isStandard ? 15 : 10)
    // Questions are few, and may have to wait for their turn for a minute.
    settings.queryTimeout = Nanoseconds.seconds(70)
    return settings
  }

  var limits: TradingLimits {
    var limits = TradingLimits()
    // "Transactions per minute: Standard 60; Plus 8000; Premium 4000" at least.
    let transactions =
      switch options.settings["tier"] {
      case "premium": 3_200
      case "plus": 6_400
      default: 48
      }
    limits.orders = [RollingWindow(limit: transactions, per: Nanoseconds.seconds(60))]
    limits.reserve = isStandard ? 8 : 80
    // Standard: 60 requests a minute, shared with market data; else weights, 300 on the average.
    limits.questions = RollingWindow(limit: isStandard ? 40 : 64, per: Nanoseconds.seconds(60))
    limits.answerWithin = Nanoseconds.seconds(2)
    limits.keepAliveEvery = Nanoseconds.seconds(30)
    if options.settings["native_deadman"] == "true" {
      limits.deadManEvery = Nanoseconds.milliseconds(Int(Self.deadManAfter) / 3)
    }
    return limits
  }

  private var isStandard: Bool { !["premium", "plus"].contains(options.settings["tier"]) }
  /// Transactions go over the socket, or by REST.
  var sendsByREST: Bool { options.settings["orders"] == "rest" }

  var connectionPolicy: Connection.Policy { Connection.Policy() }

  // MARK: Signing in

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? {
    let step: Step
    if refreshAt <= now.monotonic {
      step = asked?.step == .clock ? .markets : .clock
    } else if !isKeyKnown {
      step = .key
    } else if line.mustAsk {
      step = .nonce
    } else {
      return nil
    }
    asked = (step, now)
    let key = "account_index=\(signer.account)&api_key_index=\(signer.apiKey)"
    return switch step {
    case .clock: get("/")
    case .markets: get("/api/v1/orderBookDetails?filter=perp")
    case .key: get("/api/v1/apikeys?\(key)")
    case .nonce: get("/api/v1/nextNonce?\(key)")
    }
  }

  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {
    guard let asked else { return }
    guard response.status == 200 else {
      self.asked = nil
      throw problem(response)
    }
    if asked.step == .markets {
      self.asked = nil
      return try readMarkets(response.body.span.bytes, at: now)
    }
    guard let fields = try? JSONFields(response.body.span.bytes) else {
      throw .again("the answer to \(asked.step) is no JSON object")
    }
    switch asked.step {
    case .clock:
      guard let time = fields.integer("timestamp"), (0..<1 << 40).contains(time) else {
        throw .again("the venue does not tell its time")
      }
      clock.measured(
        sent: asked.at, received: now, venue: time * 1_000_000, resolution: 1_000_000)
    case .key: try readKey(fields)
    case .nonce:
      guard let nonce = fields.integer("nonce"), nonce >= 0 else { throw .again("no nonce") }
      line.learn(nonce)
    case .markets: break
    }
  }

  private mutating func readMarkets(_ body: RawSpan, at now: Moment) throws(TradingProblem) {
    guard let listed = try? LighterMarkets(body, venue: venue).listed, !listed.isEmpty else {
      throw .again("the list of markets cannot be read")
    }
    for entry in listed {
      markets[entry.market.symbol] = entry.market
      symbols[entry.name.string] = entry.market.symbol
    }
    refreshAt = now.monotonic + Self.refreshEvery
  }

  /// `{"code":200,"api_keys":[{"account_index":516,"api_key_index":4,"nonce":722,`
  /// `"public_key":"04…"}]}`: a wrong key would have every order refused.
  private mutating func readKey(_ fields: JSONFields) throws(TradingProblem) {
    guard let rows = fields.objects("api_keys") else { throw .again("no api_keys") }
    let own = rows.first { $0.integer("api_key_index") == signer.apiKey }
    guard let known = own?.text("public_key") else {
      throw .credentials(
        "account \(signer.account) has no key in slot \(signer.apiKey); register it in the venue's "
          + "web application, or give another api_key_index")
    }
    guard known.lowercased().hasSuffix(signer.publicKey.littleEndianBytes.hex) else {
      throw .credentials(
        "the private_key is not that of slot \(signer.apiKey) of account \(signer.account)")
    }
    isKeyKnown = true
  }

  /// At once where the venue must be asked for the next number.
  var renewal: UInt64? { line.mustAsk ? 0 : refreshAt }

  func get(_ path: String, isPrivate: Bool = false) -> HTTPRequest {
    HTTPRequest(
      .get, options.endpoints.rest + path,
      fields: isPrivate ? token.map { [HTTPField("authorization", $0.text.value)] } ?? [] : [],
      timeoutMilliseconds: 5_000)
  }

  // MARK: Time and tokens

  /// The venue's time in microseconds.
  func venueTime(_ now: Moment) -> Int64 { now.wall.saturating(adding: clock.microseconds) }

  /// Makes a new token when the old one is about to expire.
  mutating func renewToken(at now: Moment) {
    if let token, token.renewAt > now.monotonic { return }
    let wanted = options.settings["token_lifetime"].flatMap { Int64($0) } ?? 7 * 3_600
    let lifetime = min(max(wanted, 120), Self.longestToken)
    let text = signer.token(deadline: venueTime(now) / 1_000_000 + lifetime)
    // Before it is seen that it is due half a minute may pass.
    let margin = min(lifetime / 2, 900)
    token = (Secret(text), now.monotonic + Nanoseconds.seconds(Int(lifetime - margin)))
  }

  mutating func forgetToken() { token = nil }

  // MARK: The private stream

  /// Each with the account's number after a slash.
  static let channels = [
    "account_all_orders", "account_all_trades", "account_all_positions", "user_stats",
  ]

  mutating func stream(at now: Moment) -> WebSocketRequest? {
    WebSocketRequest(url: options.endpoints.ws)
  }

  /// Nothing may be said before the venue has greeted.
  mutating func greeting(at now: Moment) -> [[UInt8]] {
    ungranted = Set(Self.channels)
    streamRenewal = .max
    return []
  }

  func keepAlive(at now: Moment) -> [UInt8]? { LighterRequest.ping }

  /// Subscribes with a token that is good for long; what was subscribed with an old one is ended.
  mutating func subscriptions(isAgain: Bool, at now: Moment) -> [TradingFact] {
    renewToken(at: now)
    guard let token else { return [] }
    streamRenewal = token.renewAt
    var facts: [TradingFact] = []
    for channel in Self.channels {
      for type in isAgain ? ["unsubscribe", "subscribe"] : ["subscribe"] {
        var text = ByteBuffer(capacity: 384)
        text.append("{")
        text.put("type", text: type)
        text.put("channel", text: "\(channel)/\(signer.account)")
        if type == "subscribe" { text.put("auth", text: token.text.value) }
        text.append("}")
        facts.append(.send(text.array))
      }
    }
    return facts
  }
}
