import PerpCore

/// Which lossless lines a journal holds. Numbers of different journals do not compare.
package struct JournalRange: Equatable, Sendable {
  /// Differs from journal to journal.
  package var id: String
  /// The oldest line that is held; `last + 1` when there is none.
  package var first: UInt64
  /// The newest; 0 before the first.
  package var last: UInt64

  package init(id: String, first: UInt64, last: UInt64) {
    self.id = id
    self.first = first
    self.last = last
  }
}
