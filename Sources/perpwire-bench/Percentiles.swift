/// The middle and the far end of many measurements.
struct Percentiles {
  private let sorted: [UInt64]

  init(_ values: [UInt64]) { sorted = values.sorted() }

  var count: Int { sorted.count }
  var p50: UInt64 { at(500) }
  var p99: UInt64 { at(990) }
  var p999: UInt64 { at(999) }

  private func at(_ thousandths: Int) -> UInt64 {
    sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, sorted.count * thousandths / 1_000)]
  }
}

extension Float {
  /// With so many digits after the point.
  func text(_ digits: Int) -> String {
    guard isFinite, self >= 0 else { return "-" }
    let unit = (0..<digits).reduce(1) { power, _ in power * 10 }
    let whole = Int((self * Float(unit)).rounded())
    guard digits > 0 else { return "\(whole)" }
    let fraction = String(whole % unit)
    return "\(whole / unit).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
  }
}

extension Array where Element: Comparable {
  /// The upper one of both where there is no single one in the middle.
  var median: Element? { isEmpty ? nil : sorted()[count / 2] }
}

/// Columns as wide as their widest cell, the first to the left and numbers to the right.
struct TextTable {
  private var rows: [[String]]

  init(_ heading: [String]) { rows = [heading] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
