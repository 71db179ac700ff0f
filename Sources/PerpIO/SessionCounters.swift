import PerpVenue

/// What one session was brought.
package struct SessionCounters: Equatable, Sendable {
  package var messages: UInt64 = 0
  /// Of messages, after decompression.
  package var bytes: UInt64 = 0
  /// Connections that became WebSockets.
  package var opened: UInt64 = 0
  /// Ends of connections, and of attempts at one, by their kind.
  package var closed: [CloseReason.Kind: UInt64] = [:]
  package var requests: UInt64 = 0
  /// Requests without a response.
  package var failedRequests: UInt64 = 0

  private var open: Set<ConnectionID> = []

  /// Connections that are open now.
  package var openNow: Int { open.count }

  mutating func count(_ input: borrowing VenueInput) {
    switch input {
    case .text(_, let bytes), .binary(_, let bytes):
      messages += 1
      self.bytes += UInt64(bytes.byteCount)
    case .opened(let id):
      opened += 1
      open.insert(id)
    case .closed(let id, let reason):
      closed[reason.kind, default: 0] += 1
      open.remove(id)
    case .failed: failedRequests += 1
    default: break
    }
  }
}
