/// A kind of market data, named as in the line protocol.
package enum Channel: String, CaseIterable, Sendable {
  case bbo, trade, book, funding
}

/// What a consumer subscribes to: one channel of one market.
package struct Topic: Hashable, Sendable, CustomStringConvertible {
  package let channel: Channel
  package let symbol: Symbol

  package init(_ channel: Channel, _ symbol: Symbol) {
    self.channel = channel
    self.symbol = symbol
  }

  package var description: String { "\(channel.rawValue) \(symbol)" }
}
