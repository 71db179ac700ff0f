import PerpCore
import PerpCrypto
import PerpVenue

/// How an account of edgeX is spoken to: every request is proven with the account's credentials,
/// orders are signed and go by REST, and what becomes of them comes over a WebSocket that needs no
/// subscriptions. There is no token.
struct EdgeXTrading: TradingDialect {
  /// What has to be asked before the account can be used, in this order.
  enum Step {
    case contracts, clock, account
  }

  /// Contracts and the clock are read again so often, for markets that came since.
  private static let renewEvery = Nanoseconds.seconds(3_600)

  let options: TradingOptions
  let credentials: EdgeXCredentials
  private(set) var contracts: EdgeXContracts?
  private(set) var signer: (any EdgeXOrderSigner)?
  var trace: SigningTrace?
  private(set) var clock = ClockOffset()
  private var isClockKnown = false
  /// When contracts and clock are read again, on the monotonic clock.
  private var renewAt: UInt64 = 0
  /// The venue has answered a private request since the last stream was opened.
  private var isAccountProven = false
  private var asked: (step: Step, at: Moment)?
  var events = EdgeXAccountEvents()

  init(_ options: TradingOptions) throws(TradingProblem) {
    self.options = options
    credentials = try EdgeXCredentials(options)
  }

  var venue: VenueID { EdgeX.id }

  var tracking: OrderTracker.Settings {
    OrderTracker.Settings(
      naming: .text, definiteRefusals: Self.definiteRefusals, refusalReasons: Self.refusalReasons)
  }

  /// None are published. Ours are the ones the reference suggests.
  var limits: TradingLimits {
    var limits = TradingLimits()
    let orders = options.settings["orders_per_second"].flatMap { Int($0) } ?? 10
    limits.orders = [RollingWindow(limit: max(1, orders), per: Nanoseconds.seconds(1))]
    limits.questions = RollingWindow(limit: 5, per: Nanoseconds.seconds(1))
    // What the stream says of collateral is no balance: it is asked for.
    limits.lookEvery = Nanoseconds.seconds(5)
    limits.keepAliveEvery = Nanoseconds.seconds(15)
    return limits
  }

  /// "Server pings every 10 seconds": two missing ones are a reason to ask.
  var connectionPolicy: Connection.Policy {
    var policy = Connection.Policy()
    policy.pingInterval = Nanoseconds.seconds(12)
    policy.missedPings = 1
    policy.attemptsPerMinute = 8
    policy.backoffBase = Nanoseconds.seconds(1)
    policy.backoffCap = Nanoseconds.seconds(30)
    return policy
  }

  // MARK: Signing in

  mutating func nextStep(at now: Moment) throws(TradingProblem) -> HTTPRequest? {
    let step: Step
    if contracts == nil || renewAt <= now.monotonic {
      step = .contracts
    } else if !isClockKnown {
      step = .clock
    } else if !isAccountProven {
      step = .account
    } else {
      return nil
    }
    asked = (step, now)
    let path = root + "/public/meta/"
    return switch step {
    case .contracts: HTTPRequest(.get, path + "getMetaData", timeoutMilliseconds: 10_000)
    case .clock: HTTPRequest(.get, path + "getServerTime", timeoutMilliseconds: 5_000)
    case .account: get("account/getAccountAsset", at: now)
    }
  }

  mutating func readStep(_ response: HTTPResponse, at now: Moment) throws(TradingProblem) {
    guard let asked else { return }
    let answer = EdgeXAnswer(response)
    guard answer.isSuccess else { throw problem(answer, response) }
    switch asked.step {
    case .contracts:
      guard
        let read = answer.object.flatMap({ EdgeXContracts($0, as: credentials.generation) }),
        let signer = credentials.signer(read)
      else { throw .again("getMetaData does not say which contracts there are and how to sign") }
      (contracts, self.signer) = (read, signer)
      renewAt = asked.at.monotonic + Self.renewEvery
      isClockKnown = false
    case .clock:
      guard let time = answer.object?.integer("timeMillis") else {
        throw .again("the venue's clock cannot be read")
      }
      clock.measured(sent: asked.at, received: now, venue: time * 1_000, resolution: 1_000)
      isClockKnown = true
    case .account:
      let status = answer.object?.object("account")?.text("status")
      if let status, ["DISABLED", "INVALID"].contains(status) {
        throw .credentials("the venue says that account \(credentials.account) is \(status)")
      }
      isAccountProven = true
    }
    self.asked = nil
  }

  var renewal: UInt64? { isClockKnown ? renewAt : 0 }

  /// The venue does not take our time: its own is asked for before anything else.
  private mutating func forgetClock() {
    clock = ClockOffset()
    isClockKnown = false
  }

  /// Requests need the venue's time.
  var takesRequests: Bool { isClockKnown }

  // MARK: Requests

  /// The venue's time in microseconds.
  func venueTime(_ now: Moment) -> Int64 { now.wall.saturating(adding: clock.microseconds) }

  /// The same in milliseconds.
  func timestamp(_ now: Moment) -> UInt64 { UInt64(max(0, venueTime(now)) / 1_000) }

  private var root: String { options.endpoints.rest + credentials.generation.path }

  /// A question about the account; members without a value are left out on both sides.
  func get(
    _ path: String, _ members: [String: String] = [:], at now: Moment
  ) -> HTTPRequest {
    var members = members.filter { !$0.value.isEmpty }
    members["accountId"] = "\(credentials.account)"
    let query = members.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value.percentEncoded)" }.joined(separator: "&")
    let signed = EdgeXSignedBody.object(members.mapValues { .text($0) })
    return request(.get, path, query: "?" + query, signed, body: [], at: now)
  }

  func post(_ path: String, _ members: [String: EdgeXSignedBody], at now: Moment) -> HTTPRequest {
    let body = EdgeXSignedBody.object(
      members.merging(["accountId": .text("\(credentials.account)")]) { old, _ in old })
    var text = ByteBuffer(capacity: 1_024)
    body.write(to: &text)
    return request(.post, path, query: "", body, body: text.array, at: now)
  }

  private func request(
    _ method: HTTPRequest.Method, _ name: String, query: String, _ signed: EdgeXSignedBody,
    body: [UInt8], at now: Moment
  ) -> HTTPRequest {
    let path = credentials.generation.path + "/private/" + name
    let fields = credentials.proof.headers(
      timestamp: timestamp(now), method: method.rawValue, path: path, body: signed.flattened
    ).map { HTTPField($0.name, $0.value) }
    return HTTPRequest(
      method, options.endpoints.rest + path + query,
      fields: fields + [HTTPField("Content-Type", "application/json")], body: body,
      timeoutMilliseconds: 5_000)
  }

  /// What a failure means for the account, not for an order.
  mutating func problem(_ answer: EdgeXAnswer, _ response: HTTPResponse) -> TradingProblem {
    let text = "\(answer.code) \(shown(answer.message))"
    if answer.blamesTime {
      forgetClock()
      return .expired(text)
    }
    if answer.blamesRate {
      let seconds = response.field("Retry-After").flatMap(Int.init) ?? 5
      return .limited(Nanoseconds.seconds(min(max(seconds, 1), 3_600)), text)
    }
    if answer.status < 500, answer.blamesCredentials {
      return .credentials("the venue refuses the account: \(text)")
    }
    return .again(text)
  }

  /// A message of the venue's, unless it repeats what must not be seen.
  func shown(_ message: String) -> String {
    let secrets = options.secrets.filter { $0.key != "account_id" }.values
    return secrets.contains { message.contains($0.value) } ? "" : String(message.prefix(200))
  }

  mutating func note(timeRefusedBy answer: EdgeXAnswer) {
    if answer.blamesTime { forgetClock() }
  }

  // MARK: The private stream

  /// Each connection has its own proof, and the account is proven by REST before the next one: who
  /// is refused here is not told why.
  mutating func stream(at now: Moment) -> WebSocketRequest? {
    isAccountProven = false
    let (time, account) = (timestamp(now), credentials.account)
    let query = credentials.proof.socketQuery(timestamp: time, account: account)
    let fields = credentials.proof.socketHeaders(timestamp: time, account: account)
    return WebSocketRequest(
      url: options.endpoints.ws + EdgeXAuthentication.privateSocketPath + "?" + query,
      fields: fields.map { HTTPField($0.name, $0.value) })
  }

  mutating func greeting(at now: Moment) -> [[UInt8]] {
    events.begin()
    return []
  }

  func keepAlive(at now: Moment) -> [UInt8]? {
    ShortText("\(timestamp(now))").map { EdgeXRequest.beat("ping", time: $0) }
  }
}

extension EdgeXSignedBody {
  /// As JSON, members in the order they are signed in.
  func write(to text: inout ByteBuffer) {
    switch self {
    case .null: text.append("null")
    case .text(let value): text.append(json: value)
    case .flag(let flag): text.append(flag ? "true" : "false")
    case .number(let digits): text.append(Array(digits.utf8))
    case .array(let elements):
      text.append("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(",") }
        element.write(to: &text)
      }
      text.append("]")
    case .object(let members):
      text.append("{")
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { text.append(",") }
        text.append(json: member.key)
        text.append(":")
        member.value.write(to: &text)
      }
      text.append("}")
    }
  }
}

extension String {
  /// As a value in a query: everything but unreserved characters is encoded. (RFC 3986.)
  fileprivate var percentEncoded: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var text: [UInt8] = []
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        text.append(byte)
      default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
