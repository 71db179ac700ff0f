import ArgumentParser
import PerpCore
import PerpVenue
import PerpVenues

/// What a user asks to stream: `venue:SYMBOL`, `venue:BASE` or `venue:*`.
struct Target: Equatable {
  enum Selection: Equatable {
    case all
    case symbol(Symbol)
    /// Any quote currency, if there is only one market of this base.
    case base(String)
  }

  let text: String
  let venue: VenueID
  let selection: Selection

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
    if name == "*" {
      selection = .all
    } else if let symbol = Symbol(name) {
      selection = .symbol(symbol)
    } else if !name.contains("-") {
      selection = .base(name)
    } else {
      throw ValidationError(
        "'\(name)' is not a symbol; unified symbols look like BTC-USD-PERP, or name the base "
          + "alone: \(venue.id):\(name.prefix { $0 != "-" })")
    }
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

  /// The markets that are meant, or why there are none, in words for the user.
  func resolve(in markets: [Market]) -> Result<[Symbol], Unresolved> {
    let open = markets.map(\.symbol)
    switch selection {
    case .all: return .success(open.sorted())
    case .symbol(let symbol):
      if open.contains(symbol) { return .success([symbol]) }
    case .base(let base):
      let matches = open.filter { $0.base.lowercased() == base.lowercased() }.sorted()
      if matches.count == 1 { return .success(matches) }
      if matches.count > 1 {
        let names = matches.map(\.description).joined(separator: ", ")
        return .failure(Unresolved(message: "\(text) may mean \(names); name one of them"))
      }
    }
    return .failure(Unresolved(message: notFound(open)))
  }

  private func notFound(_ symbols: [Symbol]) -> String {
    let name = text.drop { $0 != ":" }.dropFirst()
    let close = symbols.map(\.description)
      .filter { $0.lowercased().hasPrefix(name.prefix(2).lowercased()) }.sorted().prefix(5)
    let hint = close.isEmpty ? "" : " (near it: \(close.joined(separator: ", ")))"
    return "\(venue) has no market \(name)\(hint); `perpwire markets \(venue)` lists all "
      + "\(symbols.count)"
  }

  struct Unresolved: Error {
    let message: String
  }
}
