import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import GRVT

/// From the members of a case to our messages, and from our steps to what the case expects.
enum GRVTVector {
  static func message(_ vector: VectorCase, _ kind: String) throws -> GRVTTypedData {
    vector.ignore("env")
    switch kind {
    case "order", "order_with_builder_fee": return .order(try order(vector, kind))
    case "wallet_login":
      return .walletLogin(signer: try address(vector, "input.address"), try validity(vector))
    case "transfer": return .transfer(try transfer(vector, "input."), try validity(vector))
    case "withdrawal":
      let withdrawal = try GRVTTypedData.Withdrawal(
        fromAccount: address(vector, "input.from_account_id"),
        toAddress: address(vector, "input.to_eth_address"),
        currency: integer(vector, "input.currency_id"),
        amount: units(vector, "input.num_tokens", GRVTScaling.tokenDecimals))
      return .withdrawal(withdrawal, try validity(vector))
    case "derisk_ratio":
      return .deriskRatio(
        subAccount: try integer(vector, "input.sub_account_id"),
        ratio: try units(vector, "input.ratio", GRVTScaling.ratioDecimals), try validity(vector))
    case "authorize_builder":
      let terms = try GRVTTypedData.BuilderAuthorization(
        mainAccount: address(vector, "input.main_account_id"),
        builder: address(vector, "input.builder_account_id"),
        maxFuturesFee: units(vector, "input.max_futures_fee_rate", GRVTScaling.feeDecimals),
        maxSpotFee: units(vector, "input.max_spot_fee_rate", GRVTScaling.feeDecimals))
      return .authorizeBuilder(terms, try validity(vector))
    default: throw UnknownKind(kind: kind)
    }
  }

  private static func order(_ vector: VectorCase, _ kind: String) throws -> GRVTTypedData.Order {
    vector.ignore("instruments")
    let isMarket = try vector.flag("input.is_market")
    let legs = try vector.value("input.legs").elements.map { leg in
      let name = try #require(leg["instrument"]?.text)
      let path = "instruments.\(name)"
      let asset = try #require(GRVTScaling.asset(vector.text("\(path).instrument_hash")))
      let price = try #require(leg["limit_price"]?.scalar.flatMap(GRVTScaling.decimal))
      return try GRVTTypedData.Leg(
        asset: asset, baseDecimals: integer(vector, "\(path).base_decimals"),
        size: #require(leg["size"]?.scalar.flatMap(GRVTScaling.decimal)),
        price: isMarket ? nil : price, isBuying: leg["is_buying_asset"] == .bool(true),
        excess: .cut)
    }
    var builder: GRVTTypedData.Builder?
    if vector.has("input.builder") {
      let address = try address(vector, "input.builder")
      let fee: UInt32 = try units(vector, "input.builder_fee", GRVTScaling.feeDecimals)
      // The zero address is nobody.
      if address != .zero { builder = .init(address: address, fee: fee) }
    }
    #expect((builder != nil) == (kind == "order_with_builder_fee"), "\(vector.name)")
    return try GRVTTypedData.Order(
      subAccount: integer(vector, "input.sub_account_id"), isMarket: isMarket,
      timeInForce: #require(.init(rawValue: vector.text("input.time_in_force"))),
      isPostOnly: vector.flag("input.post_only"), isReduceOnly: vector.flag("input.reduce_only"),
      legs: legs, builder: builder, validity: validity(vector))
  }

  /// An order or a transfer that was on the exchange, whose members are those of its request.
  static func realMessage(_ vector: VectorCase, _ kind: String) throws -> GRVTTypedData {
    let validity = try GRVTTypedData.Validity(
      nonce: integer(vector, "nonce"), expiration: integer(vector, "expiration"))
    switch kind {
    case "transfer": return .transfer(try transfer(vector, ""), validity)
    case "order":
      let codes: [GRVTTypedData.TimeInForce] = [
        .goodTillTime, .allOrNone, .immediateOrCancel, .fillOrKill, .retailPriceImprovement,
      ]
      let code: Int = try integer(vector, "time_in_force_code")
      let isMarket = try vector.flag("is_market")
      let price = try vector.value("limit_price").decimal
      let leg = try GRVTTypedData.Leg(
        asset: #require(GRVTScaling.asset(vector.text("asset_id"))),
        baseDecimals: integer(vector, "base_decimals"),
        size: #require(vector.value("size").decimal), price: isMarket ? nil : price,
        isBuying: vector.flag("is_buying_asset"))
      return .order(
        try GRVTTypedData.Order(
          subAccount: integer(vector, "sub_account_id"), isMarket: isMarket,
          timeInForce: #require(codes.first { $0.code == code }),
          isPostOnly: vector.flag("post_only"), isReduceOnly: vector.flag("reduce_only"),
          legs: [leg], builder: nil, validity: validity))
    default: throw UnknownKind(kind: kind)
    }
  }

  private static func transfer(
    _ vector: VectorCase, _ prefix: String
  ) throws -> GRVTTypedData.Transfer {
    vector.ignore("\(prefix)currency")
    return try GRVTTypedData.Transfer(
      fromAccount: address(vector, "\(prefix)from_account_id"),
      fromSubAccount: integer(vector, "\(prefix)from_sub_account_id"),
      toAccount: address(vector, "\(prefix)to_account_id"),
      toSubAccount: integer(vector, "\(prefix)to_sub_account_id"),
      currency: integer(vector, "\(prefix)currency_id"),
      amount: units(vector, "\(prefix)num_tokens", GRVTScaling.tokenDecimals))
  }

  private static func validity(_ vector: VectorCase) throws -> GRVTTypedData.Validity {
    try .init(
      nonce: integer(vector, "input.nonce"), expiration: integer(vector, "input.expiration"))
  }

  private static func address(_ vector: VectorCase, _ path: String) throws -> EthereumAddress {
    try #require(EthereumAddress(vector.text(path)), "\(vector.name): \(path)")
  }

  private static func integer<Integer: FixedWidthInteger>(
    _ vector: VectorCase, _ path: String
  ) throws -> Integer {
    try #require(Integer(vector.text(path)), "\(vector.name): \(path)")
  }

  private static func units<Integer: FixedWidthInteger>(
    _ vector: VectorCase, _ path: String, _ decimals: Int
  ) throws -> Integer {
    let value = try #require(GRVTScaling.decimal(vector.text(path)), "\(vector.name): \(path)")
    return try GRVTScaling.units(value, decimals: decimals, excess: .cut)
  }
}

struct UnknownKind: Error {
  var kind: String
}

extension GRVTVector {
  static func check(
    _ vector: VectorCase, _ message: GRVTTypedData, _ steps: GRVTSigningSteps
  ) throws {
    for step in steps.named { vector.check("intermediates", step.name, step.values) }
    guard case .order = message else { return }
    vector.check("intermediates.leg_type_string", GRVTTypedData.legType)
    vector.check("intermediates.leg_type_hash", Keccak256.hash(GRVTTypedData.legType).word)
  }

  static func checkTypedData(_ vector: VectorCase, _ message: GRVTTypedData) throws {
    let data = "typed_data."
    vector.check("\(data)nonce", message.validity.nonce)
    vector.check("\(data)expiration", message.validity.expiration)
    switch message {
    case .order(let order): checkTypedData(vector, order)
    case .walletLogin(let signer, _): vector.check(hex: "\(data)signer", signer.hex)
    case .transfer(let transfer, _):
      vector.check(hex: "\(data)fromAccount", transfer.fromAccount.hex)
      vector.check("\(data)fromSubAccount", transfer.fromSubAccount)
      vector.check(hex: "\(data)toAccount", transfer.toAccount.hex)
      vector.check("\(data)toSubAccount", transfer.toSubAccount)
      vector.check("\(data)tokenCurrency", transfer.currency)
      vector.check("\(data)numTokens", transfer.amount)
    case .withdrawal(let withdrawal, _):
      vector.check(hex: "\(data)fromAccount", withdrawal.fromAccount.hex)
      vector.check(hex: "\(data)toEthAddress", withdrawal.toAddress.hex)
      vector.check("\(data)tokenCurrency", withdrawal.currency)
      vector.check("\(data)numTokens", withdrawal.amount)
    case .deriskRatio(let subAccount, let ratio, _):
      vector.check("\(data)subAccountID", subAccount)
      vector.check("\(data)deriskToMaintenanceMarginRatio", ratio)
    case .authorizeBuilder(let terms, _):
      vector.check(hex: "\(data)mainAccountID", terms.mainAccount.hex)
      vector.check(hex: "\(data)builderAccountID", terms.builder.hex)
      vector.check("\(data)maxFutureFeeRate", terms.maxFuturesFee)
      vector.check("\(data)maxSpotFeeRate", terms.maxSpotFee)
    }
  }

  private static func checkTypedData(_ vector: VectorCase, _ order: GRVTTypedData.Order) {
    let data = "typed_data."
    vector.check("\(data)subAccountID", order.subAccount)
    vector.check("\(data)isMarket", order.isMarket)
    vector.check("\(data)timeInForce", order.timeInForce.code)
    vector.check("\(data)postOnly", order.isPostOnly)
    vector.check("\(data)reduceOnly", order.isReduceOnly)
    for (index, leg) in order.legs.enumerated() {
      vector.check("\(data)legs.\(index).assetID", leg.asset.decimal)
      vector.check("\(data)legs.\(index).contractSize", leg.size)
      vector.check("\(data)legs.\(index).limitPrice", leg.price)
      vector.check("\(data)legs.\(index).isBuyingContract", leg.isBuying)
    }
    if let builder = order.builder {
      vector.check(hex: "\(data)builder", builder.address.hex)
      vector.check("\(data)builderFee", builder.fee)
    }
  }

  /// The signature in the bodies of requests; their other members are inputs.
  static func checkRequests(_ vector: VectorCase, _ signed: GRVTSignature) {
    let full =
      vector.has("request_full.order") ? "request_full.order.signature." : "request_full.signature."
    for (prefix, names) in [(full, fullNames), ("request_lite.o.s.", liteNames)] {
      guard vector.has("\(prefix)\(names[0])") else { continue }
      vector.check("\(prefix)\(names[0])", signed.signer.hex)
      vector.check("\(prefix)\(names[1])", signed.r)
      vector.check("\(prefix)\(names[2])", signed.s)
      vector.check("\(prefix)\(names[3])", signed.signature.v)
      vector.check("\(prefix)\(names[4])", signed.validity.expiration)
      vector.check("\(prefix)\(names[5])", signed.validity.nonce)
      vector.check("\(prefix)\(names[6])", signed.chainID)
    }
    vector.ignore("request_full", "request_lite")
  }

  private static let fullNames = ["signer", "r", "s", "v", "expiration", "nonce", "chain_id"]
  private static let liteNames = ["s", "r", "s1", "v", "e", "n", "ci"]

  /// One bit less or more anywhere, and it is somebody else's.
  static func expectFlippedBitsRefused(
    _ signature: Secp256k1.Signature, _ digest: UInt256, _ signer: EthereumAddress
  ) {
    let bit = UInt256(0, 1 << 17, 0, 0)
    var tampered = [signature, signature, signature]
    tampered[0].r = tampered[0].r.flipping(bit)
    tampered[1].s = tampered[1].s.flipping(bit)
    tampered[2].parity ^= 1
    for signature in tampered { #expect(Secp256k1.signer(of: digest, signature) != signer) }
    #expect(Secp256k1.signer(of: digest.flipping(bit), signature) != signer)
  }
}

extension UInt256 {
  /// 64 digits with `0x`.
  var word: String { "0x\(paddedHex)" }

  fileprivate func flipping(_ bit: UInt256) -> UInt256 {
    UInt256(w0 ^ bit.w0, w1 ^ bit.w1, w2 ^ bit.w2, w3 ^ bit.w3)
  }
}
