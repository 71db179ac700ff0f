import PerpCrypto

/// What Lighter has signed: one action of one account, as whole numbers on the scales of its
/// markets. (elliottech/lighter-go, `types/txtypes`.)
struct LighterTransaction: Equatable, Sendable {
  var body: Body
  var account: Int64
  var apiKey: Int64
  /// One more than that of the key's last transaction.
  var nonce: Int64
  /// Unix milliseconds, after which it is void.
  var expiredAt: Int64
  var attributes = LighterAttributes()

  enum Body: Equatable, Sendable {
    case createOrder(Order)
    case cancelOrder(market: Int64, index: Int64)
    case cancelAllOrders(timeInForce: Int64, time: Int64)
    case modifyOrder(Modification)
    case createGroupedOrders(grouping: Int64, [Order])
    case updateLeverage(market: Int64, initialMarginFraction: Int64, marginMode: Int64)
    case updateMargin(market: Int64, amount: Int64, direction: Int64)
    case changePublicKey(GFp5)
    case createSubAccount
    case transfer(Transfer)
    case withdraw(asset: Int64, route: Int64, amount: Int64)
    case setAccountTradingMode(Int64)
    case setAssetMarginMode(asset: Int64, mode: Int64)
    case approveIntegrator(Approval)

    /// Whether it is for trading. What moves money, opens accounts or changes who may sign is here
    /// to be recognised and held against the venue's vectors; no signer of ours signs it.
    var isForTrading: Bool {
      switch self {
      case .createOrder, .cancelOrder, .cancelAllOrders, .modifyOrder, .createGroupedOrders,
        .updateLeverage, .updateMargin:
        true
      case .changePublicKey, .createSubAccount, .transfer, .withdraw, .setAccountTradingMode,
        .setAssetMarginMode, .approveIntegrator:
        false
      }
    }
  }

  struct Order: Equatable, Sendable {
    var market: Int64
    /// 0 for none.
    var clientIndex: Int64
    /// 0 for the whole position, which only a reduce-only order may say.
    var size: Int64
    var price: Int64
    var isAsk: Int64
    var type: Int64
    var timeInForce: Int64
    var reduceOnly: Int64
    var triggerPrice: Int64
    /// Unix milliseconds; 0 for none.
    var expiry: Int64
  }

  struct Modification: Equatable, Sendable {
    var market: Int64
    /// The client's index of the order, or the venue's.
    var index: Int64
    /// The new size in all, of which what is filled is a part.
    var size: Int64
    var price: Int64
    var triggerPrice: Int64
  }

  struct Transfer: Equatable, Sendable {
    var toAccount: Int64
    var asset: Int64
    var fromRoute: Int64
    var toRoute: Int64
    var amount: Int64
    /// In units of 10^-6.
    var fee: Int64
    /// 32 bytes, which are not hashed.
    var memo: [UInt8]
  }

  struct Approval: Equatable, Sendable {
    var integrator: Int64
    var maxPerpsTakerFee: Int64
    var maxPerpsMakerFee: Int64
    var maxSpotTakerFee: Int64
    var maxSpotMakerFee: Int64
    var expiry: Int64
  }

  /// A member of the body: its name and text in JSON, and what is hashed of it.
  struct Member {
    let name: StaticString
    let text: String
    let elements: [Goldilocks]

    init(_ name: StaticString, _ value: Int64) {
      self.init(name, "\(value)", [Goldilocks(value)])
    }

    /// A number that is hashed as its lower and its upper half.
    init(_ name: StaticString, halves value: Int64) {
      let bits = UInt64(bitPattern: value)
      self.init(name, "\(value)", [Goldilocks(bits & 0xffff_ffff), Goldilocks(bits >> 32)])
    }

    init(_ name: StaticString, _ text: String, _ elements: [Goldilocks]) {
      (self.name, self.text, self.elements) = (name, text, elements)
    }
  }
}

extension LighterTransaction {
  /// What is hashed: the chain, the type, what all have, and the body.
  func elements(chainID: Int64) -> [Goldilocks] {
    [chainID, body.type, nonce, expiredAt, account, apiKey].map { Goldilocks($0) }
      + body.members.flatMap(\.elements)
  }

  /// The numbers and hashes on the way to the one that is signed.
  func steps(chainID: Int64) -> [SigningStep] {
    let elements = elements(chainID: chainID)
    var steps = [
      SigningStep("hash_elements", elements.texts),
      SigningStep("base_hash", Poseidon2.hashToQuintic(elements).limbs.texts),
    ]
    if !attributes.isEmpty {
      steps += [
        SigningStep("attribute_elements", attributes.elements.texts),
        SigningStep("attribute_hash", attributes.hash.limbs.texts),
      ]
    }
    if case .createGroupedOrders(_, let orders) = body {
      steps.append(SigningStep("orders_aggregate", Order.aggregate(orders).texts))
    }
    let hash = hash(chainID: chainID)
    return steps + [
      SigningStep("tx_hash_elements", hash.limbs.texts),
      SigningStep("tx_hash", hash.littleEndianBytes.hex),
    ]
  }

  /// The hash that is signed.
  func hash(chainID: Int64) -> GFp5 {
    let base = Poseidon2.hashToQuintic(elements(chainID: chainID))
    return attributes.isEmpty ? base : Poseidon2.hashToQuintic(base, attributes.hash)
  }
}

extension LighterTransaction.Body {
  var type: Int64 {
    switch self {
    case .changePublicKey: 8
    case .createSubAccount: 9
    case .transfer: 12
    case .withdraw: 13
    case .createOrder: 14
    case .cancelOrder: 15
    case .cancelAllOrders: 16
    case .modifyOrder: 17
    case .updateLeverage: 20
    case .createGroupedOrders: 28
    case .updateMargin: 29
    case .setAccountTradingMode: 41
    case .setAssetMarginMode: 42
    case .approveIntegrator: 45
    }
  }

  var members: [LighterTransaction.Member] {
    switch self {
    case .createOrder(let order): order.members
    case .cancelOrder(let market, let index): [.init("MarketIndex", market), .init("Index", index)]
    case .cancelAllOrders(let timeInForce, let time):
      [.init("TimeInForce", timeInForce), .init("Time", time)]
    case .modifyOrder(let order): order.members
    case .createGroupedOrders(let grouping, let orders):
      [
        .init("GroupingType", grouping),
        .init(
          "Orders", "[" + orders.map(\.text).joined(separator: ",") + "]",
          LighterTransaction.Order.aggregate(orders)),
      ]
    case .updateLeverage(let market, let fraction, let mode):
      [
        .init("MarketIndex", market), .init("InitialMarginFraction", fraction),
        .init("MarginMode", mode),
      ]
    case .updateMargin(let market, let amount, let direction):
      [
        .init("MarketIndex", market), .init("USDCAmount", halves: amount),
        .init("Direction", direction),
      ]
    case .changePublicKey(let key):
      [.init("PubKey", "\"\(Base64.encode(key.littleEndianBytes))\"", key.limbs)]
    case .createSubAccount: []
    case .transfer(let transfer): transfer.members
    case .withdraw(let asset, let route, let amount):
      [
        .init("AssetIndex", asset), .init("RouteType", route), .init("Amount", halves: amount),
      ]
    case .setAccountTradingMode(let mode): [.init("AccountTradingMode", mode)]
    case .setAssetMarginMode(let asset, let mode):
      [.init("AssetIndex", asset), .init("AssetMarginMode", mode)]
    case .approveIntegrator(let approval): approval.members
    }
  }
}

extension LighterTransaction.Order {
  fileprivate var members: [LighterTransaction.Member] {
    [
      .init("MarketIndex", market), .init("ClientOrderIndex", clientIndex),
      .init("BaseAmount", size), .init("Price", price), .init("IsAsk", isAsk),
      .init("Type", type), .init("TimeInForce", timeInForce), .init("ReduceOnly", reduceOnly),
      .init("TriggerPrice", triggerPrice), .init("OrderExpiry", expiry),
    ]
  }

  fileprivate var text: String { LighterTransaction.object(members) }

  /// The hash of one of several orders.
  var hash: [Goldilocks] { Poseidon2.hash(members.flatMap(\.elements), count: 4) }

  /// The hashes of all orders, each hashed with those before it.
  static func aggregate(_ orders: [LighterTransaction.Order]) -> [Goldilocks] {
    let hashes = orders.map(\.hash)
    return hashes.dropFirst().reduce(hashes.first ?? []) { Poseidon2.hash($0 + $1, count: 4) }
  }
}

extension LighterTransaction.Modification {
  fileprivate var members: [LighterTransaction.Member] {
    [
      .init("MarketIndex", market), .init("Index", index), .init("BaseAmount", size),
      .init("Price", price), .init("TriggerPrice", triggerPrice),
    ]
  }
}

extension LighterTransaction.Transfer {
  fileprivate var members: [LighterTransaction.Member] {
    [
      .init("ToAccountIndex", toAccount), .init("AssetIndex", asset),
      .init("FromRouteType", fromRoute), .init("ToRouteType", toRoute),
      .init("Amount", halves: amount), .init("USDCFee", halves: fee),
      .init("Memo", "[" + memo.map { "\($0)" }.joined(separator: ",") + "]", []),
    ]
  }
}

extension LighterTransaction.Approval {
  fileprivate var members: [LighterTransaction.Member] {
    [
      .init("IntegratorAccountIndex", integrator), .init("MaxPerpsTakerFee", maxPerpsTakerFee),
      .init("MaxPerpsMakerFee", maxPerpsMakerFee), .init("MaxSpotTakerFee", maxSpotTakerFee),
      .init("MaxSpotMakerFee", maxSpotMakerFee), .init("ApprovalExpiry", expiry),
    ]
  }
}

/// What a transaction may have beside its body: at most four numbers, by their kind.
struct LighterAttributes: Equatable, Sendable {
  enum Kind: Int64, CaseIterable, Sendable {
    case integratorAccount = 1
    case integratorTakerFee = 2
    case integratorMakerFee = 3
    case skipNonce = 4
    case cancelAllMarket = 5
    case selfTradeBehavior = 6
    case selfTradeEquality = 7
    case orderVersion = 8

    /// What says nothing, and is left out.
    var none: Int64 { self == .cancelAllMarket ? 255 : 0 }
  }

  private var values: [Kind: Int64] = [:]

  init(_ values: [Kind: Int64] = [:]) {
    self.values = values.filter { $0.value != $0.key.none }
  }

  var isEmpty: Bool { values.isEmpty }
  var count: Int { values.count }

  subscript(kind: Kind) -> Int64 { values[kind] ?? kind.none }

  var sorted: [(kind: Kind, value: Int64)] {
    values.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  /// Kinds and values, filled up to eight.
  var elements: [Goldilocks] {
    let pairs = sorted.flatMap { [Goldilocks($0.kind.rawValue), Goldilocks($0.value)] }
    return pairs + [Goldilocks](repeating: .zero, count: max(0, 8 - pairs.count))
  }

  var hash: GFp5 { Poseidon2.hashToQuintic(elements) }
}

extension Goldilocks {
  /// No number of a transaction is negative.
  fileprivate init(_ number: Int64) { self.init(UInt64(bitPattern: number)) }
}

extension [Goldilocks] {
  fileprivate var texts: [String] { map { "\($0.value)" } }
}
