import PerpCore

/// What people and clients call markets of one venue: `BTC-USD-PERP`, the base alone where only
/// one market has it, or `*` for all.
package enum MarketName: Hashable, Sendable, CustomStringConvertible {
  case all
  case symbol(Symbol)
  /// In any case of letters.
  case base(String)

  /// Nil for what can be none of them.
  package init?(_ text: String) {
    if text == "*" {
      self = .all
    } else if let symbol = Symbol(text) {
      self = .symbol(symbol)
    } else if !text.isEmpty, !text.contains("-"), Symbol("\(text)-X-PERP") != nil {
      self = .base(text)
    } else {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .all: "*"
    case .symbol(let symbol): symbol.description
    case .base(let base): base
    }
  }

  /// Why there is no such market, in words for the user.
  package struct Unresolved: Error, Equatable {
    package let message: String
  }

  /// The markets that are meant, in order, among those that `venue` has.
  package func resolve(
    in markets: MarketList, of venue: VenueID
  ) -> Result<[Symbol], Unresolved> {
    switch self {
    case .all: return .success(markets.symbols)
    case .symbol(let symbol):
      if markets[symbol] != nil { return .success([symbol]) }
    case .base(let base):
      let matches = markets.symbols(ofBase: base)
      if matches.count == 1 { return .success(matches) }
      if matches.count > 1 {
        let names = matches.map(\.description).joined(separator: ", ")
        return .failure(
          Unresolved(message: "\(venue):\(base) may mean \(names); name one of them"))
      }
    }
    return .failure(Unresolved(message: notFound(among: markets.symbols, venue)))
  }

  private func notFound(among symbols: [Symbol], _ venue: VenueID) -> String {
    let beginning = description.prefix(2).lowercased()
    let close = symbols.map(\.description)
      .filter { $0.lowercased().hasPrefix(beginning) }.prefix(5)
    let hint = close.isEmpty ? "" : " (near it: \(close.joined(separator: ", ")))"
    return "\(venue) has no market \(self)\(hint); `perpwire markets \(venue)` lists all "
      + "\(symbols.count)"
  }
}
