import PerpCore

/// What a client asks for, read from one line (PROTOCOL.md, section 6).
package enum Command: Equatable, Sendable {
  package struct Hello: Equatable, Sendable {
    /// The last lossless line the client has; it gets those that follow.
    package var resume: UInt64?
    /// Of which journal that line is; nil if the client does not say.
    package var journal: String?
    /// The process that must live for the client to live.
    package var parent: Int32?
    /// The client sends a `beat`, or anything else, at least every so many milliseconds.
    package var beatMilliseconds: UInt64?
    /// How often the client wants a `heartbeat`; 0 for never, nil if it does not say.
    package var heartbeatMilliseconds: UInt64?
    package var bareNumbers = false
    /// Nil if the client does not say.
    package var deadMan: DeadMan?
    package var cancelsOnDisconnect: Bool?
  }

  /// Topics by the names of their markets; nil for all there are.
  package struct Selection: Equatable, Sendable {
    package var venues: [VenueID]?
    package var channels: [Channel]?
    package var names: [MarketName]?
  }

  /// How a subscription is to be told.
  package struct View: Equatable, Sendable {
    /// Nanoseconds between two lines of the same state at least; nil for each.
    package var conflation: UInt64?
    /// Levels of a book on each side; nil for all.
    package var depth: Int?
  }

  case hello(Hello)
  case subscribe(Selection, View)
  case unsubscribe(Selection)
  case snapshot(Selection)
  case markets(Selection)
  case place(Placement)
  /// All are judged before any is sent.
  case batch([Placement])
  case cancel(OrderReference)
  case cancelAll(AccountFilter)
  case modify(Modification)
  case query(OrderReference)
  case orders(AccountFilter)
  case positions(AccountFilter)
  case balances(AccountFilter)
  case accountLimits(AccountFilter)
  case arm(confirmation: String)
  case disarm
  case panic(flatten: Bool)
  case status
  case stats
  case ping
  case beat
  case shutdown
}

/// A command as it came: the client's own number or name for it, and what it says or why it cannot
/// be carried out.
package struct Request: Sendable {
  /// As JSON, to be repeated in the reply; nil when the line has none that can be read.
  package var id: String?
  package var command: Result<Command, Refusal>
}

/// Why a command is not carried out: a code of JSON-RPC 2.0, or -32010 with a reason of the
/// protocol's list.
package struct Refusal: Error, Equatable, Sendable {
  package static let parseError = -32_700
  package static let invalidRequest = -32_600
  package static let unknownMethod = -32_601
  package static let invalidParams = -32_602
  package static let refused = -32_010

  package var code: Int
  package var reason: String
  package var message: String

  /// Of a command that is not well formed.
  package init(_ code: Int, _ message: String) { self.init(code, "malformed", message) }

  package init(_ code: Int, _ reason: String, _ message: String) {
    self.code = code
    self.reason = reason
    self.message = message
  }
}
