/// A rule that a transaction breaks, which the venue and its official library refuse to take.
struct LighterSigningRule: Error, Equatable, CustomStringConvertible {
  /// The member, as the venue calls it.
  let member: String
  let reason: String

  var description: String { "\(member) \(reason)" }
}

extension LighterTransaction {
  /// Throws the first rule that is broken. (elliottech/lighter-go, `Validate`.)
  func check() throws(LighterSigningRule) {
    try Self.require("AccountIndex", account, in: 0...LighterLimit.account)
    try Self.require("ApiKeyIndex", apiKey, in: 0...LighterLimit.apiKey)
    try Self.require("Nonce", nonce, in: 0...LighterLimit.nonce)
    try Self.require("ExpiredAt", expiredAt, in: 0...LighterLimit.time)
    try checkBody()
    try checkAttributes()
  }

  private func checkBody() throws(LighterSigningRule) {
    switch body {
    case .createOrder(let order): try order.check()
    case .cancelOrder(let market, let index):
      try Self.require("MarketIndex", market, in: 0...LighterLimit.market)
      try Self.require("Index", index, in: 1...LighterLimit.orderIndex)
    case .cancelAllOrders(let timeInForce, let time):
      try Self.require("TimeInForce", timeInForce, in: 0...2)
      try Self.require("Time", time, in: timeInForce == 1 ? 1...LighterLimit.time : 0...0)
    case .modifyOrder(let order): try order.check()
    case .createGroupedOrders(let grouping, let orders):
      try Self.require("GroupingType", grouping, in: 1...3)
      let count = grouping == 3 ? 3 : 2
      guard orders.count == count else {
        throw LighterSigningRule(member: "Orders", reason: "must be \(count) of this grouping")
      }
      for (index, order) in orders.enumerated() {
        let isChild = index > 0 && grouping != 2
        try order.check(mayLackSize: isChild)
      }
    case .updateLeverage(let market, let fraction, let mode):
      try Self.require("MarketIndex", market, in: 0...LighterLimit.market)
      try Self.require("InitialMarginFraction", fraction, in: 1...10_000)
      try Self.require("MarginMode", mode, in: 0...1)
    case .updateMargin(let market, let amount, let direction):
      try Self.require("MarketIndex", market, in: 0...LighterLimit.market)
      try Self.require("USDCAmount", amount, in: 1...LighterLimit.amount)
      try Self.require("Direction", direction, in: 0...1)
    case .transfer(let transfer):
      try Self.require("ToAccountIndex", transfer.toAccount, in: 0...LighterLimit.account)
      try Self.require("Amount", transfer.amount, in: 1...LighterLimit.amount)
      try Self.require("USDCFee", transfer.fee, in: 0...LighterLimit.amount)
      try Self.require("Memo", Int64(transfer.memo.count), in: 32...32)
    case .withdraw(_, _, let amount):
      try Self.require("Amount", amount, in: 1...LighterLimit.amount)
    case .approveIntegrator(let approval):
      try Self.require("ApprovalExpiry", approval.expiry, in: 0...LighterLimit.time)
    case .changePublicKey, .createSubAccount, .setAccountTradingMode, .setAssetMarginMode: break
    }
  }

  private func checkAttributes() throws(LighterSigningRule) {
    guard attributes.count <= 4 else {
      throw LighterSigningRule(member: "L2TxAttributes", reason: "are more than four")
    }
    let hasFees =
      attributes[.integratorTakerFee] != 0 || attributes[.integratorMakerFee] != 0
    guard !hasFees || attributes[.integratorAccount] != 0 else {
      throw LighterSigningRule(
        member: "IntegratorAccountIndex", reason: "must be given with integrator fees")
    }
    let (behavior, equality) = (attributes[.selfTradeBehavior], attributes[.selfTradeEquality])
    guard !hasFees || behavior == 0 && equality == 0 else {
      throw LighterSigningRule(
        member: "SelfTradeBehaviorMode", reason: "is not allowed with integrator fees")
    }
    try Self.require("SelfTradeBehaviorMode", behavior, in: 0...3)
    try Self.require("SelfTradeEqualityMode", equality, in: 0...1)
    guard behavior != 3 || equality == 0 else {
      throw LighterSigningRule(
        member: "SelfTradeEqualityMode", reason: "must be 0 with a behavior of 3")
    }
    try Self.require("SkipTxNonce", attributes[.skipNonce], in: 0...1)
    try Self.require("OrderVersion", attributes[.orderVersion], in: 0...LighterLimit.clientIndex)
  }

  fileprivate static func require(
    _ member: String, _ value: Int64, in range: ClosedRange<Int64>
  ) throws(LighterSigningRule) {
    guard range.contains(value) else {
      let reason =
        range.lowerBound == range.upperBound
        ? "must be \(range.lowerBound)" : "must be from \(range.lowerBound) to \(range.upperBound)"
      throw LighterSigningRule(member: member, reason: "is \(value) and \(reason)")
    }
  }
}

extension LighterTransaction.Order {
  /// `mayLackSize` is for orders that take their size from another one.
  fileprivate func check(mayLackSize: Bool = false) throws(LighterSigningRule) {
    let require = LighterTransaction.require
    try require("MarketIndex", market, 0...LighterLimit.market)
    try require("ClientOrderIndex", clientIndex, 0...LighterLimit.clientIndex)
    let leastSize: Int64 = reduceOnly == 1 || mayLackSize ? 0 : 1
    try require("BaseAmount", size, leastSize...LighterLimit.size)
    try require("Price", price, 1...LighterLimit.price)
    try require("IsAsk", isAsk, 0...1)
    try require("Type", type, 0...6)
    try require("ReduceOnly", reduceOnly, 0...1)
    let (none, some): (ClosedRange<Int64>, ClosedRange<Int64>) = (0...0, 1...LighterLimit.time)
    let trigger: ClosedRange<Int64> = 1...LighterLimit.price
    // By type: limit, market, stop loss, its limit, take profit, its limit, TWAP.
    switch type {
    case 0:
      try require("TimeInForce", timeInForce, 0...2)
      try require("OrderExpiry", expiry, timeInForce == 0 ? none : some)
      try require("TriggerPrice", triggerPrice, none)
    case 1:
      try require("TimeInForce", timeInForce, 0...0)
      try require("OrderExpiry", expiry, none)
      try require("TriggerPrice", triggerPrice, none)
    case 2, 4:
      try require("TimeInForce", timeInForce, 0...0)
      try require("OrderExpiry", expiry, some)
      try require("TriggerPrice", triggerPrice, trigger)
    case 3, 5:
      try require("TimeInForce", timeInForce, 0...2)
      try require("OrderExpiry", expiry, some)
      try require("TriggerPrice", triggerPrice, trigger)
    default:
      try require("TimeInForce", timeInForce, 1...1)
      try require("OrderExpiry", expiry, some)
      try require("TriggerPrice", triggerPrice, none)
    }
  }
}

extension LighterTransaction.Modification {
  fileprivate func check() throws(LighterSigningRule) {
    let require = LighterTransaction.require
    try require("MarketIndex", market, 0...LighterLimit.market)
    try require("Index", index, 1...LighterLimit.orderIndex)
    try require("BaseAmount", size, 0...LighterLimit.size)
    try require("Price", price, 1...LighterLimit.price)
    try require("TriggerPrice", triggerPrice, 0...LighterLimit.price)
  }
}

/// The largest numbers.
private enum LighterLimit {
  static let account: Int64 = (1 << 48) - 1
  static let apiKey: Int64 = 254
  static let market: Int64 = (1 << 12) - 2
  static let clientIndex: Int64 = (1 << 48) - 1
  static let orderIndex: Int64 = (1 << 60) - 1
  static let size: Int64 = (1 << 48) - 1
  static let price: Int64 = (1 << 32) - 1
  static let amount: Int64 = (1 << 60) - 1
  static let nonce: Int64 = .max
  static let time: Int64 = (1 << 48) - 1
}
