import PerpCore
import PerpCrypto

/// What the second generation has signed. (API documentation, "Signature"; the types are those of
/// the official Python library, 2.0.1.)
enum EdgeXTypedData: Equatable, Sendable {
  /// Orders of all types.
  case limitOrder(LimitOrder)
  case marginMode(MarginMode)
  case transfer(Transfer)

  struct LimitOrder: Equatable, Sendable {
    var nonce: UInt32
    var signer: EthereumAddress
    var account: UInt64
    /// Unix seconds.
    var expiration: UInt64
    var amounts: EdgeXSignedAmounts
    var contract: UInt64
    var collateral: UInt64
    var isBuy: Bool
  }

  struct MarginMode: Equatable, Sendable {
    var account: UInt64
    var contract: UInt64
    var mode: UInt8
    var nonce: UInt32
    var signer: EthereumAddress
  }

  struct Transfer: Equatable, Sendable {
    var from: UInt64
    var to: UInt64
    var coin: UInt64
    var amount: UInt128
    var nonce: UInt32
    /// Unix seconds.
    var deadline: UInt64
    var signer: EthereumAddress
  }

  /// Where messages are valid: of `getMetaData` the chain, in decimal or hexadecimal digits, and
  /// the contract.
  static func domain(chainID: UInt256, contract: EthereumAddress) -> TypedData {
    TypedData.domain(name: "EdgeX", version: "1", chainID: chainID, contract: contract)
  }

  var encoded: TypedData {
    switch self {
    case .limitOrder(let order):
      TypedData(
        typeHash: Self.limitOrderHash, order.base.hash,
        UInt256(wide: order.amounts.synthetic), UInt256(wide: order.amounts.collateral),
        UInt256(wide: order.amounts.fee), UInt256(order.contract), UInt256(order.collateral),
        UInt256(order.isBuy), .zero, .zero)
    case .marginMode(let mode):
      TypedData(
        typeHash: Self.marginModeHash, UInt256(mode.account), UInt256(mode.contract),
        UInt256(UInt64(mode.mode)), UInt256(UInt64(mode.nonce)), mode.signer.word)
    case .transfer(let transfer):
      TypedData(
        typeHash: Self.transferHash, UInt256(transfer.from), UInt256(transfer.to),
        UInt256(transfer.coin), UInt256(wide: transfer.amount),
        UInt256(UInt64(transfer.nonce)), UInt256(transfer.deadline), transfer.signer.word)
    }
  }
}

extension EdgeXTypedData.LimitOrder {
  /// The struct within the struct.
  var base: TypedData {
    TypedData(
      typeHash: EdgeXTypedData.orderBaseHash, UInt256(UInt64(nonce)), signer.word,
      UInt256(account), UInt256(expiration))
  }
}

extension EdgeXTypedData {
  static let orderBaseType =
    "OrderBase(uint256 nonce,address signer,uint64 accountId,uint256 expirationTimestamp)"
  static let limitOrderType =
    "LimitOrderParams(OrderBase base,int256 amountSynthetic,int256 amountCollateral,"
    + "uint256 amountFee,uint64 assetIdSynthetic,uint64 assetIdCollateral,"
    + "bool isBuyingSynthetic,bytes32 parentOrderHash,uint256 subOrderIndex)" + orderBaseType
  static let marginModeType =
    "SetMarginPreferenceParams(uint64 accountId,uint64 assetId,uint8 marginMode,uint256 nonce,"
    + "address signer)"
  static let transferType =
    "TransferParams(uint64 from,uint64 to,uint64 assetId,int256 amount,uint256 nonce,"
    + "uint256 deadline,address signer)"

  fileprivate static let orderBaseHash = Keccak256.hash(orderBaseType)
  private static let limitOrderHash = Keccak256.hash(limitOrderType)
  private static let marginModeHash = Keccak256.hash(marginModeType)
  private static let transferHash = Keccak256.hash(transferType)
}
