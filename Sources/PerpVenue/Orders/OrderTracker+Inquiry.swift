import PerpCore

// MARK: - Finding out

extension OrderTracker {
  /// Begins to ask for the state of an order, or for executions alone.
  mutating func inquire(_ order: inout TrackedOrder, aboutFills: Bool = false, at now: Moment) {
    if let inquiry = order.inquiry, inquiry.isAboutFills == aboutFills || !inquiry.isAboutFills {
      return
    }
    order.inquiry = Inquiry(at: now.monotonic, aboutFills: aboutFills)
    if !live.contains(order.key) { live.append(order.key) }
  }

  /// The outcome of a request cannot be told.
  mutating func doubt(
    _ order: inout TrackedOrder, _ reason: String, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard !order.isSeen, !order.status.isFinal else { return }
    if order.status != .unknown {
      counters.unknownOutcomes += 1
      order.reason = reason
      set(&order, .unknown, evidence: nil, &actions)
      emit(order, .status, &actions)
    }
    inquire(&order, at: now)
  }

  mutating func reconcile(at now: Moment, _ actions: inout [OrderAction]) {
    for key in live {
      guard var order = orders[key] else { continue }
      if order.status == .pending, order.answerDue == nil {
        // Of an earlier run: it may have been sent, or not.
        doubt(&order, "restarted", at: now, &actions)
      }
      if order.status != .pending { inquire(&order, aboutFills: order.status.isFinal, at: now) }
      orders[key] = order
    }
    sweep.missing = [.openOrders, .fills]
    sweep.due = now.monotonic
    wake(at: now, &actions)
  }

  mutating func wake(at now: Moment, _ actions: inout [OrderAction]) {
    for key in live {
      guard var order = orders[key] else { continue }
      if let due = order.answerDue, due <= now.monotonic {
        order.answerDue = nil
        if order.status == .pending, !order.isSeen {
          doubt(&order, "ack_timeout", at: now, &actions)
        } else {
          inquire(&order, at: now)
        }
      }
      if let due = order.cancelDue, due <= now.monotonic {
        order.cancelDue = nil
        if !order.status.isFinal { inquire(&order, at: now) }
      }
      if let due = order.inquiry?.due, due <= now.monotonic {
        ask(about: &order, at: now, &actions)
      }
      orders[key] = order
    }
    if let due = sweep.due, due <= now.monotonic {
      sweep.due = now.monotonic + settings.queryTimeout
      sweep.began = now.wall
      let since = (sweep.since ?? now.wall) - settings.clockSlack
      for kind in sweep.missing {
        actions.append(.ask(OrderQuery(kind: kind, order: nil, since: since)))
      }
      look.asked = now.monotonic
    }
    if let due = look.due, due <= now.monotonic {
      look = (now.monotonic + settings.lookInterval, now.monotonic)
      actions.append(.ask(OrderQuery(kind: .openOrders, order: nil, since: now.wall)))
    }
  }

  /// Asks what is next, or again what got no answer in time.
  private mutating func ask(
    about order: inout TrackedOrder, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard var inquiry = order.inquiry else { return }
    if inquiry.isAsked { inquiry.isRoundWhole = false }
    if inquiry.step == .order, !inquiry.isAsked {
      inquiry.roundBegan = now.monotonic
      (inquiry.isRoundWhole, inquiry.isCovered) = (true, false)
    }
    inquiry.isAsked = true
    inquiry.due = now.monotonic + settings.queryTimeout
    order.inquiry = inquiry
    actions.append(.ask(query(inquiry.step, about: order)))
  }

  private func query(_ kind: OrderQuery.Kind, about order: TrackedOrder) -> OrderQuery {
    OrderQuery(kind: kind, order: order.key, since: order.placed.wall - settings.clockSlack)
  }

  mutating func take(
    _ findings: OrderFindings, of query: OrderQuery, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    switch findings {
    case .orders(let reports, _): for report in reports { take(report, at: now, &actions) }
    case .fills(let fills): for fill in fills { take(fill, at: now, &actions) }
    case .nothingHeard: break
    }
    guard let key = query.order else {
      sweep.note(findings, of: query.kind)
      return missing(from: findings, at: now)
    }
    guard var order = orders[key], let inquiry = order.inquiry, inquiry.isAsked,
      inquiry.step == query.kind
    else { return }
    advance(&order, inquiry, findings, at: now, &actions)
    orders[key] = order
    wake(at: now, &actions)
  }

  /// What was open when all that is open was asked for, and is not among it, has ended.
  private mutating func missing(from findings: OrderFindings, at now: Moment) {
    guard case .orders = findings, let asked = look.asked else { return }
    look.asked = nil
    for key in live {
      guard var order = orders[key], order.isSeen, !order.status.isFinal, order.confirmed < asked
      else { continue }
      inquire(&order, at: now)
      orders[key] = order
    }
  }

  /// The order was not found by this question: the next one, or the end of a round.
  private mutating func advance(
    _ order: inout TrackedOrder, _ asked: Inquiry, _ findings: OrderFindings, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    var inquiry = asked
    inquiry.isAsked = false
    if case .nothingHeard = findings { inquiry.isRoundWhole = false }
    if inquiry.step == .history, case .orders(_, let covered?) = findings {
      let (sent, slack) = (order.placed.wall, settings.clockSlack)
      inquiry.isCovered =
        covered.lowerBound <= sent - slack && covered.upperBound >= sent + slack
    }
    if let next = OrderQuery.Kind(rawValue: inquiry.step.rawValue + 1) {
      inquiry.step = next
      inquiry.due = now.monotonic
      order.inquiry = inquiry
      return
    }
    inquiry.tries += 1
    inquiry.step = inquiry.isAboutFills ? .fills : .order
    inquiry.due = now.monotonic + Self.pause(after: inquiry.tries)
    if order.confirmed >= inquiry.roundBegan {
      // It is there: what is asked is whether it has been replaced.
      inquiry.emptyRounds = 0
    } else if !inquiry.isAboutFills, inquiry.isRoundWhole, inquiry.isCovered {
      inquiry.emptyRounds += 1
    }
    order.inquiry = inquiry
    if provesAbsence(inquiry, of: order) { declareAbsent(&order, &actions) }
  }

  /// Half a second, doubling up to 8 seconds.
  private static func pause(after tries: Int) -> UInt64 {
    Nanoseconds.milliseconds(500) << UInt64(min(tries - 1, 4))
  }

  /// An order that is nowhere to be found does not exist only if it is old enough, was looked for
  /// often enough, history covers its sending, and no fill came that may be of it.
  private func provesAbsence(_ inquiry: Inquiry, of order: TrackedOrder) -> Bool {
    !inquiry.isAboutFills && inquiry.emptyRounds >= settings.absenceRounds
      && inquiry.roundBegan >= order.placed.monotonic + settings.absenceAge
      && inquiry.isRoundWhole && inquiry.isCovered && !hasStray(like: order)
  }

  private mutating func declareAbsent(
    _ order: inout TrackedOrder, _ actions: inout [OrderAction]
  ) {
    guard !order.status.isFinal else { return order.inquiry = nil }
    counters.notDelivered += 1
    order.reason = order.isSeen ? "not_found" : "not_delivered"
    if order.isSeen {
      end(&order, .cancelled, .cancelled, .restHistory, &actions)
    } else {
      end(&order, .rejected, .rejected, .restHistory, &actions)
    }
  }
}
