import ArgumentParser
import PerpIO

/// An end with a message for the user and an exit code of sysexits(3).
struct Failure: Error, CustomStringConvertible {
  enum Code: Int32 {
    case usage = 64
    case badInput = 65
    case venueUnavailable = 69
    /// The socket or journal belongs to another gateway, or cannot be made.
    case cannotCreate = 73
    case ioError = 74
    case permission = 77
    case configuration = 78
  }

  let code: Code
  let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
