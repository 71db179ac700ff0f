import PerpCore

extension Desk {
  /// Funding is told from now on. It is asked for apart from quotes, which a venue without it must
  /// not cost.
  mutating func followFunding(of listing: Listing) {
    outbox.send(
      .subscribe(listing, channels: ["funding"]), for: .other("subscribe funding of \(listing)"))
  }
}
