import PerpCore

/// Compares every asset that both venues trade, whatever is traded here. It looks at quotes that
/// come by themselves, and asks nobody. (S1-85, S1-86)
package struct MarketScanner: Sendable {
  /// One asset, and its best market of each venue.
  package struct Pair: Equatable, Sendable {
    package var base: String
    package var first: Listing
    package var second: Listing
    /// Nil where the venue does not tell.
    package var firstLeverage: Decimal?
    package var secondLeverage: Decimal?

    package var symbol: String { "\(base)-PERP" }
    package var market: ZarbMarket { ZarbMarket(symbol, first: first, second: second) }
  }

  /// A pair as it was at the last scan.
  package struct Observation: Equatable, Sendable {
    package var pair: Pair
    package var first: Quote
    package var second: Quote
    /// Milliseconds since the epoch.
    package var time: Int64
  }

  /// What the pages take where a venue tells no leverage.
  package struct Fallback: Equatable, Sendable {
    package var first = Decimal(2)
    package var second = Decimal(2)

    package init() {}
  }

  /// Seconds that what a scan found is told again.
  package static let interval = 300
  package static let leverages = Decimal(1)...Decimal(200)
  /// The better quote assets first.
  private static let quotes = (first: ["USDC", "USD"], second: ["USDT", "USDC", "USD"])

  package private(set) var pairs: [Pair] = []
  package private(set) var observations: [Observation] = []
  package private(set) var error: String?
  /// Milliseconds since the epoch; nil before the first.
  package private(set) var updated: Int64?
  private var scanned: UInt64?

  package init() {}

  /// The markets that the gateway knows.
  package mutating func learn(
    _ markets: [Listing: MarketRules], venues: (first: String, second: String)
  ) {
    let first = Self.best(markets, venues.first, Self.quotes.first)
    let second = Self.best(markets, venues.second, Self.quotes.second)
    pairs = first.keys.sorted().compactMap { base in
      guard let one = first[base], let other = second[base] else { return nil }
      return Pair(
        base: base, first: one, second: other, firstLeverage: markets[one]?.maxLeverage,
        secondLeverage: markets[other]?.maxLeverage)
    }
  }

  /// Of each asset the venue's market with the best quote asset, those first in `quotes`.
  static func best(
    _ markets: [Listing: MarketRules], _ venue: String, _ quotes: [String]
  ) -> [String: Listing] {
    var best: [String: (rank: Int, listing: Listing)] = [:]
    for (listing, rules) in markets where listing.venue == venue && rules.status == "open" {
      let parts = listing.symbol.description.split(separator: "-")
      guard let rank = quotes.firstIndex(of: String(parts[1])) else { continue }
      let base = String(parts[0])
      if rank < best[base]?.rank ?? .max { best[base] = (rank, listing) }
    }
    return best.mapValues(\.listing)
  }

  /// What was found is old, or nothing was.
  package func isDue(at now: UInt64) -> Bool {
    scanned.map { $0 + Nanoseconds.seconds(Self.interval) <= now } ?? true
  }

  /// Looks at all pairs. Where a venue tells nothing what was found before stays. `quote` gives
  /// only what may be believed.
  package mutating func scan(at now: Moment, _ quote: (Listing) -> Quote?) {
    let found = pairs.compactMap { pair -> Observation? in
      guard let first = quote(pair.first), let second = quote(pair.second), first.isSound,
        second.isSound
      else { return nil }
      return Observation(pair: pair, first: first, second: second, time: now.wall / 1_000)
    }
    guard !found.isEmpty else {
      let silent = Set(
        pairs.flatMap { [$0.first, $0.second] }.filter { quote($0) == nil }
          .map(\.venue)
      ).sorted().joined(separator: " and ")
      error =
        pairs.isEmpty
        ? "no asset is known at both venues" : "no fresh quotes of \(silent)"
      return
    }
    (observations, error, updated, scanned) = (found, nil, now.wall / 1_000, now.monotonic)
  }

  // MARK: For people

  /// The largest nominal spread first.
  package func rows(_ fallback: Fallback) -> [Row] {
    observations.map { Row($0, fallback) }.sorted {
      ($0.nominal, $1.symbol) > ($1.nominal, $0.symbol)
    }
  }

  package func json(limit: Int, _ fallback: Fallback) -> JSON {
    [
      "updated_at": updated.map { .integer($0) } ?? .null,
      "scan_interval_sec": .integer(Self.interval), "limit": .integer(limit),
      "total_symbols": .integer(observations.count),
      "comparable_symbols": .integer(pairs.count),
      "fallback": ["paradex": .number(fallback.first), "grvt": .number(fallback.second)],
      "last_error": error.map { .text($0) } ?? .null,
      "rows": .list(rows(fallback).prefix(limit).map(\.json)),
    ]
  }

  /// How far apart one asset is. The first venue is Paradex, the second GRVT.
  package struct Row: Sendable {
    package let observation: Observation
    /// The second's middle less the first's, in quote units.
    package let spread: Decimal
    /// Hundredths of a percent of the middle of both.
    package let basisPoints: Decimal
    package let firstLeverage: Decimal
    package let secondLeverage: Decimal
    /// What the spread comes to with all the leverage that both sides allow.
    package let nominal: Decimal

    init(_ observation: Observation, _ fallback: Fallback) {
      self.observation = observation
      let sample = EdgeSample(observation.first, observation.second)
      (spread, basisPoints) = (sample.difference, sample.differenceBasisPoints)
      firstLeverage = Self.clamp(observation.pair.firstLeverage ?? fallback.first)
      secondLeverage = Self.clamp(observation.pair.secondLeverage ?? fallback.second)
      nominal = sample.difference.magnitude.times(min(firstLeverage, secondLeverage))
    }

    static func clamp(_ leverage: Decimal) -> Decimal {
      min(max(leverage, MarketScanner.leverages.lowerBound), MarketScanner.leverages.upperBound)
    }

    package var symbol: String { observation.pair.symbol }
    package var effectiveLeverage: Decimal { min(firstLeverage, secondLeverage) }

    package var json: JSON {
      let pair = observation.pair
      let (first, second) = (observation.first, observation.second)
      return [
        "symbol": .text(symbol), "base_asset": .text(pair.base),
        "paradex_market": .text(pair.first.symbol.description),
        "grvt_market": .text(pair.second.symbol.description),
        "paradex_bid": .number(first.bid), "paradex_ask": .number(first.ask),
        "paradex_mid": .number(first.mid), "grvt_bid": .number(second.bid),
        "grvt_ask": .number(second.ask), "grvt_mid": .number(second.mid),
        "spread_price": .number(spread), "spread_abs": .number(spread.magnitude),
        "spread_bps": .number(basisPoints),
        "paradex_max_leverage": .optional(pair.firstLeverage),
        "grvt_max_leverage": .optional(pair.secondLeverage),
        "paradex_leverage": .number(firstLeverage), "grvt_leverage": .number(secondLeverage),
        "paradex_leverage_source": .text(pair.firstLeverage == nil ? "fallback" : "market"),
        "grvt_leverage_source": .text(pair.secondLeverage == nil ? "fallback" : "market"),
        "effective_leverage": .number(effectiveLeverage), "nominal_spread": .number(nominal),
        "direction": .text(spread > .zero ? "grvt_gt_paradex" : "paradex_gt_grvt"),
        "updated_at": .integer(observation.time),
      ]
    }
  }
}
