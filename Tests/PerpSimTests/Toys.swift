import PerpCore
import PerpSim
import PerpVenue

extension Topic {
  static let bbo = Topic(.bbo, Symbol("BTC-USD-PERP")!)
  static let book = Topic(.book, Symbol("BTC-USD-PERP")!)
}

extension String {
  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}

/// Says what it hears as notes; opens again one second after a loss.
struct ToySession: VenueSession {
  let request: WebSocketRequest
  /// Pings after so much silence, and closes after as much again; nil for never.
  let patience: UInt64?
  /// Sends a REST request each second.
  let asksEverySecond: Bool
  /// What was heard, without times.
  private(set) var heard: [String] = []
  private var attempt = 0
  private var requests = 0
  private var isOpen = false
  private var reopenAt: UInt64?
  private var askAt: UInt64?
  private var lastHeard: UInt64 = 0
  private var hasPinged = false

  init(
    request: WebSocketRequest = WebSocketRequest(url: "wss://toy.example/v1?key=1"),
    patience: UInt64? = nil, asksEverySecond: Bool = false
  ) {
    self.request = request
    self.patience = patience
    self.asksEverySecond = asksEverySecond
  }

  var deadline: UInt64? {
    var times = [reopenAt, askAt].compactMap(\.self)
    if isOpen, let patience { times.append(lastHeard + patience * (hasPinged ? 2 : 1)) }
    return times.min()
  }

  mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
  ) {
    let id = ConnectionID(attempt)
    switch copy input {
    case .start:
      if asksEverySecond { askAt = now.monotonic }
      open(into: &actions)
    case .stop: actions.append(.close(id, code: 1000))
    case .wake: wake(at: now, into: &actions)
    case .subscribe(let topics):
      for topic in topics { actions.append(.send(id, Array("subscribe \(topic)".utf8))) }
    case .unsubscribe, .snapshot, .trading: break
    case .opened(let id):
      isOpen = true
      listen("opened \(id.number)", now, &actions)
      actions.append(.send(id, Array("hello".utf8)))
    case .text(_, let text): listen(String(text), now, &actions)
    case .binary(_, let bytes): listen("binary of \(bytes.byteCount)", now, &actions)
    case .pong: listen("pong", now, &actions)
    case .closed(_, let reason):
      listen("\(reason)", now, &actions)
      isOpen = false
      reopenAt = now.monotonic + Nanoseconds.seconds(1)
    case .response(_, let response):
      say("\(response.status) \(String(response.body.span.bytes))", &actions)
    case .failed(_, let failure): say("\(failure)", &actions)
    }
  }

  private mutating func open(into actions: inout VenueActions) {
    attempt += 1
    actions.append(.open(ConnectionID(attempt), request))
  }

  private mutating func wake(at now: Moment, into actions: inout VenueActions) {
    if let time = reopenAt, time <= now.monotonic {
      reopenAt = nil
      open(into: &actions)
    }
    if let time = askAt, time <= now.monotonic {
      askAt = time + Nanoseconds.seconds(1)
      requests += 1
      actions.append(
        .request(
          RequestID(requests),
          HTTPRequest(.get, "https://toy.example/time", timeoutMilliseconds: 500)))
    }
    guard isOpen, let patience, deadline ?? .max <= now.monotonic else { return }
    if hasPinged {
      isOpen = false
      actions.append(.close(ConnectionID(attempt), code: 1000))
    } else if lastHeard + patience <= now.monotonic {
      hasPinged = true
      actions.append(.ping(ConnectionID(attempt)))
    }
  }

  private mutating func listen(
    _ text: String, _ now: Moment, _ actions: inout VenueActions
  ) {
    lastHeard = now.monotonic
    hasPinged = false
    say(text, &actions)
  }

  private mutating func say(_ text: String, _ actions: inout VenueActions) {
    heard.append(text)
    actions.append(.note(Note(.info, text)))
  }
}

/// Answers `hello` with `welcome`; publishes `bbo N` and `book N` ten times a second.
struct ToySimulator: VenueSimulator {
  let interval: UInt64
  /// What to do on each text message, after the answer.
  let onText: [SimulatorAction]
  /// With more messages waiting it closes the connection.
  let maxBacklog: Int
  private(set) var heard: [String] = []
  private var clients: [ConnectionID] = []
  private var count = 0
  private var next: UInt64 = 0
  private var isFrozen = false

  init(
    interval: UInt64 = Nanoseconds.milliseconds(100), onText: [SimulatorAction] = [],
    maxBacklog: Int = .max
  ) {
    self.interval = interval
    self.maxBacklog = maxBacklog
    self.onText = onText
  }

  var deadline: UInt64? { clients.isEmpty ? nil : next }

  mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch copy input {
    case .start: break
    case .wake: publish(at: now, into: &actions)
    case .upgrade(let id, let request):
      heard.append("upgrade \(request.url)")
      if clients.isEmpty { next = now.monotonic + interval }
      clients.append(id)
      actions.append(.accept(id))
    case .text(let id, let text):
      heard.append(String(text))
      if String(text) == "hello" {
        actions.append(.send(id, Frame(.text, Array("welcome".utf8))))
      }
      actions += onText
    case .binary: heard.append("binary")
    case .pong: heard.append("pong")
    case .closed(let id):
      heard.append("closed \(id.number)")
      clients.removeAll { $0 == id }
    case .backlog(let id, let messages):
      heard.append("backlog \(messages)")
      if messages >= maxBacklog { actions.append(.close(id, code: 1008, reason: "slow")) }
    case .request(let id, let request):
      heard.append("request \(request.url)")
      actions.append(.respond(id, HTTPResponse(status: 200, body: Array("time".utf8))))
    case .freezeTime(let isFrozen):
      heard.append("freeze \(isFrozen)")
      self.isFrozen = isFrozen
    case .liquidate: heard.append("liquidate")
    }
  }

  private mutating func publish(at now: Moment, into actions: inout [SimulatorAction]) {
    guard next <= now.monotonic else { return }
    next += interval
    count += 1
    for id in clients {
      for (name, topic) in [("bbo", Topic.bbo), ("book", Topic.book)] {
        let text = "\(name) \(count)\(isFrozen ? " frozen" : "")"
        actions.append(.send(id, Frame(.text, Array(text.utf8), topic: topic)))
      }
    }
  }
}

extension Pair {
  /// What the toy session heard.
  var heard: [String] { (session as? ToySession)?.heard ?? [] }
  var heardBySimulator: [String] { (simulator as? ToySimulator)?.heard ?? [] }
}
