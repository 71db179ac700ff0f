import PerpCore

@testable import PerpVenue

/// An account at the plain venue, its driver and a clock. The venue answers what it is asked by
/// what `holdings` and `open` say.
struct AccountDesk {
  var session: TradingSession<PlainDialect>
  var now = Moment(monotonic: 1_000_000_000, wall: 1_000_000)
  var words: [String] = []
  /// Paths that were asked, and requests that left.
  var sent: [String] = []
  /// What the journal says of `.keep`; nil: it has not answered yet.
  var keeps: Bool? = true
  var positions = ""
  var orders = ""
  var connection = ConnectionID(1)
  /// What becomes of requests about orders.
  var status = 200
  var failure: HTTPFailure?
  /// Questions for a quote that wait for their answer.
  var quotes: [RequestID] = []
  /// Requests to cancel all, which are not answered yet.
  var cancelsOfAll: [RequestID] = []
  /// What requests to put the dead man's switch off are answered.
  var deadManStatus = 200
  var count: UInt64 = 0

  init(_ limits: (inout TradingLimits) -> Void = { _ in }) {
    var dialect = PlainDialect()
    limits(&dialect.limits)
    session = TradingSession(
      AccountID(PlainDialect.venue, "main"), dialect: dialect, seed: 1, at: now)
    give(.start)
    give(.opened(connection))
    say("standing")
    words = []
    sent = []
  }

  mutating func give(_ input: borrowing VenueInput) {
    var actions = VenueActions()
    session.receive(input, at: now, into: &actions)
    for action in actions.list { perform(action) }
  }

  mutating func say(_ text: String) {
    let bytes = Array(text.utf8)
    give(.text(connection, bytes.span.bytes))
  }

  private mutating func perform(_ action: VenueAction) {
    switch action {
    case .trading(.keep): if let keeps { give(.trading(.kept(keeps))) }
    case .trading(.settled(_, .refused(let refusal))):
      words.append("no: \(refusal.reason.rawValue)")
    case .trading(.settled(Ticket(9), .accepted)): words.append("settled 9")
    case .trading(.settled(_, .known(let order))): words.append("known \(order.status.rawValue)")
    case .open(let id, _): connection = id
    case .ping(let id): give(.pong(id))
    case .request(let id, let request): answer(id, request)
    case .emit(let event): note(event)
    default: break
    }
  }

  private mutating func note(_ event: Event) {
    switch event {
    case .order(let order):
      words.append(
        "\(order.change.rawValue) \(order.status.rawValue)"
          + (order.reason.map { " \($0)" } ?? ""))
    case .position(let position):
      words.append(
        "position \(position.size)" + (position.reconciledFrom.map { " not \($0)" } ?? ""))
    case .limits(let use): words.append("\(use.bucket) \(use.used)/\(use.limit)")
    case .account(let status): words.append("\(status.state.rawValue) \(status.cause)")
    case .error(let report): words.append("error \(report.reason)")
    default: break
    }
  }

  private mutating func answer(_ id: RequestID, _ request: HTTPRequest) {
    let path = String(request.url.dropFirst("http://venue.example/".count))
    sent.append(path)
    if path == "quote" { return quotes.append(id) }
    if path.hasPrefix("cancel_") { return cancelsOfAll.append(id) }
    if path.hasSuffix("deadman") {
      return give(.response(id, HTTPResponse(status: deadManStatus)))
    }
    if path.contains("/") {
      if let failure { return give(.failed(id, failure)) }
      return give(.response(id, HTTPResponse(status: status)))
    }
    let body = path == "positions" ? positions : path.hasPrefix("o") ? orders : ""
    give(.response(id, HTTPResponse(status: 200, body: Array(body.utf8))))
  }

  mutating func wait(_ seconds: Int) {
    let end = now.monotonic + Nanoseconds.seconds(seconds)
    while let due = session.deadline, due <= end {
      now = now.advanced(by: max(due, now.monotonic) - now.monotonic)
      give(.wake)
    }
    now = now.advanced(by: end - now.monotonic)
  }

  mutating func place(_ id: String) {
    count += 1
    let terms = OrderTerms(
      side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(100), size: Decimal(1))
    let intent = OrderIntent(
      clientID: ClientOrderID(id)!, symbol: Symbol("BTC-USD-PERP")!, terms: terms)
    give(.trading(.command(Ticket(count), .place(intent))))
  }

  mutating func cancel(_ id: String) {
    count += 1
    give(.trading(.command(Ticket(count), .cancel(.own(ClientOrderID(id)!)))))
  }

  mutating func cancelAll(_ symbol: Symbol? = nil) {
    count += 1
    give(.trading(.command(Ticket(count), .cancelAll(symbol))))
  }

  mutating func loseStream() { give(.closed(connection, .lost("reset"))) }

  mutating func takeWords() -> [String] {
    defer { words = [] }
    return words
  }
}
