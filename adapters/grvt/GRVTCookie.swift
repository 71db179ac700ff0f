import PerpCore

/// The cookie that a login gives: `gravity=…; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; …`.
/// (RFC 6265, section 4.1; dates as in RFC 9110, section 5.6.7.)
struct GRVTCookie: Equatable, Sendable {
  static let name = "gravity"

  var value: String
  /// Seconds since the epoch; nil where the venue does not say.
  var expires: Int64?

  init(value: String, expires: Int64?) { (self.value, self.expires) = (value, expires) }

  /// Reads the content of a `Set-Cookie` field; nil for another cookie.
  init?(setting text: String) {
    let parts = text.split(separator: ";").map { $0.drop { $0 == " " } }
    guard let first = parts.first, first.hasPrefix("\(Self.name)="), first.count > 8 else {
      return nil
    }
    value = String(first.dropFirst(Self.name.count + 1))
    for part in parts.dropFirst() {
      let halves = part.split(separator: "=", maxSplits: 1)
      guard halves.count == 2, halves[0].lowercased() == "expires" else { continue }
      expires = Self.seconds(halves[1])
    }
  }

  var setting: String {
    "\(Self.name)=\(value); Path=/; "
      + (expires.map { "Expires=\(Self.text($0)); " } ?? "") + "HttpOnly; Secure; SameSite=None"
  }

  // MARK: Dates

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// `Wed, 21 Oct 2026 07:28:00 GMT`.
  static func text(_ seconds: Int64) -> String {
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let time = seconds - day * 86_400
    let (year, month, date) = civil(day)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(days[Int((day % 7 + 7) % 7)]), \(two(date)) \(months[Int(month) - 1]) \(year) "
      + "\(two(time / 3_600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
  }

  /// Nil for what is no such date. Some servers write hyphens between day, month and year.
  static func seconds(_ text: some StringProtocol) -> Int64? {
    let words = text.split { $0 == " " || $0 == "-" || $0 == "," }
    guard words.count == 6, let date = Int64(words[1]), (1...31).contains(date),
      let month = months.firstIndex(where: { $0 == words[2] }), let year = Int64(words[3]),
      (1970...9_999).contains(year)
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]),
      (0...60).contains(clock[2])
    else { return nil }
    let day = days(year, Int64(month) + 1, date)
    return day * 86_400 + clock[0] * 3_600 + clock[1] * 60 + clock[2]
  }

  /// Days since the epoch. A year is counted from March on, so that its last day may be the odd
  /// one.
  private static func days(_ year: Int64, _ month: Int64, _ date: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = (year / 400, year % 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + date - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, date: Int64) {
    let shifted = day + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}
