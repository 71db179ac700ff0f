import PerpCore

// MARK: - Orders that go to the venue in one request

extension TradingSession {
  /// One commit for all of them: none leaves before all are kept.
  mutating func place(
    _ intents: [TicketedIntent], at now: Moment, into actions: inout VenueActions
  ) {
    let start = actions.list.count
    for one in intents { carryOut(.place(one.intent), one.ticket, at: now, into: &actions) }
    let keeps = actions.list.indices.filter { $0 >= start && actions.list[$0] == .trading(.keep) }
    for index in keeps.dropLast().reversed() { actions.list.remove(at: index) }
  }

  /// The request, and with it what may be placed by the same message: it counts once against what
  /// the venue allows.
  mutating func transmitTogether(
    _ request: OrderRequest, at now: Moment, into actions: inout VenueActions
  ) {
    guard dialect.ordersTogether > 1, alone.remove(request) == nil else {
      return transmit(request, at: now, into: &actions)
    }
    let others = line.companions(of: request, atMost: dialect.ordersTogether - 1, but: alone)
    let orders = ([request] + others).compactMap { $0.key.flatMap { tracker.subject(of: $0) } }
    guard !others.isEmpty, orders.count == others.count + 1, phase != .stopped,
      limitedUntil <= now.monotonic, let message = try? dialect.write(placing: orders, at: now)
    else {
      for one in [request] + others { transmit(one, at: now, into: &actions) }
      return
    }
    for index in windows.indices { _ = windows[index].take(at: now.monotonic) }
    let id = newID()
    pending[id] = .together(orders)
    actions.append(.request(id, message))
    for one in [request] + others { track(.sent(one), at: now, into: &actions) }
  }

  mutating func placed(
    _ orders: [OrderSubject], by response: HTTPResponse, at now: Moment,
    into actions: inout VenueActions
  ) {
    let requests = orders.compactMap(\.placement)
    var facts: [TradingFact] = []
    if let answers = dialect.read(response, answering: orders, at: now, into: &facts) {
      for (request, answer) in zip(requests, answers) {
        settle(request, answer, at: now, into: &actions)
      }
    } else {
      alone.formUnion(requests)
      for request in requests.reversed() {
        line.addFirst(request, until: now.monotonic + dialect.limits.waitsAtMost)
      }
    }
    take(facts, at: now, into: &actions)
  }
}

extension OrderSubject {
  /// The request that places it; nil of somebody else's.
  var placement: OrderRequest? {
    if case .own(let id) = key { .place(id) } else { nil }
  }
}
