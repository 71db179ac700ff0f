import PerpCore

/// What a market maker's log says of its quotes. (S3-72)
package struct QuoteLogStatistics: Equatable, Sendable {
  package private(set) var quotes = 0
  package private(set) var bothSided = 0
  package private(set) var oneSided = 0
  package private(set) var fills = 0
  /// The most fills of one side in a row: what trades against it knows where it goes.
  package private(set) var longestStreak = 0
  package private(set) var emergencies = 0
  private var imbalances: [Decimal] = []
  private var lastSide: Substring?
  private var streak = 0

  /// Of a log's lines; nil where it tells of no quotes and no fills.
  package init?(lines: some Sequence<Substring>) {
    for line in lines {
      if let text = line.rest(after: "uotes: bid ") ?? line.rest(after: "would quote bid ") {
        noteQuotes(text)
      } else if let text = line.rest(after: " Fill: ") {
        noteFill(text.prefix { $0 != " " })
      } else if line.rest(after: " Emergency exit: ") != nil {
        emergencies += 1
      }
    }
    if quotes == 0, fills == 0 { return nil }
  }

  /// `96992 x 0.0003, ask none, obi 0.1`.
  private mutating func noteQuotes(_ text: Substring) {
    let parts = text.split(separator: ",").map { $0.drop { $0 == " " } }
    guard parts.count == 3, let imbalance = parts[2].rest(after: "obi ").flatMap({ Decimal($0) })
    else { return }
    quotes += 1
    let sides = [parts[0] != "none", parts[1] != "ask none"].count { $0 }
    if sides == 2 { bothSided += 1 }
    if sides == 1 { oneSided += 1 }
    imbalances.append(imbalance)
  }

  private mutating func noteFill(_ side: Substring) {
    fills += 1
    streak = side == lastSide ? streak + 1 : 1
    lastSide = side
    longestStreak = max(longestStreak, streak)
  }

  package var meanImbalance: Decimal {
    imbalances.reduce(Decimal.zero) { $0.plus($1) }.over(Decimal(imbalances.count))
  }

  /// Of the quotes, those whose imbalance was beyond, to one side or the other; per cent.
  package func share(beyond threshold: Decimal) -> Decimal {
    share(imbalances.count { $0.magnitude > threshold })
  }

  private func share(_ count: Int) -> Decimal { Decimal(count * 100).over(Decimal(quotes)) }

  package var report: String {
    let beyond = [Decimal(mantissa: 2, scale: 1), Decimal(mantissa: 4, scale: 1)].map {
      "OBI beyond \($0): \(share(beyond: $0).text(places: 1))%"
    }
    return
      ([
        "Quotes: \(quotes)", "Both sides: \(share(bothSided).text(places: 1))%",
        "One side: \(share(oneSided).text(places: 1))%",
        "OBI mean: \(meanImbalance.text(places: 4))",
      ] + beyond + [
        "Fills: \(fills)", "Longest streak on one side: \(longestStreak)",
        "Emergency exits: \(emergencies)",
      ]).joined(separator: "\n")
  }
}

extension Substring {
  /// What follows `mark`; nil where it is not there.
  fileprivate func rest(after mark: String) -> Substring? {
    let mark = Array(mark)
    var start = startIndex
    while start < endIndex {
      if self[start...].starts(with: mark) { return self[start...].dropFirst(mark.count) }
      start = index(after: start)
    }
    return nil
  }
}
