import PerpCore
import PerpVenue

/// How an account of Variational is spoken to: with the user's own session, by requests alone. A
/// market order takes a quote that is fetched right before it.
///
/// The session is given, never made: nothing here logs in or passes for a browser. Once the venue
/// does not want it, nothing more is sent.
struct VariationalTrading: TradingDialect {
  enum Step {
    case session, clock
  }

  /// A quote for one order, which alone may use it.
  struct Given: Equatable, Sendable {
    let quote: VariationalWire.Quote
    let at: Moment
  }

  let options: TradingOptions
  let areOrdersOn: Bool
  /// A part of 1: market orders are filled no further from their quote.
  let maxSlippage: Decimal
  let application: String
  private let fields: [HTTPField]
  private var asked: (step: Step, at: Moment)?
  private var isSessionKnown = false
  private var isClockAsked = false
  private(set) var clock = ClockOffset()
  /// Why nothing is sent any more, in words for the user.
  private(set) var bar: String?
  var quotes: [OrderRequest: Given] = [:]
  var claims: VariationalClaims
  var readings: [List: Reading] = [:]

  init(_ options: TradingOptions) throws(TradingProblem) {
    self.options = options
    guard let session = options.secrets["session"] else {
      throw .credentials("\(options.account) has no session")
    }
    guard !session.value.isEmpty,
      session.value.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ";") })
    else { throw .credentials("the session of \(options.account) is not the value of a cookie") }
    guard let url = VariationalConfiguration.application(options.endpoints, options.settings) else {
      throw .credentials("\(options.account) needs the setting app_url in this environment")
    }
    application = url
    areOrdersOn = try Self.areOrdersOn(options.settings)
    maxSlippage = try Self.maxSlippage(options.settings)
    var fields = [HTTPField("Cookie", "vr-token=\(session.value)")]
    if let address = options.settings["address"], !address.isEmpty {
      fields.append(HTTPField("vr-connected-address", address))
    }
    self.fields = fields
    claims = VariationalClaims(options.records)
  }

  private static func areOrdersOn(
    _ settings: [String: String]
  ) throws(TradingProblem) -> Bool {
    switch settings["orders"] ?? "" {
    case "on": true
    case "", "off": false
    default: throw .credentials("the setting orders is on or off")
    }
  }

  private static func maxSlippage(
    _ settings: [String: String]
  ) throws(TradingProblem) -> Decimal {
    let text = settings["max_slippage"].flatMap { $0.isEmpty ? nil : $0 } ?? "0.005"
    guard let part = Decimal(text), part >= .zero, part <= Decimal(mantissa: 5, scale: 2) else {
      throw .credentials("the setting max_slippage is a part of 1, 0.05 at most, such as 0.005")
    }
    return part
  }

  var venue: VenueID { Variational.id }

  /// "Order 1–3 s end to end"; a question may have to wait for its turn as well.
  var tracking: OrderTracker.Settings {
    var settings = OrderTracker.Settings(
      naming: .none, definiteRefusals: Self.definiteRefusals, refusalReasons: Self.refusalReasons)
    settings.answerTimeout = Nanoseconds.seconds(10)
    settings.shownWithin = Nanoseconds.milliseconds(300)
    settings.lookInterval = Nanoseconds.seconds(1)
    settings.absenceAge = Nanoseconds.seconds(15)
    return settings
  }

  /// None is published; bots ask four times a second.
  var limits: TradingLimits {
    var limits = TradingLimits()
    limits.orders = [RollingWindow(limit: 32, per: Nanoseconds.seconds(10))]
    limits.questions = RollingWindow(limit: 32, per: Nanoseconds.seconds(10))
    limits.lookEvery = Nanoseconds.seconds(5)
    return limits
  }

  var connectionPolicy: Connection.Policy { Connection.Policy() }

  // MARK: Signing in

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? {
    if let bar { throw .barred(bar) }
    guard !isSessionKnown || !isClockAsked else { return nil }
    let step: Step = isSessionKnown ? .clock : .session
    asked = (step, now)
    return switch step {
    case .session: get("/me")
    case .clock:
      HTTPRequest(.get, options.endpoints.rest + "/status", timeoutMilliseconds: 5_000)
    }
  }

  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {
    guard let asked else { return }
    self.asked = nil
    switch asked.step {
    case .session:
      guard response.status == 200, !response.isRefusalOfClient else { throw problem(response) }
      guard let fields = try? JSONFields(response.body.span.bytes) else {
        throw .again("the answer about the session is no JSON object")
      }
      // "Empty when logged out."
      guard fields.text("token")?.isEmpty == false else { throw barred(Self.sessionIsOver) }
      isSessionKnown = true
    case .clock:
      // Another host: what it thinks of us does not concern the account.
      isClockAsked = true
      guard response.status == 200,
        let time = try? VariationalREST.serverTime(response.body.span.bytes)
      else { return }
      clock.measured(sent: asked.at, received: now, venue: time, resolution: 1)
    }
  }

  /// Nothing is renewed. Once barred the next step says so.
  var renewal: UInt64? { bar == nil ? nil : 0 }

  // MARK: The private stream

  /// What the venue tells of an account on `/events` is not recorded anywhere: it is asked.
  mutating func stream(at now: Moment) -> WebSocketRequest? { nil }

  mutating func greeting(at now: Moment) -> [[UInt8]] { [] }

  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {}

  // MARK: Requests

  /// The venue's time in microseconds.
  func venueTime(_ ours: Int64) -> Int64 { ours.saturating(adding: clock.microseconds) }

  func get(_ path: String) -> HTTPRequest {
    HTTPRequest(.get, application + path, fields: fields, timeoutMilliseconds: 5_000)
  }

  func post(_ path: String, _ body: borrowing ByteBuffer) -> HTTPRequest {
    HTTPRequest(
      .post, application + path,
      fields: fields + [HTTPField("Content-Type", "application/json")], body: body.array,
      timeoutMilliseconds: 6_000)
  }

  // MARK: Refusals of the account

  static let sessionIsOver =
    "your session with Variational is over: log in with your browser, and give the new value of "
    + "its cookie vr-token"

  /// What an answer that is none means for the account.
  mutating func problem(_ response: HTTPResponse) -> TradingProblem {
    let text = "HTTP status \(response.status) \(VariationalFailure(response).message)"
    if response.status == 401 { return barred("\(Self.sessionIsOver) (HTTP status 401)") }
    if response.isRefusalOfClient {
      return barred(
        "Variational asks for a browser, or wants no programs (HTTP status \(response.status))")
    }
    switch response.status {
    case 418, 429:
      let seconds = response.field("Retry-After").flatMap(Int.init) ?? 60
      return .limited(Nanoseconds.seconds(min(max(seconds, 1), 3_600)), text)
    default: return .again(text)
    }
  }

  private mutating func barred(_ text: String) -> TradingProblem {
    bar = bar ?? text
    return .barred(text)
  }
}

/// What a refusal says: `{"message":"…","error_code":"…"}`, or plain text.
struct VariationalFailure: Equatable, Sendable {
  /// In snake case; "another source spells them in camel case".
  let code: String?
  let message: String

  init(_ response: HTTPResponse) {
    let fields = try? JSONFields(response.body.span.bytes)
    code = (fields?.text("error_code")).map(Self.snakeCase)
    let isPage = response.body.first { $0 > 0x20 } == UInt8(ascii: "<")
    let text =
      fields.map { $0.text("message") ?? $0.text("error_message") ?? "" }
      ?? (isPage ? "a page" : String(decoding: response.body, as: UTF8.self))
    message = String(text.prefix(200))
  }

  private static func snakeCase(_ text: String) -> String {
    var result = ""
    for character in text {
      if character.isUppercase, !result.isEmpty { result.append("_") }
      result += character.lowercased()
    }
    return result
  }
}
