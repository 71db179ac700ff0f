import PerpCore

/// What a browser asks of a bot that has a console, and whether somebody listens to its stream.
package enum ConsoleInput: Sendable {
  case request(ConsoleRequest)
  /// So many clients read the stream.
  case listeners(Int)
}

package struct ConsoleRequest: Equatable, Sendable {
  /// Comes back with the reply.
  package var id: Int
  package var method: String
  package var path: String
  package var query: [String: String]
  package var body: [UInt8]
  /// Who asks has the token. Without it a status is short.
  package var isTrusted: Bool

  package init(
    id: Int = 0, _ method: String, _ path: String, query: [String: String] = [:], body: String = "",
    isTrusted: Bool = true
  ) {
    (self.id, self.method, self.path, self.query) = (id, method, path, query)
    (self.body, self.isTrusted) = (Array(body.utf8), isTrusted)
  }
}

package struct ConsoleReply: Equatable, Sendable {
  package var id: Int
  /// Of HTTP.
  package var status: Int
  /// One JSON value.
  package var body: String

  package init(id: Int, status: Int = 200, _ body: JSON) {
    (self.id, self.status, self.body) = (id, status, body.string)
  }
}

/// What is to be in the database and the tables, each once by its id. (S1-55)
package enum StoreRecord: Equatable, Sendable {
  case event(ZarbEvent)
  case trade(ZarbTrade)
  /// The row of a symbol as `/api/symbols` tells it, and what the table has of it.
  case snapshot(symbol: String, at: Int64, json: String, row: [String])
  case spread(symbol: String, at: Int64, edgeBasisPoints: Decimal, edgePercent: Decimal)
}

/// Something that people are told of. (S1-72)
package struct ZarbEvent: Equatable, Sendable {
  package enum Level: String, CaseIterable, Sendable { case info, warn, error }

  package var id: String
  /// Milliseconds since the epoch.
  package var time: Int64
  package var level: Level
  package var source: String
  package var message: String
  /// One JSON value.
  package var data: String

  package init(
    id: String, time: Int64, level: Level, source: String, message: String, data: String = "{}"
  ) {
    (self.id, self.time, self.level, self.source) = (id, time, level, source)
    (self.message, self.data) = (message, data)
  }

  package var json: JSON {
    [
      "id": .text(id), "ts": .integer(time), "level": .text(level.rawValue),
      "source": .text(source), "message": .text(message), "data": .raw(data),
    ]
  }
}

/// One execution. (S1-55)
package struct ZarbTrade: Equatable, Sendable {
  /// Venue and trade, so that it is there once however often it is told.
  package var id: String
  /// Milliseconds since the epoch.
  package var time: Int64
  package var venue: String
  package var symbol: String
  package var side: Side
  package var size: Decimal
  package var price: Decimal
  package var order: String
  /// What it was for, such as `open-taker`.
  package var tag: String

  package init(
    id: String, time: Int64, venue: String, symbol: String, side: Side, size: Decimal,
    price: Decimal, order: String, tag: String
  ) {
    (self.id, self.time, self.venue, self.symbol) = (id, time, venue, symbol)
    (self.side, self.size, self.price, self.order, self.tag) = (side, size, price, order, tag)
  }
}

/// What an earlier run has left in the database. (D-19)
package struct ZarbMemory: Sendable {
  /// Oldest first.
  package var events: [ZarbEvent] = []
  package var trades: [ZarbTrade] = []
  /// The latest row of each symbol.
  package var snapshots: [(symbol: String, json: String)] = []
  /// Tradable edges of each symbol in percent, oldest first.
  package var spreads: [String: [Decimal]] = [:]

  package init() {}
}

/// Messages for one client of the stream. One that does not read loses the oldest. (S1-80)
package struct StreamQueue: Sendable {
  package static let limit = 200

  private var messages: [String] = []
  package private(set) var dropped = 0

  package init() {}

  package var count: Int { messages.count }

  package mutating func add(_ message: String) {
    if messages.count == Self.limit {
      messages.removeFirst()
      dropped += 1
    }
    messages.append(message)
  }

  package mutating func next() -> String? { messages.isEmpty ? nil : messages.removeFirst() }
}
