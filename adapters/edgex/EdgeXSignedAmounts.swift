import PerpCore
import PerpCrypto

/// The amounts of an order as both generations sign them: whole numbers of units, the most that it
/// may cost. (Official Python library, `create_order`.)
struct EdgeXSignedAmounts: Equatable, Sendable {
  /// Units of the contract.
  var synthetic: UInt128
  /// Units of the quote coin, as is the fee.
  var collateral: UInt128
  var fee: UInt128
}

/// An order's terms as far as they are signed, from which the amounts come and the texts that the
/// request must have beside the signature.
struct EdgeXSignedTerms: Equatable, Sendable {
  /// The limit price, or the worst one for an order at the market.
  let price: Decimal
  /// `l2Value`: price times size with all digits.
  let value: Decimal
  /// `l2LimitFee`: whole units of the quote coin, rounded up.
  let fee: Decimal
  let amounts: EdgeXSignedAmounts

  /// What one contract's metadata say.
  struct Scale: Equatable, Sendable {
    var tickSize: Decimal
    /// Units of a whole of the contract, and of its quote coin.
    var resolution: UInt128
    var quoteResolution: UInt128
    var feeRate: Decimal
  }

  /// Refuses a size finer than the contract's units, unless `excess` is `.cut`, as the venue does.
  /// The value's units are cut in any case: that is the venue's rule.
  init(
    price: Decimal, size: Decimal, _ scale: Scale, excess: Decimal.Excess = .refused
  ) throws(EdgeXSigningError) {
    guard let value = price.multiplied(by: size),
      let fee = value.multiplied(by: scale.feeRate)?.ceiling
    else { throw .tooLarge(size) }
    (self.price, self.value, self.fee) = (price, value, fee)
    amounts = EdgeXSignedAmounts(
      synthetic: try Self.units(size, scale.resolution, excess),
      collateral: try Self.units(value, scale.quoteResolution, .cut),
      fee: try Self.units(fee, scale.quoteResolution, .cut))
  }

  static func units(
    _ value: Decimal, _ resolution: UInt128, _ excess: Decimal.Excess
  ) throws(EdgeXSigningError) -> UInt128 {
    guard let factor = Int128(exactly: resolution), factor > 0,
      let product = value.multiplied(by: Decimal(mantissa: factor, scale: 0))
    else { throw .tooLarge(value) }
    do throws(ScalingError) {
      return try product.units(decimals: 0, excess: excess)
    } catch {
      switch error.reason {
      case .negative: throw .negative(value)
      case .tooFine: throw .tooFine(value, resolution: resolution)
      case .tooLarge: throw .tooLarge(value)
      }
    }
  }
}

extension EdgeXSignedTerms {
  /// What an order at the market is signed with: ten times the oracle's price, up to the tick, or
  /// one tick.
  static func marketPrice(
    isBuy: Bool, oracle: Decimal, tickSize: Decimal
  ) throws(EdgeXSigningError) -> Decimal {
    guard isBuy else { return tickSize }
    guard let price = oracle.multiplied(by: Decimal(10)),
      let ticks = price.divided(by: tickSize, scale: 0),
      let cut = ticks.multiplied(by: tickSize),
      let result = cut < price ? cut.adding(tickSize) : cut
    else { throw .tooLarge(oracle) }
    return result
  }

  /// The first generation's: rounded to the digits of the tick, halves to even.
  static func firstGenerationMarketPrice(
    isBuy: Bool, oracle: Decimal, tickSize: Decimal
  ) throws(EdgeXSigningError) -> Decimal {
    guard isBuy else { return tickSize }
    let digits = Int(tickSize.scale)
    let unit = Decimal(mantissa: 1, scale: tickSize.scale)
    guard let price = oracle.multiplied(by: Decimal(10)),
      let cut = price.divided(by: Decimal(1), scale: digits),
      let above = cut.adding(unit), let toCut = price.subtracting(cut),
      let toAbove = above.subtracting(price)
    else { throw .tooLarge(oracle) }
    if toCut == toAbove { return cut.mantissa.isMultiple(of: 2) ? cut : above }
    return toCut < toAbove ? cut : above
  }

  /// The larger of both rates; a missing one counts as a thousandth.
  static func feeRate(taker: Decimal?, maker: Decimal?) -> Decimal {
    let missing = Decimal(mantissa: 1, scale: 3)
    return max(taker ?? missing, maker ?? missing)
  }

  /// Reads a number of metadata, in decimal or hexadecimal digits.
  static func number(_ text: String) -> UInt256? {
    let digits = text.trimming
    return digits.hasPrefix("0x") || digits.hasPrefix("0X")
      ? UInt256(hex: digits) : UInt256(decimal: digits)
  }
}

/// What cannot be signed for edgeX.
enum EdgeXSigningError: Error, Equatable, CustomStringConvertible {
  case negative(Decimal)
  case tooFine(Decimal, resolution: UInt128)
  case tooLarge(Decimal)
  case tooWide
  case noAssets

  var description: String {
    switch self {
    case .negative(let value): "\(value) is negative; give its size and the side apart"
    case .tooFine(let value, let resolution):
      "\(value) is no multiple of 1/\(resolution), which is signed; round it to the step first"
    case .tooLarge(let value): "\(value) is larger than what can be signed"
    case .tooWide: "an amount of it has more than 64 bits of units"
    case .noAssets: "the venue does not say which assets are signed for"
    }
  }
}

extension Decimal {
  /// The least whole number that is not smaller.
  fileprivate var ceiling: Decimal? {
    guard let cut = divided(by: Decimal(1), scale: 0) else { return nil }
    return cut < self ? cut.adding(Decimal(1)) : cut
  }
}

extension String {
  fileprivate var trimming: Substring {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let last = lastIndex { !$0.isWhitespace } ?? startIndex
    return start < endIndex ? self[start...last] : ""
  }
}
