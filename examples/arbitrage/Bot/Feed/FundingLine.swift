import PerpCore

/// What a venue says of funding. (`PROTOCOL.md`, section 3)
package struct FundingLine: Equatable, Sendable {
  package var listing: Listing
  /// Part of the value that is paid in one hour, whatever the venue's interval; positive: longs
  /// pay. Nil where the venue does not say.
  package var hourlyRate: Decimal?
  /// When it is paid next, microseconds since the epoch; nil where the venue does not say.
  package var next: Int64?

  package init?(_ line: JSONFields) {
    guard let listing = line.listing else { return nil }
    self.listing = listing
    next = line.integer("next_ts")
    hourlyRate = line.decimal("rate_1h")
    guard hourlyRate == nil, let rate = line.decimal("rate"),
      let seconds = line.integer("interval_s")
    else { return }
    hourlyRate = Self.hourly(rate, interval: seconds)
  }

  /// Of a rate for so many seconds; nil where they are not positive.
  package static func hourly(_ rate: Decimal, interval seconds: Int64) -> Decimal? {
    seconds > 0 ? rate.times(Decimal(3_600)).over(Decimal(Int(seconds)), places: 18) : nil
  }
}
