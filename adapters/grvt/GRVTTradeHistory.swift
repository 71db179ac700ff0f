/// Tells the trades of a subscription from those of the past that it begins with.
///
/// The past is numbered 0. Whether live trades are numbered is not proven, so that 0 alone means
/// nothing: what counts is how many the acknowledgement announces, and when a trade was made.
struct GRVTTradeHistory: Sendable {
  enum Verdict: Equatable {
    case news
    /// Of the past.
    case replay
    /// Numbers show that a trade is missing before this one, which is news all the same.
    case gap
  }

  private var requestedAt: UInt64?
  /// Trades of the past that were announced; nil before the acknowledgement.
  private var announced: Int64?
  private var unnumbered: Int64 = 0
  private var first: Int64?
  private var last: Int64?

  mutating func begin(requestedAt: UInt64) {
    guard self.requestedAt != requestedAt else { return }
    self = GRVTTradeHistory()
    self.requestedAt = requestedAt
  }

  /// `first` is the number of the first live trade, if those are numbered.
  mutating func acknowledged(past: Int64?, first: Int64?) {
    (announced, self.first) = (past, first)
  }

  /// `isOlder` says that the trade was made before it was asked for.
  mutating func receive(number: Int64, previous: Int64, isOlder: Bool) -> Verdict {
    guard number > 0 else {
      unnumbered += 1
      return isOlder || announced.map { unnumbered <= $0 } == true ? .replay : .news
    }
    guard number != last else { return .news }
    let isNext = last.map { previous == $0 } ?? first.map { previous < $0 } ?? true
    last = number
    if !isNext { return .gap }
    return isOlder ? .replay : .news
  }
}
