import PerpCore

/// All that is known of one order.
struct TrackedOrder: Equatable, Sendable {
  let key: OrderKey
  let symbol: Symbol
  /// What the order is called at the venue.
  let name: ShortText?
  let originalClientID: ClientOrderID?
  var orderID: ShortText?
  /// Ids it had before it was replaced: what is said of them is over.
  var formerOrderIDs: [ShortText] = []
  /// What was taken for orders of others: records bear those keys too.
  var adopted: [OrderKey] = []
  /// As ordered at first.
  let intended: OrderTerms?
  /// As it is now.
  var terms: OrderTerms?
  /// The worst price of a market order, for its request.
  var bound: Decimal?

  var status = OrderStatus.pending
  var evidence: OrderEvidence?
  var reason: String?
  var venueCode: String?
  var venueMessage: String?
  var flags: [String]?
  /// The venue has shown it, not merely taken the request.
  var isSeen = false
  /// It ended without being seen to end.
  var isInferred = false

  /// The most the venue has told, and what the fills come to.
  var reportedFilled = Decimal.zero
  var reportedAverage: Decimal?
  var sumOfFills = Decimal.zero
  var notionalOfFills = Decimal.zero

  /// When it was placed, or handed to the transport: microseconds, and nanoseconds.
  var placed: Moment
  /// By then the venue must have shown it.
  var answerDue: UInt64?
  var isCancelPending = false
  /// By then a cancel must have come to its end.
  var cancelDue: UInt64?
  var cancelTries = 0
  /// The cancel is that of all orders, and none of its own.
  var isCancelledWithAll = false
  /// What it is to become.
  var replacement: OrderTerms?
  /// When that was sent: until the request can be of no effect any more, old terms prove nothing.
  var replacementSent: UInt64 = 0
  var inquiry: Inquiry?
  /// When nothing more was expected of it, in microseconds since the epoch.
  var settled: Int64?
  /// The last time the venue was heard to have it open.
  var confirmed: UInt64 = 0

  init(
    key: OrderKey, symbol: Symbol, name: ShortText?, terms: OrderTerms?,
    originalClientID: ClientOrderID? = nil, placed: Moment
  ) {
    self.key = key
    self.symbol = symbol
    self.name = name
    self.intended = terms
    self.terms = terms
    self.originalClientID = originalClientID
    self.placed = placed
  }

  var clientID: ClientOrderID? {
    if case .own(let id) = key { id } else { nil }
  }

  var filled: Decimal { max(reportedFilled, sumOfFills) }

  /// The fills told do not come to what the venue says is filled.
  var lacksFills: Bool { sumOfFills < reportedFilled }

  /// Nothing more is expected of it.
  var isSettled: Bool { status.isFinal && inquiry == nil && !lacksFills }

  var remaining: Decimal? {
    status.isFinal ? .zero : terms.flatMap { $0.size.subtracting(filled) }
  }

  /// Exact where it divides, else cut at 18 digits.
  var averagePrice: Decimal? {
    guard !filled.isZero else { return nil }
    guard !lacksFills, let average = notionalOfFills.divided(by: sumOfFills, scale: 18) else {
      return reportedAverage
    }
    return average.trimmed
  }

  /// Whether so much can have been filled.
  func admits(filled: Decimal) -> Bool {
    guard let size = terms?.size else { return true }
    return filled <= max(size, replacement?.size ?? size)
  }

  /// Whether fills prove that it is filled: its whole size, with none that could be added.
  var isWholeFilled: Bool { replacement == nil && terms.map { filled == $0.size } ?? false }

  /// The status of the evidence, which fills can put right: an order of which all is filled is
  /// filled, whatever else is said.
  func status(for state: OrderReport.State) -> OrderStatus {
    let isOldNews = status == .filled && (state == .pending || state == .working)
    if isWholeFilled, !isOldNews { return .filled }
    return switch state {
    case .pending: filled.isZero ? .pending : .partiallyFilled
    case .working: filled.isZero ? .open : .partiallyFilled
    case .filled: .filled
    case .cancelled: .cancelled
    case .rejected: filled.isZero ? .rejected : .cancelled
    case .expired: .expired
    case .unrecognised: .unknown
    }
  }

  func update(_ change: OrderUpdate.Change, _ header: AccountHeader) -> OrderUpdate {
    OrderUpdate(
      header: header, symbol: symbol, clientID: clientID, orderID: orderID, change: change,
      status: status, terms: terms, originalClientID: originalClientID,
      filled: filled, remaining: remaining, averagePrice: averagePrice, reason: reason,
      venueCode: venueCode, venueMessage: venueMessage, evidence: evidence,
      isForeign: clientID == nil, isCancelPending: isCancelPending,
      isReplacePending: replacement != nil, flags: flags)
  }
}

/// Orders of which nothing more is expected, in the order in which they came to that.
struct SettledOrders: Sendable {
  private var queue: [(key: OrderKey, since: Int64)] = []
  /// What is before it has left.
  private var head = 0

  var count: Int { queue.count - head }
  var oldest: (key: OrderKey, since: Int64)? { head < queue.count ? queue[head] : nil }

  mutating func append(_ key: OrderKey, since: Int64) { queue.append((key, since)) }

  mutating func removeOldest() {
    head += 1
    guard head > queue.count / 2 else { return }
    queue.removeFirst(head)
    head = 0
  }
}

/// A look at the whole account after the private streams were gone: all that is open, and fills
/// since the last such look. It finds also what is not followed any more, or never was.
struct Sweep: Sendable {
  /// When to ask for what is missing, or again.
  var due: UInt64?
  var missing: [OrderQuery.Kind] = []
  /// Microseconds since the epoch; nil before the first.
  var since: Int64?
  var began: Int64 = 0

  mutating func note(_ findings: OrderFindings, of kind: OrderQuery.Kind) {
    guard due != nil, findings != .nothingHeard else { return }
    missing.removeAll { $0 == kind }
    if missing.isEmpty { (due, since) = (nil, began) }
  }
}

/// Questions about an order, one after the other, until its state is proven.
///
/// A round asks for the order itself, then for all that are open, for those that have ended, and
/// for fills. What proves the state ends the inquiry; a round without a trace of the order counts
/// towards the proof that there is none.
struct Inquiry: Equatable, Sendable {
  /// What is asked next, or was asked and not answered yet.
  var step = OrderQuery.Kind.order
  var isAsked = false
  /// When to ask, or to give up waiting for the answer.
  var due: UInt64
  /// Only executions are missing.
  var isAboutFills = false
  /// Rounds that found nothing.
  var emptyRounds = 0
  /// Waits since something was found, for the pauses between.
  var tries = 0
  var roundBegan: UInt64
  /// In this round everything was answered, and history reached back to the order.
  var isRoundWhole = true
  var isCovered = false

  init(at now: UInt64, aboutFills: Bool = false) {
    due = now
    roundBegan = now
    isAboutFills = aboutFills
    step = aboutFills ? .fills : .order
  }
}
