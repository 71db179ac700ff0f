import PerpCore

/// When a market's venue settles funding, and by which rate, as its lines tell. (B-02, B-12)
///
/// Where a line names the next time, that is when; otherwise, and once that time has gone by
/// without another being named, it is each multiple of the interval (UTC).
package struct FundingSchedule: Sendable {
  /// What is settled at `due`.
  private var line: FundingLine?
  /// Of the time after `due`: venues name it a moment early, too.
  private var following: FundingLine?
  /// Microseconds since the epoch; nil where nobody has said.
  package private(set) var due: Int64?

  package init() {}

  /// `wall`: microseconds since the epoch. What is due by then must have been settled.
  package mutating func note(_ new: FundingLine, at wall: Int64) {
    guard new.rate != nil else { return }
    if let due, due > wall, line?.next == due, let next = new.next, next > due {
      following = new
    } else {
      (line, following, due) = (new, nil, Self.time(of: new, after: wall))
    }
  }

  /// What is due by now, once; nil where nothing is.
  package mutating func settle(at wall: Int64) -> FundingLine? {
    guard let line, let due, due <= wall else { return nil }
    if let following { (self.line, self.following) = (following, nil) }
    self.due = self.line.flatMap { Self.time(of: $0, after: due) }
    return line
  }

  private static func time(of line: FundingLine, after wall: Int64) -> Int64? {
    if let next = line.next, next > wall { return next }
    guard let interval = line.interval else { return nil }
    let (step, phase) = (interval * 1_000_000, line.next ?? 0)
    return phase + ((wall - phase) / step + 1) * step
  }
}

extension FundingLine {
  /// What a position of `size` base units is paid at one settlement, negative of what it pays, in
  /// quote units: at the venue's mark, or else at `mid`. Nil where neither is known.
  package func payment(_ size: Decimal, mid: Decimal?) -> Decimal? {
    guard let rate, let price = mark ?? mid else { return nil }
    return size.times(price).times(rate).negated
  }
}
