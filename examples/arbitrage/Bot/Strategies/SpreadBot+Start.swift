import PerpCore

// MARK: - From hello to the first look at the market (S0-45)

extension SpreadBot {
  private static let askingInterval = Nanoseconds.seconds(1)

  mutating func greet(_ hello: GatewayLine.Hello, at now: Moment) {
    let isSimulated = hello.mode != "live"
    let mayTrade = hello.role != "read"
    isDry = !settings.sendsOrders || !mayTrade || !(isSimulated || settings.liveConfirmation != nil)
    outbox.log(.info, banner(hello))
    if !isSimulated, settings.sendsOrders, settings.liveConfirmation == nil {
      outbox.log(.warning, "The venues are live: without --live no orders are sent")
    }
    if !isDry, !isSimulated, let confirm = settings.liveConfirmation {
      outbox.send(.arm(confirm: confirm), for: .other("arm"))
    }
    for listing in [settings.first, settings.second] {
      outbox.send(.subscribe(listing), for: .other("subscribe \(listing)"))
    }
    askForPositions()
    outbox.send(.balances, for: .balances)
    if case .stopping = phase {} else { phase = .starting }
    askForMissing(at: now)
    if hasStarted {
      for index in trades.indices { trades[index].resume(at: now, view, &outbox) }
      askForClosing()
    }
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

  /// (C-20)
  private func banner(_ hello: GatewayLine.Hello) -> String {
    let mode =
      if hello.mode == "live" { isDry ? "DRY" : "LIVE" } else if isDry { "DRY" } else {
        hello.mode == "sim" ? "SIMULATED" : hello.mode.uppercased()
      }
    return "perpbot pv \(mode): \(settings.first) x \(settings.second), size \(settings.size), "
      + "at most \(settings.maxPosition). Start small, observe 24 h; capital can be lost."
  }

  /// What a bot must know before it begins. A gateway that has just been started knows no markets
  /// and has not signed in yet, so that it is asked again.
  private mutating func askForMissing(at now: Moment) {
    schedule.loop = now.monotonic + Self.askingInterval
    for listing in [settings.first, settings.second] where view.rules(listing) == nil {
      outbox.send(.markets(listing), for: .markets)
    }
    outbox.send(.status, for: .status)
  }

  mutating func askForPositions() {
    serial += 1
    outbox.send(.positions, for: .positions(serial: serial))
  }

  private var isReady: Bool {
    let listings = [settings.first, settings.second]
    let knowsMarkets = listings.allSatisfy { view.rules($0) != nil }
    return knowsMarkets && (isDry || listings.allSatisfy { view.isAccountLive($0.venue) })
  }

  /// Once markets and accounts are there. What an earlier run has left comes first.
  mutating func startIfReady(at now: Moment) {
    guard phase == .starting else { return }
    guard isReady else {
      if schedule.loop <= now.monotonic { askForMissing(at: now) }
      return
    }
    phase = .running
    schedule.loop = now.monotonic
    guard !hasStarted else {
      outbox.log(.info, "The gateway is back")
      return
    }
    hasStarted = true
    if ledger.unreadable > 0 {
      outbox.log(.warning, "\(ledger.unreadable) lines of the ledger cannot be read")
    }
    for entry in ledger.open {
      outbox.log(.warning, "Trade \(entry.trade.id) of an earlier run is not over: asking")
      var trade = PairTrade(resuming: entry, settings: tradeSettings, at: now)
      trade.resume(at: now, view, &outbox)
      trades.append(trade)
    }
    outbox.log(.info, "Started: \(balancesText)")
    outbox.notify(NotificationText.bold("Started") + " \(settings.ticker)\n\(balancesText)")
  }

  var tradeSettings: PairTrade.Settings {
    var result = PairTrade.Settings()
    (result.fillTimeout, result.offset) = (settings.fillTimeout, settings.offset)
    return result
  }

  var balancesText: String {
    [settings.first.venue, settings.second.venue].map { venue in
      "\(venue) \(view.balance(venue)?.text(places: 2) ?? "unknown")"
    }.joined(separator: ", ")
  }

  /// A venue takes orders, or takes them no more.
  mutating func noteAccount(_ venue: String, isLive: Bool, _ cause: String, at now: Moment) {
    guard [settings.first.venue, settings.second.venue].contains(venue) else { return }
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
}
