import PerpCore

/// What is kept only in its newest form while a reader is behind.
struct StateKey: Hashable {
  enum Kind {
    case bbo, funding, market
  }

  let kind: Kind
  let venue: VenueID
  let symbol: Symbol
}

/// Lines and states that wait their turn, in the order they came.
struct Backlog: ~Copyable {
  private enum Entry {
    /// So many bytes of `lines`.
    case lines(Int)
    case state(Event, skipped: Int)
    /// Has had its turn.
    case gone
  }

  private var lines = ByteChunks()
  private var entries: [Entry] = []
  /// Entries that are gone, at the beginning.
  private var head = 0
  /// Entries that were removed before: an entry's number minus this is its place.
  private var removed = 0
  /// The number of the entry that a newer state of the same key replaces.
  private var newest: [StateKey: Int] = [:]

  var isEmpty: Bool { head == entries.count }

  /// What is queued, states by the memory they take.
  var bytes: Int { lines.count + (entries.count - head) * MemoryLayout<Entry>.stride }

  mutating func appendLines(_ write: (inout ByteBuffer) -> Void) { note(lines.append(write)) }

  mutating func append(_ part: LineLog.Part) {
    lines.append(part)
    note(part.count)
  }

  /// So many bytes of lines stand at the end.
  private mutating func note(_ length: Int) {
    if head < entries.count, case .lines(let others) = entries[entries.count - 1] {
      entries[entries.count - 1] = .lines(others + length)
    } else {
      entries.append(.lines(length))
    }
  }

  /// True if the state takes the place of an older one. `skipped` were left out before it.
  mutating func keep(_ event: Event, _ key: StateKey, skipped: Int) -> Bool {
    if let number = newest[key], case .state(_, let before) = entries[number - removed] {
      entries[number - removed] = .state(event, skipped: before + 1 + skipped)
      return true
    }
    newest[key] = removed + entries.count
    entries.append(.state(event, skipped: skipped))
    return false
  }

  /// From here on states of that kind stand behind what is queued now.
  mutating func seal(_ key: StateKey) { newest[key] = nil }

  /// Moves lines to `output`, at most so many bytes, up to the next state, which is returned.
  mutating func removeFirst(
    movingLinesTo output: inout ByteBuffer, atMost limit: Int
  ) -> (event: Event, skipped: Int)? {
    var limit = limit
    while head < entries.count, limit > 0 {
      switch entries[head] {
      case .lines(let count):
        let length = min(count, limit)
        lines.move(length, to: &output)
        limit -= length
        if length < count { entries[head] = .lines(count - length) } else { removeHead() }
      case .state(let event, let skipped):
        forget(event)
        removeHead()
        return (event, skipped)
      case .gone: removeHead()
      }
    }
    return nil
  }

  /// The state has its turn: what comes later is a new one.
  private mutating func forget(_ event: Event) {
    guard let key = StateKey(event), newest[key] == removed + head else { return }
    newest[key] = nil
  }

  private mutating func removeHead() {
    entries[head] = .gone
    head += 1
    if head > entries.count / 2 || head == entries.count {
      entries.removeFirst(head)
      removed += head
      head = 0
    }
  }
}

extension StateKey {
  /// Nil for streams that are of no states.
  init?(_ status: StreamStatus) {
    let kind: Kind? =
      switch status.topic.channel {
      case .bbo: .bbo
      case .funding: .funding
      case .trade, .book: nil
      }
    guard let kind else { return nil }
    self.init(kind: kind, venue: status.venue, symbol: status.topic.symbol)
  }

  /// Nil for events that are no states.
  init?(_ event: Event) {
    switch event {
    case .bbo(let bbo): self.init(.bbo, bbo.header)
    case .funding(let funding): self.init(.funding, funding.header)
    case .market(let market):
      self.init(kind: .market, venue: market.venue, symbol: market.symbol)
    case .trade, .book, .order, .fill, .position, .balance, .account, .limits, .stream, .drift,
      .error:
      return nil
    }
  }

  init(_ kind: Kind, _ header: EventHeader) {
    self.init(kind: kind, venue: header.venue, symbol: header.symbol)
  }
}
