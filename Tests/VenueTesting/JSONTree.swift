import PerpCore

/// A JSON text as a tree, for tests; numbers stay text, so that no digit is lost.
package indirect enum JSONTree: Equatable {
  case object([String: JSONTree])
  case array([JSONTree])
  case text(String)
  case number(String)
  case bool(Bool)
  case null

  package init(_ bytes: [UInt8]) throws(JSONError) {
    var json = JSONReader(bytes.span.bytes)
    self = try Self.read(&json)
    try json.finish()
  }

  private static func read(_ json: inout JSONReader) throws(JSONError) -> JSONTree {
    switch try json.peek() {
    case .object:
      var members: [String: JSONTree] = [:]
      try json.enterObject()
      while let key = try json.nextKey() {
        let name = key.text
        members[name] = try read(&json)
      }
      return .object(members)
    case .array:
      var elements: [JSONTree] = []
      try json.enterArray()
      while try json.nextElement() { elements.append(try read(&json)) }
      return .array(elements)
    case .string: return .text(try json.string().text)
    case .number: return .number(String(copying: try json.number()))
    case .bool: return .bool(try json.bool())
    case .null:
      _ = try json.null()
      return .null
    }
  }

  package subscript(key: String) -> JSONTree? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  package var members: [String: JSONTree] {
    guard case .object(let members) = self else { return [:] }
    return members
  }

  package var elements: [JSONTree] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }

  package var text: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }

  /// A whole number.
  package var integer: Int128? {
    guard case .number(let text) = self else { return nil }
    return Int128(text)
  }

  /// A number, also one in quotes.
  package var decimal: Decimal? {
    switch self {
    case .number(let text), .text(let text): Decimal(text)
    default: nil
    }
  }

  package var isNull: Bool { self == .null }
}
