import PerpCore

/// Writes JSON as the venue does, in either spelling.
struct GRVTWriter: ~Copyable {
  var text: ByteBuffer
  let encoding: GRVTEncoding

  init(_ encoding: GRVTEncoding, capacity: Int = 512) {
    text = ByteBuffer(capacity: capacity)
    self.encoding = encoding
  }

  // MARK: Members of the object that is open

  mutating func key(_ name: GRVTName) {
    text.put(encoding == .full ? name.full : name.lite)
  }

  /// `"price":"91000.5"`; nothing for nil.
  mutating func put(_ name: GRVTName, _ value: Decimal?) {
    guard let value else { return }
    key(name)
    text.append(UInt8(ascii: "\""))
    text.append(value)
    text.append(UInt8(ascii: "\""))
  }

  /// Whole numbers of 64 bits are written as text. `"sequence_number":"7"`.
  mutating func put(_ name: GRVTName, number value: Int64) {
    key(name)
    quoted(value)
  }

  mutating func put(_ name: GRVTName, integer value: Int64) {
    key(name)
    text.append(value)
  }

  mutating func put(_ name: GRVTName, text value: String) {
    key(name)
    text.append(json: value)
  }

  mutating func put(_ name: GRVTName, _ value: ShortText) {
    key(name)
    text.append(json: value.string)
  }

  mutating func put(_ name: GRVTName, _ value: Bool) {
    key(name)
    text.append(value ? "true" : "false")
  }

  /// Nothing for what stays the same, the empty string for what is no more.
  mutating func put(_ name: GRVTName, _ change: GRVTWire.Change) {
    switch change {
    case .unchanged: break
    case .gone:
      key(name)
      text.append("\"\"")
    case .value(let value): put(name, value)
    }
  }

  mutating func put(_ name: GRVTName, texts: some Sequence<String>) {
    list(name, texts) { $1.text.append(json: $0) }
  }

  mutating func put(_ name: GRVTName, numbers: some Sequence<Int64>) {
    list(name, numbers) { $1.quoted($0) }
  }

  mutating func put(_ name: GRVTName, integers: some Sequence<Int>) {
    list(name, integers) { $1.text.append(Int64($0)) }
  }

  // MARK: Containers

  mutating func object(_ members: (inout GRVTWriter) -> Void) {
    text.append("{")
    members(&self)
    text.append("}")
  }

  mutating func object(_ name: GRVTName, _ members: (inout GRVTWriter) -> Void) {
    key(name)
    object(members)
  }

  mutating func list<Element>(
    _ name: GRVTName, _ elements: some Sequence<Element>,
    _ write: (Element, inout GRVTWriter) -> Void
  ) {
    key(name)
    text.append("[")
    var isFirst = true
    for element in elements {
      if !isFirst { text.append(",") }
      write(element, &self)
      isFirst = false
    }
    text.append("]")
  }

  /// Adds a member to the object that was closed last.
  mutating func reopen(_ members: (inout GRVTWriter) -> Void) {
    text.truncate(to: text.count - 1)
    members(&self)
    text.append("}")
  }

  private mutating func quoted(_ value: Int64) {
    text.append(UInt8(ascii: "\""))
    text.append(value)
    text.append(UInt8(ascii: "\""))
  }
}
