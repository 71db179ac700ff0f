import PerpCore

/// Times as the venue writes them: RFC 3339 in UTC with up to nine digits of the second, such as
/// `2026-11-20T10:00:00.123456789Z`. Here they are microseconds since the epoch.
enum VariationalTime {
  /// Nil for any other form. Digits beyond the microsecond are cut.
  static func microseconds(_ text: RawSpan) -> Int64? {
    guard (20...30).contains(text.byteCount), text.has("-", at: 4), text.has("-", at: 7),
      text.has("T", at: 10), text.has(":", at: 13), text.has(":", at: 16),
      text.has("Z", at: text.byteCount - 1),
      let year = text.number(0..<4), let month = text.number(5..<7),
      let day = text.number(8..<10), let hour = text.number(11..<13),
      let minute = text.number(14..<16), let second = text.number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var fraction: Int64 = 0
    if text.byteCount > 20 {
      let end = text.byteCount - 1
      guard text.has(".", at: 19), let digits = text.number(20..<end) else { return nil }
      fraction = end > 26 ? digits / power(end - 26) : digits * power(26 - end)
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + fraction
  }

  /// With the nine digits that the venue's statistics and heartbeats have; the last three are 0.
  static func text(_ microseconds: Int64) -> String {
    let (seconds, fraction) = microseconds.flooredDivision(by: 1_000_000)
    let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
    let date = date(days)
    let clock = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60]
    return [date.year.padded(to: 4), date.month.padded(to: 2), date.day.padded(to: 2)]
      .joined(separator: "-") + "T" + clock.map { $0.padded(to: 2) }.joined(separator: ":")
      + ".\(fraction.padded(to: 6))000Z"
  }

  /// Days from the epoch to a date of the Gregorian calendar, counted in years that begin in
  /// March, so that the leap day is a year's last (Hinnant, "chrono-compatible low-level date
  /// algorithms").
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = year.flooredDivision(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month,
      dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func power(_ exponent: Int) -> Int64 {
    (0..<exponent).reduce(1) { product, _ in product * 10 }
  }
}

extension RawSpan {
  fileprivate func has(_ character: Unicode.Scalar, at index: Int) -> Bool {
    unsafeLoad(fromByteOffset: index, as: UInt8.self) == UInt8(ascii: character)
  }

  /// Digits alone, nine at most.
  fileprivate func number(_ range: Range<Int>) -> Int64? {
    guard (1...9).contains(range.count) else { return nil }
    var value: Int64 = 0
    for index in range {
      let digit = unsafeLoad(fromByteOffset: index, as: UInt8.self) &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  fileprivate func padded(to width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
