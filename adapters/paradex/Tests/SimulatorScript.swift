import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// The simulator on pretended time, with a client that signs as the user's does.
struct SimulatorScript {
  var simulator: ParadexSimulator
  private(set) var now = Moment(
    monotonic: Nanoseconds.seconds(500), wall: 1_795_132_803_013_000)
  private(set) var actions: [SimulatorAction] = []
  let signer: ParadexSigner
  var token: String?
  private var lastTimestamp: UInt64 = 0

  init(
    _ settings: [String: String] = [:], key: String = ParadexTestKeys.accounts[0],
    rate: Int = 200
  ) throws {
    simulator = ParadexSimulator(
      options: SimulatorOptions(
        seed: 1, symbols: [Symbol("BTC-USD-PERP")!, Symbol("ETH-USD-PERP")!],
        eventsPerSecond: rate, settings: settings))
    signer = try ParadexSigner(
      key: StarkPrivateKey(hex: key), account: simulator.accounts[0].address.hex,
      chainID: ParadexTestKeys.chainID)
    give(.start)
  }

  /// Logged in on REST and on connection 1, which has the private channels.
  static func loggedIn(_ settings: [String: String] = [:]) throws -> Self {
    var script = try Self(settings)
    try script.logIn()
    script.connect(1)
    script.authenticate(1)
    for channel in ["orders.ALL", "fills.ALL", "positions", "account", "balance_events"] {
      script.call("subscribe", #"{"channel":"\#(channel)"}"#)
    }
    script.skip()
    return script
  }

  mutating func give(_ input: borrowing SimulatorInput) {
    let count = actions.count
    simulator.receive(input, at: now, into: &actions)
    for case .ping(let id) in actions[count...] {
      simulator.receive(.pong(id), at: now, into: &actions)
    }
  }

  mutating func wait(milliseconds: Int) {
    let end = now.monotonic + Nanoseconds.milliseconds(milliseconds)
    while let deadline = simulator.deadline, deadline <= end {
      if deadline > now.monotonic { now = now.advanced(by: deadline - now.monotonic) }
      give(.wake)
    }
    now = now.advanced(by: end - now.monotonic)
  }

  mutating func skip() { actions = [] }

  // MARK: REST

  mutating func request(
    _ method: HTTPRequest.Method, _ path: String, _ body: String = "",
    fields: [HTTPField] = []
  ) throws -> (status: Int, tree: JSONTree?) {
    let own = token.map { [HTTPField("Authorization", "Bearer \($0)")] } ?? []
    let count = actions.count
    give(
      .request(
        RequestID(1),
        HTTPRequest(method, "/v1\(path)", fields: own + fields, body: Array(body.utf8))))
    for case .respond(_, let response) in actions[count...] {
      return (response.status, response.body.isEmpty ? nil : try JSONTree(response.body))
    }
    return (0, nil)
  }

  @discardableResult
  mutating func logIn(
    query: String = "", path: String? = nil, changing change: (inout [HTTPField]) -> Void = { _ in }
  ) throws -> (status: Int, tree: JSONTree?) {
    let seconds = UInt64(now.wall / 1_000_000)
    var fields = signer.authHeaders(timestamp: seconds, expiration: seconds + 60)
      .map { HTTPField($0.name, $0.value) }
    change(&fields)
    let own = path ?? String(signer.authPath.dropFirst("/v1".count))
    let answer = try request(.post, own + query, fields: fields)
    token = answer.tree?["jwt_token"]?.text ?? token
    return answer
  }

  /// The body of an order, signed.
  mutating func order(
    _ side: String, _ size: String, at price: String? = nil, type: String? = nil,
    instruction: String = "GTC", client: String = "", flags: String = "", trigger: String? = nil,
    modifying id: String? = nil, market: String = "BTC-USD-PERP"
  ) throws -> String {
    lastTimestamp = max(lastTimestamp + 1, UInt64(now.wall / 1_000))
    let type = type ?? (price == nil ? "MARKET" : "LIMIT")
    let signature = signer.sign(
      try .order(
        ParadexTypedData.Order(
          timestamp: lastTimestamp, market: market, isBuy: side == "BUY", type: type,
          size: #require(Decimal(size)), price: #require(Decimal(price ?? "0")), id: id)))
    var text = ByteBuffer(capacity: 512)
    text.append("{")
    text.put("market", text: market)
    text.put("side", text: side)
    text.put("type", text: type)
    text.put("size", text: size)
    text.put("price", text: price ?? "0")
    text.put("instruction", text: instruction)
    text.put("client_id", text: client)
    text.put("signature", text: ParadexSigner.text(signature))
    text.put("signature_timestamp", Int64(lastTimestamp))
    if let id { text.put("id", text: id) }
    if let trigger { text.put("trigger_price", text: trigger) }
    text.append(#","stp":null,"recv_window":null,"flags":[\#(flags)]}"#)
    return text.string
  }

  @discardableResult
  mutating func place(
    _ side: String, _ size: String, at price: String? = nil, instruction: String = "GTC",
    client: String = "", flags: String = ""
  ) throws -> (status: Int, tree: JSONTree?) {
    try request(
      .post, "/orders",
      order(side, size, at: price, instruction: instruction, client: client, flags: flags))
  }

  // MARK: WebSocket

  mutating func connect(_ id: Int) {
    give(
      .upgrade(
        ConnectionID(id), HTTPRequest(.get, "/v1?sbeSchemaId=1&sbeSchemaVersion=2")))
  }

  mutating func authenticate(_ id: Int = 1) {
    call("auth", #"{"bearer":"\#(token ?? "none")"}"#, on: id)
  }

  mutating func call(_ method: String, _ params: String = "{}", on id: Int = 1) {
    let text = Array(
      #"{"jsonrpc":"2.0","id":7,"method":"\#(method)","params":\#(params)}"#.utf8)
    give(.text(ConnectionID(id), text.span.bytes))
  }

  /// Answers to requests since the last `skip`.
  func answers(_ id: Int = 1) throws -> [JSONTree] {
    try texts(id).filter { $0["id"] != nil }
  }

  func texts(_ id: Int = 1) throws -> [JSONTree] {
    try frames(id).filter { $0.kind == .text }.map { try JSONTree($0.bytes.dropLast()) }
  }

  func frames(_ id: Int = 1) -> [Frame] {
    actions.compactMap { action in
      guard case .send(ConnectionID(id), let frame) = action else { return nil }
      return frame
    }
  }

  /// Private notifications in a word or two each, decoded by the session's own reader.
  func reports(_ id: Int = 1) throws -> [String] {
    try frames(id).compactMap { frame in
      guard frame.kind == .binary else { return nil }
      var reader = try ParadexFrame(frame.bytes.span.bytes)
      switch reader.template {
      case .order:
        let order = try ParadexWire.Order(&reader)
        let status = ["NEW", "UNTRIGGERED", "OPEN", "CLOSED"][Int(order.status) - 1]
        return "order \(status) \(order.openSize)/\(order.size) \(order.cancelReason)"
          .trimmingSpaces
      case .fill:
        let fill = try ParadexWire.Fill(&reader)
        return "fill \(fill.liquidity == 1 ? "maker" : "taker") \(fill.size)"
      case .position:
        let position = try ParadexWire.Position(&reader)
        return "position \(position.side == 1 ? "long" : "short") \(position.size)"
      case .account: return "account"
      default: return nil
      }
    }
  }
}

extension [UInt8] {
  fileprivate func dropLast() -> [UInt8] { Array(prefix(count - 1)) }
}

extension String {
  fileprivate var trimmingSpaces: String { hasSuffix(" ") ? String(dropLast()) : self }
}
