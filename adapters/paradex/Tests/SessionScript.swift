import PerpCore
import PerpVenue
import Testing

@testable import Paradex

/// A session on pretended time, and what it did as lines that read like a transcript:
///
///     open 1 wss://venue.example/v1?sbeSchemaId=1&sbeSchemaVersion=2
///     send 1 subscribe bbo.BTC-USD-PERP
///     GET /bbo/BTC-USD-PERP
///     bbo BTC 100x1 101x2 seq 7
///     stream bbo BTC live first_data
struct SessionScript {
  var session: ParadexSession
  var now = Moment(monotonic: Nanoseconds.seconds(1_000), wall: 1_795_132_800_000_000)
  private var actions: [VenueAction] = []
  /// Everything since the beginning.
  private(set) var all: [VenueAction] = []
  /// Ids of the subscribe and unsubscribe messages, in the order they were sent.
  private(set) var messages: [(id: Int64, method: String, channel: String)] = []
  private(set) var requests: [(id: RequestID, path: String)] = []
  private(set) var notes: [Note] = []
  /// Whether the peer lives. Its pings and pongs are then left out of the transcript.
  var answersPings = true

  init(settings: [String: String] = [:], seed: UInt64 = 1) {
    session = ParadexSession(
      options: SessionOptions(
        endpoints: Endpoints(ws: "wss://venue.example/v1", rest: "https://venue.example/v1"),
        seed: seed, settings: settings))
  }

  // MARK: Inputs

  mutating func start() { give(.start) }
  mutating func stop() { give(.stop) }
  mutating func subscribe(_ topics: [Topic]) { give(.subscribe(topics)) }
  mutating func unsubscribe(_ topics: [Topic]) { give(.unsubscribe(topics)) }
  mutating func snapshot(_ topic: Topic) { give(.snapshot(topic)) }
  mutating func open() { give(.opened(id)) }
  mutating func opened(_ id: Int) { give(.opened(ConnectionID(id))) }
  mutating func close(_ reason: CloseReason) { give(.closed(id, reason)) }
  mutating func closed(_ id: Int, _ reason: CloseReason) { give(.closed(ConnectionID(id), reason)) }

  mutating func binary(_ bytes: [UInt8], on id: Int? = nil) {
    give(.binary(id.map { ConnectionID($0) } ?? self.id, bytes.span.bytes))
  }

  mutating func text(_ text: String, on id: Int? = nil) {
    let bytes = Array(text.utf8)
    give(.text(id.map { ConnectionID($0) } ?? self.id, bytes.span.bytes))
  }

  /// Answers the oldest question for the path; false when none is open.
  @discardableResult
  mutating func answer(
    _ path: String, _ body: String, status: Int = 200, fields: [HTTPField] = []
  ) -> Bool {
    guard let index = requests.firstIndex(where: { $0.path == path }) else { return false }
    let response = HTTPResponse(status: status, fields: fields, body: Array(body.utf8))
    give(.response(requests.remove(at: index).id, response))
    return true
  }

  @discardableResult
  mutating func fail(_ path: String, _ failure: HTTPFailure = .noAnswer("timeout")) -> Bool {
    guard let index = requests.firstIndex(where: { $0.path == path }) else { return false }
    give(.failed(requests.remove(at: index).id, failure))
    return true
  }

  /// Grants everything that was asked for so far.
  mutating func acknowledge() {
    let messages = messages
    self.messages = []
    for message in messages {
      text(#"{"jsonrpc":"2.0","id":\#(message.id),"result":{"channel":"\#(message.channel)"}}"#)
    }
  }

  /// Refuses the oldest subscription to the channel.
  mutating func refuse(_ channel: String, code: Int, _ message: String) {
    let index = messages.firstIndex { $0.channel == channel && $0.method == "subscribe" }
    guard let index else {
      Issue.record("\(channel) was not subscribed")
      return
    }
    let id = messages.remove(at: index).id
    text(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"\#(message)"}}"#)
  }

  /// Lets time pass, waking the session whenever it wants.
  mutating func wait(_ duration: UInt64) {
    let end = now.monotonic + duration
    var wakes = 0
    while let deadline = session.deadline, deadline <= end {
      if deadline > now.monotonic { now = now.advanced(by: deadline - now.monotonic) }
      let count = actions.count
      give(.wake)
      if answersPings, actions[count...].contains(.ping(id)) { give(.pong(id)) }
      wakes += 1
      guard wakes < 200_000 else {
        Issue.record("the session wakes without end")
        return
      }
    }
    now = now.advanced(by: end - now.monotonic)
  }

  mutating func wait(seconds: Int) { wait(Nanoseconds.seconds(seconds)) }
  mutating func wait(milliseconds: Int) { wait(Nanoseconds.milliseconds(milliseconds)) }

  private var id: ConnectionID { session.feed.connection.id }

  private mutating func give(_ input: borrowing VenueInput) {
    let count = actions.count
    session.receive(input, at: now, into: &actions)
    for action in actions[count...] {
      all.append(action)
      switch action {
      case .send(_, let bytes): remember(bytes)
      case .request(let id, let request):
        requests.append((id, String(request.url.dropFirst("https://venue.example/v1".count))))
      case .note(let note): notes.append(note)
      default: break
      }
    }
  }

  private mutating func remember(_ bytes: [UInt8]) {
    guard let tree = try? JSONTree(bytes), let id = tree["id"]?.integer,
      let method = tree["method"]?.text, let channel = tree["params"]?["channel"]?.text
    else {
      Issue.record("not a request: \(String(decoding: bytes, as: UTF8.self))")
      return
    }
    messages.append((Int64(id), method, channel))
  }

  // MARK: Outputs

  /// What it did since the last look, without notes.
  mutating func did() -> [String] {
    defer { actions = [] }
    return actions.compactMap(Transcript.line).filter { !answersPings || !$0.hasPrefix("ping") }
  }

  /// Forgets everything, for long runs.
  mutating func forget() {
    (actions, all, messages, requests, notes) = ([], [], [], [], [])
  }

  /// Forgets what it did so far.
  mutating func skip() { actions = [] }

  var events: [Event] {
    all.compactMap { if case .emit(let event) = $0 { event } else { nil } }
  }
}

/// One line for each action.
enum Transcript {
  static func line(_ action: VenueAction) -> String? {
    switch action {
    case .open(let id, let request): return "open \(id.number) \(request.url)"
    case .send(let id, let bytes):
      let tree = (try? JSONTree(bytes)) ?? .null
      let (method, channel) = (tree["method"]?.text, tree["params"]?["channel"]?.text)
      return "send \(id.number) \(method ?? "?") \(channel ?? "?")"
    case .ping(let id): return "ping \(id.number)"
    case .close(let id, let code): return "close \(id.number) \(code)"
    case .request(_, let request):
      return "GET \(request.url.dropFirst("https://venue.example/v1".count))"
    case .markets(let markets): return "markets \(markets.map { $0.symbol.description })"
    case .emit(let event): return line(event)
    case .note: return nil
    }
  }

  static func line(_ event: Event) -> String {
    switch event {
    case .bbo(let bbo):
      return "bbo \(bbo.header.symbol.base) \(text(bbo.bid)) \(text(bbo.ask))"
        + " seq \(bbo.venueSequence ?? -1)\(text(bbo.flags))"
        + (bbo.source == .bbo ? "" : " \(bbo.source.rawValue)")
    case .trade(let trade):
      return "trade \(trade.header.symbol.base) \(trade.side?.rawValue ?? "?") "
        + "\(trade.size)@\(trade.price)\(trade.isLiquidation ? " liquidation" : "")"
    case .book(let book):
      let sides = [book.bids, book.asks].map { $0.map { text($0) }.joined(separator: " ") }
      let previous = book.previousVenueSequence.map { " after \($0)" } ?? ""
      return "book \(book.header.symbol.base) \(book.isSnapshot ? "snapshot" : "delta")"
        + " [\(sides[0])] [\(sides[1])] seq \(book.venueSequence ?? -1)\(previous)"
        + text(book.flags)
    case .funding(let funding):
      return "funding \(funding.header.symbol.base) rate \(text(funding.rate))"
        + " hourly \(text(funding.hourlyRate)) mark \(text(funding.markPrice))"
    case .market(let market): return "market \(market.symbol)"
    case .stream(let status):
      return "stream \(status.topic.channel.rawValue) \(status.topic.symbol.base)"
        + " \(status.state.rawValue) \(status.cause)"
    case .drift(let drift): return "drift \(drift.channel) \(drift.path)"
    case .error(let error):
      return "error \(error.place) \(error.reason)" + (error.venueCode.map { " \($0)" } ?? "")
    }
  }

  private static func text(_ level: Level?) -> String {
    level.map { "\($0.price)x\($0.size)" } ?? "-"
  }

  private static func text(_ value: Decimal?) -> String { value?.description ?? "-" }

  private static func text(_ flags: QuoteFlags) -> String {
    var text = ""
    if flags.contains(.crossed) { text += " crossed" }
    if flags.contains(.locked) { text += " locked" }
    if flags.contains(.lagging) { text += " lagging" }
    return text
  }
}
