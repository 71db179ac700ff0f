import PerpCore
import PerpCrypto

/// What GRVT has signed, as numbers on the scales of its contracts. (API documentation, "Signing";
/// the types are those of the official Python library.)
enum GRVTTypedData: Equatable, Sendable {
  case order(Order)
  case walletLogin(signer: EthereumAddress, Validity)
  case transfer(Transfer, Validity)
  case withdrawal(Withdrawal, Validity)
  case deriskRatio(subAccount: UInt64, ratio: UInt32, Validity)
  case authorizeBuilder(BuilderAuthorization, Validity)

  /// What tells two messages of the same content apart, and when they are void.
  struct Validity: Equatable, Sendable {
    var nonce: UInt32
    /// Nanoseconds since 1970.
    var expiration: Int64
  }

  struct Order: Equatable, Sendable {
    var subAccount: UInt64
    var isMarket: Bool
    var timeInForce: TimeInForce
    var isPostOnly: Bool
    var isReduceOnly: Bool
    var legs: [Leg]
    var builder: Builder?
    var validity: Validity
  }

  struct Leg: Equatable, Sendable {
    /// The number that is the instrument's hash.
    var asset: UInt256
    /// In units of 10^-`base_decimals` of the instrument.
    var size: UInt64
    /// In units of 10^-9; 0 for market orders.
    var price: UInt64
    var isBuying: Bool
  }

  struct Builder: Equatable, Sendable {
    var address: EthereumAddress
    /// In units of 10^-4 percent.
    var fee: UInt32
  }

  struct Transfer: Equatable, Sendable {
    var fromAccount: EthereumAddress
    var fromSubAccount: UInt64
    var toAccount: EthereumAddress
    var toSubAccount: UInt64
    var currency: UInt8
    /// In units of 10^-6.
    var amount: UInt64
  }

  struct Withdrawal: Equatable, Sendable {
    var fromAccount: EthereumAddress
    var toAddress: EthereumAddress
    var currency: UInt8
    /// In units of 10^-6.
    var amount: UInt64
  }

  struct BuilderAuthorization: Equatable, Sendable {
    var mainAccount: EthereumAddress
    var builder: EthereumAddress
    /// In units of 10^-4 percent.
    var maxFuturesFee: UInt32
    var maxSpotFee: UInt32
  }

  enum TimeInForce: String, Sendable {
    case goodTillTime = "GOOD_TILL_TIME"
    case allOrNone = "ALL_OR_NONE"
    case immediateOrCancel = "IMMEDIATE_OR_CANCEL"
    case fillOrKill = "FILL_OR_KILL"
    case retailPriceImprovement = "RETAIL_PRICE_IMPROVEMENT"

    var code: UInt64 {
      switch self {
      case .goodTillTime: 1
      case .allOrNone: 2
      case .immediateOrCancel: 3
      case .fillOrKill: 4
      case .retailPriceImprovement: 5
      }
    }
  }
}

extension GRVTTypedData {
  /// The type's name, which begins its encoded type.
  var primaryType: Substring { encodedType.prefix { $0 != "(" } }

  var encodedType: String {
    switch self {
    case .order(let order): order.builder == nil ? Self.orderType : Self.builderOrderType
    case .walletLogin: Self.walletLoginType
    case .transfer: Self.transferType
    case .withdrawal: Self.withdrawalType
    case .deriskRatio: Self.deriskRatioType
    case .authorizeBuilder: Self.authorizeBuilderType
    }
  }

  /// The type's hash and the words of the members.
  var encoded: TypedData {
    switch self {
    case .order(let order): order.encoded
    case .walletLogin(let signer, let validity):
      TypedData(typeHash: Self.walletLoginHash, signer.word).closed(validity)
    case .transfer(let transfer, let validity):
      TypedData(
        typeHash: Self.transferHash, transfer.fromAccount.word,
        UInt256(transfer.fromSubAccount), transfer.toAccount.word,
        UInt256(transfer.toSubAccount), UInt256(UInt64(transfer.currency)),
        UInt256(transfer.amount)
      ).closed(validity)
    case .withdrawal(let withdrawal, let validity):
      TypedData(
        typeHash: Self.withdrawalHash, withdrawal.fromAccount.word,
        withdrawal.toAddress.word, UInt256(UInt64(withdrawal.currency)),
        UInt256(withdrawal.amount)
      ).closed(validity)
    case .deriskRatio(let subAccount, let ratio, let validity):
      TypedData(
        typeHash: Self.deriskRatioHash, UInt256(subAccount), UInt256(UInt64(ratio))
      ).closed(validity)
    case .authorizeBuilder(let terms, let validity):
      TypedData(
        typeHash: Self.authorizeBuilderHash, terms.mainAccount.word, terms.builder.word,
        UInt256(UInt64(terms.maxFuturesFee)), UInt256(UInt64(terms.maxSpotFee))
      ).closed(validity)
    }
  }

  var validity: Validity {
    switch self {
    case .order(let order): order.validity
    case .walletLogin(_, let validity), .transfer(_, let validity), .withdrawal(_, let validity),
      .deriskRatio(_, _, let validity), .authorizeBuilder(_, let validity):
      validity
    }
  }
}

extension GRVTTypedData.Order {
  /// The hash of the legs' hashes, one after another.
  var legsHash: UInt256 { Keccak256.hash(words: legs.map(\.encoded.hash)) }

  fileprivate var encoded: TypedData {
    var data = TypedData(
      typeHash: builder == nil ? GRVTTypedData.orderHash : GRVTTypedData.builderOrderHash,
      UInt256(subAccount), UInt256(isMarket), UInt256(timeInForce.code), UInt256(isPostOnly),
      UInt256(isReduceOnly), legsHash)
    if let builder {
      data.append(builder.address.word)
      data.append(UInt256(UInt64(builder.fee)))
    }
    return data.closed(validity)
  }
}

extension GRVTTypedData.Leg {
  var encoded: TypedData {
    TypedData(
      typeHash: GRVTTypedData.legHash, asset, UInt256(size), UInt256(price), UInt256(isBuying))
  }
}

extension TypedData {
  /// Every type ends with the nonce and the expiration.
  fileprivate func closed(_ validity: GRVTTypedData.Validity) -> TypedData {
    var data = self
    data.append(UInt256(UInt64(validity.nonce)))
    // An int64 is extended by its sign; none of ours is negative.
    data.append(UInt256(validity.expiration.magnitude))
    return data
  }
}

extension GRVTTypedData {
  static let legType =
    "OrderLeg(uint256 assetID,uint64 contractSize,uint64 limitPrice,bool isBuyingContract)"
  private static let orderType =
    "Order(uint64 subAccountID,bool isMarket,uint8 timeInForce,bool postOnly,bool reduceOnly,"
    + "OrderLeg[] legs,uint32 nonce,int64 expiration)" + legType
  private static let builderOrderType =
    "OrderWithBuilderFee(uint64 subAccountID,bool isMarket,uint8 timeInForce,bool postOnly,"
    + "bool reduceOnly,OrderLeg[] legs,address builder,uint32 builderFee,uint32 nonce,"
    + "int64 expiration)" + legType
  private static let walletLoginType =
    "WalletLogin(address signer,uint32 nonce,int64 expiration)"
  private static let transferType =
    "Transfer(address fromAccount,uint64 fromSubAccount,address toAccount,uint64 toSubAccount,"
    + "uint8 tokenCurrency,uint64 numTokens,uint32 nonce,int64 expiration)"
  private static let withdrawalType =
    "Withdrawal(address fromAccount,address toEthAddress,uint8 tokenCurrency,uint64 numTokens,"
    + "uint32 nonce,int64 expiration)"
  private static let deriskRatioType =
    "SetDeriskToMaintenanceMarginRatio(uint64 subAccountID,"
    + "uint32 deriskToMaintenanceMarginRatio,uint32 nonce,int64 expiration)"
  private static let authorizeBuilderType =
    "AuthorizeBuilder(address mainAccountID,address builderAccountID,uint32 maxFutureFeeRate,"
    + "uint32 maxSpotFeeRate,uint32 nonce,int64 expiration)"

  fileprivate static let legHash = Keccak256.hash(legType)
  fileprivate static let orderHash = Keccak256.hash(orderType)
  fileprivate static let builderOrderHash = Keccak256.hash(builderOrderType)
  private static let walletLoginHash = Keccak256.hash(walletLoginType)
  private static let transferHash = Keccak256.hash(transferType)
  private static let withdrawalHash = Keccak256.hash(withdrawalType)
  private static let deriskRatioHash = Keccak256.hash(deriskRatioType)
  private static let authorizeBuilderHash = Keccak256.hash(authorizeBuilderType)
}
