import PerpCore

/// What a venue says of funding. (`PROTOCOL.md`, section 3)
package struct FundingLine: Equatable, Sendable {
  /// Seconds of which an interval is believed.
  private static let intervals: ClosedRange<Int64> = 1...31_536_000
  /// Microseconds since the epoch that are believed.
  private static let times: ClosedRange<Int64> = 1...(1 << 53)

  package var listing: Listing
  /// Part of the value that is paid in one hour, whatever the venue's interval; positive: longs
  /// pay. Nil where the venue does not say.
  package var hourlyRate: Decimal?
  /// Part of the value that is paid each time; nil where the venue does not say.
  package var rate: Decimal?
  /// Seconds from one time to the next; nil where the venue does not say.
  package var interval: Int64?
  /// When it is paid next, microseconds since the epoch; nil where the venue does not say.
  package var next: Int64?
  /// The price that it is a part of; nil where the venue does not say.
  package var mark: Decimal?

  package init?(_ line: JSONFields) {
    guard let listing = line.listing else { return nil }
    self.listing = listing
    next = line.integer("next_ts").flatMap { Self.times.contains($0) ? $0 : nil }
    interval = line.integer("interval_s").flatMap { Self.intervals.contains($0) ? $0 : nil }
    (rate, hourlyRate) = (line.decimal("rate"), line.decimal("rate_1h"))
    mark = line.decimal("mark_price")
    if let rate, let interval, hourlyRate == nil {
      hourlyRate = Self.hourly(rate, interval: interval)
    } else if let hourlyRate, rate == nil || interval == nil {
      (rate, interval) = (hourlyRate, 3_600)
    }
  }

  /// Of a rate for so many seconds; nil where they are not positive.
  package static func hourly(_ rate: Decimal, interval seconds: Int64) -> Decimal? {
    seconds > 0 ? rate.times(Decimal(3_600)).over(Decimal(Int(seconds)), places: 18) : nil
  }
}
