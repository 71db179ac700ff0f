import PerpCore

/// The markets of a venue. To find one by its name costs the same among ten and a thousand.
package struct MarketList: Sendable {
  /// In order.
  package let symbols: [Symbol]
  private let markets: [Symbol: Market]
  /// The symbols of each base, which is in lower case.
  private let bases: [String: [Symbol]]

  /// Of a market that is named twice the last is taken.
  package init(_ list: [Market]) {
    markets = Dictionary(list.map { ($0.symbol, $0) }, uniquingKeysWith: { $1 })
    symbols = markets.keys.sorted()
    bases = Dictionary(grouping: symbols) { $0.base.lowercased() }
  }

  package var count: Int { symbols.count }

  package subscript(symbol: Symbol) -> Market? { markets[symbol] }

  package func symbols(ofBase base: String) -> [Symbol] { bases[base.lowercased()] ?? [] }
}
