import PerpCore
import PerpSim

/// What the simulated venue lists: grids and limits like those of the real one.
struct GRVTSimulatorInstruments {
  private struct Row {
    let base: String
    let tick: String
    let lot: String
    let minNotional: Int
    let maxPosition: Int
    let decimals: Int64
    /// The currency's number, which is a part of the hash.
    let id: UInt8

    init(
      _ base: String, _ tick: String, _ lot: String, _ minNotional: Int, _ maxPosition: Int,
      _ decimals: Int64, id: UInt8
    ) {
      self.base = base
      self.tick = tick
      self.lot = lot
      self.minNotional = minNotional
      self.maxPosition = maxPosition
      self.decimals = decimals
      self.id = id
    }
  }

  /// BTC, ETH, SUI, ADA and AAVE as seen early in 2026; the others are of the same kind.
  private static let rows: [Row] = [
    Row("BTC", "0.1", "0.001", 100, 1_000, 9, id: 0x05),
    Row("ETH", "0.01", "0.01", 20, 30_000, 9, id: 0x04),
    Row("SOL", "0.01", "0.01", 5, 300_000, 9, id: 0x06),
    Row("XRP", "0.0001", "1", 5, 5_000_000, 6, id: 0x0A),
    Row("DOGE", "0.00001", "1", 5, 20_000_000, 6, id: 0x0B),
    Row("kBONK", "0.000001", "100", 5, 90_000_000, 3, id: 0x0E),
    Row("HYPE", "0.001", "0.1", 5, 100_000, 9, id: 0x1E),
    Row("BNB", "0.01", "0.01", 5, 20_000, 9, id: 0x07),
    Row("SUI", "0.0001", "0.1", 5, 901_207, 6, id: 0x15),
    Row("LINK", "0.001", "0.1", 5, 400_000, 9, id: 0x0C),
    Row("AVAX", "0.001", "0.1", 5, 300_000, 9, id: 0x12),
    Row("ADA", "0.0001", "100", 5, 3_333_004, 6, id: 0x21),
    Row("LTC", "0.01", "0.1", 5, 50_000, 9, id: 0x33),
    Row("NEAR", "0.0001", "1", 5, 1_000_000, 6, id: 0x17),
    Row("AAVE", "0.01", "0.1", 5, 7_729, 9, id: 0x22),
    Row("UNI", "0.001", "0.1", 5, 300_000, 9, id: 0x16),
    Row("ARB", "0.0001", "1", 5, 5_000_000, 6, id: 0x11),
    Row("TON", "0.0001", "0.1", 5, 1_000_000, 6, id: 0x0F),
    Row("WIF", "0.0001", "1", 5, 2_000_000, 6, id: 0x14),
    Row("ORDI", "0.001", "0.1", 5, 200_000, 9, id: 0x13),
  ]

  let profile: MarketProfile
  let instrument: GRVTInstrument

  /// In the order of the simulated markets; nil for one that is not in the table.
  init?(_ profile: MarketProfile) {
    guard let row = Self.rows.first(where: { $0.base == profile.base }),
      let tick = Decimal(row.tick), let lot = Decimal(row.lot)
    else { return nil }
    self.profile = profile.on(tick: tick, lot: lot)
    // A thousand units of a small coin have a capital K in front of its name.
    let base = row.base.uppercased()
    let digits = Array("0123456789abcdef")
    instrument = GRVTInstrument(
      name: ShortText("\(base)_USDT_Perp") ?? ShortText(),
      hash: "0x03\(digits[Int(row.id >> 4)])\(digits[Int(row.id & 15)])01", base: base,
      quote: "USDT", kind: "PERPETUAL", venues: ["ORDERBOOK", "RFQ"],
      settlementPeriod: "PERPETUAL", baseDecimals: row.decimals, quoteDecimals: 6,
      tickSize: tick, minSize: lot.spelt, createTime: 1_768_040_726_362_418_304,
      maxPositionSize: Decimal(row.maxPosition).spelt, fundingIntervalHours: 8,
      fundingRateCap: Decimal(mantissa: 75, scale: 2),
      fundingRateFloor: Decimal(mantissa: -75, scale: 2),
      minNotional: Decimal(row.minNotional).spelt)
  }
}

extension Decimal {
  /// As the venue writes numbers: without needless zeros, but for one behind the point.
  var spelt: Decimal {
    let shortest = trimmed
    return shortest.scale == 0 ? shortest.rescaled(to: 1) ?? shortest : shortest
  }
}
