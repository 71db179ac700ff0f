import PerpCore
import PerpVenue

// What a row of the statistics means in our terms.

/// Which quotes of the statistics are taken, by their notional.
enum VariationalQuoteSize: String {
  case size1k = "size_1k"
  case size100k = "size_100k"
  case size1m = "size_1m"

  /// In USDC.
  var notional: Decimal {
    switch self {
    case .size1k: Decimal(1_000)
    case .size100k: Decimal(100_000)
    case .size1m: Decimal(1_000_000)
    }
  }
}

extension VariationalWire.Listing {
  private static let secondsOfYear = Decimal(31_536_000)

  /// Swaps have no funding interval.
  var isPerpetual: Bool { fundingInterval > 0 }

  /// Nil for a ticker that fits no unified symbol.
  ///
  /// The venue publishes neither ticks nor lots: prices have six significant figures, and the step
  /// of sizes is taken as the power of ten that is worth 0.1 USDC, the smallest order, at most.
  var market: ListedMarket? {
    let asset = VariationalInstrument.settlementAsset
    guard let symbol = VariationalInstrument.symbol(ticker),
      let name = ShortText(VariationalInstrument.key(ticker)),
      let exponent = markPrice.exponent, let tick = Decimal(powerOfTen: exponent - 5),
      let lot = Decimal(powerOfTen: -2 - exponent)
    else { return nil }
    return ListedMarket(
      name: name,
      market: Market(
        venue: Variational.id, symbol: symbol, venueSymbol: ticker, base: ticker, quote: asset,
        tickSize: tick, lotSize: lot, minSize: lot, minNotional: Decimal(mantissa: 1, scale: 1),
        maxLeverage: nil, fundingIntervalSeconds: fundingInterval, status: .open))
  }

  /// For one interval; nil where the venue states none.
  func intervalRate(isAnnual: Bool) -> Decimal? {
    guard isAnnual else { return fundingRate }
    return fundingRate?.multiplied(by: Decimal(fundingInterval))?
      .divided(by: Self.secondsOfYear, scale: 18)?.trimmed
  }

  /// Nil where the venue gives none of that size.
  func quote(_ size: VariationalQuoteSize) -> QuoteFacts? {
    let pair =
      switch size {
      case .size1k: quotes?.size1k
      case .size100k: quotes?.size100k
      case .size1m: quotes?.size1m
      }
    guard let pair, let bid = Level(price: pair.bid, notional: size.notional),
      let ask = Level(price: pair.ask, notional: size.notional)
    else { return nil }
    return QuoteFacts(bid: bid, ask: ask, sequence: nil, time: quotes?.time)
  }
}

extension Level {
  /// What `notional` buys at the price, cut to six significant figures.
  fileprivate init?(price: Decimal, notional: Decimal) {
    guard let first = price.exponent, let full = notional.exponent,
      let size = notional.divided(by: price, scale: min(max(0, 6 - full + first), 38))
    else { return nil }
    self.init(price: price, size: size.trimmed)
  }
}

extension Decimal {
  /// The power of ten of the first digit: 4 for 85734.27 and -3 for 0.0012. Nil for what is not
  /// above 0.
  var exponent: Int? {
    guard self > .zero else { return nil }
    var (digits, rest) = (0, mantissa)
    while rest > 0 {
      rest /= 10
      digits += 1
    }
    return digits - 1 - Int(scale)
  }

  /// Nil where it would need more than 38 digits.
  init?(powerOfTen exponent: Int) {
    guard abs(exponent) <= 37 else { return nil }
    let power = (0..<max(0, exponent)).reduce(Int128(1)) { product, _ in product * 10 }
    self.init(mantissa: power, scale: UInt8(max(0, -exponent)))
  }
}
