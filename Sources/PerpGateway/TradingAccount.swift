import PerpCore
import PerpVenue

/// What the gateway knows of one account, from what was told of it.
final class TradingAccount {
  /// An order as it was told last.
  struct Entry {
    var update: OrderUpdate
    /// Of the newest line and of the first.
    var sequence: UInt64
    let first: UInt64
    /// Whose it is: it is cancelled when its owner vanishes. Nil of foreign orders, and of those
    /// of an earlier run, which belong to nobody until somebody resumes.
    var owner: ClientID?
    /// On the monotonic clock: it is cancelled then.
    var expires: UInt64?
  }

  /// Ended orders that are remembered.
  static let keptFinal = 10_000

  let id: AccountID
  var state = AccountStatus.State.down
  var cause = "starting"
  private(set) var orders: [OrderKey: Entry] = [:]
  private(set) var live: Set<OrderKey> = []
  private var finals = RecentSet<OrderKey>(capacity: keptFinal)
  private(set) var positions: [Symbol: (position: Position, sequence: UInt64)] = [:]
  private(set) var balances: [String: (balance: Balance, sequence: UInt64)] = [:]
  /// What there was of each asset when the day began, or was heard of first.
  private var openings: [String: (day: Int64, total: Decimal)] = [:]
  /// The day, counted from the epoch, on which more was lost than may be.
  private(set) var lossDay: Int64?

  /// How often orders came to each change, and how many fills there were, in this run.
  private(set) var changes: [OrderUpdate.Change: UInt64] = [:]
  var fills: UInt64 = 0
  /// What the venue allows, by what is counted, as it was told last.
  var rates: [String: RateUse] = [:]

  /// Orders that are about to be, and whose they are.
  private var claims: [OrderKey: (owner: ClientID, expires: UInt64?)] = [:]
  /// What follows orders that are being cancelled.
  var successions: [OrderKey: Succession] = [:]
  /// Orders that may be placed within a minute.
  var window: RollingWindow

  init(_ id: AccountID, ordersPerMinute: Int) {
    self.id = id
    window = RollingWindow(limit: max(1, ordersPerMinute), per: Nanoseconds.seconds(60))
  }

  /// The client is about to place this order.
  func claim(_ key: OrderKey, for owner: ClientID, expires: UInt64?) {
    if orders[key] == nil { claims[key] = (owner, expires) }
  }

  /// It was not placed.
  func disclaim(_ key: OrderKey) { claims[key] = nil }

  func note(_ update: OrderUpdate, sequence: UInt64) {
    if sequence > 0 { changes[update.change, default: 0] += 1 }
    guard let key = update.key else { return }
    let known = orders[key]
    let claim = claims.removeValue(forKey: key)
    orders[key] = Entry(
      update: update, sequence: sequence, first: known?.first ?? sequence,
      owner: claim?.owner ?? known?.owner, expires: claim?.expires ?? known?.expires)
    if update.status.isFinal {
      live.remove(key)
      if let oldest = finals.insert(key), !live.contains(oldest) { orders[oldest] = nil }
    } else {
      live.insert(key)
    }
  }

  func note(_ position: Position, sequence: UInt64) {
    positions[position.symbol] = (position, sequence)
  }

  /// `wall` in microseconds since the epoch.
  func note(_ balance: Balance, sequence: UInt64, at wall: Int64) {
    let day = Self.day(wall)
    let known = balances[balance.asset]?.balance.total
    if openings[balance.asset]?.day != day {
      openings[balance.asset] = (day, known ?? balance.total)
    }
    balances[balance.asset] = (balance, sequence)
  }

  /// What was lost of an asset since the day began; negative: won.
  func loss(of asset: String) -> Decimal? {
    guard let opening = openings[asset], let total = balances[asset]?.balance.total else {
      return nil
    }
    return opening.total.subtracting(total)
  }

  func stopForLoss(at wall: Int64) { lossDay = Self.day(wall) }

  func isStoppedForLoss(at wall: Int64) -> Bool { lossDay == Self.day(wall) }

  /// Days since the epoch, UTC.
  private static func day(_ wall: Int64) -> Int64 { wall / 86_400_000_000 }

  func setOwner(_ owner: ClientID?, of key: OrderKey) { orders[key]?.owner = owner }

  /// It is cancelled for its age once.
  func forgetExpiry(of key: OrderKey) { orders[key]?.expires = nil }

  /// An order by the venue's id, ours or not.
  func key(ofOrder id: ShortText) -> OrderKey? {
    live.first { orders[$0]?.update.orderID == id }
      ?? orders.first { $0.value.update.orderID == id }?.key
  }

  /// In base units, with the orders that work taken as filled, on that side alone.
  func exposure(of symbol: Symbol, _ side: Side) -> Decimal? {
    var total = positions[symbol]?.position.size ?? .zero
    if side == .sell { total = total.negated }
    for key in live {
      guard let update = orders[key]?.update, update.symbol == symbol, let terms = update.terms,
        terms.side == side, !terms.isReduceOnly
      else { continue }
      guard let sum = total.adding(update.remaining ?? terms.size) else { return nil }
      total = sum
    }
    return total
  }
}

extension OrderUpdate {
  /// Nil of an order that has neither name nor id.
  var key: OrderKey? { clientID.map(OrderKey.own) ?? orderID.map(OrderKey.foreign) }
}
