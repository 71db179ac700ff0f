import PerpCore

/// Two systems stand side by side. V2 is traded; V1 is the legacy one on StarkEx, whose public
/// hosts have answered with empty lists since September 2026. Their messages are of one family.
enum EdgeXGeneration: String, Sendable {
  case v1, v2

  init(_ settings: [String: String]) {
    self = settings["generation"].flatMap(EdgeXGeneration.init) ?? .v2
  }

  /// Of REST. Paths of the WebSocket say `v1` on both.
  var path: String { "/api/\(rawValue)" }

  /// What was seen of it: V1 in a capture of its documents, V2 on the live system.
  var depthVersions: EdgeXDepthVersions.Form { self == .v1 ? .next : .same }
}

/// How much and how long an order is signed for. (Official Python library, 0.4.0 and 2.0.1.)
extension EdgeXGeneration {
  /// Of which the most that an order may pay is reckoned; nil is what the venue does not tell.
  func feeRate(taker: Decimal?, maker: Decimal?) -> Decimal {
    switch self {
    case .v1: taker ?? Decimal(mantissa: 38, scale: 5)
    case .v2: EdgeXSignedTerms.feeRate(taker: taker, maker: maker)
    }
  }

  /// What an order at the market is signed with.
  func marketPrice(
    isBuy: Bool, oracle: Decimal, tickSize: Decimal
  ) throws(EdgeXSigningError) -> Decimal {
    switch self {
    case .v1:
      try EdgeXSignedTerms.firstGenerationMarketPrice(
        isBuy: isBuy, oracle: oracle, tickSize: tickSize)
    case .v2:
      try EdgeXSignedTerms.marketPrice(isBuy: isBuy, oracle: oracle, tickSize: tickSize)
    }
  }

  /// `now` in Unix milliseconds.
  func expiry(now: UInt64) -> EdgeXSignedExpiry {
    switch self {
    case .v1: EdgeXSignedExpiry(firstGenerationNow: now)
    case .v2: EdgeXSignedExpiry(order: nil, now: now)
    }
  }
}

extension EdgeXDepthVersions.Form {
  /// The setting `depth_versions`, or what the generation is known for.
  init(_ settings: [String: String]) {
    let wanted = settings["depth_versions"].flatMap(EdgeXDepthVersions.Form.init)
    self = wanted ?? EdgeXGeneration(settings).depthVersions
  }
}
