import PerpCore

// MARK: - Requests and their answers

extension OrderTracker {
  mutating func note(sent request: OrderRequest, at now: Moment) {
    if case .account(.cancelAll(let symbol)) = request { note(cancelOfAll: symbol, at: now) }
    guard let key = request.key, var order = orders[key] else { return }
    switch request {
    case .account: break
    case .place:
      guard order.status == .pending else { return }
      order.placed = now
      order.answerDue = now.monotonic + settings.answerTimeout
    case .replace:
      guard order.replacement != nil else { return }
      order.replacementSent = now.monotonic
      order.answerDue = now.monotonic + settings.answerTimeout
      // What was asked before it left says nothing about it.
      if order.status != .unknown, order.inquiry?.isAboutFills == false { order.inquiry = nil }
    case .cancel:
      guard order.isCancelPending else { return }
      order.cancelDue =
        now.monotonic + settings.answerTimeout * UInt64(min(max(order.cancelTries, 1), 5))
    }
    orders[order.key] = order
  }

  mutating func fail(
    _ request: OrderRequest, _ reason: String, at now: Moment, _ actions: inout [OrderAction]
  ) {
    if case .account(.cancelAll(let symbol)) = request { cancelEach(of: symbol, at: now, &actions) }
    guard let key = request.key, var order = orders[key] else { return }
    defer { orders[order.key] = order }
    switch request {
    case .account: break
    case .place:
      guard !order.isSeen, !order.status.isFinal else { return contradict(order, reason, &actions) }
      order.reason = reason
      end(&order, .rejected, .rejected, .notSent, &actions)
    case .cancel:
      guard order.isCancelPending else { return }
      order.isCancelPending = false
      order.cancelDue = nil
      tell(.cancelRejected, of: &order, because: reason, &actions)
    case .replace:
      guard order.replacement != nil else { return }
      order.replacement = nil
      order.answerDue = nil
      tell(.replaceRejected, of: &order, because: reason, &actions)
    }
  }

  /// A request came to nothing, and the order stands as it did.
  private mutating func tell(
    _ change: OrderUpdate.Change, of order: inout TrackedOrder, because reason: String,
    code: String? = nil, message: String? = nil, by header: AccountHeader? = nil,
    _ actions: inout [OrderAction]
  ) {
    (order.reason, order.venueCode, order.venueMessage) = (reason, code, message)
    emit(order, change, by: header, &actions)
    (order.reason, order.venueCode, order.venueMessage) = (nil, nil, nil)
  }

  mutating func take(
    _ answer: OrderAnswer, to request: OrderRequest, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    if case .account(.cancelAll(let symbol)) = request {
      // Even where it is said to be done: each order must yet be seen to end.
      if case .accepted = answer {
        note(cancelOfAll: symbol, at: now)
      } else {
        cancelEach(of: symbol, at: now, &actions)
      }
    }
    guard let key = request.key, var order = orders[key] else { return }
    defer { orders[order.key] = order }
    if case .accepted(let id?) = answer { learn(id, of: &order, at: now, &actions) }
    switch request {
    case .account: break
    case .place: take(answer, toPlacing: &order, at: now, &actions)
    case .cancel: take(answer, toCancelling: &order, at: now, &actions)
    case .replace: take(answer, toReplacing: &order, at: now, &actions)
    }
  }

  private mutating func take(
    _ answer: OrderAnswer, toPlacing order: inout TrackedOrder, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    switch answer {
    case .accepted:
      // Taken is not placed: the order must yet be seen.
      if order.status == .pending {
        order.answerDue = now.monotonic + settings.answerTimeout
        if let soon = settings.shownWithin {
          inquire(&order, at: now)
          order.inquiry?.due = now.monotonic + soon
        }
      } else if order.status.isFinal, order.isInferred {
        inquire(&order, at: now)
      }
      if order.isCancelPending, order.cancelDue == nil { sendCancel(of: &order, at: now, &actions) }
    case .refused(let code, let message, let evidence):
      let isDefinite = settings.definiteRefusals.contains(code)
      if order.isSeen, isDefinite { return contradict(order, "refused \(code)", &actions) }
      guard !order.isSeen, !order.status.isFinal else { return counters.lateReports += 1 }
      // Of an order in doubt already nothing is told.
      if isDefinite || order.status != .unknown {
        (order.venueCode, order.venueMessage) = (code, message)
      }
      if isDefinite {
        order.reason = settings.reason(of: code)
        end(&order, .rejected, .rejected, evidence, &actions)
      } else {
        doubt(&order, "unproven_refusal", at: now, &actions)
      }
    case .duplicate: doubt(&order, "duplicate_client_id", at: now, &actions)
    case .notFound, .none: doubt(&order, "no_answer", at: now, &actions)
    }
  }

  /// A cancel has no end of its own: the order's end, or that it still works, is looked up.
  private mutating func take(
    _ answer: OrderAnswer, toCancelling order: inout TrackedOrder, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    guard !order.status.isFinal else { return }
    switch answer {
    case .accepted:
      order.cancelDue = now.monotonic + (settings.shownWithin ?? settings.answerTimeout)
    case .refused(let code, let message, _):
      guard order.isCancelPending else { return }
      order.isCancelPending = false
      order.cancelDue = nil
      tell(
        .cancelRejected, of: &order, because: settings.reason(of: code), code: code,
        message: message, &actions)
      inquire(&order, at: now)
    case .notFound, .duplicate, .none: inquire(&order, at: now)
    }
  }

  private mutating func take(
    _ answer: OrderAnswer, toReplacing order: inout TrackedOrder, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    guard order.replacement != nil else { return }
    switch answer {
    case .accepted: order.answerDue = now.monotonic + settings.answerTimeout
    case .refused(let code, let message, _):
      order.replacement = nil
      order.answerDue = nil
      tell(
        .replaceRejected, of: &order, because: settings.reason(of: code), code: code,
        message: message, &actions)
      inquire(&order, at: now)
    case .notFound, .duplicate, .none: inquire(&order, at: now)
    }
  }
}

// MARK: - What the venue shows

extension OrderTracker {
  mutating func take(
    _ report: OrderReport, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard let key = key(of: report, at: now) else { return }
    var order = orders[key]!
    defer { orders[key] = order }
    if let id = report.orderID {
      guard !order.formerOrderIDs.contains(id) else { return counters.lateReports += 1 }
      learn(id, of: &order, at: now, &actions)
    }
    guard report.filled.map(order.admits) ?? true else {
      return contradict(order, "filled beyond its size", &actions)
    }
    settleReplacement(of: &order, by: report, &actions)
    let before = order
    if let filled = report.filled { order.reportedFilled = max(order.reportedFilled, filled) }
    if report.state == .filled, report.filled == nil, let size = order.terms?.size {
      order.reportedFilled = max(order.reportedFilled, size)
    }
    if let average = report.averagePrice, order.filled > before.filled || before.filled.isZero {
      order.reportedAverage = average
    }
    judge(&order, by: report, before: before, at: now, &actions)
    if order.status.isFinal, order.lacksFills { inquire(&order, aboutFills: true, at: now) }
  }

  /// The order a report is about. An order that is not ours is followed from here on if it is
  /// open, or if fills of it wait.
  private mutating func key(of report: OrderReport, at now: Moment) -> OrderKey? {
    if let client = report.clientID, let order = orders[.own(client)], order.orderID == nil {
      return order.key
    }
    if let id = report.orderID, let key = keysByOrderID[id] { return key }
    if let name = report.name, let key = keysByName[name] { return key }
    guard let id = report.orderID else { return nil }
    let isOver = [.filled, .cancelled, .rejected, .expired].contains(report.state)
    guard !isOver || strays.contains(where: { $0.fill.orderID == id }) else { return nil }
    let key = OrderKey.foreign(id)
    var order = TrackedOrder(
      key: key, symbol: report.symbol, name: report.name, terms: report.terms, placed: now)
    order.orderID = id
    orders[key] = order
    keysByOrderID[id] = key
    live.append(key)
    return key
  }

  /// What the report's status does to the order's, by the table; `before` is without its figures.
  private mutating func judge(
    _ order: inout TrackedOrder, by report: OrderReport, before: TrackedOrder, at now: Moment,
    _ actions: inout [OrderAction]
  ) {
    let status = order.status(for: report.state)
    let isRise = order.filled > before.filled
    let header = header(report.venueTime, report.received)
    order.isSeen = true
    order.flags = report.flags ?? order.flags
    if !status.isFinal { order.confirmed = now.monotonic }
    if order.replacement != nil, status == .cancelled {
      // The venue may replace by cancelling; the order itself tells.
      return inquire(&order, at: now)
    }
    let isOverruled = order.isInferred || (status == .filled && order.status == .cancelled)
    let ruling =
      order.status.isFinal && status != order.status && isOverruled
      ? .enter : OrderRuling(from: order.status, to: status)
    switch ruling {
    case .enter:
      (order.reason, order.venueCode) = (report.reason, report.venueCode)
      order.venueMessage = report.venueMessage
      if status == .unknown { order.reason = "unrecognised_status" }
      let isRestated = order.status.isFinal
      order.isInferred = false
      set(&order, status, evidence: report.evidence, &actions)
      if isRestated { counters.restated += 1 }
      emit(order, isRestated ? .restated : status.change, by: header, &actions)
      settle(&order, at: now, &actions)
    case .stay:
      order.isInferred = order.isInferred && !order.status.isFinal
      if isRise {
        order.evidence = report.evidence
        emit(order, order.status.isFinal ? .restated : .fill, by: header, &actions)
      } else if order.status.isFinal, order.flags != before.flags {
        // Fills came first, and no other line would tell them.
        emit(order, .status, by: header, &actions)
      }
      settle(&order, at: now, &actions)
    case .late:
      counters.lateReports += 1
      if isRise { emit(order, order.status.isFinal ? .restated : .fill, by: header, &actions) }
    case .contradiction:
      order.reportedFilled = before.reportedFilled
      contradict(order, "\(status.rawValue) after \(order.status.rawValue)", &actions)
    }
  }

  /// A report tells whether a replacement came to be: the order has the new terms, or, asked for
  /// when the request was void, the old ones.
  private mutating func settleReplacement(
    of order: inout TrackedOrder, by report: OrderReport, _ actions: inout [OrderAction]
  ) {
    guard let wanted = order.replacement, let found = report.terms else { return }
    if found.price == wanted.price, found.size == wanted.size {
      order.terms = wanted
      order.replacement = nil
      order.answerDue = nil
      emit(order, .replaced, by: header(report.venueTime, report.received), &actions)
    } else if report.evidence != .webSocket, let inquiry = order.inquiry, inquiry.isAsked,
      inquiry.roundBegan >= order.replacementSent + settings.absenceAge
    {
      order.replacement = nil
      order.answerDue = nil
      tell(
        .replaceRejected, of: &order, because: "not_applied",
        by: header(report.venueTime, report.received), &actions)
    }
  }

  /// The state is proven: what waited for it goes on.
  private mutating func settle(
    _ order: inout TrackedOrder, at now: Moment, _ actions: inout [OrderAction]
  ) {
    guard order.status != .unknown else { return inquire(&order, at: now) }
    if order.status != .pending, order.replacement == nil { order.answerDue = nil }
    if order.inquiry?.isAboutFills == false, order.replacement == nil { order.inquiry = nil }
    guard order.isCancelPending, order.cancelDue == nil || order.cancelDue! <= now.monotonic else {
      return
    }
    sendCancel(of: &order, at: now, &actions)
  }
}

extension OrderStatus {
  /// What happened to an order that has come to this.
  fileprivate var change: OrderUpdate.Change {
    switch self {
    case .open: .new
    case .partiallyFilled, .filled: .fill
    case .cancelled: .cancelled
    case .rejected: .rejected
    case .expired: .expired
    case .pending, .unknown: .status
    }
  }
}
