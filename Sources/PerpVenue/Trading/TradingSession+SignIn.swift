import PerpCore

// MARK: - Signing in, and the private stream

extension TradingSession {
  /// Asks for the next thing that must be known, or opens the stream.
  mutating func signIn(at now: Moment, into actions: inout VenueActions) {
    do throws(TradingProblem) {
      if let request = try dialect.nextStep(at: now) {
        let id = newID()
        phase = .signingIn(id)
        pending[id] = .step
        if !isStanding { tell(.connecting, "signing_in", at: now, into: &actions) }
        return actions.append(.request(id, request))
      }
    } catch {
      return signInFailed(error, at: now, into: &actions)
    }
    backoff.succeed()
    phase = .signedIn
    guard !connection.isOpen else {
      if dialect.isStreamOutdated { reconnect("renewed", at: now, into: &actions) }
      return
    }
    openStream(at: now, into: &actions)
  }

  mutating func stepAnswered(
    _ response: HTTPResponse, at now: Moment, into actions: inout VenueActions
  ) {
    do throws(TradingProblem) {
      try dialect.readStep(response, at: now)
    } catch {
      return signInFailed(error, at: now, into: &actions)
    }
    signIn(at: now, into: &actions)
  }

  mutating func signInFailed(
    _ problem: TradingProblem, at now: Moment, into actions: inout VenueActions
  ) {
    var floor: UInt64 = 0
    var reason = "venue_down"
    switch problem {
    case .again, .expired: break
    case .credentials:
      // Somebody may mend it at the venue; to try often would look like an attack.
      (floor, reason) = (Nanoseconds.seconds(60), "auth")
    case .barred: reason = "blocked"
    case .limited(let wait, _): (floor, reason) = (wait, "rate_limited")
    }
    let wait = backoff.fail(floor: floor)
    phase = reason == "blocked" ? .stopped : .waiting(until: now.monotonic + wait)
    // Without a stream the account is heard by what is asked alone.
    if !connection.isOpen { (isStanding, lookDue) = (false, nil) }
    if !isStanding { tell(.down, reason, at: now, into: &actions) }
    let seconds = (wait + 999_999_999) / 1_000_000_000
    let next =
      phase == .stopped ? "nothing more is sent there" : "the next attempt is in \(seconds) s"
    let report = ErrorReport(
      venue: account.venue, place: "account", reason: reason,
      message: "\(account): \(problem.text); \(next)", isFatal: phase == .stopped,
      time: now.wall)
    actions.append(.emit(.error(report)))
  }

  private mutating func openStream(at now: Moment, into actions: inout VenueActions) {
    guard let request = dialect.stream(at: now) else {
      return stand(at: now, into: &actions)
    }
    guard connection.state == .idle else { return }
    connection.request = request
    connection.open(at: now.monotonic, into: &actions)
  }

  mutating func opened(_ id: ConnectionID, at now: Moment, into actions: inout VenueActions) {
    guard connection.opened(id, at: now.monotonic) else { return }
    standsBy = now.monotonic + dialect.limits.standsWithin
    keepAliveDue = dialect.limits.keepAliveEvery.map { now.monotonic + $0 }
    for message in dialect.greeting(at: now) { actions.append(.send(id, message)) }
  }

  /// Everything is heard from here on: what happened before is asked for.
  mutating func stand(at now: Moment, into actions: inout VenueActions) {
    guard !isStanding else { return }
    isStanding = true
    standsBy = nil
    holdings.streamBegins()
    tell(.live, "signed_in", at: now, into: &actions)
    look(at: now)
    putOffDeadMan(at: now)
    track(.reconcile, at: now, into: &actions)
  }

  /// Asks for what the account holds, to hold it against what the stream told.
  mutating func look(at now: Moment) {
    lookDue = now.monotonic + dialect.limits.lookEvery
    questions.add(.positions)
    questions.add(.balances)
  }

  mutating func closed(
    _ id: ConnectionID, _ reason: CloseReason, at now: Moment, into actions: inout VenueActions
  ) {
    guard let wait = connection.closed(id, at: now.monotonic) else { return }
    lost(reason.cause, wait: wait, at: now, into: &actions)
  }

  mutating func reconnect(_ cause: String, at now: Moment, into actions: inout VenueActions) {
    let wait = connection.abandon(at: now.monotonic, code: 1001, into: &actions)
    lost(cause, wait: wait, at: now, into: &actions)
  }

  private mutating func lost(
    _ cause: String, wait: UInt64, at now: Moment, into actions: inout VenueActions
  ) {
    // Signing in decides whether the token still holds, and opens the stream again.
    connection.shut(into: &actions)
    phase = .waiting(until: now.monotonic + wait)
    isStanding = false
    (standsBy, keepAliveDue, lookDue, echo) = (nil, nil, nil, nil)
    tell(.down, cause, at: now, into: &actions)
    let lost = unanswered.sorted { $0.key < $1.key }
    unanswered = [:]
    for (_, entry) in lost { settle(entry.request, .none, at: now, into: &actions) }
    for request in line.removeAll() {
      track(.notSent(request, reason: "venue_down"), at: now, into: &actions)
    }
  }

  mutating func tell(
    _ state: AccountStatus.State, _ cause: String, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard state != status else { return }
    status = state
    let header = AccountHeader(venue: account.venue, account: account.name, received: now.wall)
    actions.append(
      .emit(
        .account(
          AccountStatus(header: header, state: state, cause: cause, epoch: connection.epoch))))
  }
}
