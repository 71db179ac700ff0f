import PerpCore
import Testing
import VenueTesting

@testable import Lighter
@testable import PerpCrypto

/// A case of a transaction: the call's inputs, and every step to the text that is sent.
struct LighterTransactionVector {
  private let vector: VectorCase

  init(_ vector: VectorCase) { self.vector = vector }

  func check() throws {
    let key = try SchnorrPrivateKey(hex: vector.text("private_key"))
    let chainID = try vector.integer("chain_id")
    let transaction = try LighterTransaction(
      body: body(type: vector.integer("tx_type")), account: vector.integer("account_index"),
      apiKey: vector.integer("api_key_index"), nonce: vector.integer("nonce"),
      expiredAt: vector.integer("expired_at"), attributes: attributes())
    vector.ignore("tx")
    vector.check("tx_type", transaction.body.type)
    vector.check("public_key", key.publicKey.littleEndianBytes.hex)
    checkHashes(transaction, chainID)

    let hash = transaction.hash(chainID: chainID)
    let nonce = try #require(ECgFp5Scalar(decimal: vector.text("k")))
    let signature = key.sign(hash, nonce: nonce)
    vector.check("r", ECgFp5.multiplyGenerator(nonce).encoded.texts)
    vector.check("sig_s", signature.s.decimal)
    vector.check("sig_e", signature.e.decimal)
    vector.check("signature", signature.bytes.hex)
    vector.check("tx_info", transaction.text(signature: signature))
    try LighterFieldVector.expectOnlyOwnVerifies(signature, hash, key.publicKey)
    try checkEthereum(transaction, chainID)

    // With a secret number of our own, the same transaction.
    let signer = LighterSigner(
      key: key, chainID: chainID, account: transaction.account, apiKey: transaction.apiKey)
    func sign() throws(LighterSigningRule) -> LighterSignedTransaction {
      try signer.sign(
        transaction.body, nonce: transaction.nonce, expiredAt: transaction.expiredAt,
        attributes: transaction.attributes)
    }
    guard transaction.body.isForTrading else {
      #expect(throws: LighterSigningRule.self, "\(vector.name)") { try sign() }
      return
    }
    let signed = try sign()
    #expect(signed.name == hash.littleEndianBytes.hex, "\(vector.name)")
    #expect(signed.signature.isValid(for: hash, publicKey: key.publicKey), "\(vector.name)")
  }

  func checkRejection() throws {
    vector.ignore("error")
    let attributes = try attributes()
    let call = try vector.text("call")
    let body = try body(type: #require(Self.types[call], "\(vector.name): \(call)"))
    var rule: LighterSigningRule?
    let transaction = LighterTransaction(
      body: body, account: 12_345, apiKey: 4,
      nonce: try vector.optional("request.Nonce") ?? 7, expiredAt: 1_796_800_000_000,
      attributes: attributes)
    do throws(LighterSigningRule) { try transaction.check() } catch { rule = error }
    vector.check("rejected", rule != nil)
  }

  private func checkHashes(_ transaction: LighterTransaction, _ chainID: Int64) {
    for step in transaction.steps(chainID: chainID) {
      vector.check("", step.name, step.values)
    }
    let attributes = transaction.attributes
    for (kind, value) in attributes.sorted {
      vector.check("attributes.\(kind.rawValue)", value)
    }
    if attributes.isEmpty {
      for name in ["attributes", "attribute_elements", "attribute_hash"] {
        #expect(!vector.has(name), "\(vector.name): \(name)")
      }
    }
    guard case .createGroupedOrders(_, let orders) = transaction.body else { return }
    for (index, order) in orders.enumerated() {
      vector.check("order_hashes.\(index)", order.hash.map { "\($0.value)" })
    }
  }

  /// The signature of the account's key of Ethereum, where there is one.
  private func checkEthereum(_ transaction: LighterTransaction, _ chainID: Int64) throws {
    let text = transaction.ethereumText(chainID: chainID)
    guard vector.has("message_to_sign"), let text else {
      #expect(vector.has("message_to_sign") == (text != nil), "\(vector.name)")
      return
    }
    vector.check("message_to_sign", text)
    guard vector.has("l1_private_key") else { return }
    let key = try Secp256k1.PrivateKey(hex: vector.text("l1_private_key"))
    let digest = TypedData.personalDigest(text)
    vector.check("l1_address", key.address.checksummed)
    vector.check("l1_eip191_digest", "0x\(digest.paddedHex)")
    vector.check("l1_sig", "0x\(key.sign(digest).hex)")
  }

  private func attributes() throws -> LighterAttributes {
    let names: [LighterAttributes.Kind: String] = [
      .integratorAccount: "IntegratorAccountIndex", .integratorTakerFee: "IntegratorTakerFee",
      .integratorMakerFee: "IntegratorMakerFee", .skipNonce: "SkipTxNonce",
      .cancelAllMarket: "CancelAllMarketIndex", .selfTradeBehavior: "SelfTradeBehaviorMode",
      .selfTradeEquality: "SelfTradeEqualityMode", .orderVersion: "OrderVersion",
    ]
    // Where it is what is approved, it is no attribute.
    let approved = vector.has("request.MaxPerpsTakerFee")
    var values: [LighterAttributes.Kind: Int64] = [:]
    for (kind, name) in names where !approved || kind != .integratorAccount {
      values[kind] = try vector.optional("request.\(name)")
    }
    return LighterAttributes(values)
  }
}

extension LighterTransactionVector {
  private func number(_ name: String) throws -> Int64 { try vector.integer("request.\(name)") }

  /// Of the calls that are refused.
  private static let types: [String: Int64] = [
    "create_order": 14, "cancel_order": 15, "cancel_all_orders": 16, "modify_order": 17,
    "update_leverage": 20, "create_grouped_orders": 28, "update_margin": 29, "transfer": 12,
    "withdraw": 13, "approve_integrator": 45,
  ]

  private func body(type: Int64) throws -> LighterTransaction.Body {
    switch type {
    case 14: return .createOrder(try order("request."))
    case 15: return .cancelOrder(market: try number("MarketIndex"), index: try number("Index"))
    case 16:
      return .cancelAllOrders(timeInForce: try number("TimeInForce"), time: try number("Time"))
    case 17:
      return .modifyOrder(
        try .init(
          market: number("MarketIndex"), index: number("Index"), size: number("BaseAmount"),
          price: number("Price"), triggerPrice: number("TriggerPrice")))
    case 20:
      return .updateLeverage(
        market: try number("MarketIndex"),
        initialMarginFraction: try number("InitialMarginFraction"),
        marginMode: try number("MarginMode"))
    case 28:
      let count = try vector.value("request.Orders").elements.count
      return .createGroupedOrders(
        grouping: try number("GroupingType"),
        try (0..<count).map { try order("request.Orders.\($0).") })
    case 29:
      return .updateMargin(
        market: try number("MarketIndex"), amount: try number("USDCAmount"),
        direction: try number("Direction"))
    default: return try accountBody(type: type)
    }
  }

  private func accountBody(type: Int64) throws -> LighterTransaction.Body {
    switch type {
    case 8:
      let bytes = try #require([UInt8](hex: vector.text("request.PubKey")))
      return .changePublicKey(try #require(GFp5(littleEndian: bytes)))
    case 9:
      vector.ignore("request")
      return .createSubAccount
    case 12:
      return .transfer(
        try .init(
          toAccount: number("ToAccountIndex"), asset: number("AssetIndex"),
          fromRoute: number("FromRouteType"), toRoute: number("ToRouteType"),
          amount: number("Amount"), fee: number("USDCFee"),
          memo: Array(vector.text("request.Memo").utf8)))
    case 13:
      return .withdraw(
        asset: try number("AssetIndex"), route: try number("RouteType"),
        amount: try number("Amount"))
    case 41: return .setAccountTradingMode(try number("AccountTradingMode"))
    case 42:
      return .setAssetMarginMode(
        asset: try number("AssetIndex"), mode: try number("AssetMarginMode"))
    case 45:
      return .approveIntegrator(
        try .init(
          integrator: number("IntegratorAccountIndex"),
          maxPerpsTakerFee: number("MaxPerpsTakerFee"),
          maxPerpsMakerFee: number("MaxPerpsMakerFee"),
          maxSpotTakerFee: number("MaxSpotTakerFee"), maxSpotMakerFee: number("MaxSpotMakerFee"),
          expiry: number("ApprovalExpiry")))
    default: throw UnknownTransaction(type: type)
    }
  }

  private func order(_ path: String) throws -> LighterTransaction.Order {
    let number = { (name: String) in try vector.integer(path + name) }
    return try LighterTransaction.Order(
      market: number("MarketIndex"), clientIndex: number("ClientOrderIndex"),
      size: number("BaseAmount"), price: number("Price"), isAsk: number("IsAsk"),
      type: number("Type"), timeInForce: number("TimeInForce"),
      reduceOnly: number("ReduceOnly"), triggerPrice: number("TriggerPrice"),
      expiry: number("OrderExpiry"))
  }
}

private struct UnknownTransaction: Error {
  var type: Int64
}

extension VectorCase {
  fileprivate func optional(_ path: String) throws -> Int64? {
    has(path) ? try integer(path) : nil
  }
}
