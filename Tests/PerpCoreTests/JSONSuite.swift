import PerpCore
import Testing

/// The cases of nst/JSONTestSuite ("Parsing JSON is a Minefield", Nicolas Seriot, 2016), under the
/// names they have there: `y_` must be accepted, `n_` must be refused, and `i_` is left to the
/// reader, who should know what it does.
struct JSONCase: Sendable, CustomTestStringConvertible {
  /// Text, or a byte that no text can have.
  enum Piece: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case text(String)
    case byte(UInt8)

    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral byte: UInt8) { self = .byte(byte) }
  }

  let name: String
  let bytes: [UInt8]

  init(_ name: String, _ text: String) {
    self.name = name
    bytes = Array(text.utf8)
  }

  init(_ name: String, pieces: [Piece]) {
    self.name = name
    bytes = pieces.flatMap { piece in
      switch piece {
      case .text(let text): Array(text.utf8)
      case .byte(let byte): [byte]
      }
    }
  }

  var testDescription: String { name }

  /// Why the reader refuses the text; nil when it accepts it.
  var refusal: JSONError.Cause? {
    do throws(JSONError) {
      var json = JSONReader(bytes.span.bytes)
      try json.skip()
      try json.finish()
      return nil
    } catch {
      return error.cause
    }
  }
}
