import PerpCore
import PerpCrypto

/// What Paradex has signed: typed data of Starknet, revision 0, all of whose members are numbers
/// of the field. (API documentation, "Signing".)
struct ParadexTypedData: Equatable, Sendable {
  let type: MessageType
  let fields: [UInt256]

  enum MessageType: CaseIterable, Sendable {
    case order, modifyOrder, auth, onboarding, domain

    /// The type's name and members, which are hashed.
    var text: String {
      switch self {
      case .order: "Order(\(Self.orderMembers))"
      case .modifyOrder: "ModifyOrder(\(Self.orderMembers),id:felt)"
      case .auth: "Request(method:felt,path:felt,body:felt,timestamp:felt,expiration:felt)"
      case .onboarding: "Constant(action:felt)"
      case .domain: "StarkNetDomain(name:felt,chainId:felt,version:felt)"
      }
    }

    private static let orderMembers =
      "timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt"
  }

  /// H* of the type and the members.
  var structHash: UInt256 {
    var hash = type.prefix
    for field in fields { hash = Pedersen.hash(hash, field) }
    return Pedersen.hash(hash, UInt256(UInt64(fields.count + 1)))
  }
}

extension ParadexTypedData.MessageType {
  var hash: UInt256 { Self.hashes[self] ?? .zero }

  /// The start of each chain, which is the same for all messages of the type.
  fileprivate var prefix: UInt256 { Self.prefixes[self] ?? .zero }

  private static let hashes = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0, ParadexFelt.keccak($0.text)) })
  private static let prefixes = hashes.mapValues { Pedersen.hash(.zero, $0) }
}

extension ParadexTypedData {
  /// What is signed of an order; `id` is that of the order which it modifies.
  struct Order: Equatable, Sendable {
    /// Unix milliseconds, which also tell two orders of the same content apart.
    var timestamp: UInt64
    var market: String
    var isBuy: Bool
    /// As the venue spells it, such as `LIMIT`.
    var type: String
    var size: Decimal
    /// 0 where there is none.
    var price: Decimal
    var id: String?
  }

  /// `.cut` is for those who verify: the venue cuts what is beyond eight decimals.
  static func order(
    _ order: Order, excess: Decimal.Excess = .refused
  ) throws(ParadexSigningError) -> ParadexTypedData {
    var fields = [
      UInt256(order.timestamp), try ParadexFelt.encode(order.market),
      UInt256(order.isBuy ? 1 : 2), try ParadexFelt.encode(order.type),
      try units(order.size, excess),
      // Of the types that have no limit price only this one is signed without regard to it.
      order.type == "MARKET" ? .zero : try units(order.price, excess),
    ]
    guard let id = order.id else { return ParadexTypedData(type: .order, fields: fields) }
    fields.append(try ParadexFelt.encode(id))
    return ParadexTypedData(type: .modifyOrder, fields: fields)
  }

  /// A request for a token; both times are Unix seconds.
  static func auth(timestamp: UInt64, expiration: UInt64) -> ParadexTypedData {
    ParadexTypedData(
      type: .auth, fields: authFields + [UInt256(timestamp), UInt256(expiration)])
  }

  static let onboarding = ParadexTypedData(type: .onboarding, fields: [ascii("Onboarding")])

  static func domain(chainID: String) throws(ParadexSigningError) -> ParadexTypedData {
    ParadexTypedData(
      type: .domain, fields: [ascii("Paradex"), try ParadexFelt.encode(chainID), UInt256(1)])
  }

  private static func units(
    _ value: Decimal, _ excess: Decimal.Excess
  ) throws(ParadexSigningError) -> UInt256 {
    do throws(ScalingError) {
      return UInt256(wide: try value.units(decimals: ParadexFelt.sizeDecimals, excess: excess))
    } catch { throw .number(error) }
  }

  /// The path is always this one, also where the token is asked for at another.
  private static let authFields = [ascii("POST"), ascii("/v1/auth"), UInt256.zero]

  static func ascii(_ text: StaticString) -> UInt256 {
    text.withUTF8Buffer { UInt256(bigEndian: Array($0)) ?? .zero }
  }
}
