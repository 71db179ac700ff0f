/// What can be put together from a state and the changes that follow it.
protocol GRVTMergeable: Sendable {
  mutating func merge(_ changes: [Self])
}

/// Puts the messages of one subscription in order and notices when one is missing.
///
/// A subscription begins with a state that says nothing of its own number; changes are numbered
/// from anywhere on, and each names the one before it. Where the state stands among them is known
/// from the acknowledgement, which names the first change, but may come at any time. Without it,
/// it is known once a change that came before the state and two that came after it make an
/// unbroken row: two, so that a single displaced one proves nothing. Until then everything waits: a
/// state to which the wrong changes are applied looks quite sound.
struct GRVTSequence<Update: GRVTMergeable>: Sendable {
  /// Changes that wait for the state or its number; with more, all begins anew.
  static var maxWaiting: Int { 256 }

  enum Verdict {
    /// To be kept for later, or a repetition.
    case waiting
    /// The change that was given is the next one.
    case next
    /// All that waited, as one state, and the number of the last change in it.
    case begun(Update, number: Int64)
    /// Something is missing: the subscription has to be renewed.
    case gap
  }

  private struct Waiting {
    let update: Update
    let number: Int64
    let previous: Int64
  }

  /// Of the subscription that all this is about.
  private var requestedAt: UInt64?
  /// Of the latest change on this connection, whatever became of it.
  private var last: Int64?
  /// The number that the first change has, or an earlier one; nil once it has come.
  private var first: Int64?
  private var state: Update?
  /// Of the last change before the state, if the one after it is to be its neighbour.
  private var anchor: Int64?
  /// An unbroken row of changes up to `last`.
  private var row: [Waiting] = []
  /// How many of them came after the state.
  private var rowAfterState = 0
  /// The state came unasked, into a row of changes that was followed.
  private var isRenewal = false
  private(set) var isFollowing = false
  /// How often `maxWaiting` was reached.
  private(set) var overruns = 0

  /// To be called before anything else: data of a renewed subscription are put together anew.
  mutating func begin(requestedAt: UInt64) {
    guard self.requestedAt != requestedAt else { return }
    self.requestedAt = requestedAt
    (first, state, anchor, rowAfterState) = (nil, nil, nil, 0)
    (isRenewal, isFollowing) = (false, false)
  }

  /// The first change will have this number.
  mutating func acknowledged(first: Int64) -> Verdict {
    guard !isFollowing else { return .waiting }
    self.first = first
    return settle()
  }

  mutating func receive(state: Update) -> Verdict {
    // The same once more.
    if isFollowing, let first, last == first &- 1 { return .waiting }
    if isFollowing { (row, first, isRenewal) = ([], nil, true) }
    (self.state, anchor, rowAfterState, isFollowing) = (state, last, 0, false)
    return settle()
  }

  mutating func receive(_ change: Update, number: Int64, previous: Int64) -> Verdict {
    if number == last { return .waiting }
    let isNeighbour = previous == last || (isFollowing && isFirst(number, previous))
    last = number
    if isFollowing, isNeighbour {
      first = nil
      return .next
    }
    let waiting = Waiting(update: change, number: number, previous: previous)
    if isFollowing {
      (row, first, isFollowing) = ([waiting], nil, false)
      return .gap
    }
    return receive(waiting, isNeighbour: isNeighbour)
  }

  private mutating func receive(_ change: Waiting, isNeighbour: Bool) -> Verdict {
    if isNeighbour, row.count < Self.maxWaiting {
      row.append(change)
    } else {
      if isNeighbour { overruns += 1 }
      row = [change]
      anchor = nil
      if rowAfterState > 0 || isRenewal {
        // What is missing came after the state, or after what is told already.
        (state, rowAfterState, isRenewal) = (nil, 0, false)
        return .gap
      }
    }
    guard state != nil else { return .waiting }
    rowAfterState += 1
    return settle()
  }

  private func isFirst(_ number: Int64, _ previous: Int64) -> Bool {
    first.map { number >= $0 && previous < $0 } ?? false
  }

  /// Applies what waits to the state if it is known where that stands.
  private mutating func settle() -> Verdict {
    guard state != nil else { return .waiting }
    if let first {
      if rowAfterState > 0, row[row.count - rowAfterState].number < first {
        // The state is that of the subscription before.
        (state, rowAfterState) = (nil, 0)
        return .waiting
      }
      let place = row.firstIndex { $0.number >= first } ?? row.endIndex
      if place < row.endIndex, row[place].previous >= first {
        (state, rowAfterState) = (nil, 0)
        return .gap
      }
      return follow(row[place...].map(\.update), number: max(first &- 1, row.last?.number ?? .min))
    }
    guard rowAfterState > 1, let anchor, row[row.count - rowAfterState].previous == anchor else {
      return .waiting
    }
    return follow(row.map(\.update), number: row[row.count - 1].number)
  }

  private mutating func follow(_ changes: [Update], number: Int64) -> Verdict {
    guard var state else { return .waiting }
    state.merge(changes)
    if !changes.isEmpty { first = nil }
    last = number
    (self.state, row, anchor, rowAfterState) = (nil, [], nil, 0)
    (isRenewal, isFollowing) = (false, true)
    return .begun(state, number: number)
  }
}
