import PerpCore

// MARK: - Commands and requests

extension TradingSession {
  mutating func carryOut(
    _ command: TradeCommand, _ ticket: Ticket, at now: Moment, into actions: inout VenueActions
  ) {
    switch command {
    case .place(let intent):
      if let refusal = refusal(of: intent, at: now) {
        return actions.append(.trading(.settled(ticket, .refused(refusal))))
      }
      track(.place(intent), for: ticket, at: now, into: &actions)
    case .cancel(let key):
      holdBack(key, at: now, into: &actions)
      track(.cancel(key), for: ticket, at: now, into: &actions)
    case .cancelAll(let symbol):
      for key in tracker.liveOrders
      where symbol == nil || tracker.subject(of: key)?.symbol == symbol {
        holdBack(key, at: now, into: &actions)
      }
      track(.cancelAll(symbol), for: ticket, at: now, into: &actions)
    case .replace(let id, let price, let size):
      track(.replace(id, price: price, size: size), for: ticket, at: now, into: &actions)
    case .look(let key): track(.look(key), for: ticket, at: now, into: &actions)
    case .release: releaseDeadMan(for: ticket, at: now, into: &actions)
    }
  }

  /// What is cancelled before it has left never leaves.
  private mutating func holdBack(
    _ key: OrderKey, at now: Moment, into actions: inout VenueActions
  ) {
    guard case .own(let id) = key else { return }
    let request = OrderRequest.place(id)
    let preparing = pending.first { $0.value == .preparation(request) }?.key
    guard line.remove(request) || preparing != nil || outbox.contains(request) else { return }
    // What the venue says to it is of no use to anybody.
    if let preparing { pending[preparing] = nil }
    outbox.removeAll { $0 == request }
    giveUp(request, "cancelled_unsent", at: now, into: &actions)
  }

  /// Why nothing can be placed now; what was placed before is answered even so.
  private func refusal(of intent: OrderIntent, at now: Moment) -> OrderRefusal? {
    guard tracker.order(.own(intent.clientID)) == nil else { return nil }
    if let refusal = dialect.refusal(of: intent) { return refusal }
    guard isStanding else {
      return OrderRefusal(.venueDown, "\(account) is not signed in: \(status.rawValue)")
    }
    let reserve = intent.terms.isReduceOnly ? 0 : dialect.limits.reserve
    let hasRoom = windows.allSatisfy { $0.hasRoom(beside: reserve, at: now.monotonic) }
    guard conflicts.lockedUntil <= now.monotonic || intent.terms.isReduceOnly else {
      return OrderRefusal(.locked, "another program trades on \(account) with the same key")
    }
    guard limitedUntil <= now.monotonic, hasRoom else {
      return OrderRefusal(.rateLimited, "\(account) may send no more orders for now")
    }
    return nil
  }

  /// Tells the tracker, and carries out what it wants. For `ticket` the first that concerns the
  /// command itself is its outcome.
  mutating func track(
    _ input: OrderInput, for ticket: Ticket? = nil, at now: Moment,
    into actions: inout VenueActions
  ) {
    if noteDeadMan(input, at: now, into: &actions) { return }
    let start = actions.list.count
    var wanted: [OrderAction] = []
    tracker.receive(input, at: now, into: &wanted)
    var outcome = TradeOutcome.accepted
    var isSending = false
    for action in wanted {
      switch action {
      case .record(let record): note(.trading(.record(record)), into: &actions)
      case .emit(let event): note(.emit(event), into: &actions)
      case .send(let request):
        outbox.append(request)
        isSending = true
      case .ask(let query):
        questions.add(query, about: query.order.flatMap { tracker.subject(of: $0) })
      case .known(let update): outcome = .known(update)
      case .refuse(_, let refusal): outcome = .refused(refusal)
      case .forget(let key): actions.append(.trading(.forget(key)))
      case .freeze, .unfreeze: break
      case .alarm(let text):
        let report = ErrorReport(
          venue: account.venue, place: "account", reason: "internal",
          message: text, time: now.wall)
        actions.append(.emit(.error(report)))
      }
    }
    // The answer comes before what is told of the order.
    if let ticket { actions.list.insert(.trading(.settled(ticket, outcome)), at: start) }
    // A cancel that is asked again is no news, and goes out even so.
    if isSending || (!outbox.isEmpty && hasNews) {
      hasNews = false
      actions.append(.trading(.keep))
    }
  }

  private mutating func note(_ action: VenueAction, into actions: inout VenueActions) {
    hasNews = true
    actions.append(action)
  }

  /// What was recorded is safe, or cannot be: then nothing new may be sent, but cancels are.
  mutating func kept(_ isKept: Bool, at now: Moment, into actions: inout VenueActions) {
    let requests = outbox
    outbox = []
    for request in requests {
      let isCancel =
        switch request {
        case .cancel, .account: true
        case .place, .replace: false
        }
      if isKept || isCancel {
        line.add(request, until: now.monotonic + dialect.limits.waitsAtMost)
      } else {
        track(.notSent(request, reason: "journal"), at: now, into: &actions)
      }
    }
  }

  /// Sends what stands in line, as far as the dialect takes it.
  mutating func transmitWhatMay(at now: Moment, into actions: inout VenueActions) {
    for request in line.removeOverdue(at: now.monotonic) {
      alone.remove(request)
      track(.notSent(request, reason: "not_sent_in_time"), at: now, into: &actions)
    }
    guard dialect.takesRequests, !line.isEmpty else { return }
    while dialect.takesRequests, let request = line.next(onlyCancels: isCancellingAll) {
      transmitTogether(request, at: now, into: &actions)
    }
    tellRates(at: now, into: &actions)
  }

  /// Until the venue has answered, what is placed could reach it first, and be cancelled as well.
  private var isCancellingAll: Bool {
    pending.values.contains {
      if case .order(.account(.cancelAll)) = $0 { true } else { false }
    }
      || unanswered.values.contains {
        if case .account(.cancelAll) = $0.request { true } else { false }
      }
  }

  /// What the answer, or that there is none, means for the order; or the request is written anew.
  mutating func settle(
    _ request: OrderRequest, _ answer: OrderAnswer, at now: Moment,
    into actions: inout VenueActions
  ) {
    if answer == .none { dialect.lost(request, wasSent: true) }
    let wasRepeated = repeated.remove(request) != nil
    if !wasRepeated, dialect.isToBeRepeated(after: answer) {
      repeated.insert(request)
      line.addFirst(request, until: now.monotonic + dialect.limits.waitsAtMost)
    } else {
      if case .accepted = answer { expectEcho(of: request, at: now) }
      track(.answered(request, answer), at: now, into: &actions)
    }
  }

  mutating func transmit(
    _ request: OrderRequest, at now: Moment, into actions: inout VenueActions
  ) {
    let subject = request.key.flatMap { tracker.subject(of: $0) }
    guard subject != nil || request.key == nil else { return }
    for index in windows.indices { _ = windows[index].take(at: now.monotonic) }
    let id = newID()
    do throws(OrderRefusal) {
      guard phase != .stopped else {
        throw OrderRefusal(.venueDown, "nothing is sent to the venue any more")
      }
      guard limitedUntil <= now.monotonic else {
        throw OrderRefusal(.rateLimited, "the venue asks for a pause")
      }
      if let subject, let question = try dialect.preparation(of: request, subject, at: now) {
        pending[id] = .preparation(request)
        return actions.append(.request(id, question))
      }
      switch try write(request, subject, tag: Int64(id.number), at: now) {
      case .request(let http):
        pending[id] = .order(request)
        actions.append(.request(id, http))
      case .message(let text):
        guard isStanding else { throw OrderRefusal(.venueDown, "the stream is down") }
        unanswered[Int64(id.number)] = (request, now.monotonic + dialect.limits.answerWithin)
        actions.append(.send(connection.id, text))
      }
    } catch {
      return giveUp(request, error.reason.rawValue, at: now, into: &actions)
    }
    track(.sent(request), at: now, into: &actions)
  }

  private mutating func write(
    _ request: OrderRequest, _ subject: OrderSubject?, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    if let subject { return try dialect.write(request, subject, tag: tag, at: now) }
    guard case .account(let wanted) = request,
      let message = try dialect.write(wanted, tag: tag, at: now)
    else { throw OrderRefusal(.unsupported, "the venue has no such request") }
    return message
  }

  /// Nothing of it has left, or what left before was refused.
  private mutating func giveUp(
    _ request: OrderRequest, _ reason: String, at now: Moment, into actions: inout VenueActions
  ) {
    repeated.remove(request)
    alone.remove(request)
    dialect.lost(request, wasSent: false)
    track(.notSent(request, reason: reason), at: now, into: &actions)
  }

  private mutating func prepared(
    _ request: OrderRequest, by response: HTTPResponse, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let subject = request.key.flatMap({ tracker.subject(of: $0) }) else { return }
    do throws(OrderRefusal) {
      try dialect.readPreparation(response, of: request, subject, at: now)
      line.addFirst(request, until: now.monotonic + dialect.limits.waitsAtMost)
    } catch {
      giveUp(request, error.reason.rawValue, at: now, into: &actions)
    }
  }
}

// MARK: - What the venue says

extension TradingSession {
  mutating func receive(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into actions: inout VenueActions
  ) {
    var facts = facts
    facts.removeAll(keepingCapacity: true)
    do throws(TradingProblem) {
      try dialect.read(message, isBinary: isBinary, at: now, into: &facts)
    } catch {
      switch error {
      case .again(let text): undecodable(text, at: now, into: &actions)
      case .expired, .credentials, .barred, .limited:
        reconnect("refused", at: now, into: &actions)
        return signInFailed(error, at: now, into: &actions)
      }
    }
    if facts.contains(where: \.isOfOrders) { echo = nil }
    take(facts, at: now, into: &actions)
    self.facts = facts
  }

  mutating func take(
    _ facts: [TradingFact], at now: Moment, into actions: inout VenueActions
  ) {
    for fact in facts {
      switch fact {
      case .standing: stand(at: now, into: &actions)
      case .order(let report): track(.reported(report), at: now, into: &actions)
      case .fill(let report): track(.filled(report), at: now, into: &actions)
      case .position(let report): holdings.take(report, at: now, into: &actions)
      case .balance(let report): holdings.take(report, at: now, into: &actions)
      case .answer(let tag, let answer):
        guard let entry = unanswered.removeValue(forKey: tag) else { continue }
        settle(entry.request, answer, at: now, into: &actions)
      case .send(let text): actions.append(.send(connection.id, text))
      case .unknown(let channel, let path, let sample):
        let drift = Drift(
          venue: account.venue, channel: channel, path: path, sample: sample, time: now.wall)
        let name = "\(channel) \(path)"
        guard !strange.contains(name) else { continue }
        strange.insert(name)
        actions.append(.emit(.drift(drift)))
      }
    }
  }

  mutating func undecodable(
    _ text: String, at now: Moment, into actions: inout VenueActions
  ) {
    let report = ErrorReport(
      venue: account.venue, place: "decode", reason: "malformed", message: text, time: now.wall)
    actions.append(.emit(.error(report)))
  }

  mutating func answered(
    _ id: RequestID, _ response: HTTPResponse, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let what = pending.removeValue(forKey: id) else { return }
    if response.status == 429 { pause(response, at: now) }
    switch what {
    case .step:
      guard phase == .signingIn(id) else { return }
      stepAnswered(response, at: now, into: &actions)
    case .preparation(let request): prepared(request, by: response, at: now, into: &actions)
    case .order(let request):
      var facts: [TradingFact] = []
      let answer = dialect.read(response, answering: request, at: now, into: &facts)
      settle(request, answer, at: now, into: &actions)
      take(facts, at: now, into: &actions)
    case .together(let orders): placed(orders, by: response, at: now, into: &actions)
    case .question(let asked): answered(asked, response, at: now, into: &actions)
    }
  }

  mutating func failed(
    _ id: RequestID, _ failure: HTTPFailure, at now: Moment, into actions: inout VenueActions
  ) {
    guard let what = pending.removeValue(forKey: id) else { return }
    switch (what, failure) {
    case (.step, .notSent(let text)), (.step, .noAnswer(let text)):
      guard phase == .signingIn(id) else { return }
      signInFailed(.again(text), at: now, into: &actions)
    case (.preparation(let request), _):
      giveUp(request, "not_prepared", at: now, into: &actions)
    case (.order(let request), _): failed(request, failure, at: now, into: &actions)
    case (.together(let orders), _):
      for request in orders.compactMap(\.placement) {
        failed(request, failure, at: now, into: &actions)
      }
    case (.question(let asked), _): unanswered(asked, at: now, into: &actions)
    }
  }

  private mutating func failed(
    _ request: OrderRequest, _ failure: HTTPFailure, at now: Moment,
    into actions: inout VenueActions
  ) {
    switch failure {
    case .notSent:
      dialect.lost(request, wasSent: false)
      track(.notSent(request, reason: "not_sent"), at: now, into: &actions)
    case .noAnswer: settle(request, .none, at: now, into: &actions)
    }
  }

  /// As long as the venue says, or a second.
  private mutating func pause(_ response: HTTPResponse, at now: Moment) {
    let seconds = response.field("Retry-After").flatMap(Int.init) ?? 1
    let wait = Nanoseconds.seconds(min(max(seconds, 1), 3_600))
    limitedUntil = max(limitedUntil, now.monotonic + wait)
    questions.pause(until: limitedUntil)
  }
}

extension TradingFact {
  fileprivate var isOfOrders: Bool {
    switch self {
    case .order, .fill: true
    default: false
    }
  }
}
