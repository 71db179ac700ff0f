import ArgumentParser
import PerpCore
import PerpGateway
import PerpVenue
import PerpVenues

/// What a user asks to stream: `venue:SYMBOL`, `venue:BASE` or `venue:*`.
struct Target: Equatable {
  let text: String
  let venue: VenueID
  let name: MarketName

  init(parsing text: String) throws {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw ValidationError(
        "'\(text)' is not a target; write venue:SYMBOL, venue:BASE or venue:*, "
          + "such as paradex:BTC-USD-PERP, paradex:BTC or 'paradex:*'")
    }
    let venue = try Registry.required(String(parts[0]))
    self.text = text
    self.venue = venue.id
    let name = String(parts[1])
    guard let market = MarketName(name) else {
      throw ValidationError(
        "'\(name)' is not a symbol; unified symbols look like BTC-USD-PERP, or name the base "
          + "alone: \(venue.id):\(name.prefix { $0 != "-" })")
    }
    self.name = market
  }

  /// What the arguments name; without any, BTC and ETH of every simulated venue.
  static func chosen(_ arguments: [String], sim: Bool) throws -> [Target] {
    guard arguments.isEmpty else { return try arguments.map(Target.init(parsing:)) }
    guard sim else {
      throw ValidationError(
        "name at least one target, such as paradex:BTC; or try --sim without any")
    }
    return try Registry.venues.flatMap { venue in
      try ["BTC", "ETH"].map { try Target(parsing: "\(venue.id):\($0)") }
    }
  }
}
