import PerpVenue
import PerpWebSocket

/// One connection of a `Pair`, with what both transports know of it.
struct PairLink: Sendable {
  let request: WebSocketRequest
  /// The count of outages at its beginning; it lives through none.
  let outage: Int
  var isOpen = false
  /// The session asked to close it: it hears nothing more but that.
  var isClosing = false
  /// The session has been told that it is closed, or is not told anything any more.
  var isOverForSession = false
  /// The simulator has been asked to upgrade it and is owed a `.closed`.
  var isKnownToSimulator = false
  /// A black hole, by the will of the simulator.
  var isSilent = false
  /// The simulator closed or dropped it.
  var isEndedBySimulator = false
  /// When the latest message arrives, each way; none may overtake it.
  var upstreamTail: UInt64 = 0
  var downstreamTail: UInt64 = 0
  /// Messages that wait for a peer who does not read.
  var backlog = 0
  /// There while a message of raw bytes is incomplete.
  var reader: FrameReader?

  init(request: WebSocketRequest, outage: Int) {
    self.request = request
    self.outage = outage
  }

  /// Both ends are done with it.
  var isOver: Bool { isOverForSession && !isKnownToSimulator }
}
