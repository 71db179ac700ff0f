import Glibc
import PerpCore
import Synchronization

/// What waits to be written.
final class RecordingQueue: Sendable {
  enum Item: Sendable {
    case session(RecordedSession)
    case raw(RecordedRow)
    case event(Event, Moment)

    var size: Int {
      switch self {
      case .session: 256
      case .raw(let row): row.size
      case .event(.book(let book), _): 400 + 80 * (book.bids.count + book.asks.count)
      case .event: 400
      }
    }
  }

  private struct State {
    var items: [Item] = []
    var bytes = 0
    var isClosed = false
    var counters = Recorder.Counters()
    /// Left out since the last row that was kept.
    var missing = 0
    var lastMoment = Moment(monotonic: 0, wall: 0)

    mutating func markGap() {
      guard missing > 0 else { return }
      items.append(.raw(RecordedRow(.gap, at: lastMoment, head: "\(missing)")))
      missing = 0
    }
  }

  /// The writer is woken when so much waits; else it looks after a while.
  private static let batch = 1000

  private let limits: Recorder.Limits
  private let state = Mutex(State())
  private let wakeup = Wakeup()

  init(_ limits: Recorder.Limits) { self.limits = limits }

  var counters: Recorder.Counters { state.withLock { $0.counters } }

  func add(_ item: Item) {
    let isMuch = state.withLock { state in
      guard !state.isClosed else { return false }
      if case .raw(let row) = item { state.lastMoment = row.moment }
      let size = item.size
      guard state.items.count < limits.rows, state.bytes + size <= limits.bytes else {
        state.missing += 1
        state.counters.dropped += 1
        return false
      }
      state.markGap()
      state.items.append(item)
      state.bytes += size
      return state.items.count >= Self.batch
    }
    if isMuch { wakeup.call() }
  }

  /// Nothing is taken any more; the last row says that nothing is missing at the end.
  func finish(at now: Moment) {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.markGap()
      state.items.append(.raw(RecordedRow(.end, at: now)))
      state.isClosed = true
    }
    wakeup.call()
  }

  func close() {
    state.withLock { state in
      state.isClosed = true
      state.items = []
    }
  }

  func count(written rows: Int) { state.withLock { $0.counters.rows += rows } }

  /// For the writer: what there is after so many milliseconds, or sooner when that is much.
  func take(waiting milliseconds: Int32) -> [Item] {
    var entry = pollfd(fd: wakeup.descriptor, events: Int16(POLLIN), revents: 0)
    if poll(&entry, 1, milliseconds) > 0 { wakeup.clear() }
    return state.withLock { state in
      let items = state.items
      state.items = []
      state.bytes = 0
      return items
    }
  }
}
