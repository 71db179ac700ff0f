import PerpCore
import PerpCrypto

/// From the decimal texts of requests to the whole numbers that are signed.
enum GRVTScaling {
  static let priceDecimals = 9
  static let tokenDecimals = 6
  static let ratioDecimals = 6
  static let feeDecimals = 4

  /// The venue's own reading of a number, which knows more forms than JSON does: `.5`, `5.` and
  /// leading zeros.
  static func decimal(_ text: String) -> Decimal? {
    if let decimal = Decimal(text) { return decimal }
    let exponent = text.firstIndex { $0 == "e" || $0 == "E" } ?? text.endIndex
    let parts = text[..<exponent].split(
      separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.contains(where: { !$0.isEmpty }) else { return nil }
    let whole = parts[0].drop { $0 == "0" }
    let fraction = parts.count > 1 && !parts[1].isEmpty ? ".\(parts[1])" : ""
    return Decimal((whole.isEmpty ? "0" : whole) + fraction + text[exponent...])
  }

  /// The number of an instrument's hash, which some texts give in hexadecimal and some in decimal
  /// digits.
  static func asset(_ hash: String) -> UInt256? {
    hash.hasPrefix("0x") ? UInt256(hex: hash) : UInt256(decimal: hash)
  }

  /// `value` in units of 10^-`decimals`, as a number of the type that the message has.
  static func units<Integer: FixedWidthInteger>(
    _ value: Decimal, decimals: Int, excess: Decimal.Excess = .refused
  ) throws(ScalingError) -> Integer {
    let units = try value.units(decimals: decimals, excess: excess)
    guard let integer = Integer(exactly: units) else {
      throw ScalingError(value, decimals, .tooLarge)
    }
    return integer
  }
}

extension GRVTTypedData.Leg {
  /// A leg from an order's decimals; the price is nil for a market order.
  init(
    asset: UInt256, baseDecimals: Int, size: Decimal, price: Decimal?, isBuying: Bool,
    excess: Decimal.Excess = .refused
  ) throws(ScalingError) {
    self.init(
      asset: asset,
      size: try GRVTScaling.units(size, decimals: baseDecimals, excess: excess),
      price: try price.map { (price) throws(ScalingError) in
        try GRVTScaling.units(price, decimals: GRVTScaling.priceDecimals, excess: excess)
      } ?? 0,
      isBuying: isBuying)
  }
}
