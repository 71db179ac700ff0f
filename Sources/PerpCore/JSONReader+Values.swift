extension JSONReader {
  /// A decimal, written as a JSON string or as a number, read from its text.
  package mutating func decimal() throws(JSONError) -> Decimal {
    if let text = try stringIfNext() {
      guard let value = text.decimal else { throw error(.outOfRange) }
      return value
    }
    guard try peek() == .number else { throw error(.wrongType) }
    guard let value = Decimal(try number()) else { throw error(.outOfRange) }
    return value
  }

  /// Like `decimal`, with nil for null and for the empty string some venues write instead.
  package mutating func optionalDecimal() throws(JSONError) -> Decimal? {
    if let text = try stringIfNext() {
      if text.bytes.byteCount == 0 { return nil }
      guard let value = text.decimal else { throw error(.outOfRange) }
      return value
    }
    return try null() ? nil : try decimal()
  }

  /// A whole number, written as a JSON number or as a string.
  package mutating func integer() throws(JSONError) -> Int64 {
    if let value = try plainInteger() { return value }
    let value = try decimal()
    guard let whole = value.rescaled(to: 0), let result = Int64(exactly: whole.mantissa) else {
      throw error(.outOfRange)
    }
    return result
  }

  /// A time in milliseconds, read as microseconds.
  package mutating func milliseconds() throws(JSONError) -> Int64 {
    let (microseconds, overflow) = try integer().multipliedReportingOverflow(by: 1_000)
    guard !overflow else { throw error(.outOfRange) }
    return microseconds
  }
}
