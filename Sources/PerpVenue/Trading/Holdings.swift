import PerpCore

/// What an account holds: positions and balances, told when they change. Figures that move with
/// the market are told once a second at most.
struct Holdings: Sendable {
  /// In nanoseconds.
  static let refresh = Nanoseconds.seconds(1)

  /// The newest report, and whether it is told already.
  private struct State<Report: Equatable & Sendable>: Sendable {
    var report: Report
    var isTold = false
    var toldAt: UInt64 = 0
    var due: UInt64? { isTold ? nil : toldAt + Holdings.refresh }
    func isDue(at now: Moment) -> Bool { due.map { $0 <= now.monotonic } ?? false }
  }

  private let account: AccountID
  private var positions: [Symbol: State<PositionReport>] = [:]
  private var balances: [String: State<BalanceReport>] = [:]
  /// Positions that a list of all contradicted once; the next one decides.
  private var disputed: Set<Symbol> = []
  /// Whether the stream has told of positions since it began.
  private var isStreamed = false
  /// Markets whose positions an earlier run may have told: where none is left, that is told.
  private var owed: Set<Symbol>
  /// When something that waits is to be told.
  private(set) var deadline: UInt64?

  /// `traded` are the markets of earlier runs.
  init(of account: AccountID, traded: Set<Symbol> = []) {
    self.account = account
    owed = traded
  }

  /// Positions that may be other than they were told: they should be asked for again soon.
  var isDoubtful: Bool { !disputed.isEmpty }

  /// The stream tells all that happens from here on; what happened before, it does not.
  mutating func streamBegins() { isStreamed = false }

  /// What the stream says.
  mutating func take(
    _ report: PositionReport, at now: Moment, into actions: inout VenueActions
  ) {
    isStreamed = true
    believe(report, at: now, into: &actions)
  }

  /// What an answer says of one position.
  mutating func take(
    answered report: PositionReport, at now: Moment, into actions: inout VenueActions
  ) {
    believe(report, at: now, into: &actions)
  }

  /// All positions there are. Lists of venues were seen to lag behind: one that contradicts the
  /// stream, or lacks a position, is believed when the next one does so too, and the stream has
  /// said nothing between them.
  mutating func take(
    all reports: [PositionReport], at now: Moment, into actions: inout VenueActions
  ) {
    let doubted = disputed
    disputed = []
    var listed = Dictionary(reports.map { ($0.symbol, $0) }, uniquingKeysWith: { $1 })
    for symbol in owed.union(positions.keys) where listed[symbol] == nil {
      listed[symbol] = PositionReport(symbol: symbol, size: .zero, entryPrice: nil)
    }
    for (symbol, found) in listed.sorted(by: { $0.key < $1.key }) {
      let known = positions[symbol]?.report.size
      let isContradicted = known.map { $0 != found.size && (isStreamed || found.size.isZero) }
      guard isContradicted == true else {
        believe(found, at: now, into: &actions)
        continue
      }
      guard doubted.contains(symbol) else {
        disputed.insert(symbol)
        continue
      }
      believe(found, insteadOf: isStreamed ? known : nil, at: now, into: &actions)
    }
  }

  private mutating func believe(
    _ report: PositionReport, insteadOf contradicted: Decimal? = nil, at now: Moment,
    into actions: inout VenueActions
  ) {
    disputed.remove(report.symbol)
    let isOwed = owed.remove(report.symbol) != nil
    var state = positions[report.symbol] ?? State(report: report)
    let old = state.report
    let isNew = positions[report.symbol] == nil
    guard !isNew || isOwed || !report.size.isZero else { return }
    guard isNew || !old.saysSame(as: report) else { return }
    let isUrgent = isNew || old.size != report.size || old.entryPrice != report.entryPrice
    (state.report, state.isTold) = (report, false)
    positions[report.symbol] = state
    if isUrgent || now.monotonic >= state.toldAt + Self.refresh {
      tell(report.symbol, insteadOf: contradicted, at: now, into: &actions)
    } else {
      setDeadline()
    }
  }

  mutating func take(
    _ report: BalanceReport, at now: Moment, into actions: inout VenueActions
  ) {
    if let state = balances[report.asset], state.report.saysSame(as: report) { return }
    var state = balances[report.asset] ?? State(report: report)
    (state.report, state.isTold) = (report, false)
    let isDue = balances[report.asset] == nil || now.monotonic >= state.toldAt + Self.refresh
    balances[report.asset] = state
    if isDue { tell(report.asset, at: now, into: &actions) } else { setDeadline() }
  }

  /// Tells what has waited long enough.
  mutating func wake(at now: Moment, into actions: inout VenueActions) {
    guard let deadline, deadline <= now.monotonic else { return }
    for symbol in positions.keys.sorted() where positions[symbol]!.isDue(at: now) {
      tell(symbol, at: now, into: &actions)
    }
    for asset in balances.keys.sorted() where balances[asset]!.isDue(at: now) {
      tell(asset, at: now, into: &actions)
    }
  }

  private mutating func tell(
    _ symbol: Symbol, insteadOf contradicted: Decimal? = nil, at now: Moment,
    into actions: inout VenueActions
  ) {
    let report = positions[symbol]!.report
    positions[symbol]!.toldAt = now.monotonic
    positions[symbol]!.isTold = true
    setDeadline()
    actions.append(
      .emit(
        .position(
          Position(
            header: header(report.venueTime, at: now), symbol: symbol, size: report.size,
            entryPrice: report.size.isZero ? nil : report.entryPrice, markPrice: report.markPrice,
            unrealizedPnL: report.unrealizedPnL, liquidationPrice: report.liquidationPrice,
            leverage: report.leverage, reconciledFrom: contradicted))))
  }

  private mutating func tell(_ asset: String, at now: Moment, into actions: inout VenueActions) {
    let report = balances[asset]!.report
    balances[asset]!.toldAt = now.monotonic
    balances[asset]!.isTold = true
    setDeadline()
    actions.append(
      .emit(
        .balance(
          Balance(
            header: header(report.venueTime, at: now), asset: asset, total: report.total,
            available: report.available, marginUsed: report.marginUsed))))
  }

  private mutating func setDeadline() {
    deadline = (positions.values.compactMap(\.due) + balances.values.compactMap(\.due)).min()
  }

  private func header(_ venueTime: Int64?, at now: Moment) -> AccountHeader {
    AccountHeader(
      venue: account.venue, account: account.name, venueTime: venueTime, received: now.wall)
  }
}

extension PositionReport {
  fileprivate func saysSame(as other: PositionReport) -> Bool {
    var other = other
    other.venueTime = venueTime
    return self == other
  }
}

extension BalanceReport {
  fileprivate func saysSame(as other: BalanceReport) -> Bool {
    var other = other
    other.venueTime = venueTime
    return self == other
  }
}
