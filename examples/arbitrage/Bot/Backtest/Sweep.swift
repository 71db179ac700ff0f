import PerpCore

/// Which of many settings does best on one part of a recording, to be tried on the rest. (B-12)
package enum Sweep {
  /// A setting of the strategy, and what it is to be.
  package struct Variation: Equatable, Sendable {
    package let name: String
    package let values: [String]

    /// `name=a,b,c`; nil of what is not like that.
    package init?(_ text: String) {
      let halves = text.split(separator: "=", maxSplits: 1)
      guard halves.count == 2 else { return nil }
      name = String(halves[0])
      values = halves[1].split(separator: ",").map(String.init)
    }
  }

  /// One value of each variation.
  package struct Combination: Equatable, Sendable {
    package var values: [(name: String, value: String)] = []

    /// As they stand on the command line.
    package var arguments: [String] { values.map { "--\($0.name)=\($0.value)" } }
    package var text: String { values.map { "\($0.name)=\($0.value)" }.joined(separator: " ") }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }
  }

  package struct Result: Sendable {
    package let combination: Combination
    package let report: BacktestReport

    package init(_ combination: Combination, _ report: BacktestReport) {
      (self.combination, self.report) = (combination, report)
    }

    /// One JSON object with its LF; `part` is `train` or `test`.
    package func line(_ part: String) -> String {
      var text = ByteBuffer(capacity: 1_024)
      text.append("{")
      text.put("part", text: part)
      text.put("settings")
      text.append("{")
      for (index, setting) in combination.values.enumerated() {
        if index > 0 { text.append(",") }
        text.append(json: setting.name)
        text.append(":")
        text.append(json: setting.value)
      }
      text.append("}")
      text.put("report")
      text.append(String(report.line.dropLast()))
      text.append("}\n")
      return text.string
    }
  }

  /// All of them, the last variation changing fastest.
  package static func combinations(_ variations: [Variation]) -> [Combination] {
    variations.reduce([Combination()]) { combinations, variation in
      combinations.flatMap { combination in
        variation.values.map { value in
          Combination(values: combination.values + [(variation.name, value)])
        }
      }
    }
  }

  /// The best first; of equals in their order.
  package static func ranking(_ results: [Result]) -> [Result] {
    results.enumerated().sorted {
      ($1.element.report.net, $0.offset) < ($0.element.report.net, $1.offset)
    }.map(\.element)
  }

  package static func table(_ results: [Result]) -> String {
    let rows =
      [["net", "trades", "win rate", "profit factor", "max drawdown", "settings"]]
      + results.map { result in
        let trades = result.report.trades
        return [
          result.report.net.text(places: 4), "\(trades.fills)",
          "\(trades.winRate.text(places: 1))%", trades.profitFactor?.text(places: 3) ?? "inf",
          trades.maxDrawdown.text(places: 4), result.combination.text,
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let isLast = column == row.count - 1
        return isLast ? cell : String(repeating: " ", count: widths[column] - cell.count) + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
