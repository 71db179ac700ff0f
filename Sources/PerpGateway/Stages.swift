/// How long lines take from place to place.
package struct Stages: Sendable {
  /// Microseconds from the venue's time of a quote to its arrival, by the two clocks as they are.
  package var venueToReceive = Histogram()
  /// Nanoseconds from the moment a turn's inputs were read to that at which its lines were formed.
  package private(set) var receiveToForm = Histogram()
  /// Nanoseconds that the journal took in a turn that had something for it.
  package private(set) var commit = Histogram()
  /// Nanoseconds that the writes of a turn took, to all clients.
  package private(set) var write = Histogram()
  /// Nanoseconds from the first to the last of these.
  package private(set) var receiveToWrite = Histogram()
  /// Nanoseconds from the moment a command to place an order was read to that at which its signed
  /// request was handed to the transport; the journal's commit is between them.
  package var commandToSend = Histogram()

  package init() {}

  /// One turn, by the monotonic clock.
  package mutating func record(
    received: UInt64, formed: UInt64, committed: UInt64, written: UInt64
  ) {
    receiveToForm.record(formed - min(received, formed))
    if committed > formed { commit.record(committed - formed) }
    write.record(written - min(committed, written))
    receiveToWrite.record(written - min(received, written))
  }
}
