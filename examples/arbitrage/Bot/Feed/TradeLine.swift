import PerpCore

/// What others have traded. (`PROTOCOL.md`, section 3)
package struct TradeLine: Equatable, Sendable {
  package var listing: Listing
  package var price: Decimal
  /// Of who took; nil where the venue does not say.
  package var side: Side?
  /// Microseconds since the epoch by the venue's clock; nil where it does not say.
  package var time: Int64?

  package init(_ listing: Listing, price: Decimal, side: Side? = nil, time: Int64? = nil) {
    (self.listing, self.price, self.side, self.time) = (listing, price, side, time)
  }

  package init?(_ line: JSONFields) {
    guard let listing = line.listing, let price = line.decimal("price") else { return nil }
    self.init(
      listing, price: price, side: line.text("side").flatMap { Side(rawValue: $0) },
      time: line.integer("ts"))
  }
}
