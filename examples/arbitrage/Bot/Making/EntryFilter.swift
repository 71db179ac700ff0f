import PerpCore

/// Times at which quotes would be picked off: after wide moves, in the midst of one, and against a
/// heavy book. (S3-63)
package struct EntryFilter: Equatable, Sendable {
  package struct Settings: Equatable, Sendable {
    /// Nanoseconds.
    package var momentumWindow = Nanoseconds.seconds(45)
    /// Quote units.
    package var momentumThreshold = Decimal(60)
    package var pauseThreshold = Decimal(120)
    package var jumpThreshold = Decimal(30)
    package var imbalanceThreshold = Decimal(mantissa: 4, scale: 1)

    package init() {}
  }

  package struct Reason: Equatable, Sendable {
    package enum Kind: String, Sendable { case range, momentum, jump, imbalance }

    package let kind: Kind
    /// The side that would be picked off; nil: either.
    package let side: Side?
    package let text: String
  }

  private static let rangeWindow = Nanoseconds.seconds(60)
  private static let jumpWindow = Nanoseconds.seconds(10)

  private let settings: Settings
  private var mids: [(at: UInt64, mid: Decimal)] = []

  package init(_ settings: Settings = Settings()) { self.settings = settings }

  /// `now` on the monotonic clock.
  package mutating func note(mid: Decimal, at now: UInt64) {
    if let old = mids.firstIndex(where: { now < $0.at + Self.rangeWindow }), old > 0 {
      mids.removeFirst(old)
    }
    mids.append((now, mid))
  }

  /// The range of a minute that stops entries: what twelve candles of five seconds may come to.
  package func pauseThreshold(sigma: Decimal) -> Decimal {
    let usual = Decimal(statistic: 2.5 * sigma.approximate * 12.0.squareRoot())
    return max(settings.pauseThreshold, usual)
  }

  package func reasons(sigma: Decimal, imbalance: Decimal, at now: UInt64) -> [Reason] {
    let recent = mids.filter { now < $0.at + Self.rangeWindow }.map(\.mid)
    guard let high = recent.max(), let low = recent.min() else { return [] }
    var reasons: [Reason] = []
    if high.minus(low) > pauseThreshold(sigma: sigma) {
      reasons.append(Reason(kind: .range, side: nil, text: "60 s range \(high.minus(low))"))
    }
    let jump = max(settings.jumpThreshold, sigma.times(Decimal(mantissa: 15, scale: 1)))
    let spans: [(Reason.Kind, UInt64, Decimal)] = [
      (.momentum, settings.momentumWindow, settings.momentumThreshold),
      (.jump, Self.jumpWindow, jump),
    ]
    for (kind, span, threshold) in spans {
      let move = move(within: span, at: now)
      guard move.magnitude > threshold else { continue }
      reasons.append(
        Reason(
          kind: kind, side: move.isNegative ? .buy : .sell,
          text: "\(span / 1_000_000_000) s move \(move)"))
    }
    if imbalance.magnitude > settings.imbalanceThreshold {
      reasons.append(
        Reason(kind: .imbalance, side: nil, text: "imbalance \(imbalance.text(places: 2))"))
    }
    return reasons
  }

  private func move(within span: UInt64, at now: UInt64) -> Decimal {
    guard let first = mids.first(where: { now <= $0.at + span }), let last = mids.last else {
      return .zero
    }
    return last.mid.minus(first.mid)
  }

  /// Sides that must not be quoted: without a position both, with one the side that adds to it.
  package static func blocked(_ reasons: [Reason], position: Decimal, isFlat: Bool) -> Set<Side> {
    guard !reasons.isEmpty else { return [] }
    guard !isFlat else { return [.buy, .sell] }
    let adding: Side = position.isNegative ? .sell : .buy
    return reasons.contains { $0.side == nil || $0.side == adding } ? [adding] : []
  }

  package static func == (left: EntryFilter, right: EntryFilter) -> Bool {
    left.settings == right.settings && left.mids.map(\.at) == right.mids.map(\.at)
      && left.mids.map(\.mid) == right.mids.map(\.mid)
  }
}
