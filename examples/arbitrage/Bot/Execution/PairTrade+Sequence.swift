import PerpCore

/// Where a trade is whose orders follow each other: the first leg is filled, and each of its fills
/// is hedged as it comes. (S1-47, S2-26)
struct LegSequence: Equatable, Sendable {
  /// What is filled of the first leg and not of the second is being hedged.
  struct Hedging: Equatable, Sendable {
    /// On the monotonic clock.
    let began: UInt64
    /// Orders that rested, and that took.
    var rests = 0
    var takes = 0
    var next: UInt64
  }

  static let maxRefusals = 5

  var resting: Resting
  /// More of the first leg is wanted.
  var isAcquiring: Bool
  /// Hedges do not rest any more.
  var isHurried = false
  /// Orders of the first leg, and how many in a row have ended by themselves without a fill.
  var tries = 1
  var refusals = 0
  /// When the first leg may be ordered again, on the monotonic clock; nil while an order of it has
  /// not ended.
  var next: UInt64?
  var hedging: Hedging?
  /// When there is more to do for it, on the monotonic clock; nil: nothing, unless something is
  /// heard.
  var due: UInt64?

  init(_ style: LegStyle, _ resting: Resting, isAcquiring: Bool) {
    self.resting = resting
    self.isAcquiring = isAcquiring && style == .makerTaker
  }

  mutating func wait(until time: UInt64) { due = min(due ?? time, time) }
}

// MARK: - One leg after the other

extension PairTrade {
  /// Nothing more of the first leg is wanted, and what is filled of it is hedged at once.
  package mutating func giveUp(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    guard sequence?.isHurried == false else { return }
    sequence?.isAcquiring = false
    sequence?.isHurried = true
    proceed(at: now, view, &outbox)
  }

  /// What is to be ordered and cancelled now. Once nothing of that is left, and all orders have
  /// ended, what still stands alone is undone as in any trade.
  mutating func pursue(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    guard sequence != nil else { return }
    sequence?.due = nil
    judgeHedge(at: now)
    pull(at: now, view, &outbox)
    hedge(at: now, view, &outbox)
    acquire(at: now, view, &outbox)
  }

  /// A hedge that fails, or that nobody hears of, ends the first leg: nothing is added to what may
  /// have to be undone. (B-06)
  private mutating func judgeHedge(at now: Moment) {
    guard let last = hedges.last else { return }
    if last.isSettled {
      if last.result.state == .filled {
        sequence?.hedging = nil
      } else if !last.ticket.isPostOnly {
        sequence?.isAcquiring = false
      }
    } else if !last.ticket.mayRest, let sent = last.sent, sequence?.isAcquiring == true {
      let limit = sent + settings.queryInterval
      if limit <= now.monotonic {
        sequence?.isAcquiring = false
      } else {
        sequence?.wait(until: limit)
      }
    }
  }

  // MARK: Orders that rest

  /// Cancels what has rested long enough, or must not rest any more.
  private mutating func pull(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    guard let sequence else { return }
    for index in legs.indices where legs[index].ticket.mayRest && !legs[index].isSettled {
      guard legs[index].cancelSent == nil else { continue }
      let end: UInt64
      if legs[index].ticket.listing == record.first.listing {
        // Without a price to hedge at nothing may be filled. (B-05)
        let mayRest = sequence.isAcquiring && view.quote(record.second.listing, at: now) != nil
        end = mayRest ? (legs[index].sent ?? 0) + sequence.resting.wait : 0
      } else {
        // Counted from the beginning, so that cancels do not prolong what is unhedged.
        let rests = UInt64(sequence.hedging?.rests ?? 0)
        let began = sequence.hedging?.began ?? 0
        end = sequence.isHurried ? 0 : began + rests * sequence.resting.wait
      }
      if now.monotonic < end {
        self.sequence?.wait(until: end)
      } else {
        let id = legs[index].ticket.clientID
        legs[index].cancelSent = now.monotonic
        if end > 0 { tellUnfilled(after: sequence.resting.wait, &outbox) }
        outbox.send(.cancel(id), for: .cancel(clientID: id))
      }
    }
  }

  // MARK: The second leg

  private var hedges: [Leg] {
    legs.filter { $0.ticket.listing == record.second.listing }
  }

  /// One hedge at a time, whose outcome is proven before the next.
  private mutating func hedge(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    guard var sequence, hedges.allSatisfy(\.isSettled),
      let rules = view.rules(record.second.listing)
    else { return }
    defer { self.sequence = sequence }
    // What takes is filled in pieces, and its end is near: one hedge for all of them.
    if let first = legs.first, !first.isSettled, !first.ticket.mayRest, let sent = first.sent,
      now.monotonic < sent + settings.queryInterval
    {
      return sequence.wait(until: sent + settings.queryInterval)
    }
    let side = record.second.side
    let quote = view.quote(record.second.listing, at: now)
    let worth = quote?.price(for: side) ?? record.second.price ?? .zero
    // What is too little for the market waits for more, or is undone in the end.
    guard let size = try? rules.size(reservation().mayHedge, at: worth) else { return }
    var hedging =
      sequence.hedging ?? LegSequence.Hedging(began: now.monotonic, next: now.monotonic)
    defer { sequence.hedging = hedging }
    guard hedging.takes < settings.hedgeTries else { return sequence.isAcquiring = false }
    guard hedging.next <= now.monotonic else { return sequence.wait(until: hedging.next) }
    hedging.next = now.monotonic + settings.delay(after: hedging.rests + hedging.takes)
    let mayRest =
      record.style == .takerMaker && !sequence.isHurried && hedging.rests < sequence.resting.tries
    if mayRest, let quote, let price = try? sequence.resting.price(side, quote, rules) {
      hedging.rests += 1
      var ticket = ticket("h", record.second, size, price)
      ticket.isPostOnly = true
      sequence.wait(until: hedging.began + UInt64(hedging.rests) * sequence.resting.wait)
      add(ticket, at: now, &outbox)
    } else {
      hedging.takes += 1
      var ticket = ticket(
        "h", record.second, size,
        quote.flatMap {
          try? rules.emulatedMarket(side, against: $0, offset: settings.offset)
        })
      ticket.timeInForce = ticket.price == nil ? nil : .ioc
      add(ticket, at: now, &outbox)
    }
  }

  // MARK: The first leg

  /// The first leg is ordered again at the price of now, once its order has ended.
  private mutating func acquire(at now: Moment, _ view: MarketView, _ outbox: inout Outbox) {
    let orders = legs.filter { $0.ticket.listing == record.first.listing }
    guard var sequence, sequence.isAcquiring, let last = orders.last,
      orders.allSatisfy(\.isSettled)
    else { return }
    defer { self.sequence = sequence }
    if sequence.next == nil {
      let isRefused = last.cancelSent == nil && last.result.filled.isZero
      let delay = isRefused ? settings.delay(after: sequence.refusals) : 0
      sequence.refusals = isRefused ? sequence.refusals + 1 : 0
      sequence.next = now.monotonic + delay
    }
    sequence.isAcquiring =
      last.result.state != .filled && sequence.tries < sequence.resting.tries
      && sequence.refusals < LegSequence.maxRefusals
    guard sequence.isAcquiring, let next = sequence.next else { return }
    guard next <= now.monotonic else { return sequence.wait(until: next) }
    sequence.tries += 1
    do throws(MarketRules.Refusal) {
      if let ticket = try makerTicket(view, at: now) {
        sequence.next = nil
        sequence.wait(until: now.monotonic + sequence.resting.wait)
        add(ticket, at: now, &outbox)
      } else {
        sequence.next = now.monotonic + sequence.resting.wait
        sequence.wait(until: now.monotonic + sequence.resting.wait)
      }
    } catch {
      // What is left is too little to be ordered, or to be hedged.
      sequence.isAcquiring = false
    }
  }

  /// Nil while there are no prices.
  private func makerTicket(
    _ view: MarketView, at now: Moment
  ) throws(MarketRules.Refusal) -> OrderTicket? {
    guard let resting = sequence?.resting, let quote = view.quote(record.first.listing, at: now),
      let other = view.quote(record.second.listing, at: now),
      let rules = view.rules(record.first.listing),
      let otherRules = view.rules(record.second.listing)
    else { return nil }
    let price = try resting.price(record.first.side, quote, rules)
    let target = resting.value.map { $0.over(price).floored(to: resting.step) }
    let wanted = reservation(target ?? record.first.size).mayAcquire.floored(to: otherRules.lot)
    let size = try rules.size(wanted, at: price)
    _ = try otherRules.size(size, at: other.price(for: record.second.side))
    var ticket = ticket("m", record.first, size, price)
    ticket.isPostOnly = true
    return ticket
  }

  // MARK: Both

  /// Orders that have not ended count as if they were filled. (B-06)
  private func reservation(_ target: Decimal = .zero) -> Reservation {
    var reservation = Reservation(target: target)
    for leg in legs {
      let (filled, side) = (leg.result.filled, leg.ticket.side)
      let working = leg.isSettled ? Decimal.zero : leg.ticket.size.minus(filled)
      if leg.ticket.listing == record.first.listing, side == record.first.side {
        reservation.firstFilled = reservation.firstFilled.plus(filled)
        reservation.firstWorking = reservation.firstWorking.plus(working)
      } else if leg.ticket.listing == record.second.listing, side == record.second.side {
        reservation.secondFilled = reservation.secondFilled.plus(filled)
        reservation.secondWorking = reservation.secondWorking.plus(working)
      }
    }
    return reservation
  }

  /// One more order of a leg, under a name of its own.
  private func ticket(
    _ kind: String, _ leg: OrderTicket, _ size: Decimal, _ price: Decimal?
  ) -> OrderTicket {
    let index = leg.listing == record.first.listing ? 0 : 1
    return OrderTicket(
      leg.listing, clientID: name(kind), side: leg.side, size: size, price: price,
      isReduceOnly: leg.isReduceOnly && closes(leg.side, at: index) >= size)
  }
}
