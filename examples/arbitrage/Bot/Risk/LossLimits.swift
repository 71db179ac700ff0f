import PerpCore

/// What may be lost in one UTC hour and one UTC day before entries stop until the next. (S3-44)
package struct LossLimits: Equatable, Sendable {
  private struct Sum: Equatable {
    /// Microseconds.
    let span: Int64
    let limit: Decimal
    let name: String
    var number: Int64 = -1
    var profit = Decimal.zero

    func profit(at wall: Int64) -> Decimal { wall / span == number ? profit : .zero }
  }

  private var sums: [Sum]

  /// Quote units.
  package init(hour: Decimal, day: Decimal) {
    sums = [
      Sum(span: 3_600_000_000, limit: hour, name: "hour"),
      Sum(span: 86_400_000_000, limit: day, name: "day"),
    ]
  }

  /// What was realised, fees taken off.
  package mutating func note(_ profit: Decimal, at wall: Int64) {
    for index in sums.indices {
      sums[index].profit = sums[index].profit(at: wall).plus(profit)
      sums[index].number = wall / sums[index].span
    }
  }

  /// Why there must be no entry; nil where nothing stands against it.
  package func obstacle(at wall: Int64) -> String? {
    sums.first { $0.profit(at: wall) < $0.limit.negated }.map {
      "\($0.profit(at: wall).negated.text(places: 2)) were lost this \($0.name)"
    }
  }
}
