import PerpCore

/// How an order is now. (`PROTOCOL.md`, section 5)
package struct OrderLine: Equatable, Sendable {
  package var listing: Listing
  /// Nil of an order that others have placed.
  package var clientID: String?
  package var orderID: String?
  package var status: OrderStatus
  package var side: Side?
  /// In base units.
  package var size: Decimal?
  package var filled: Decimal
  package var averagePrice: Decimal?
  /// Why it ended, in the venue's words where it has any.
  package var cause: String?
  package var isForeign: Bool
  /// What the venue says of the order's kind, where the gateway passes it on.
  package var flags: [String]?

  package init?(_ line: JSONFields) {
    guard let listing = line.listing,
      let status = line.text("status").flatMap({ OrderStatus(rawValue: $0) })
    else { return nil }
    self.listing = listing
    self.status = status
    clientID = line.text("client_id")
    orderID = line.text("order_id")
    side = line.text("side").flatMap { Side(rawValue: $0) }
    size = line.decimal("size")
    filled = line.decimal("filled") ?? .zero
    averagePrice = line.decimal("avg_price")
    let words = [line.text("reason"), line.text("venue_message")].compactMap { $0 }
    cause = words.isEmpty ? nil : words.joined(separator: ": ")
    isForeign = line.bool("foreign") ?? false
    flags = line.texts("flags")
  }
}

/// One execution, told once for each trade id of an order.
package struct FillLine: Equatable, Sendable {
  package var listing: Listing
  package var tradeID: String
  package var clientID: String?
  package var side: Side
  package var price: Decimal
  /// In base units.
  package var size: Decimal
  /// Positive: paid.
  package var fee: Decimal
  package var feeAsset: String
  package var liquidity: String
  /// The venue has closed the position.
  package var isLiquidation: Bool
  /// Microseconds since the epoch, by the venue's clock where it says; nil where nobody does.
  package var time: Int64?

  package init?(_ line: JSONFields) {
    guard let listing = line.listing, let trade = line.text("trade_id"),
      let side = line.text("side").flatMap({ Side(rawValue: $0) }),
      let price = line.decimal("price"), let size = line.decimal("size")
    else { return nil }
    self.listing = listing
    self.side = side
    // Some venues sign the size of sells: the side alone tells the direction. (C-03)
    (tradeID, self.price, self.size) = (trade, price, size.magnitude)
    clientID = line.text("client_id")
    fee = line.decimal("fee") ?? .zero
    feeAsset = line.text("fee_asset") ?? ""
    liquidity = line.text("liquidity") ?? ""
    isLiquidation = line.bool("liquidation") ?? false
    time = line.integer("ts") ?? line.integer("recv_ts")
  }
}

/// A position in base units: long is positive, short negative, none zero. (C-03)
package struct PositionLine: Equatable, Sendable {
  package var listing: Listing
  package var size: Decimal
  /// What a base unit of it has cost; nil where the venue does not say.
  package var entryPrice: Decimal?
  /// Microseconds since the epoch, by the venue's clock where it says; nil where nobody does.
  package var time: Int64?

  package init(_ listing: Listing, _ size: Decimal) { (self.listing, self.size) = (listing, size) }

  package init?(_ line: JSONFields) {
    guard let listing = line.listing, let size = line.decimal("size") else { return nil }
    self.init(listing, size)
    entryPrice = line.decimal("entry_price")
    time = line.integer("ts") ?? line.integer("recv_ts")
  }
}

package struct BalanceLine: Equatable, Sendable {
  package var venue: String
  package var asset: String
  package var total: Decimal
  package var available: Decimal
  package var marginUsed: Decimal?

  package init?(_ line: JSONFields) {
    guard let venue = line.text("venue"), let asset = line.text("asset"),
      let total = line.decimal("total")
    else { return nil }
    (self.venue, self.asset, self.total) = (venue, asset, total)
    available = line.decimal("available") ?? total
    marginUsed = line.decimal("margin_used")
  }
}

/// A position as venues tell it that give a side beside the size. (C-03)
package enum SignedSize {
  /// `size` may have a sign of its own, which says the same as the side and must not count twice.
  package static func position(size: Decimal, side: String) -> Decimal {
    switch side.lowercased() {
    case "long", "buy": size.magnitude
    case "short", "sell": size.magnitude.negated
    default: .zero
    }
  }
}
