import PerpCore

/// What one position has gained by its fills. (S1-52)
package struct PositionGain: Equatable, Sendable {
  package private(set) var size = Decimal.zero
  package private(set) var average = Decimal.zero
  package private(set) var realised = Decimal.zero

  package init() {}

  /// A position that changes its sign begins anew at the price of the fill.
  package mutating func note(_ side: Side, _ amount: Decimal, at price: Decimal) {
    let change = side == .buy ? amount : amount.negated
    let after = size.plus(change)
    if size.isZero || size.isNegative == change.isNegative {
      let cost = average.times(size.magnitude).plus(price.times(amount))
      average = cost.over(after.magnitude)
    } else {
      let closed = min(size.magnitude, amount)
      let gain = size.isNegative ? average.minus(price) : price.minus(average)
      realised = realised.plus(gain.times(closed))
      if after.isZero {
        average = .zero
      } else if after.isNegative != size.isNegative {
        average = price
      }
    }
    size = after
  }

  package func unrealised(at mid: Decimal) -> Decimal { mid.minus(average).times(size) }
}

/// How a run of the engine has gone. (S1-52)
package struct ZarbPerformance: Sendable {
  package struct Point: Equatable, Sendable {
    package var time: Int64
    package var equity: Decimal
    package var drawdown: Decimal
  }

  private static let kept = 1_800

  package private(set) var gains: [Listing: PositionGain] = [:]
  package private(set) var turnover = Decimal.zero
  package private(set) var fees = Decimal.zero
  package private(set) var trades = 0
  package private(set) var points: [Point] = []
  package private(set) var unrealised = Decimal.zero
  /// What both accounts had at the start; nil until it is known.
  package private(set) var initial: Decimal?
  private var peak = Decimal.zero
  /// Per cent.
  private var maxDrawdown = Decimal.zero

  package init() {}

  package var realised: Decimal {
    gains.values.reduce(.zero) { $0.plus($1.realised) }
  }
  package var total: Decimal { realised.plus(unrealised).minus(fees) }
  package var equity: Decimal { (initial ?? .zero).plus(total) }
  package var drawdown: Decimal { max(.zero, peak.minus(equity)) }

  package mutating func begin(with balance: Decimal?) {
    guard initial == nil, let balance else { return }
    initial = balance
    peak = balance
  }

  package mutating func note(_ fill: FillLine) {
    gains[fill.listing, default: PositionGain()].note(fill.side, fill.size, at: fill.price)
    turnover = turnover.plus(fill.size.times(fill.price))
    fees = fees.plus(fill.fee)
    trades += 1
  }

  /// `mid` tells the middle of a market; what has none counts at its average.
  package mutating func mark(at time: Int64, _ mid: (Listing) -> Decimal?) {
    unrealised = gains.reduce(.zero) { sum, entry in
      sum.plus(entry.value.unrealised(at: mid(entry.key) ?? entry.value.average))
    }
    peak = max(peak, equity)
    maxDrawdown = max(maxDrawdown, percent(drawdown, of: peak))
    if points.count == Self.kept { points.removeFirst() }
    points.append(Point(time: time, equity: equity, drawdown: percent(drawdown, of: peak)))
  }

  private func percent(_ part: Decimal, of whole: Decimal) -> Decimal {
    whole > .zero ? part.times(Decimal(100)).over(whole, places: 6) : .zero
  }

  package var summary: JSON {
    [
      "initial_equity": .optional(initial), "equity": .number(equity), "peak_equity": .number(peak),
      "realized_pnl": .number(realised), "unrealized_pnl": .number(unrealised),
      "total_pnl": .number(total), "fees": .number(fees),
      "pnl_pct": .number(percent(total, of: initial ?? .zero)), "drawdown": .number(drawdown),
      "drawdown_pct": .number(percent(drawdown, of: peak)),
      "max_drawdown_pct": .number(maxDrawdown),
      "turnover": .number(turnover), "trade_count": .integer(trades),
      "legs": .list(
        gains.sorted { $0.key.description < $1.key.description }.map { listing, gain in
          [
            "venue": .text(listing.venue), "market": .text(listing.symbol.description),
            "quantity": .number(gain.size), "average_price": .number(gain.average),
            "realized_pnl": .number(gain.realised),
          ]
        }),
    ]
  }

  package var json: JSON {
    [
      "equity": .list(
        points.map {
          [
            "ts_ms": .integer($0.time), "equity": .number($0.equity),
            "drawdown_pct": .number($0.drawdown),
          ]
        }), "summary": summary,
    ]
  }
}
