/// Why a text is not the JSON that was asked for, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Cause: String, Sendable {
    case truncated = "ends too early"
    case syntax = "is not valid JSON"
    case invalidUTF8 = "is not valid UTF-8"
    case invalidEscape = "has an invalid escape"
    case tooDeep = "is nested too deeply"
    case numberTooLong = "has a number that is too long"
    case trailingBytes = "goes on after its end"
    case wrongType = "has a value of another type than expected"
    case outOfRange = "has a number that does not fit"
    case unknownValue = "has a value that does not fit there"
    case missingMember = "lacks a member it must have"
  }

  package let cause: Cause
  /// Offset of the byte where it was noticed.
  package let offset: Int

  package init(cause: Cause, offset: Int) {
    self.cause = cause
    self.offset = offset
  }

  package var description: String { "the text \(cause.rawValue) at byte \(offset)" }
}
