import PerpCore

/// One event of each kind, for tests of what is written of them.
enum Sample {
  static let venue = VenueID("paradex")
  static let symbol = Symbol("BTC-USD-PERP")!
  static let sent: Int64 = 1_795_100_001_004_130

  static let header = EventHeader(
    venue: venue, symbol: symbol, mseq: 7, venueTime: 1_795_100_001_000_000,
    received: 1_795_100_001_004_100)

  static let bbo = BBO(
    header: header, bid: level("91234.5", "0.310"), ask: level("91234.6", "1.000"),
    venueSequence: 8812, source: .bbo)

  static let trade = Trade(
    header: header, tradeID: ShortText("a\"b\\c\u{1}é"), price: decimal("91234.5"),
    size: decimal("0.010"), side: .sell, isLiquidation: true)

  static let funding = Funding(
    header: header, rate: decimal("0.0001"), intervalSeconds: 28_800,
    hourlyRate: decimal("0.0000125"), nextTime: 1_795_104_000_000_000,
    markPrice: decimal("91234.55"), indexPrice: decimal("91230.1"), openInterest: decimal("512.5"))

  static let market = Market(
    venue: venue, symbol: symbol, venueSymbol: "BTC\"USD", base: "BTC", quote: "USD",
    tickSize: decimal("0.1"), lotSize: decimal("0.001"), minSize: decimal("0.001"),
    minNotional: Decimal(10), maxLeverage: Decimal(50), fundingIntervalSeconds: 28_800,
    status: .cancelOnly)

  static let stream = StreamStatus(
    venue: venue, topic: Topic(.book, symbol), state: .stale, cause: "no_data", epoch: 3,
    time: 1_795_100_001_004_100, ageMilliseconds: 3012, limitMilliseconds: 3000, attempt: 2,
    retryMilliseconds: 500)

  static let error = ErrorReport(
    venue: venue, place: "subscribe", reason: "unknown_symbol", message: "no market “X”",
    venueCode: "-32602", isFatal: true, time: 5)

  static func book(levels: Int) -> BookUpdate {
    BookUpdate(
      header: header, isSnapshot: true,
      bids: (0..<levels).map {
        Level(price: Decimal(999_999 - $0), size: Decimal(mantissa: Int128($0 + 1), scale: 4))
      },
      asks: (0..<levels).map {
        Level(price: Decimal(1_000_000 + $0), size: Decimal(mantissa: Int128($0 + 1), scale: 4))
      }, venueSequence: 51, previousVenueSequence: nil)
  }

  private static func decimal(_ text: String) -> Decimal { Decimal(text) ?? .zero }

  private static func level(_ price: String, _ size: String) -> Level {
    Level(price: decimal(price), size: decimal(size))
  }
}
