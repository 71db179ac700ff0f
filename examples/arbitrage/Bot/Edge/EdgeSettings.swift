import PerpCore

/// What entries cost beside their prices, and what must be left of them. (B-01, B-02)
package struct EdgeSettings: Equatable, Sendable {
  package var fees = FeeTable()
  /// Hundredths of a percent that the net edge of an entry must have; nil: it is told, and nothing
  /// is made of it.
  package var minimum: Decimal?
  /// Hundredths of a percent for prices that move until both orders are there.
  package var reserve = Decimal.zero
  /// Hundredths of a percent for the prices at which an entry is undone; nil: half of both spreads
  /// as they are.
  package var exitCost: Decimal?
  /// Nanoseconds that an entry is thought to be held, for which funding counts; 0 for none.
  package var hold: UInt64 = 0
  /// Nanoseconds before a funding time in which what is held is looked at again; 0 for never.
  package var lead: UInt64 = 0

  package init() {}

  package static let parameters: [Parameter] =
    costs + [
      Parameter(
        "min-net-edge-bps", .decimal(Parameter.anyAmount), default: "",
        "what must be left of an entry after fees, slippage, exit and funding; empty: not looked "
          + "at"),
      Parameter(
        "expected-hold", .seconds(span), default: "0",
        "seconds that an entry is held, for which funding counts; 0: funding is not looked at"),
      Parameter(
        "funding-lead", .seconds(span), default: "0",
        "seconds before a funding time in which pairs are closed that bring less than it costs, "
          + "with min-net-edge-bps; 0 for never"),
    ]

  /// What entering and undoing it costs.
  static let costs: [Parameter] = [
    FeeTable.parameter,
    Parameter(
      "slippage-reserve-bps", .decimal(Parameter.amounts), default: "0",
      "what prices may move by until both orders are there"),
    Parameter(
      "exit-cost-bps", .decimal(Parameter.amounts), default: "",
      "what prices cost when an entry is undone, fees on top; empty: half of both spreads"),
  ]

  private static let span = Decimal.zero...Decimal(31_536_000)

  /// `venues` are those that are traded on: what they take must be known where it matters.
  /// `minimum` unless the settings have one.
  package init(
    _ settings: Settings, venues: [String], minimum: Decimal? = nil
  ) throws(Settings.Problem) {
    self.minimum = minimum
    fees = try FeeTable(settings.text("fees"))
    if !settings.text("min-net-edge-bps").isEmpty {
      self.minimum = settings.decimal("min-net-edge-bps")
    }
    reserve = settings.decimal("slippage-reserve-bps")
    if !settings.text("exit-cost-bps").isEmpty { exitCost = settings.decimal("exit-cost-bps") }
    (hold, lead) = (settings.span("expected-hold"), settings.span("funding-lead"))
    let unknown = venues.filter { self.minimum != nil && fees[$0] == nil }
    let complaints = unknown.map { "--fees: say what \($0) takes, as \($0)=MAKER/TAKER" }
    guard complaints.isEmpty else { throw Settings.Problem(lines: complaints) }
  }

  private var hours: Decimal {
    Decimal(mantissa: Int128(hold), scale: 9).over(Decimal(3_600))
  }

  /// Part of the value that a position brings by being held as long as is thought, received less
  /// paid; nil where a rate is not known that counts.
  package func carry(
    _ direction: SpreadDirection, _ fundings: (first: FundingLine?, second: FundingLine?)
  ) -> Decimal? {
    guard hold > 0 else { return .zero }
    guard let first = fundings.first?.hourlyRate, let second = fundings.second?.hourlyRate else {
      return nil
    }
    let sides = direction.sides
    return FundingCarry.part([(sides.first, first), (sides.second, second)], hours: hours)
  }
}

/// Two markets at one moment, and what is known of them for an entry.
package struct PairView: Sendable {
  package let venues: (first: String, second: String)
  package let quotes: (first: Quote, second: Quote)
  package let fundings: (first: FundingLine?, second: FundingLine?)

  package init(
    venues: (first: String, second: String), quotes: (first: Quote, second: Quote),
    fundings: (first: FundingLine?, second: FundingLine?) = (nil, nil)
  ) {
    (self.venues, self.quotes, self.fundings) = (venues, quotes, fundings)
  }

  package init(
    _ first: Listing, _ second: Listing, _ quotes: (first: Quote, second: Quote),
    in view: MarketView
  ) {
    self.init(
      venues: (first.venue, second.venue), quotes: quotes,
      fundings: (view.funding(first), view.funding(second)))
  }

  var base: Decimal { quotes.first.mid.plus(quotes.second.mid).over(Decimal(2)) }
}

extension EdgeSettings {
  /// What an entry is expected to bring; nil where funding counts and is not known. One that takes
  /// from a position has nothing to be undone: that was counted when it was opened.
  package func netEdge(
    _ direction: SpreadDirection, _ pair: PairView,
    by liquidity: (first: Liquidity, second: Liquidity) = (.taker, .taker), isReducing: Bool = false
  ) -> NetEdge? {
    guard let carry = carry(direction, pair.fundings) else { return nil }
    let (quotes, venues, sides) = (pair.quotes, pair.venues, direction.sides)
    let base = pair.base
    let entry = fees.rate(venues.first, liquidity.first).times(quotes.first.price(for: sides.first))
      .plus(
        fees.rate(venues.second, liquidity.second).times(quotes.second.price(for: sides.second)))
    return NetEdge(
      executable: direction.spread(quotes.first, quotes.second), fees: entry,
      reserve: part(reserve, of: base), exit: isReducing ? .zero : exit(direction, pair),
      carry: carry.times(base), base: base)
  }

  private func exit(_ direction: SpreadDirection, _ pair: PairView) -> Decimal {
    let prices =
      exitCost.map { part($0, of: pair.base) }
      ?? pair.quotes.first.spread.plus(pair.quotes.second.spread).over(Decimal(2))
    return exitFees(direction, pair).plus(prices)
  }

  /// Of one base unit: both orders that undo it take.
  func exitFees(_ direction: SpreadDirection, _ pair: PairView) -> Decimal {
    let (quotes, venues, sides) = (pair.quotes, pair.venues, direction.sides)
    return fees.rate(venues.first, .taker)
      .times(quotes.first.price(for: sides.first.opposite))
      .plus(
        fees.rate(venues.second, .taker)
          .times(quotes.second.price(for: sides.second.opposite)))
  }

  private func part(_ basisPoints: Decimal, of base: Decimal) -> Decimal {
    base.times(basisPoints).over(Decimal(10_000))
  }

  /// Why there must be no entry; nil where its net edge is large enough, or is not looked at.
  package func objection(to edge: NetEdge?) -> String? {
    guard let minimum else { return nil }
    guard let edge else { return "funding is not known" }
    return edge.basisPoints >= minimum
      ? nil : "\(edge.text) is below \(minimum.text(places: 3)) bps"
  }

  /// Why what is held is not worth the next funding; nil where it is, or it is not yet time to ask.
  /// Funding has turned against it, and takes more in the time that it is thought to be held than
  /// the `gain` in quote units for one base unit that waiting may bring yet. Where a venue does not
  /// say when it takes, it is always time.
  package func objection(
    toHolding direction: SpreadDirection, _ pair: PairView, gain: Decimal, at now: Moment
  ) -> String? {
    guard minimum != nil, lead > 0, let carry = carry(direction, pair.fundings) else { return nil }
    let cost = carry.times(pair.base).negated
    guard cost > .zero, cost > gain else { return nil }
    let times = [pair.fundings.first?.next, pair.fundings.second?.next]
    let isNear = times.contains { time in
      guard let time else { return true }
      return time > now.wall && time - now.wall <= Int64(lead / 1_000)
    }
    guard isNear else { return nil }
    return "funding takes \(cost.text(places: 4)), waiting may bring \(gain.text(places: 4))"
  }
}
