import PerpCore

// MARK: - One request for all orders

extension OrderTracker {
  /// What the venue has not shown yet may come to it after that request: it is cancelled by itself.
  mutating func cancelAll(
    of symbol: Symbol?, at now: Moment, _ actions: inout [OrderAction]
  ) {
    actions.append(.send(.account(.cancelAll(symbol))))
    for key in live {
      guard var order = orders[key], order.isOf(symbol), !order.status.isFinal,
        !order.isCancelPending
      else { continue }
      order.isCancelPending = true
      order.isCancelledWithAll = order.isSeen
      emit(order, .pendingCancel, &actions)
      if order.isSeen {
        order.cancelDue = now.monotonic + settings.answerTimeout
      } else {
        sendCancel(of: &order, at: now, &actions)
      }
      orders[key] = order
    }
  }

  /// The request is on its way, or the venue has taken it: the orders must be seen to end soon.
  mutating func note(cancelOfAll symbol: Symbol?, at now: Moment) {
    for key in live where orders[key]?.isCancelled(withAllOf: symbol) == true {
      orders[key]?.cancelDue = now.monotonic + settings.answerTimeout
    }
  }

  /// The venue has no such request, did not take it, or nobody knows.
  mutating func cancelEach(
    of symbol: Symbol?, at now: Moment, _ actions: inout [OrderAction]
  ) {
    for key in live {
      guard var order = orders[key], order.isCancelled(withAllOf: symbol) else { continue }
      sendCancel(of: &order, at: now, &actions)
      orders[key] = order
    }
  }
}

extension TrackedOrder {
  fileprivate func isOf(_ symbol: Symbol?) -> Bool { symbol == nil || symbol == self.symbol }

  fileprivate func isCancelled(withAllOf symbol: Symbol?) -> Bool {
    isCancelPending && isCancelledWithAll && isOf(symbol)
  }
}
