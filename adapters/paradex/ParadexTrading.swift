import PerpCore
import PerpCrypto
import PerpVenue

/// How an account of Paradex is spoken to: a token by a signed request, orders by REST, and what
/// becomes of them over the WebSocket.
struct ParadexTrading: TradingDialect {
  /// What signing in still has to ask, in this order.
  enum Step {
    case configuration, clock, token
  }

  /// A token is renewed so long before it expires.
  static let renewBefore = Nanoseconds.seconds(60)
  /// "A JWT lives 5 minutes", should it not say so itself.
  static let tokenLifetime = Nanoseconds.seconds(300)
  /// A signature for a token holds so long, in seconds.
  static let signatureLifetime: UInt64 = 1_800

  let options: TradingOptions
  private let key: StarkPrivateKey
  private let givenAddress: String?
  private(set) var signer: ParadexSigner?
  private(set) var clock = ClockOffset()
  var trace: SigningTrace?
  private var token: (text: Secret, renewAt: UInt64, diesAt: UInt64)?
  private var asked: (step: Step, at: Moment)?
  /// "Keep the timestamp strictly increasing per key": milliseconds.
  private var lastTimestamp: UInt64 = 0
  /// What the stream has not granted yet: the tags of the login and the subscriptions.
  private var ungranted: Set<Int64> = []

  init(_ options: TradingOptions) throws(TradingProblem) {
    self.options = options
    guard let text = options.secrets["private_key"] else {
      throw .credentials("\(options.account) has no private_key")
    }
    do throws(SecretError) { key = try StarkPrivateKey(hex: text.value) } catch {
      throw .credentials("the private_key of \(options.account) is no key: \(error)")
    }
    givenAddress = options.secrets["account_address"]?.value
  }

  var venue: VenueID { Paradex.id }

  var tracking: OrderTracker.Settings {
    OrderTracker.Settings(
      naming: .text, definiteRefusals: Self.definiteRefusals, refusalReasons: Self.refusalReasons)
  }

  var limits: TradingLimits {
    var limits = TradingLimits()
    limits.orders =
      isRetail
      ? [
        RollingWindow(limit: 2, per: Nanoseconds.seconds(1)),
        RollingWindow(limit: 24, per: Nanoseconds.seconds(60)),
        RollingWindow(limit: 240, per: Nanoseconds.seconds(3_600)),
        RollingWindow(limit: 800, per: Nanoseconds.seconds(86_400)),
      ]
      : [
        RollingWindow(limit: 640, per: Nanoseconds.seconds(1)),
        RollingWindow(limit: 13_800, per: Nanoseconds.seconds(60)),
      ]
    limits.reserve = isRetail ? 1 : 40
    limits.questions = RollingWindow(limit: 8, per: Nanoseconds.seconds(1))
    // The connection itself is the sign of life; this only makes sure that it counts.
    if hasDeadMan { limits.deadManEvery = Nanoseconds.seconds(60) }
    return limits
  }

  /// Whether the venue is to cancel what was placed over a connection when that ends.
  var hasDeadMan: Bool { options.settings["native_deadman"] == "true" }

  var connectionPolicy: Connection.Policy { Connection.Policy() }

  /// Orders with an interactive token pay no fees, and are few.
  var isRetail: Bool { options.settings["token_usage"] == "interactive" }

  // MARK: Signing in

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? {
    let step: Step
    if signer == nil {
      step = .configuration
    } else if clock.bound(at: now.monotonic) == nil || asked?.step == .configuration {
      step = .clock
    } else if token.map({ $0.renewAt <= now.monotonic }) ?? true {
      step = .token
    } else {
      return nil
    }
    asked = (step, now)
    switch step {
    case .configuration: return get("/system/config", isPrivate: false)
    case .clock: return get("/system/time", isPrivate: false)
    case .token: return tokenRequest(at: now)
    }
  }

  private func tokenRequest(at now: Moment) -> HTTPRequest? {
    guard let signer else { return nil }
    let seconds = UInt64(max(0, venueTime(now))) / 1_000_000
    let fields = signer.authHeaders(
      timestamp: seconds, expiration: seconds + Self.signatureLifetime
    ).map { HTTPField($0.name, $0.value) }
    let query = isRetail ? "?token_usage=interactive" : ""
    // The path of the signature is always `/v1/auth`, which the endpoint's own path begins.
    let path = signer.authPath.dropFirst("/v1".count)
    return HTTPRequest(.post, options.endpoints.rest + path + query, fields: fields)
  }

  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {
    guard let asked else { return }
    guard (200..<300).contains(response.status) else { throw problem(response) }
    guard let fields = try? JSONFields(response.body.span.bytes) else {
      throw .again("the answer to \(asked.step) is no JSON object")
    }
    switch asked.step {
    case .configuration: try readConfiguration(fields)
    case .clock:
      guard let time = fields.integer("server_time") else { throw .again("no server_time") }
      clock.measured(sent: asked.at, received: now, venue: time * 1_000, resolution: 1_000)
      self.asked = nil
    case .token:
      guard let text = fields.text("jwt_token") else { throw .again("no jwt_token") }
      let lifetime = max(ParadexToken.lifetime(text) ?? Self.tokenLifetime, Self.renewBefore / 4)
      let margin = min(Self.renewBefore, lifetime / 4)
      token = (
        Secret(text), asked.at.monotonic + lifetime - margin, asked.at.monotonic + lifetime
      )
      self.asked = nil
    }
  }

  private mutating func readConfiguration(_ fields: JSONFields) throws(TradingProblem) {
    guard let chain = fields.text("starknet_chain_id"),
      let account = fields.text("paraclear_account_hash").flatMap({ UInt256(hex: $0) }),
      let proxy = fields.text("paraclear_account_proxy_hash").flatMap({ UInt256(hex: $0) })
    else { throw .again("the venue's configuration lacks its chain or its accounts' classes") }
    let address =
      givenAddress
      ?? ParadexSignerAccount.address(
        publicKey: key.publicKey.x, .init(account: account, proxy: proxy)
      ).hex
    do throws(ParadexSigningError) {
      signer = try ParadexSigner(key: key, account: address, chainID: chain)
    } catch {
      throw .credentials("the account_address of \(options.account) is none: \(error)")
    }
  }

  var renewal: UInt64? { token?.renewAt ?? 0 }

  /// The token is not taken any more.
  mutating func forgetToken() { token = nil }

  // MARK: Requests

  /// The venue's time in microseconds.
  func venueTime(_ now: Moment) -> Int64 { now.wall.saturating(adding: clock.microseconds) }

  /// Milliseconds, never the same twice.
  mutating func timestamp(at now: Moment) -> UInt64 {
    lastTimestamp = max(lastTimestamp + 1, UInt64(max(0, venueTime(now))) / 1_000)
    return lastTimestamp
  }

  func get(_ path: String, isPrivate: Bool = true) -> HTTPRequest {
    HTTPRequest(
      .get, options.endpoints.rest + path, fields: isPrivate ? authorization : [],
      timeoutMilliseconds: 5_000)
  }

  var authorization: [HTTPField] {
    token.map { [HTTPField("Authorization", "Bearer \($0.text.value)")] } ?? []
  }

  // MARK: The private stream

  /// "subscribe" once for each; the order is that of the tags.
  static let channels = ["orders.ALL", "fills.ALL", "positions", "account"]

  mutating func stream(at now: Moment) -> WebSocketRequest? {
    let version = options.settings["sbe_version"] ?? "2"
    let isJSON = options.settings["encoding"] == "json"
    return WebSocketRequest(
      url: options.endpoints.ws + (isJSON ? "" : "?sbeSchemaId=1&sbeSchemaVersion=\(version)"))
  }

  mutating func greeting(at now: Moment) -> [[UInt8]] {
    guard let token else { return [] }
    var login = ByteBuffer(capacity: 512)
    login.append(#"{"jsonrpc":"2.0","id":1,"method":"auth","params":{"bearer":"#)
    login.append(json: token.text.value)
    login.append("}}")
    let subscriptions = Self.channels.enumerated().map { index, channel in
      ParadexChannel.request(Int64(index + 2), "subscribe", channel)
    }
    ungranted = Set(1...Int64(Self.channels.count + 1))
    return [login.array] + subscriptions
  }

  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    if isBinary {
      do throws(ParadexFrame.Failure) { try readFrame(message, at: now, into: &facts) } catch {
        if case .unknownTemplate(let number) = error {
          facts.append(.unknown(channel: "sbe", path: "template \(number)", sample: ""))
        } else {
          throw .again("a frame cannot be read: \(error)")
        }
      }
      return
    }
    guard let fields = try? JSONFields(message) else { throw .again("a message is no JSON object") }
    if let parameters = fields.object("params"), let data = parameters.object("data") {
      try read(data, of: parameters.text("channel") ?? "", at: now, into: &facts)
    } else if let id = fields.integer("id"), ungranted.isEmpty {
      facts.append(.answer(tag: id, answer(fields)))
    } else if let error = fields.object("error") {
      let text = "\(error.text("message") ?? "") \(error.text("data") ?? "")"
      switch error.integer("code") {
      case 40_110, 40_111:
        token = nil
        throw .expired("the venue does not take the token: \(text)")
      case 40_112: throw .credentials("the venue does not serve this place: \(text)")
      default: throw .expired("the private stream is refused: \(text)")
      }
    } else if let id = fields.integer("id"), ungranted.remove(id) != nil, ungranted.isEmpty {
      facts.append(.standing)
    }
  }

  private func readFrame(
    _ bytes: RawSpan, at now: Moment, into facts: inout [TradingFact]
  ) throws(ParadexFrame.Failure) {
    var frame = try ParadexFrame(bytes)
    switch frame.template {
    case .order:
      let row = ParadexOrderRow(try ParadexWire.Order(&frame))
      if let report = row?.report(.webSocket, at: now) { facts.append(.order(report)) }
    case .fill:
      if let fill = FillReport(try ParadexWire.Fill(&frame), at: now) { facts.append(.fill(fill)) }
    case .position:
      if let position = PositionReport(try ParadexWire.Position(&frame)) {
        facts.append(.position(position))
      }
    case .account: facts.append(.balance(BalanceReport(try ParadexWire.Account(&frame))))
    case .bbo, .trade, .book, .summary, .funding, .fundingComparison, .heartbeat, .subscribed:
      break
    }
  }

  private func read(
    _ data: JSONFields, of channel: String, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    func need<Row>(_ row: Row?) throws(TradingProblem) -> Row {
      if let row { return row }
      throw .again("a message of \(channel) lacks what it must have")
    }
    switch channel.prefix(while: { $0 != "." }) {
    case "orders":
      let row = try need(ParadexOrderRow(data))
      if let report = row.report(.webSocket, at: now) { facts.append(.order(report)) }
    case "fills": facts.append(.fill(try need(FillReport(paradex: data, .webSocket, at: now))))
    case "positions": facts.append(.position(try need(PositionReport(paradex: data))))
    case "account": facts.append(.balance(try need(BalanceReport(paradex: data))))
    default: facts.append(.unknown(channel: channel, path: "channel", sample: ""))
    }
  }
}

/// A token as far as one may look into it: when it was issued, and when it ends.
enum ParadexToken {
  /// Nanoseconds from its issue to its end; nil of one that does not say.
  static func lifetime(_ token: String) -> UInt64? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let payload = base64URL(parts[1]),
      let fields = try? JSONFields(payload.span.bytes), let issued = fields.integer("iat"),
      let expires = fields.integer("exp"), issued < expires, expires - issued < 1 << 31
    else { return nil }
    return UInt64(expires - issued) * 1_000_000_000
  }

  private static func base64URL(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for letter in text.utf8 {
      let value: UInt8
      switch letter {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = letter - 65
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = letter - 71
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = letter + 4
      case UInt8(ascii: "-"), UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "_"), UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="): continue
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return bytes
  }
}
