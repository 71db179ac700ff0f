import PerpCore

/// Our side of one venue: one input in, every consequence out, nothing else.
///
/// A session is a value that reads no clock, opens no socket and draws no random number that was
/// not seeded: a test can copy it mid-way and try two futures.
package protocol VenueSession: Sendable {
  /// When `.wake` is due on the monotonic clock, in nanoseconds; nil for never. The driver reads
  /// it after every input.
  var deadline: UInt64? { get }

  /// How far the venue's clock is from ours.
  var clock: ClockOffset { get }

  /// Orders that one request to the venue can place; 1 where each goes by itself.
  var ordersTogether: Int { get }

  mutating func receive(
    _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions)
}

extension VenueSession {
  /// Not known.
  package var clock: ClockOffset { ClockOffset() }
  package var ordersTogether: Int { 1 }
}

/// What can happen to a session. Spans are borrowed: they end with the call.
package enum VenueInput: ~Escapable {
  /// Learn the venue's markets; answered by `.markets`.
  case start
  /// Close everything; nothing is emitted afterwards.
  case stop
  case wake
  /// From now on these topics are wanted. Topics already wanted are left as they are.
  case subscribe([Topic])
  case unsubscribe([Topic])
  /// Answer with the state of the topic as one event, a book as a snapshot; nothing if there is
  /// none.
  case snapshot(Topic)

  case opened(ConnectionID)
  case text(ConnectionID, RawSpan)
  case binary(ConnectionID, RawSpan)
  case pong(ConnectionID)
  case closed(ConnectionID, CloseReason)

  case response(RequestID, HTTPResponse)
  case failed(RequestID, HTTPFailure)

  /// For sessions of accounts.
  case trading(TradingInput)
}

package enum VenueAction: Equatable, Sendable {
  case open(ConnectionID, WebSocketRequest)
  /// One text message.
  case send(ConnectionID, [UInt8])
  case ping(ConnectionID)
  /// The driver answers with `.closed`.
  case close(ConnectionID, code: Int)
  case request(RequestID, HTTPRequest)
  /// The venue has announced that it will end the connection soon.
  case expiring(ConnectionID)
  /// The venue's markets as of now, all of them, at the first time and whenever they were read.
  case markets([Market])
  case emit(Event)
  /// What `.snapshot` asked for: nothing new, so it has the `mseq` of what was emitted last.
  case answer(Event)
  /// A diagnostic for people.
  case note(Note)
  /// Of sessions of accounts.
  indirect case trading(TradingAction)
}

package struct Note: Equatable, Sendable {
  package enum Level: String, Sendable {
    case debug, info, notice, warning, error
  }

  package var level: Level
  package var text: String

  package init(_ level: Level, _ text: String) {
    self.level = level
    self.text = text
  }
}
