import PerpCore
import PerpVenue

/// What keeps accounts safe when clients are gone, or somebody pulls the switch.
struct Safety {
  struct Wanted: Hashable {
    let account: AccountID
    let key: OrderKey
  }

  /// Between two attempts to cancel an order, in nanoseconds.
  static let again = Nanoseconds.milliseconds(500)
  /// Between two attempts to close a position.
  static let flattenAgain = Nanoseconds.seconds(3)

  /// Orders that are cancelled again and again until they have ended, and when next.
  var cancelling: [Wanted: UInt64] = [:]
  /// Orders whose client is gone, which are cancelled at that time unless somebody resumes.
  var orphans: [Wanted: UInt64] = [:]
  /// Since when nothing more may be placed.
  var panicBegan: Moment?
  /// Positions are closed, next at that time.
  var flattensAt: UInt64?
  var flattened: UInt64 = 0
  var windDown: (reason: String, deadline: UInt64)?
  /// Accounts whose venue was told that it need not watch over them, and that have not settled it;
  /// nil before.
  var unreleased: Int?

  var isBusy: Bool { !cancelling.isEmpty || flattensAt != nil || windDown != nil }

  mutating func ended(_ account: AccountID, _ update: OrderUpdate) {
    guard let key = update.key else { return }
    let wanted = Wanted(account: account, key: key)
    cancelling[wanted] = nil
    orphans[wanted] = nil
  }
}

extension Gateway {
  // MARK: Arming

  /// What somebody must type to place live orders.
  package static let confirmation = "ENABLE_LIVE_ORDER"

  /// Without `live` mode there is nothing to arm.
  func isArmed(at now: Moment) -> Bool {
    hello.mode != .live || (armedUntil ?? 0) > now.monotonic
  }

  func arm(
    _ confirmation: String, _ id: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    try requireTrader(client)
    guard hello.mode != .live || limits.allowsLive else {
      throw Refusal(
        Refusal.refused, "not_armed", "live orders need serve --live, or live = true, as well")
    }
    guard confirmation == Self.confirmation else {
      throw Refusal(Refusal.refused, "not_armed", "confirm is not \(Self.confirmation)")
    }
    armedUntil = now.monotonic + limits.armedFor
    (safety.panicBegan, safety.flattensAt) = (nil, nil)
    reply(to: client, id, at: now) { $0.put("armed_s", Int64(limits.armedFor / 1_000_000_000)) }
  }

  /// Nothing that adds to a position is placed unless all of this is so. What only reduces passes
  /// a panic, though that disarms.
  func requireOpenDoors(for terms: OrderTerms, at now: Moment) throws(Refusal) {
    let passesPanic = terms.isReduceOnly && safety.panicBegan != nil
    if safety.panicBegan != nil, !passesPanic {
      throw Refusal(
        Refusal.refused, "panic", "panic is on: arm again with confirm \(Self.confirmation)")
    }
    if safety.windDown != nil {
      throw Refusal(Refusal.refused, "venue_down", "the gateway is about to end")
    }
    guard isJournalSafe else {
      throw Refusal(
        Refusal.refused, "internal", "the journal has failed, so no order can be recorded")
    }
    guard isArmed(at: now) || passesPanic else {
      throw Refusal(
        Refusal.refused, "not_armed", "arm first, with confirm \(Self.confirmation)")
    }
  }

  // MARK: Losses

  /// Stops an account for the rest of the day (UTC) once it has lost more than it may: what adds to
  /// a position is cancelled, and nothing of the kind is placed.
  func stopLoss(of account: TradingAccount, _ asset: String, at now: Moment) {
    let most = orderLimits.maxDailyLoss
    guard most > .zero, !account.isStoppedForLoss(at: now.wall),
      let loss = account.loss(of: asset), loss >= most
    else { return }
    account.stopForLoss(at: now.wall)
    for key in account.live.sorted(by: { $0.description < $1.description })
    where account.orders[key]?.update.terms?.isReduceOnly == false {
      guard case .own = key else { continue }
      insist(on: Safety.Wanted(account: account.id, key: key), at: now)
    }
    receive(
      .error(
        ErrorReport(
          venue: account.id.venue, place: "account", reason: "max_loss",
          message: "\(account.id) has lost \(loss) \(asset) since midnight (UTC), and may lose "
            + "\(most); until the next, only what reduces is placed",
          time: now.wall)), at: now)
  }

  // MARK: Cancelling what must go

  /// How many are cancelled.
  func cancelAll(_ filter: Command.AccountFilter, for client: Client, at now: Moment) -> Int {
    var count = 0
    for account in sortedAccounts
    where (filter.venue ?? account.id.venue) == account.id.venue
      && (filter.account ?? account.id.name) == account.id.name
    {
      let wanted = account.live.sorted(by: { $0.description < $1.description }).filter { key in
        guard let entry = account.orders[key] else { return false }
        return filter.symbol?.matches(entry.update.symbol) ?? true
          && (filter.scope == .account || entry.owner == client.id)
      }
      count += wanted.count
      if filter.scope == .mine {
        for key in wanted { insist(on: Safety.Wanted(account: account.id, key: key), at: now) }
      } else if filter.symbol == nil {
        cancelAll(of: account, at: now)
      } else {
        let symbols = Set(wanted.compactMap { account.orders[$0]?.update.symbol })
        for symbol in symbols.sorted() { cancelAll(of: account, symbol, at: now) }
      }
    }
    return count
  }

  /// All that is open there, known here or not; what is known, again until it has ended.
  private func cancelAll(of account: TradingAccount, _ symbol: Symbol? = nil, at now: Moment) {
    for key in account.live
    where symbol == nil || account.orders[key]?.update.symbol == symbol {
      let wanted = Safety.Wanted(account: account.id, key: key)
      abandon(key, in: account, "all orders are cancelled", at: now)
      safety.orphans[wanted] = nil
      safety.cancelling[wanted] = now.monotonic + Safety.again
    }
    mustWake(by: now.monotonic + Safety.again)
    send(.cancelAll(symbol), to: account, .own)
  }

  /// Cancels the order, and again until it has ended.
  private func insist(on wanted: Safety.Wanted, at now: Moment) {
    guard let account = accounts[wanted.account] else { return }
    abandon(wanted.key, in: account, "\(wanted.key) must go", at: now)
    safety.orphans[wanted] = nil
    safety.cancelling[wanted] = now.monotonic + Safety.again
    mustWake(by: now.monotonic + Safety.again)
    send(.cancel(wanted.key), to: account, .own)
  }

  /// The client is gone: what it has placed is cancelled, now or after the time it may be away.
  func vanish(_ client: Client, at now: Moment) {
    guard !client.hasVanished else { return }
    client.hasVanished = true
    for account in sortedAccounts {
      let own = account.live.filter { account.orders[$0]?.owner == client.id }
      var doomed = own
      let isOfAccount = client.deadMan.scope == .account && client.hasTraded(on: account)
      if isOfAccount { doomed = account.live }
      for key in own { account.setOwner(nil, of: key) }
      guard client.cancelsOnDisconnect else { continue }
      if isOfAccount, client.deadMan.grace == 0 {
        cancelAll(of: account, at: now)
        continue
      }
      for key in doomed.sorted(by: { $0.description < $1.description }) {
        let wanted = Safety.Wanted(account: account.id, key: key)
        guard client.deadMan.grace > 0, safety.windDown == nil else {
          insist(on: wanted, at: now)
          continue
        }
        safety.orphans[wanted] = now.monotonic + client.deadMan.grace
        mustWake(by: now.monotonic + client.deadMan.grace)
      }
    }
  }

  /// Who resumes takes over what somebody else has left behind.
  func adoptOrphans(_ client: Client) {
    for account in accounts.values {
      for key in account.live where account.orders[key]?.owner == nil {
        guard case .own = key else { continue }
        account.setOwner(client.id, of: key)
        safety.orphans[Safety.Wanted(account: account.id, key: key)] = nil
      }
    }
  }

  /// What was placed here, unless its client wants it to stay.
  func cancelForEnd(at now: Moment) {
    for account in sortedAccounts {
      for key in account.live.sorted(by: { $0.description < $1.description }) {
        let wanted = Safety.Wanted(account: account.id, key: key)
        let owner = account.orders[key]?.owner.flatMap { clients[$0] }
        guard owner?.cancelsOnDisconnect == true || safety.orphans[wanted] != nil else { continue }
        insist(on: wanted, at: now)
      }
    }
  }

  func endIfClear(at now: Moment) {
    guard let (reason, deadline) = safety.windDown, !isStopping else { return }
    // Only what is meant to stay is left; while it is not, the venues keep watch.
    if safety.cancelling.isEmpty, safety.unreleased == nil {
      safety.unreleased = accounts.count
      for account in sortedAccounts { send(.release, to: account, .release) }
    }
    guard safety.unreleased == 0 || deadline <= now.monotonic else {
      return mustWake(by: deadline)
    }
    sayGoodbye(reason, at: now)
  }

  // MARK: Panic

  func panic(
    _ flatten: Bool, _ id: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    try requireTrader(client)
    beginPanic(flatten: flatten, at: now)
    let open = accounts.values.reduce(0) { $0 + $1.live.count }
    reply(to: client, id, at: now) { line in
      line.put("cancelling", Int64(open))
      line.put(
        "positions",
        Int64(accounts.values.reduce(0) { $0 + $1.positions.values.count { !$0.0.size.isZero } }))
    }
  }

  /// From here on nothing is placed; all that works is cancelled, and positions are closed if
  /// that is wanted.
  package func beginPanic(flatten: Bool, at now: Moment) {
    safety.panicBegan = safety.panicBegan ?? now
    armedUntil = nil
    for account in sortedAccounts { cancelAll(of: account, at: now) }
    if flatten {
      safety.flattensAt = now.monotonic
      mustWake(by: now.monotonic)
    }
  }

  /// Closes each position by a market order that can only reduce it, one at a time for a market.
  private func flatten(at now: Moment) {
    var isFlat = true
    for account in sortedAccounts {
      for (symbol, row) in account.positions.sorted(by: { $0.key < $1.key })
      where !row.position.size.isZero {
        isFlat = false
        let isUnderWay = account.live.contains {
          account.orders[$0]?.update.symbol == symbol
            && account.orders[$0]?.update.terms?.isReduceOnly == true
        }
        guard !isUnderWay, let market = markets[account.id.venue]?[symbol] else { continue }
        safety.flattened += 1
        let size = row.position.size
        guard let id = ClientOrderID("panic-\(journal.last)-\(safety.flattened)") else { continue }
        let terms = OrderTerms(
          side: size.isNegative ? .buy : .sell, type: .market, timeInForce: .ioc,
          size: size.isNegative ? size.negated : size, isReduceOnly: true)
        var intent = OrderIntent(clientID: id, symbol: symbol, terms: terms)
        let topic = watch(symbol, at: account.id.venue)
        if case .bbo(let quote) = topic.newest {
          let gate = OrderGate(limits: orderLimits)
          intent.bound = gate.bound(
            terms, quote, slippage: orderLimits.slippage, tick: market.tickSize)
        }
        send(.place(intent), to: account, .own)
      }
    }
    safety.flattensAt = isFlat ? nil : now.monotonic + Safety.flattenAgain
  }

  // MARK: Time

  func keepSafe(at now: Moment) {
    for (wanted, due) in safety.orphans.sorted(by: { $0.value < $1.value })
    where due <= now.monotonic { insist(on: wanted, at: now) }
    for account in accounts.values {
      for key in account.live {
        guard let due = account.orders[key]?.expires else { continue }
        guard due <= now.monotonic else {
          mustWake(by: due)
          continue
        }
        account.forgetExpiry(of: key)
        insist(on: Safety.Wanted(account: account.id, key: key), at: now)
      }
    }
    for (wanted, due) in safety.cancelling where due <= now.monotonic {
      guard let account = accounts[wanted.account], account.live.contains(wanted.key) else {
        safety.cancelling[wanted] = nil
        continue
      }
      safety.cancelling[wanted] = now.monotonic + Safety.again
      if account.orders[wanted.key]?.update.isCancelPending != true {
        send(.cancel(wanted.key), to: account, .own)
      }
    }
    if let due = safety.flattensAt, due <= now.monotonic { flatten(at: now) }
    for due in safety.orphans.values { mustWake(by: due) }
    for due in safety.cancelling.values { mustWake(by: due) }
    if let due = safety.flattensAt { mustWake(by: due) }
    endIfClear(at: now)
  }
}

extension Client {
  fileprivate func hasTraded(on account: TradingAccount) -> Bool {
    account.orders.values.contains { $0.owner == id }
  }
}
