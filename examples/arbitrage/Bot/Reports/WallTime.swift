import PerpCore

/// Time stamps for people, in a zone whose distance from UTC the rim has looked up. (C-09)
package struct WallTime: Equatable, Sendable {
  /// Seconds east of UTC.
  package var offset: Int

  package init(offset: Int) { self.offset = offset }

  /// `YYYY-MM-DD HH:MM:SS.mmm` of microseconds since the epoch.
  package func text(_ wall: Int64) -> String {
    let milliseconds = (wall + Int64(offset) * 1_000_000) / 1_000
    let seconds = milliseconds / 1_000
    let (year, month, day) = Self.date(days: Int(seconds / 86_400))
    let clock = Int(seconds % 86_400)
    return [
      "\(year)-\(pad(month))-\(pad(day))",
      "\(pad(clock / 3_600)):\(pad(clock / 60 % 60)):\(pad(clock % 60))"
        + ".\(pad(Int(milliseconds % 1_000), 3))",
    ].joined(separator: " ")
  }

  private func pad(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Of days since the epoch. (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms")
  private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }
}

/// Files that a bot writes anew.
package enum Document: String, CaseIterable, Sendable {
  case history
}

/// Files of rows that a bot appends to.
package enum Table: String, CaseIterable, Sendable {
  case bbo, orders
  case tradesDetail = "trades_detail"
  case trades
  case pauses = "vol_pause"
  /// The same, an object of JSON a line.
  case pauseLines = "vol_pause_lines"

  package var fileEnding: String { self == .pauseLines ? "jsonl" : "csv" }
}
