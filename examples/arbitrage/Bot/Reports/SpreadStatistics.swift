import PerpCore

/// How spreads were distributed over a file of quotes, and the floor that suggests. (S0-52)
package struct SpreadStatistics: Equatable, Sendable {
  package static let percentiles = [1, 5, 25, 50, 75, 95, 99]

  private let samples: Int
  /// Sorted: the second venue's ask less its bid, and the spreads of both directions.
  private let columns: [(name: String, values: [Decimal])]

  /// `rows` without their header, as the strategy writes them; nil where there is none.
  package init?(rows: [String]) {
    var widths: [Decimal] = []
    var longs: [Decimal] = []
    var shorts: [Decimal] = []
    for row in rows {
      let fields = row.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = fields.dropFirst().compactMap { Decimal($0) }
      guard fields.count == 7, numbers.count == 6 else { continue }
      widths.append(numbers[3].minus(numbers[2]))
      longs.append(numbers[4])
      shorts.append(numbers[5])
    }
    guard !widths.isEmpty else { return nil }
    samples = widths.count
    columns = [
      ("quote width", widths.sorted()), ("long spread", longs.sorted()),
      ("short spread", shorts.sorted()),
    ]
  }

  package func percentile(_ percent: Int, of column: Int) -> Decimal {
    let values = columns[column].values
    return values[min(values.count - 1, values.count * percent / 100)]
  }

  /// Half of the time the second venue's quote is no wider than this.
  private var usualWidth: Decimal { percentile(50, of: 0) }

  /// What is advised as `--min-spread`.
  package var advice: String {
    let floor = usualWidth < Decimal(30) ? "20" : "35 or more"
    return "The usual width is \(usualWidth.text(places: 2)): --min-spread \(floor). "
      + "Start with 35, settle at 20; 15 is aggressive."
  }

  package var text: String {
    var lines = ["\(samples) samples"]
    for (index, column) in columns.enumerated() {
      let values = Self.percentiles.map {
        "p\($0) \(percentile($0, of: index).text(places: 2))"
      }
      lines.append("\(column.name): \(values.joined(separator: ", "))")
    }
    return (lines + [advice]).joined(separator: "\n")
  }

  package static func == (left: SpreadStatistics, right: SpreadStatistics) -> Bool {
    left.text == right.text
  }
}
