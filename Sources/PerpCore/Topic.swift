/// A kind of market data, named as in the line protocol.
package enum Channel: String, CaseIterable, Sendable {
  case bbo, trade, book, funding

  fileprivate var place: Int {
    switch self {
    case .bbo: 0
    case .trade: 1
    case .book: 2
    case .funding: 3
    }
  }
}

/// What a consumer subscribes to: one channel of one market.
package struct Topic: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let channel: Channel
  package let symbol: Symbol

  package init(_ channel: Channel, _ symbol: Symbol) {
    self.channel = channel
    self.symbol = symbol
  }

  package var description: String { "\(channel.rawValue) \(symbol)" }

  package static func < (left: Topic, right: Topic) -> Bool {
    (left.symbol, left.channel.place) < (right.symbol, right.channel.place)
  }

  /// Looked up for every event: the channel's place is fed to the hasher, and not its name.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(symbol.text.fold &* 4 &+ channel.place)
  }
}
