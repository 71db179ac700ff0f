import PerpCore

/// A topic that clients read, subscribed to once for all of them: who they are, and what was told
/// of it last.
final class SharedTopic {
  typealias Told = (sequence: UInt64, line: [UInt8], state: StreamStatus.State)

  /// The place of a reader that has gone.
  static let nowhere = -1

  let name: VenueTopic
  /// First those who are told of it, then those who rest.
  private(set) var readers: [Subscription] = []
  /// How many are told.
  private(set) var awake = 0
  /// Events of it, whoever was told of them.
  var events: UInt64 = 0
  /// The last that was told of its health.
  var status: Told? { didSet { if state != .live, state != .stale { newest = nil } } }
  /// The newest of a channel of states, while its data flow.
  var newest: Event?
  /// Of trades, what those who rest have not been told.
  private var log: LineLog?
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
    reader.isResting = true
    readers.append(reader)
    wake(reader)
  }

  func remove(_ reader: Subscription) {
    rest(reader)
    swap(reader.place, readers.count - 1)
    readers.removeLast()
    (reader.isResting, reader.place) = (false, Self.nowhere)
    forgetLinesIfAllAwake()
  }

  /// The reader is behind: it costs nothing while it is told of nothing.
  func rest(_ reader: Subscription) {
    guard !reader.isResting else { return }
    (reader.isResting, reader.seen) = (true, events)
    if name.topic.channel == .trade, log == nil { log = LineLog(after: events) }
    awake -= 1
    swap(reader.place, awake)
  }

  func wake(_ reader: Subscription) {
    guard reader.isResting else { return }
    reader.isResting = false
    swap(reader.place, awake)
    awake += 1
    forgetLinesIfAllAwake()
  }

  /// Somebody rests who wants every line.
  var keepsLines: Bool { log != nil }

  /// Keeps the line of the newest event for those who rest.
  func keep(_ line: UnsafeRawBufferPointer, in memory: LineMemory) {
    log?.append(line, number: events, in: memory)
  }

  /// What came after so many events; nil where lines are not kept.
  func missed(since seen: UInt64) -> LineLog.Missed? { log?.missed(since: seen) }

  private func forgetLinesIfAllAwake() { if awake == readers.count { log = nil } }

  private func swap(_ one: Int, _ other: Int) {
    readers.swapAt(one, other)
    readers[one].place = one
    readers[other].place = other
  }
}
