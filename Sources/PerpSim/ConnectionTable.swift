import PerpVenue

/// What a simulator keeps of each of its connections, in the order they came, so that a run
/// repeats exactly.
package struct ConnectionTable<State: Sendable>: Sendable {
  private var states: [ConnectionID: State] = [:]
  /// Oldest first.
  package private(set) var ids: [ConnectionID] = []

  package init() {}

  package mutating func add(_ id: ConnectionID, _ state: State) {
    if states.updateValue(state, forKey: id) == nil { ids.append(id) }
  }

  package mutating func remove(_ id: ConnectionID) {
    if states.removeValue(forKey: id) != nil { ids.removeAll { $0 == id } }
  }

  /// Nil for a connection that is not, or no longer, there. To be changed in place only:
  /// `table[id]?.lastSent = now`.
  package subscript(id: ConnectionID) -> State? {
    get { states[id] }
    _modify { yield &states[id] }
  }
}
