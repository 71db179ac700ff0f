import PerpCore

/// What became of one order of a trade. (C-06)
package struct LegResult: Equatable, Sendable {
  package enum State: String, CaseIterable, Sendable {
    case filled, partial, none
    /// Nothing proves what became of it: neither that it was filled nor that it was not.
    case unknown
  }

  package var state: State
  /// In base units.
  package var requested: Decimal
  package var filled: Decimal
  /// Weighted by size; nil without a fill.
  package var averagePrice: Decimal?
  /// Positive: paid.
  package var fee: Decimal
  package var feeAsset: String?
  package var liquidity: String?
  package var clientID: String
  package var orderID: String?
  package var error: String?

  /// Nothing is known yet.
  package init(requested: Decimal, clientID: String) {
    state = .unknown
    (self.requested, self.clientID) = (requested, clientID)
    (filled, fee) = (.zero, .zero)
  }

  /// Once it is proven that nothing more will be filled.
  mutating func settle() {
    state = filled >= requested ? .filled : filled.isZero ? .none : .partial
  }
}

/// What is to be done when both orders of a trade have come to an end. (C-07)
package enum PairOutcome: Equatable, Sendable {
  case book
  /// The first or second leg's fill stands alone: it is undone by its filled size.
  case unwindFirst, unwindSecond
  case nothing
  /// Only the difference is undone, or made up for.
  case level
  /// No new entries until the outcome is proven.
  case freeze

  package init(_ first: LegResult.State, _ second: LegResult.State) {
    switch (first, second) {
    case (.unknown, _), (_, .unknown): self = .freeze
    case (.filled, .filled): self = .book
    case (.none, .none): self = .nothing
    case (.filled, .none): self = .unwindFirst
    case (.none, .filled): self = .unwindSecond
    default: self = .level
    }
  }
}
