import PerpCore

/// A topic that clients read, subscribed to once for all of them: who they are, and what was told
/// of it last.
final class SharedTopic {
  typealias Told = (sequence: UInt64, line: [UInt8], state: StreamStatus.State)

  let name: VenueTopic
  private(set) var readers: [Subscription] = []
  /// The last that was told of its health.
  var status: Told? { didSet { if state != .live, state != .stale { newest = nil } } }
  /// The newest of a channel of states, while its data flow.
  var newest: Event?
  /// The gateway itself reads it, so it stays when nobody else does.
  var isWatched = false
  /// When its last data came, on the monotonic clock; nil before the first.
  var lastData: UInt64?

  init(_ name: VenueTopic) { self.name = name }

  var state: StreamStatus.State { status?.state ?? .connecting }

  /// Milliseconds since its last data.
  func age(at now: Moment) -> UInt64? {
    lastData.map { (now.monotonic - min($0, now.monotonic)) / 1_000_000 }
  }

  func add(_ reader: Subscription) {
    reader.place = readers.count
    readers.append(reader)
  }

  /// The last takes its place.
  func remove(_ reader: Subscription) {
    guard let last = readers.popLast() else { return }
    guard last !== reader else { return }
    readers[reader.place] = last
    last.place = reader.place
  }
}
