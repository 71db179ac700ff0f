import PerpCore

/// A JSON text that is put together. Amounts keep all their digits.
package indirect enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Decimal)
  /// Statistics; `null` where it is none.
  case real(Double)
  case text(String)
  case list([JSON])
  case object([(name: String, value: JSON)])
  /// A text that is JSON already.
  case raw(String)

  package static func integer(_ number: Int) -> JSON { .integer(Int64(number)) }
  /// `null` of what there is none of.
  package static func optional(_ number: Decimal?) -> JSON { number.map { .number($0) } ?? .null }

  package var string: String {
    var text = ByteBuffer(capacity: 1_024)
    write(into: &text)
    return text.string
  }

  private func write(into text: inout ByteBuffer) {
    switch self {
    case .null: text.append("null")
    case .bool(let value): text.append(value ? "true" : "false")
    case .integer(let value): text.append(value)
    case .number(let value): text.append(value.trimmed)
    case .real(let value): text.append(Array((value.isFinite ? "\(value)" : "null").utf8))
    case .text(let value): text.append(json: value)
    case .raw(let value): text.append(Array(value.utf8))
    case .list(let values):
      text.append("[")
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(",") }
        value.write(into: &text)
      }
      text.append("]")
    case .object(let members):
      text.append("{")
      for (index, member) in members.enumerated() {
        if index > 0 { text.append(",") }
        text.append(json: member.name)
        text.append(":")
        member.value.write(into: &text)
      }
      text.append("}")
    }
  }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
  package init(dictionaryLiteral members: (String, JSON)...) {
    self = .object(members.map { (name: $0.0, value: $0.1) })
  }

  package init(arrayLiteral values: JSON...) { self = .list(values) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self = .text(value) }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral {
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
}
