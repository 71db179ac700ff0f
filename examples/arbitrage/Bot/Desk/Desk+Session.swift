import PerpCore

// MARK: - From hello to running

extension Desk {
  private static let questionInterval = Nanoseconds.seconds(1)
  /// Questions after which a bot begins without knowing its balances.
  private static let patientQuestions = 10

  mutating func greet(_ hello: GatewayLine.Hello, at now: Moment) {
    isConnected = true
    let isLive = hello.mode == "live"
    let mayTrade = hello.role != "read"
    (venuesAreLive, isReadOnly) = (isLive, !mayTrade)
    judgeDryness()
    outbox.log(.info, banner(hello))
    if isLive, settings.sendsOrders, settings.liveConfirmation == nil {
      outbox.log(.warning, "The venues are live: without --live no orders are sent")
    }
    if !isDry, isLive, let confirm = settings.liveConfirmation {
      outbox.send(.arm(confirm: confirm), for: .other("arm"))
    }
    for listing in settings.listings {
      outbox.send(
        .subscribe(listing, channels: settings.channels, depth: settings.depth),
        for: .other("subscribe \(listing)"))
    }
    _ = askForPositions()
    questions = 0
    if case .stopping = phase {} else { phase = .starting }
    askForMissing(at: now)
    guard hasStarted else { return }
    for index in trades.indices { trades[index].resume(at: now, view, &outbox) }
    askForOrders(at: now)
  }

  private mutating func judgeDryness() {
    isDry =
      !settings.sendsOrders || isReadOnly || (venuesAreLive && settings.liveConfirmation == nil)
  }

  /// From now on orders are sent, or none are. `confirmation` arms a gateway whose venues are not
  /// simulated.
  package mutating func allowOrders(_ isAllowed: Bool, confirmation: String?) {
    settings.sendsOrders = isAllowed
    settings.liveConfirmation = isAllowed ? confirmation : nil
    judgeDryness()
    if !isDry, venuesAreLive, let confirmation {
      outbox.send(.arm(confirm: confirmation), for: .other("arm"))
    }
  }

  /// One more market is traded on. Who adds it sees to it that its quotes come.
  package mutating func follow(_ listing: Listing) {
    if !settings.listings.contains(listing) { settings.listings.append(listing) }
  }

  package mutating func askForBalances() { outbox.send(.balances, for: .balances) }

  /// (C-20)
  private func banner(_ hello: GatewayLine.Hello) -> String {
    let modes = ["live": "LIVE", "sim": "SIMULATED"]
    let mode = isDry ? "DRY" : modes[hello.mode] ?? hello.mode.uppercased()
    let markets = settings.listings.map(\.description).joined(separator: " x ")
    let what = [markets, settings.cautions].filter { !$0.isEmpty }.joined(separator: ", ")
    return "perpbot \(settings.name) \(mode): \(what). "
      + "Start small, observe 24 h; capital can be lost."
  }

  /// The number that comes back with them.
  package mutating func askForPositions() -> Int {
    serial += 1
    outbox.send(.positions, for: .positions(serial: serial))
    return serial
  }

  /// What a bot must know before it begins. A gateway that has just been started knows no markets
  /// and has not signed in yet, so that it is asked again.
  private mutating func askForMissing(at now: Moment) {
    nextQuestion = now.monotonic + Self.questionInterval
    for listing in settings.listings where view.rules(listing) == nil {
      outbox.send(.markets(listing), for: .markets)
    }
    outbox.send(.status, for: .status)
    if !knowsBalances { outbox.send(.balances, for: .balances) }
    questions += 1
  }

  private var knowsBalances: Bool {
    settings.listings.allSatisfy { view.balance($0.venue) != nil }
  }

  private var isReady: Bool {
    guard settings.listings.allSatisfy({ view.rules($0) != nil }) else { return false }
    let isSignedIn = settings.listings.allSatisfy { view.isAccountLive($0.venue) }
    return isDry || (isSignedIn && (knowsBalances || questions > Self.patientQuestions))
  }

  /// True once, when the strategy may begin. What an earlier run has left comes first.
  mutating func startIfReady(at now: Moment) -> Bool {
    guard isReady else {
      if nextQuestion <= now.monotonic { askForMissing(at: now) }
      return false
    }
    phase = .running
    guard !hasStarted else {
      outbox.log(.info, "The gateway is back")
      return false
    }
    hasStarted = true
    if ledger.unreadable > 0 {
      outbox.log(.warning, "\(ledger.unreadable) lines of the ledger cannot be read")
    }
    for entry in ledger.open {
      outbox.log(.warning, "Trade \(entry.trade.id) of an earlier run is not over: asking")
      var trade = PairTrade(resuming: entry, settings: settings.trade, at: now)
      trade.resume(at: now, view, &outbox)
      trades.append(trade)
    }
    orders = ledger.unresolved.map { SingleOrder(number: 0, leg: Leg($0)) }
    askForOrders(at: now)
    outbox.log(.info, "Started: \(balancesText)")
    outbox.notify(
      NotificationText.bold("Started") + " \(settings.name) \(settings.cautions)\n\(balancesText)")
    guard ledger.isClosing, settings.closesAtEnd, !isDry else { return true }
    outbox.log(.warning, "An earlier run was killed while it closed its positions: closing them")
    beginClosing("closed what an earlier run had left", goesOn: true, at: now)
    return false
  }

  // MARK: What was asked for

  /// What is not among them is flat.
  mutating func receive(positions result: JSONFields, at now: Moment) {
    let rows = (result.objects("positions") ?? []).compactMap { PositionLine($0) }
    let flat = settings.listings.filter { listing in !rows.contains { $0.listing == listing } }
    for row in rows + flat.map({ PositionLine($0, .zero) }) { view.note(.position(row), at: now) }
  }

  /// How accounts stand is told to a new client only when it asks.
  mutating func receive(status: JSONFields, at now: Moment) {
    for account in status.objects("accounts") ?? [] {
      guard let venue = account.text("venue"), let state = account.text("state") else { continue }
      let cause = account.text("cause") ?? ""
      view.note(.account(venue: venue, state: state, cause: cause), at: now)
      noteAccount(venue, isLive: state == "live", cause, at: now)
    }
  }

  mutating func receive(balances result: JSONFields, at now: Moment) {
    for row in (result.objects("balances") ?? []).compactMap({ BalanceLine($0) }) {
      view.note(.balance(row), at: now)
    }
  }

  /// A venue takes orders, or takes them no more.
  mutating func noteAccount(_ venue: String, isLive: Bool, _ cause: String, at now: Moment) {
    guard settings.listings.contains(where: { $0.venue == venue }) else { return }
    if isLive {
      if lostAccounts.remove(venue) != nil { outbox.log(.info, "\(venue) takes orders again") }
      return
    }
    guard hasStarted, lostAccounts.insert(venue).inserted else { return }
    let isLogin = FailureClass(reason: cause) == .authentication
    let advice =
      isLogin ? "session expired or refused: log in again and update the token" : "cause \(cause)"
    outbox.log(.critical, "\(venue) takes no orders: \(advice). No entries until it does.")
    outbox.notify(
      NotificationText.bold("No orders at \(venue)") + "\n" + NotificationText.escape(advice))
    if isLogin, settings.stopsOnLostLogin { stop("\(venue): \(advice)", at: now) }
  }

  // MARK: For people

  package var balancesText: String {
    let venues = settings.listings.map(\.venue).reduce(into: [String]()) { venues, venue in
      if !venues.contains(venue) { venues.append(venue) }
    }
    return venues.map { "\($0) \(view.balance($0)?.text(places: 2) ?? "unknown")" }
      .joined(separator: ", ")
  }

  package var positionsText: String {
    settings.listings.map { listing in
      "\(Self.title(listing.venue)) \(view.position(listing).signedText(places: 6))"
    }.joined(separator: ", ")
  }

  /// To the log, and to people.
  mutating func tell(_ title: String, _ text: String) {
    outbox.log(.info, "\(title): \(text)")
    outbox.notify(NotificationText.bold(title) + "\n" + NotificationText.escape(text))
  }

  /// An entry or a close came to something else than it should.
  mutating func tellFailure(_ what: String, _ report: PairTrade.Report) {
    let error = report.error ?? "no reason was given"
    let level: LogLevel = report.outcome == .residual ? .critical : .error
    outbox.log(
      level, "\(what) failed, \(report.outcome.rawValue), net \(report.net) [\(error)]")
    outbox.notify(
      NotificationText.bold("\(what) failed") + ": " + NotificationText.escape(error))
  }

  /// Nothing is entered any more until people have looked.
  mutating func tellEntriesStopped(after failures: Int) {
    outbox.log(.critical, "\(failures) entries in a row failed: no more until a restart")
    outbox.notify(NotificationText.bold("Entries stopped") + " after failures")
  }

  package static func title(_ venue: String) -> String {
    NotificationText.escape(venue.prefix(1).uppercased() + venue.dropFirst())
  }

  /// Hours with one digit after the point.
  package func runtimeText(at now: Moment) -> String {
    let seconds = Decimal(Int((now.monotonic - began.monotonic) / 1_000_000_000))
    return "\(seconds.over(Decimal(3_600)).text(places: 1)) h"
  }
}
