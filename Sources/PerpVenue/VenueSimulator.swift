import PerpCore

/// The venue's side of the wire, the mirror of `VenueSession`: it speaks the venue's real protocol
/// and checks what it is sent as the venue would.
package protocol VenueSimulator: Sendable {
  /// When `.wake` is due on the monotonic clock, in nanoseconds; nil for never.
  var deadline: UInt64? { get }

  mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction])

  /// The true book of a market as it stands, to hold against what a session made of it; nil for a
  /// market that is not listed.
  func book(of symbol: Symbol) -> NumberedBook?

  /// The true quote of a market as it stands, on venues whose quotes are not simply the best of
  /// `book` under the same number; nil on others.
  func quote(of symbol: Symbol) -> QuoteFacts?
}

extension VenueSimulator {
  package func book(of symbol: Symbol) -> NumberedBook? { nil }
  package func quote(of symbol: Symbol) -> QuoteFacts? { nil }
}

/// A book at one of the venue's sequence numbers; levels best first.
package struct NumberedBook: Equatable, Sendable {
  package let sequence: Int64
  package let bids: [Level]
  package let asks: [Level]

  package init(sequence: Int64, bids: [Level], asks: [Level]) {
    self.sequence = sequence
    self.bids = bids
    self.asks = asks
  }
}

/// What can happen to a simulator. Spans are borrowed: they end with the call.
package enum SimulatorInput: ~Escapable {
  case start
  case wake
  /// A client asks to become a WebSocket; answered by `.accept` or `.refuse`.
  case upgrade(ConnectionID, HTTPRequest)
  case text(ConnectionID, RawSpan)
  case binary(ConnectionID, RawSpan)
  case pong(ConnectionID)
  case closed(ConnectionID)
  /// So many messages wait to be sent on the connection; told when it reaches a round thousand.
  case backlog(ConnectionID, messages: Int)
  case request(RequestID, HTTPRequest)
  /// A fault: from now on the time stamps of all that is published stand still, or go on.
  case freezeTime(Bool)
  /// A fault: the venue liquidates its accounts, whatever their margin.
  case liquidate
}

package enum SimulatorAction: Equatable, Sendable {
  case accept(ConnectionID)
  case refuse(ConnectionID, HTTPResponse)
  case send(ConnectionID, Frame)
  case ping(ConnectionID)
  case close(ConnectionID, code: Int, reason: String)
  /// Drop the connection without a word: a TCP reset.
  case abort(ConnectionID)
  /// From now on neither read nor write, and do not close: a peer that vanished.
  case silence(ConnectionID)
  case respond(RequestID, HTTPResponse)
  case note(Note)
}

/// One message from a simulator, or bytes for the transport as they are.
package struct Frame: Equatable, Sendable {
  package enum Kind: Sendable {
    case text, binary
    /// Written to the socket without WebSocket framing: for faults.
    case raw
  }

  package var kind: Kind
  package var bytes: [UInt8]
  /// What the message is about, for faults that strike one channel; nil for control messages.
  package var topic: Topic?
  /// It tells an account of its orders, fills, positions or balances.
  package var isOfAccount: Bool

  package init(_ kind: Kind, _ bytes: [UInt8], topic: Topic? = nil, isOfAccount: Bool = false) {
    self.kind = kind
    self.bytes = bytes
    self.topic = topic
    self.isOfAccount = isOfAccount
  }
}
