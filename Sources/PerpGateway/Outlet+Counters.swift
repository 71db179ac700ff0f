extension Outlet {
  package struct Limits: Equatable, Sendable {
    /// Bytes ready for the reader from which on lines queue up.
    package var highWater: Int
    /// Bytes that may queue up behind them.
    package var queueBytes: Int

    /// The last quarter is for lines that may not be left out.
    var tradeBytes: Int { queueBytes / 4 * 3 }

    package init(highWater: Int = 256 << 10, queueBytes: Int = 8 << 20) {
      self.highWater = highWater
      self.queueBytes = queueBytes
    }
  }

  package struct Counters: Equatable, Sendable {
    /// Events that became lines; a book in parts is one.
    package var events: UInt64 = 0
    package var conflatedStates: UInt64 = 0
    package var droppedTrades: UInt64 = 0
    package var droppedBookUpdates: UInt64 = 0
    package var snapshotRequests: UInt64 = 0
    /// Events that came after the overflow.
    package var refusedEvents: UInt64 = 0
    package var mostBytesReady = 0
    package var mostBytesQueued = 0

    mutating func add(_ other: Counters) {
      events += other.events
      conflatedStates += other.conflatedStates
      droppedTrades += other.droppedTrades
      droppedBookUpdates += other.droppedBookUpdates
      snapshotRequests += other.snapshotRequests
      refusedEvents += other.refusedEvents
      mostBytesReady = max(mostBytesReady, other.mostBytesReady)
      mostBytesQueued = max(mostBytesQueued, other.mostBytesQueued)
    }
  }
}
