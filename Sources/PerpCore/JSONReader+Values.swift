extension JSONReader {
  /// A decimal, written as a JSON string or as a number, read from its text.
  package mutating func decimal() throws(JSONError) -> Decimal {
    let value =
      switch try peek() {
      case .string: try string().decimal
      case .number: Decimal(try number())
      default: throw error(.wrongType)
      }
    guard let value else { throw error(.outOfRange) }
    return value
  }

  /// Like `decimal`, with nil for null and for the empty string some venues write instead.
  package mutating func optionalDecimal() throws(JSONError) -> Decimal? {
    switch try peek() {
    case .null:
      _ = try null()
      return nil
    case .string:
      let text = try string()
      if text.bytes.byteCount == 0 { return nil }
      guard let value = text.decimal else { throw error(.outOfRange) }
      return value
    default: return try decimal()
    }
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
