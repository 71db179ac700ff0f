import PerpCore
import PerpCrypto
import PerpVenue

/// How an account of GRVT is spoken to: a cookie by the API key, signed orders by REST, and what
/// becomes of them over the WebSocket.
struct GRVTTrading: TradingDialect {
  /// What signing in still has to ask, in this order.
  enum Step {
    case instruments, clock, login
  }

  /// A cookie is renewed so long before it expires, or when three quarters of its life are over.
  static let renewBefore = Nanoseconds.seconds(300)
  /// "About 24 h in practice": where the venue does not say, an hour is believed.
  static let assumedLife: Int64 = 3_600

  /// Milliseconds until the venue cancels all that is open, unless it is told to begin anew.
  static let countdown = 30_000

  /// What a login gave.
  struct Login: Equatable, Sendable {
    let cookie: Secret
    let accountID: String
    /// On the monotonic clock.
    let renewAt: UInt64
  }

  let options: TradingOptions
  let encoding: GRVTEncoding
  let hosts: GRVTHosts
  let signer: GRVTSigner
  private let apiKey: Secret
  private(set) var subAccount: String?
  private(set) var instruments = GRVTInstruments()
  /// They are learnt anew with each login, for markets that came since.
  private var areInstrumentsNew = false
  private(set) var clock = ClockOffset()
  var trace: SigningTrace?
  private var login: Login?
  private var asked: (step: Step, at: Moment)?
  /// With which the stream was opened.
  private var streamCookie: Secret?
  private var streams = GRVTPrivateStreams()
  /// Expirations are part of what is signed: no two are the same. In nanoseconds.
  var lastExpiration: Int64 = 0

  init(_ options: TradingOptions) throws(TradingProblem) {
    self.options = options
    encoding = GRVTEncoding(options.settings)
    hosts = GRVTHosts(options)
    guard let apiKey = options.secrets["api_key"] else {
      throw .credentials("\(options.account) has no api_key")
    }
    guard let text = options.secrets["private_key"] else {
      throw .credentials("\(options.account) has no private_key")
    }
    self.apiKey = apiKey
    do throws(SecretError) {
      signer = GRVTSigner(
        key: try Secp256k1.PrivateKey(hex: text.value), chainID: hosts.chainID)
    } catch {
      throw .credentials("the private_key of \(options.account) is no key: \(error)")
    }
    subAccount = options.secrets["sub_account_id"]?.value
    if let subAccount, UInt64(subAccount) == nil {
      throw .credentials("the sub_account_id of \(options.account) is not a number")
    }
  }

  var venue: VenueID { GRVT.id }

  /// "Programs should draw from [2^63, 2^64−1]."
  var tracking: OrderTracker.Settings {
    OrderTracker.Settings(
      naming: .number(1 << 63...UInt64.max), definiteRefusals: Self.definiteRefusals,
      refusalReasons: Self.refusalReasons)
  }

  /// 20 creates a second, as many cancels, and 5 questions of a kind, says ccxt of the lowest tier.
  /// What leaves within a second and a quarter may arrive within one.
  var limits: TradingLimits {
    var limits = TradingLimits()
    limits.orders = [RollingWindow(limit: 16, per: Nanoseconds.milliseconds(1_250))]
    limits.questions = RollingWindow(limit: 4, per: Nanoseconds.milliseconds(1_250))
    // There is no stream of balances.
    limits.lookEvery = Nanoseconds.seconds(5)
    limits.keepAliveEvery = Nanoseconds.seconds(15)
    // "Refresh at a third of the countdown, or sooner."
    if options.settings["native_deadman"] == "true" {
      limits.deadManEvery = Nanoseconds.milliseconds(Self.countdown / 3)
    }
    return limits
  }

  var connectionPolicy: Connection.Policy { Connection.Policy() }

  // MARK: Signing in

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? {
    guard login.map({ $0.renewAt <= now.monotonic }) ?? true else { return nil }
    let step: Step =
      !areInstrumentsNew
      ? .instruments : clock.bound(at: now.monotonic) == nil ? .clock : .login
    asked = (step, now)
    switch step {
    case .instruments:
      return post(hosts.marketData, "v1/all_instruments") { $0.put(.isActive, true) }
    case .clock: return HTTPRequest(.get, hosts.marketData + "/time", timeoutMilliseconds: 5_000)
    case .login:
      var body = ByteBuffer(capacity: 128)
      body.append(#"{"api_key":"#)
      body.append(json: apiKey.value)
      body.append("}")
      return HTTPRequest(
        .post, hosts.login + "/auth/api_key/login",
        fields: [
          HTTPField("Content-Type", "application/json"), HTTPField("Cookie", "rm=true;"),
        ], body: body.array, timeoutMilliseconds: 5_000)
    }
  }

  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {
    guard let asked else { return }
    guard (200..<300).contains(response.status) else {
      if asked.step == .login, response.status == 401 || response.status == 403 {
        throw .credentials("the venue does not take the API key: \(error(in: response).code)")
      }
      throw problem(response)
    }
    switch asked.step {
    case .instruments: try readInstruments(response)
    case .clock:
      guard let time = try? GRVTREST.serverTime(response.body.span.bytes) else {
        throw .again("the venue's clock cannot be read")
      }
      clock.measured(sent: asked.at, received: now, venue: time, resolution: 1_000)
    case .login:
      try readLogin(response, asked: asked.at)
      areInstrumentsNew = false
    }
    self.asked = nil
  }

  private mutating func readInstruments(_ response: HTTPResponse) throws(TradingProblem) {
    var unknown: [String] = []
    do throws(JSONError) {
      let rows = try GRVTREST.list(
        GRVTInstrument.self, response.body.span.bytes, &unknown)
      for row in rows where row.isPerpetual { instruments.add(row) }
    } catch {
      throw .again("the list of instruments cannot be read: \(error)")
    }
    if instruments.isEmpty { throw .again("the venue lists no perpetuals") }
    areInstrumentsNew = true
  }

  private mutating func readLogin(
    _ response: HTTPResponse, asked: Moment
  ) throws(TradingProblem) {
    let cookies = response.fields.filter { $0.name.lowercased() == "set-cookie" }
    guard let cookie = cookies.lazy.compactMap({ GRVTCookie(setting: $0.value) }).first,
      let account = response.field("X-Grvt-Account-Id")
    else { throw .again("the login gave no cookie, or no X-Grvt-Account-Id") }
    if subAccount == nil {
      let fields = try? JSONFields(response.body.span.bytes)
      subAccount = fields?.text("sub_account_id").flatMap { UInt64($0) == nil ? nil : $0 }
    }
    guard subAccount != nil else {
      throw .credentials("the API key is of no trading account: give sub_account_id as well")
    }
    let now = venueTime(asked) / 1_000_000
    // An end that has passed is no end to count on: the clock of one side is wrong.
    let life = cookie.expires.map { max($0 - now, 10) } ?? Self.assumedLife
    let span = Nanoseconds.seconds(Int(min(life, 400 * 86_400)))
    login = Login(
      cookie: Secret(cookie.value), accountID: account,
      renewAt: asked.monotonic + span - min(Self.renewBefore, span / 4))
  }

  var renewal: UInt64? { login?.renewAt ?? 0 }

  /// The cookie is not taken any more.
  mutating func forgetLogin() { login = nil }

  // MARK: Requests

  /// The venue's time in microseconds.
  func venueTime(_ now: Moment) -> Int64 { now.wall.saturating(adding: clock.microseconds) }

  func post(
    _ host: String, _ route: String, isPrivate: Bool = false,
    _ members: (inout GRVTWriter) -> Void
  ) -> HTTPRequest {
    var writer = GRVTWriter(encoding)
    writer.object(members)
    return HTTPRequest(
      .post, "\(host)/\(encoding.rawValue)/\(route)",
      fields: (isPrivate ? authorization : []) + [HTTPField("Content-Type", "application/json")],
      body: writer.text.array, timeoutMilliseconds: 5_000)
  }

  private var authorization: [HTTPField] {
    guard let login else { return [] }
    return [
      HTTPField("Cookie", "\(GRVTCookie.name)=\(login.cookie.value)"),
      HTTPField("X-Grvt-Account-Id", login.accountID),
    ]
  }

  // MARK: The private stream

  mutating func stream(at now: Moment) -> WebSocketRequest? {
    streamCookie = login?.cookie
    return WebSocketRequest(
      url: "\(hosts.stream)/ws/\(encoding.rawValue)", fields: authorization)
  }

  /// What becomes of a socket whose cookie has expired is in no document: it is never found out.
  var isStreamOutdated: Bool { login != nil && streamCookie != login?.cookie }

  mutating func greeting(at now: Moment) -> [[UInt8]] {
    streams = GRVTPrivateStreams()
    guard let subAccount else { return [] }
    return GRVTPrivateStreams.names.enumerated().map { place, name in
      GRVTRequest(
        id: Int64(place + 1), method: "subscribe", stream: name, selectors: [subAccount]
      ).text(encoding)
    }
  }

  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    guard !isBinary, let parsed = try? JSONFields(message) else {
      throw .again("a message is no JSON object")
    }
    let fields = GRVTFields(parsed, encoding)
    if let feed = fields.object(.feed) {
      try read(feed, in: fields, at: now, into: &facts)
    } else if let error = fields.object(.error) {
      let text = "\(error.integer(.code) ?? 0) \(error.text(.message) ?? "")"
      switch error.integer(.code) {
      case 1000:
        forgetLogin()
        throw .expired("the venue does not take the login: \(text)")
      case 1001, 1008, 3020: throw .credentials("the private streams are refused: \(text)")
      case 1006: throw .limited(Nanoseconds.seconds(60), text)
      default: throw .expired("a private stream is refused: \(text)")
      }
    } else if let result = fields.object(.result), let name = result.text(.stream) {
      try streams.acknowledge(name, first: GRVTPrivateStreams.firstNumber(result))
      if streams.areGranted { facts.append(.standing) }
    }
  }

  private mutating func read(
    _ feed: GRVTFields, in message: GRVTFields, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    let name = message.text(.stream) ?? ""
    guard let number = message.integer(.number) else { throw .again("a message has no number") }
    guard try streams.take(name, number: number) else { return }
    func need<Row>(_ row: Row?) throws(TradingProblem) -> Row {
      if let row { return row }
      throw .again("a message of \(name) lacks what it must have")
    }
    switch name {
    case "v1.order":
      facts.append(.order(try need(OrderReport(grvt: feed, instruments, .webSocket, at: now))))
    case "v1.fill":
      facts.append(.fill(try need(FillReport(grvt: feed, instruments, .webSocket, at: now))))
    case "v1.position": facts.append(.position(try need(PositionReport(grvt: feed, instruments))))
    default: facts.append(.unknown(channel: name, path: "stream", sample: ""))
    }
  }
}

/// Which of the venue's systems there are beside the one for market data.
struct GRVTHosts: Equatable, Sendable {
  var marketData: String
  var trading: String
  var login: String
  /// `wss://…`
  var stream: String
  var chainID: UInt64

  /// By the name of the host for market data; another one, such as a simulator's, is all of them.
  init(_ options: TradingOptions) {
    let (rest, ws) = (options.endpoints.rest, options.endpoints.ws)
    func host(_ setting: String, _ url: String, _ name: String) -> String {
      if let own = options.settings[setting], !own.isEmpty { return own }
      return url.replacing("//market-data.", with: "//\(name).", maxReplacements: 1)
    }
    marketData = rest
    trading = host("trading_rest", rest, "trades")
    login = host("login_rest", rest, "edge")
    stream = host("trading_ws", ws, "trades")
    let standard: UInt64 = rest.contains("testnet") ? 326 : 325
    chainID = options.settings["chain_id"].flatMap { UInt64($0) } ?? standard
  }
}

/// Where the private streams stand. "A step of more than 1 or a decrease is a loss."
struct GRVTPrivateStreams: Sendable {
  static let names = ["v1.order", "v1.fill", "v1.position"]

  private var granted: Set<String> = []
  /// The number of the latest message of each; before the first of those that the venue says.
  private var latest: [String: Int64] = [:]

  var areGranted: Bool { granted.count == Self.names.count }

  /// `first` is the number of the first change; the answer may come after it.
  mutating func acknowledge(_ name: String, first: Int64?) throws(TradingProblem) {
    guard Self.names.contains(name) else { return }
    granted.insert(name)
    if let first, latest[name] == nil { latest[name] = first - 1 }
  }

  /// False for a message that came before. A state has the number 0.
  mutating func take(_ name: String, number: Int64) throws(TradingProblem) -> Bool {
    guard number != 0, let last = latest[name] else {
      if number != 0 { latest[name] = number }
      return true
    }
    if number == last { return false }
    guard number == last + 1 else {
      throw .expired("\(name) has a hole: \(number) after \(last)")
    }
    latest[name] = number
    return true
  }

  /// Text on the wire, a number in the documents.
  static func firstNumber(_ result: GRVTFields) -> Int64? {
    result.first(.firstNumbers).flatMap { $0.rescaled(to: 0) }.flatMap {
      Int64(exactly: $0.mantissa)
    }
  }
}
