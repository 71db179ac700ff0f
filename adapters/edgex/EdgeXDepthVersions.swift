/// How the venue numbers the changes of its books, and which version a change follows.
///
/// Two forms were seen. In that of V2 a change starts at the version where the last one ended; in
/// the older one at the version after it. The venue uses one form, so what its messages prove for
/// one market holds for all: taking either at any time would let a missing change of a single
/// version pass unnoticed.
struct EdgeXDepthVersions: Equatable {
  enum Form: String, Sendable {
    /// 100 to 117 follows 80 to 100.
    case same
    /// 101 to 117 follows 80 to 100.
    case next
  }

  private(set) var form: Form
  private var isProven = false
  private var doubts = 0

  /// `form` is expected until the venue shows the other one.
  init(expecting form: Form) { self.form = form }

  /// The version that a change from `start` to `end` follows, when the book stands at `last`.
  /// If that is not `last`, a change is missing.
  mutating func previous(ofChangeFrom start: Int64, to end: Int64, after last: Int64) -> Int64 {
    // A repetition proves nothing.
    guard end > last else { return start }
    if start == last {
      (form, isProven) = (.same, true)
      return last
    }
    guard start == last &+ 1 else { return start }
    if form == .same, !isProven {
      // Either the other form, in which alone a change may start where it ends, or a change of one
      // version is missing. Should the next book begin like this as well, it was not chance.
      doubts += 1
      if start == end || doubts > 1 { form = .next }
    }
    return form == .next ? last : start
  }
}
