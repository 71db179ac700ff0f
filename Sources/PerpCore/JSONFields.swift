/// The members of one JSON object by their names, each read when it is asked for: for what is not
/// read often, such as orders and answers about accounts. Of a name that is there twice the first
/// counts.
package struct JSONFields: Sendable {
  private var members: [(name: String, value: [UInt8])] = []

  /// Reads an object, and nothing after it.
  package init(_ json: inout JSONReader) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      members.append((name, try json.raw().withUnsafeBytes { [UInt8]($0) }))
    }
  }

  /// A text that is one object.
  package init(_ text: RawSpan) throws(JSONError) {
    var json = JSONReader(text)
    try self.init(&json)
    try json.finish()
  }

  /// The object as one line, LF included, its values as they stood.
  package var line: String {
    var text = ByteBuffer(capacity: 512)
    text.append("{")
    for (index, member) in members.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: member.name)
      text.append(":")
      text.append(member.value)
    }
    text.append("}\n")
    return String(decoding: text.array, as: UTF8.self)
  }

  package var names: [String] { members.map(\.name) }

  /// The value as it stands; nil where there is none, or null.
  package func raw(_ name: String) -> [UInt8]? {
    guard let value = members.first(where: { $0.name == name })?.value,
      value != Array("null".utf8)
    else { return nil }
    return value
  }

  /// Of a string its content, of a number or word its text; nil of others and where there is none.
  package func text(_ name: String) -> String? {
    guard let raw = raw(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    switch try? json.peek() {
    case .string: return try? json.string().text
    case .number, .bool: return String(decoding: raw, as: UTF8.self)
    default: return nil
    }
  }

  /// Nil also of an empty text, by which some venues mean nothing.
  package func decimal(_ name: String) -> Decimal? {
    guard let raw = raw(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    return try? json.optionalDecimal()
  }

  /// Of a number, or of a string of digits.
  package func integer(_ name: String) -> Int64? { text(name).flatMap { Int64($0) } }

  package func bool(_ name: String) -> Bool? {
    switch text(name) {
    case "true": true
    case "false": false
    default: nil
    }
  }

  package func object(_ name: String) -> JSONFields? {
    guard let raw = raw(name) else { return nil }
    return try? JSONFields(raw.span.bytes)
  }

  /// The objects of a list; nil unless it is one of objects alone.
  package func objects(_ name: String) -> [JSONFields]? { raw(name).flatMap(Self.list) }

  /// A text that is a list of objects.
  package static func list(_ text: [UInt8]) -> [JSONFields]? {
    var json = JSONReader(text.span.bytes)
    var objects: [JSONFields] = []
    do throws(JSONError) {
      try json.enterArray()
      while try json.nextElement() { objects.append(try JSONFields(&json)) }
    } catch {
      return nil
    }
    return objects
  }

  /// The strings of a list; nil unless it is one of strings alone.
  package func texts(_ name: String) -> [String]? {
    guard let raw = raw(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    var texts: [String] = []
    do throws(JSONError) {
      try json.enterArray()
      while try json.nextElement() {
        guard try json.peek() == .string else { return nil }
        texts.append(try json.string().text)
      }
    } catch {
      return nil
    }
    return texts
  }
}
