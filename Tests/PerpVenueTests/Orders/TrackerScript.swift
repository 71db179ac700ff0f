import PerpCore
import PerpVenue

/// A tracker of one account, what it is told and what it does, on a virtual clock.
struct TrackerScript {
  static let symbol = Symbol("BTC-USD-PERP")!
  static let venue = VenueID("toy")

  var tracker: OrderTracker
  var now = Moment(monotonic: 1_000_000_000_000, wall: 1_795_000_000_000_000)
  private(set) var records: [OrderRecord] = []
  private(set) var events: [Event] = []

  init(_ change: (inout OrderTracker.Settings) -> Void = { _ in }) {
    tracker = OrderTracker(
      venue: Self.venue, account: "a", settings: Self.settings(change))
  }

  static func settings(
    _ change: (inout OrderTracker.Settings) -> Void = { _ in }
  ) -> OrderTracker.Settings {
    var settings = OrderTracker.Settings(naming: .text, definiteRefusals: ["MARGIN"])
    change(&settings)
    return settings
  }

  static func id(_ name: String) -> ClientOrderID { ClientOrderID(name)! }

  static func intent(
    _ name: String, size: Int = 10, side: Side = .buy, reduceOnly: Bool = false
  ) -> OrderIntent {
    OrderIntent(
      clientID: id(name), symbol: symbol,
      terms: OrderTerms(
        side: side, type: .limit, timeInForce: .gtc, price: Decimal(100), size: Decimal(size),
        isReduceOnly: reduceOnly))
  }

  static func report(
    _ state: OrderReport.State, filled: Int? = 0, name: String? = "c", orderID: String? = "9",
    evidence: OrderEvidence = .webSocket, terms: OrderTerms? = nil
  ) -> OrderReport {
    OrderReport(
      symbol: symbol, orderID: orderID.flatMap { ShortText($0) },
      name: name.flatMap { ShortText($0) }, state: state, filled: filled.map { Decimal($0) },
      terms: terms, evidence: evidence)
  }

  static func fill(
    _ trade: String, _ size: Int, name: String? = nil, orderID: String = "9"
  ) -> FillReport {
    FillReport(
      symbol: symbol, orderID: ShortText(orderID)!, name: name.flatMap { ShortText($0) },
      tradeID: ShortText(trade)!, side: .buy, price: Decimal(100), size: Decimal(size), fee: .zero,
      feeAsset: "USD", liquidity: .maker, evidence: .webSocket)
  }

  /// Gives the input and returns what came of it, in short words.
  mutating func tell(_ input: OrderInput) -> [String] {
    var actions: [OrderAction] = []
    tracker.receive(input, at: now, into: &actions)
    for action in actions {
      switch action {
      case .record(let record): records.append(record)
      case .emit(.order(let order)):
        records.append(.order(order))
        events.append(.order(order))
      case .emit(.fill(let fill)):
        records.append(.fill(fill))
        events.append(.fill(fill))
      default: break
      }
    }
    return actions.map(Self.words)
  }

  /// Lets time pass, with a wake-up whenever one is due.
  mutating func pass(milliseconds: Int) -> [String] {
    let end = now.advanced(by: Nanoseconds.milliseconds(milliseconds))
    var words: [String] = []
    while let due = tracker.deadline, due <= end.monotonic {
      now = now.advanced(by: max(due, now.monotonic) - now.monotonic)
      words += tell(.wake)
    }
    now = end
    return words
  }

  /// Answers all questions of a round with nothing found, or as `but` says, as they are asked.
  mutating func answerNothing(
    _ words: [String], but: [OrderQuery.Kind: OrderFindings] = [:]
  ) -> [String] {
    var words = words
    var told: [String] = []
    while !words.isEmpty {
      let word = words.removeFirst()
      if word == "ask openOrders of all" { continue }
      guard word.hasPrefix("ask ") else {
        told.append(word)
        continue
      }
      let kind = OrderQuery.Kind.allCases.first { word.hasPrefix("ask \($0) ") }!
      let query = OrderQuery(kind: kind, order: .own(Self.id("c")), since: 0)
      let nothing = kind == .fills ? .fills([]) : OrderFindings.orders([], covering: 0...Int64.max)
      words += tell(.found(query, but[kind] ?? nothing))
    }
    return told
  }

  static func words(_ action: OrderAction) -> String {
    switch action {
    case .record(.intent(let intent, let name, _)):
      "record \(intent.clientID) as \(name?.string ?? "-")"
    case .record(.replacement(let wanted)): "record \(wanted.clientID) to be \(wanted.terms.size)"
    case .record: "record"
    case .emit(.order(let order)):
      "order \(order.clientID?.description ?? "foreign") \(order.change.rawValue)"
        + " \(order.status.rawValue) \(order.filled!)"
        + (order.reason.map { " \($0)" } ?? "")
        + (order.evidence.map { " by \($0.rawValue)" } ?? "")
    case .emit(.fill(let fill)): "fill \(fill.tradeID.string) \(fill.size) of \(fill.filled)"
    case .emit: "event"
    case .send(.account(.cancelAll(let symbol))): "send cancel of \(symbol?.base ?? "all")"
    case .send(let request): "send \(request)".replacing("PerpCore.ClientOrderID", with: "")
    case .ask(let query): "ask \(query.kind) of \(Self.words(query.order))"
    case .freeze(let symbol): "freeze \(symbol.base)"
    case .unfreeze(let symbol): "unfreeze \(symbol.base)"
    case .known(let order): "known \(order.clientID!) \(order.status.rawValue)"
    case .refuse(let id, let refusal): "refuse \(id) \(refusal.reason.rawValue)"
    case .alarm(let text): "alarm \(text)"
    case .forget(let key): "forget \(words(key))"
    }
  }

  private static func words(_ key: OrderKey?) -> String {
    switch key {
    case .own(let id): id.description
    case .foreign(let id): "foreign \(id.string)"
    case nil: "all"
    }
  }
}
