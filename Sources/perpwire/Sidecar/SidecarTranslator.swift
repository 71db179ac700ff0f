import PerpCore

/// The words of the Paradex sidecar that perpwire takes the place of, on top of the gateway's own
/// lines: events as `{"type":"ready","timestamp":1,"data":{}}`, actions as
/// `{"id":1,"action":"get_account","params":{}}` (`examples/sidecar/README.md`). Numbers are JSON
/// numbers with the venue's digits, `timestamp` is in milliseconds since the epoch.
///
/// Pure: lines of both sides and the time go in; what is to be written to each side comes out.
struct SidecarTranslator: ~Copyable {
  struct Settings {
    let venue = "paradex"
    /// By the venue's name.
    var market = "BTC-USD-PERP"
    var environment = "prod"
    /// Nil where it is derived from the key.
    var address: String?
    /// Levels of the book on each side.
    var depth = 5
    /// Of this run; orders are named after it.
    var run: String
  }

  /// A command to the gateway that has not been answered.
  enum Errand {
    case hello
    case subscribe
    case markets
    case status
    case place(Request, clientID: String)
    case cancel(Request, clientID: String?)
    case account(Request)
    case positions(Request, market: String?)
    case position(Request, market: String)
    case arm(Request)
  }

  /// An action of the parent: its `id` as it stood, and its name.
  struct Request {
    let id: String
    let action: String
  }

  /// An order whose outcome an action waits for.
  struct Wait {
    enum Aim { case place, cancel }
    let request: Request
    let aim: Aim
    /// In milliseconds since the epoch.
    let deadline: Int64
  }

  /// Milliseconds that an action waits for the outcome of its order.
  static let patience: Int64 = 30_000
  /// Orders that are remembered by their ids.
  static let maxOrders = 10_000

  let settings: Settings
  /// To the gateway, lines.
  var commands = ByteBuffer(capacity: 1 << 10)
  /// To the parent, lines.
  var events = ByteBuffer(capacity: 1 << 12)
  var errands: [Int64: Errand] = [:]
  var waits: [String: Wait] = [:]
  /// Symbols by the venue's names, and back.
  var symbols: [String: String] = [:]
  var venueNames: [String: String] = [:]
  var book = SidecarBook()
  var orders: [String: SidecarOrder] = [:]
  /// Names of ours by ids of the venue, without dashes and braces and in lower case.
  var namesByID: [String: String] = [:]
  /// Ended orders, the oldest first.
  var ended: [String] = []
  var isConnected = false
  var isReady = false
  /// Nil until it is known.
  var hasAccount: Bool?
  var isAccountLive = false
  private var lastID: Int64 = 0
  private var lastOrder = 0

  init(_ settings: Settings) { self.settings = settings }

  /// The gateway has been started.
  mutating func begin() {
    send("hello", .hello) { $0.put("heartbeat_ms", Int64(0)) }
    let (market, depth) = (settings.market, Int64(settings.depth))
    send("subscribe", .subscribe) {
      $0.append(#""channels":["bbo","trade","book"],"symbols":["#)
      $0.append(json: market)
      $0.append("]")
      $0.put("depth", depth)
    }
  }

  mutating func take() -> (commands: [UInt8], events: [UInt8]) {
    defer {
      commands.clear()
      events.clear()
    }
    return (commands.array, events.array)
  }

  /// What has waited for too long is answered.
  mutating func wake(at now: Int64) {
    for (clientID, wait) in waits where wait.deadline <= now {
      waits[clientID] = nil
      let status = orders[clientID]?.status ?? "unknown"
      fail(
        wait.request,
        "no outcome within \(Self.patience / 1_000) s: the order is \(status), its updates follow",
        at: now)
    }
  }

  /// The gateway has ended: nothing more will come.
  mutating func gatewayEnded(_ reason: String, at now: Int64) {
    for wait in waits.values {
      fail(wait.request, "the gateway has ended: the order's outcome is not known", at: now)
    }
    waits = [:]
    tell("disconnected", at: now) { $0.put("reason", text: reason) }
    isConnected = false
  }

  // MARK: To the gateway

  mutating func send(
    _ method: StaticString, _ errand: Errand, _ params: (inout ByteBuffer) -> Void = { _ in }
  ) {
    lastID += 1
    errands[lastID] = errand
    commands.append(#"{"id":"#)
    commands.append(lastID)
    commands.append(#","method":""#)
    commands.append(method)
    commands.append(#"","params":{"#)
    params(&commands)
    commands.append("}}\n")
  }

  mutating func nextOrderName() -> String {
    lastOrder += 1
    return "s4-\(settings.run)-\(lastOrder)"
  }

  // MARK: To the parent

  mutating func tell(
    _ type: StaticString, at now: Int64, _ data: (inout ByteBuffer) -> Void
  ) {
    events.append(#"{"type":""#)
    events.append(type)
    events.append(#"","timestamp":"#)
    events.append(now)
    events.append(#","data":{"#)
    data(&events)
    events.append("}}\n")
  }

  mutating func succeed(
    _ request: Request, at now: Int64, _ data: (inout ByteBuffer) -> Void
  ) {
    tell("command_result", at: now) { line in
      line.put(request)
      line.append(#","success":true,"data":{"#)
      data(&line)
      line.append("}")
    }
  }

  mutating func fail(_ request: Request, _ cause: String, at now: Int64) {
    tell("command_result", at: now) { line in
      line.put(request)
      line.append(#","success":false"#)
      line.put("error", text: cause)
    }
  }

  mutating func complain(_ message: String, at now: Int64) {
    tell("error", at: now) { $0.put("message", text: message) }
  }
}

extension ByteBuffer {
  fileprivate mutating func put(_ request: SidecarTranslator.Request) {
    put("id")
    append(request.id)
    put("action", text: request.action)
  }
}
