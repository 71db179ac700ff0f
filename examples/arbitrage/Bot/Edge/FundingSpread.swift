import PerpCore

/// One asset bought at one venue and sold at another for the difference of their funding. (B-14)
package struct FundingSpread: Equatable, Sendable {
  /// Where the rate is lower.
  package let long: Listing
  package let short: Listing
  /// Part of the value that both together are paid in a day.
  package let perDay: Decimal

  /// The two markets of an asset whose hourly rates differ most, of equals the first; nil where no
  /// two differ.
  package static func widest(_ rates: [(listing: Listing, hourly: Decimal)]) -> FundingSpread? {
    guard let low = rates.min(by: { $0.hourly < $1.hourly }),
      let high = rates.max(by: { $0.hourly < $1.hourly }), low.hourly < high.hourly
    else { return nil }
    return FundingSpread(
      long: low.listing, short: high.listing, perDay: perDay((.buy, .sell), low.hourly, high.hourly)
    )
  }

  /// What the sides of a pair are paid in a day at these hourly rates, as a part of the value.
  package static func perDay(
    _ sides: (first: Side, second: Side), _ first: Decimal, _ second: Decimal
  ) -> Decimal {
    FundingCarry.part([(sides.first, first), (sides.second, second)], hours: Decimal(24))
  }

  /// For people.
  package static func percent(_ perDay: Decimal) -> String {
    "\(perDay.times(Decimal(100)).signedText(places: 4)) % a day"
  }
}
