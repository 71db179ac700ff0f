/// What one must know of a market before trading it.
package struct Market: Equatable, Sendable {
  package enum Status: String, Sendable {
    case open, halted
    case cancelOnly = "cancel_only"
    case postOnly = "post_only"
    /// Positions can be closed, not opened.
    case reduceOnly = "reduce_only"
    /// Only by request for quotation, not on the book.
    case quotesOnly = "quotes_only"
    case delisted
  }

  package var venue: VenueID
  package var symbol: Symbol
  /// The venue's own name or id.
  package var venueSymbol: String
  package var base: String
  package var quote: String
  package var tickSize: Decimal
  /// The step of sizes, in base units.
  package var lotSize: Decimal
  package var minSize: Decimal
  /// In quote units.
  package var minNotional: Decimal?
  package var maxLeverage: Decimal?
  package var fundingIntervalSeconds: Int?
  package var status: Status

  package init(
    venue: VenueID, symbol: Symbol, venueSymbol: String, base: String, quote: String,
    tickSize: Decimal, lotSize: Decimal, minSize: Decimal, minNotional: Decimal?,
    maxLeverage: Decimal?, fundingIntervalSeconds: Int?, status: Status
  ) {
    self.venue = venue
    self.symbol = symbol
    self.venueSymbol = venueSymbol
    self.base = base
    self.quote = quote
    self.tickSize = tickSize
    self.lotSize = lotSize
    self.minSize = minSize
    self.minNotional = minNotional
    self.maxLeverage = maxLeverage
    self.fundingIntervalSeconds = fundingIntervalSeconds
    self.status = status
  }
}
