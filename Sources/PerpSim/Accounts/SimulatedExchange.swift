import PerpCore

/// The accounts of a simulated venue: what every exchange does with orders, whatever its wire. It
/// stands beside the venue's `SimulatedMarket`s, which are lent to it for each operation and have
/// the books; its accounts are numbered from 1, as owners of orders in them are.
///
/// Each operation first lets pass what is due in the market, and appends all that happened to a
/// `Consequences`.
package struct SimulatedExchange: Sendable {
  package internal(set) var rules: ExchangeRules
  package internal(set) var markets: [ExchangeMarket]
  package internal(set) var accounts: [UInt32: ExchangeAccount] = [:]
  /// All that are known, ended ones as far as history goes.
  package internal(set) var orders: [UInt64: ExchangeOrder] = [:]
  var numbers: [String: UInt64] = [:]
  var lastOrder: UInt64 = 0
  var lastFill: UInt64 = 0
  /// Of each market.
  var agendas: [Agenda]
  /// Accounts whose balance is to be told at the end of the operation.
  var touched: Set<UInt32> = []

  /// What is to come in a market by itself.
  struct Agenda: Sendable {
    var delayed = EventQueue<Delayed>()
    /// Stop and take-profit orders that wait for their price.
    var untriggered: [UInt64] = []
    /// Orders that have an end.
    var expiring: [UInt64] = []
    /// When the first of them ends, on the monotonic clock.
    var nextExpiry: UInt64 = .max
  }

  enum Delayed: Sendable {
    case placing(UInt64)
    case cancelling(UInt64, ExchangeCause)
    case modifying(UInt64, price: Decimal?, size: Decimal?)
  }

  package init(rules: ExchangeRules, markets: [ExchangeMarket]) {
    self.rules = rules
    self.markets = markets
    agendas = markets.map { _ in Agenda() }
  }

  /// Opens an account with its starting collateral. Numbers begin at 1.
  package mutating func open(
    _ number: UInt32, collateral: Decimal? = nil, fees: FeeRates? = nil
  ) {
    precondition(number >= 1, "0 is the crowd")
    accounts[number] = ExchangeAccount(
      number: number, balance: collateral ?? rules.startingCollateral, fees: fees ?? rules.fees,
      positions: markets.indices.map {
        ExchangePosition(account: number, market: $0, leverage: markets[$0].maxLeverage)
      })
  }

  /// That of the next order to be taken in.
  package var nextNumber: UInt64 { lastOrder + 1 }

  package func order(named name: String) -> ExchangeOrder? {
    numbers[name].flatMap { orders[$0] }
  }

  /// The latest that had the client id.
  package func order(client: String, of account: UInt32) -> ExchangeOrder? {
    accounts[account]?.clientIDs[client].flatMap { orders[$0] }
  }

  /// Oldest first.
  package func openOrders(of account: UInt32, market: Int? = nil) -> [ExchangeOrder] {
    (accounts[account]?.openOrders ?? []).compactMap { orders[$0] }
      .filter { market == nil || $0.market == market }
  }

  /// Latest first.
  package func history(of account: UInt32, market: Int? = nil) -> [ExchangeOrder] {
    (accounts[account]?.history ?? []).reversed().compactMap { orders[$0] }
      .filter { market == nil || $0.market == market }
  }

  package func position(of account: UInt32, market: Int) -> ExchangePosition? {
    guard var position = accounts[account]?.positions[market] else { return nil }
    position.mark = markets[market].mark
    return position
  }

  /// Sets the leverage of an account in a market; false beyond the market's greatest, below 1, or
  /// where the margin would not suffice.
  package mutating func setLeverage(_ leverage: Decimal, of account: UInt32, market: Int) -> Bool {
    guard let old = accounts[account]?.positions[market].leverage, leverage >= Decimal(1),
      leverage <= markets[market].maxLeverage
    else { return false }
    let before = balance(of: account, at: 0)
    accounts[account]?.positions[market].leverage = leverage
    if let before, let after = balance(of: account, at: 0), after.marginUsed > before.marginUsed,
      after.marginUsed > after.equity
    {
      accounts[account]?.positions[market].leverage = old
      return false
    }
    return true
  }

  /// When something is due in a market, on the monotonic clock: an order of the crowd, or of an
  /// account that was delayed, or the end of one.
  package func deadline(of market: borrowing SimulatedMarket, _ index: Int) -> UInt64 {
    min(market.deadline, ownDeadline(index))
  }

  func ownDeadline(_ index: Int) -> UInt64 {
    min(agendas[index].delayed.deadline ?? .max, agendas[index].nextExpiry)
  }
}

extension SimulatedExchange {
  /// What an account has; nil of an unknown account.
  package func balance(of number: UInt32, at time: Int64) -> ExchangeBalance? {
    balance(of: number, at: time, counting: nil)
  }

  /// With one order as if it were in the book.
  func balance(of number: UInt32, at time: Int64, counting extra: UInt64?) -> ExchangeBalance? {
    guard let account = accounts[number] else { return nil }
    let (equity, maintenance) = solvency(of: account)
    var used = Decimal.zero
    for (index, exposure) in exposures(of: account, counting: extra) where !exposure.isZero {
      used = used.plus(margin(for: exposure, account, index))
    }
    return ExchangeBalance(
      account: number, time: time, total: account.balance.trimmed, equity: equity.trimmed,
      marginUsed: used.trimmed, maintenance: maintenance.trimmed,
      available: max(.zero, equity.minus(used)).trimmed)
  }

  func margin(for exposure: Decimal, _ account: ExchangeAccount, _ index: Int) -> Decimal {
    exposure.times(markets[index].mark)
      .divided(by: account.positions[index].leverage, scale: 12) ?? .zero
  }

  /// The largest position that each market's open orders can lead to, in base units.
  func exposures(
    of account: ExchangeAccount, counting extra: UInt64?
  ) -> [(market: Int, size: Decimal)] {
    var buys: [Int: Decimal] = [:]
    var sells: [Int: Decimal] = [:]
    for number in account.openOrders {
      guard let order = orders[number], order.status == .open || number == extra,
        !order.terms.isReduceOnly
      else { continue }
      if order.terms.side == .buy {
        buys[order.market, default: .zero] = (buys[order.market] ?? .zero).plus(order.remaining)
      } else {
        sells[order.market, default: .zero] = (sells[order.market] ?? .zero).plus(order.remaining)
      }
    }
    return markets.indices.map { index in
      let size = account.positions[index].size
      let long = size.plus(buys[index] ?? .zero)
      let short = size.minus(sells[index] ?? .zero)
      return (index, max(long.magnitude, short.magnitude))
    }
  }

  /// Whether the account can afford that the order is in the book. What does not raise the margin
  /// it can always afford.
  func affords(_ order: ExchangeOrder) -> Bool {
    guard !order.terms.isReduceOnly, let before = balance(of: order.account, at: 0),
      let after = balance(of: order.account, at: 0, counting: order.number)
    else { return true }
    return after.marginUsed <= max(before.marginUsed, before.equity)
  }
}
