import PerpCore

/// A JSON text as a flat list of its values, in the order they come: each is followed by its
/// members. Parsing again uses the same memory.
struct JSONTree {
  enum Kind: Equatable, Sendable {
    case null, bool, number, string, array, object
  }

  struct Node {
    let kind: Kind
    /// Where the key stands in `text`; empty for the root and for elements of arrays.
    let key: Range<Int>
    /// Where the content of a string, a number or a literal stands in `text`, without escapes.
    let content: Range<Int>
    /// The first node that is not part of this value.
    fileprivate(set) var end: Int
  }

  private(set) var nodes: [Node] = []
  private(set) var text: [UInt8] = []

  mutating func parse(_ bytes: RawSpan) throws(JSONError) {
    nodes.removeAll(keepingCapacity: true)
    text.removeAll(keepingCapacity: true)
    var json = JSONReader(bytes)
    try append(&json, key: 0..<0)
    try json.finish()
  }

  private mutating func append(_ json: inout JSONReader, key: Range<Int>) throws(JSONError) {
    let index = nodes.count
    switch try json.peek() {
    case .null:
      _ = try json.null()
      add(.null, key)
    case .bool:
      let value = try json.bool()
      add(.bool, key, content: store(value ? "true" : "false"))
    case .number: add(.number, key, content: store(try json.number()))
    case .string: add(.string, key, content: store(try json.string()))
    case .array:
      add(.array, key)
      try json.enterArray()
      while try json.nextElement() { try append(&json, key: 0..<0) }
    case .object:
      add(.object, key)
      try json.enterObject()
      while let name = try json.nextKey() {
        let key = store(name)
        try append(&json, key: key)
      }
    }
    nodes[index].end = nodes.count
  }

  private mutating func add(_ kind: Kind, _ key: Range<Int>, content: Range<Int> = 0..<0) {
    nodes.append(Node(kind: kind, key: key, content: content, end: 0))
  }

  private mutating func store(_ string: borrowing JSONString) -> Range<Int> {
    string.hasEscapes ? store(string.text) : store(string.bytes)
  }

  private mutating func store(_ bytes: RawSpan) -> Range<Int> {
    let start = text.count
    bytes.withUnsafeBytes { text.append(contentsOf: $0) }
    return start..<text.count
  }

  private mutating func store(_ string: String) -> Range<Int> {
    let start = text.count
    text.append(contentsOf: string.utf8)
    return start..<text.count
  }
}

extension JSONTree {
  /// The members of an object or the elements of an array.
  func children(of node: Int) -> [Int] {
    var result: [Int] = []
    var child = node + 1
    while child < nodes[node].end {
      result.append(child)
      child = nodes[child].end
    }
    return result
  }

  /// The member of that name; of several the last, as most readers have it.
  func member(_ name: [UInt8], of node: Int) -> Int? {
    // Spans, because the arrays themselves would be retained for each comparison.
    let (nodes, text, name) = (nodes.span, text.span, name.span)
    var result: Int?
    var child = node + 1
    while child < nodes[node].end {
      let key = nodes[child].key
      if key.count == name.count, Self.equals(text, from: key.lowerBound, name) { result = child }
      child = nodes[child].end
    }
    return result
  }

  private static func equals(
    _ text: Span<UInt8>, from start: Int, _ other: Span<UInt8>
  ) -> Bool {
    for index in other.indices where text[start + index] != other[index] { return false }
    return true
  }

  func member(_ name: String, of node: Int) -> Int? { member(Array(name.utf8), of: node) }

  func equals(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
    range.count == bytes.count && Self.equals(text.span, from: range.lowerBound, bytes.span)
  }

  func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }

  /// The content of a string, or nil.
  func string(_ node: Int?) -> String? {
    guard let node, nodes[node].kind == .string else { return nil }
    return string(nodes[node].content)
  }

  /// The value of a number, or of a string that is one.
  func decimal(_ node: Int?) -> Decimal? {
    guard let node, nodes[node].kind == .number || nodes[node].kind == .string else { return nil }
    return text.withUnsafeBytes { bytes in
      let slice = UnsafeRawBufferPointer(rebasing: bytes[nodes[node].content])
      return Decimal(slice.bytes)
    }
  }

  func integer(_ node: Int?) -> Int64? {
    decimal(node)?.rescaled(to: 0).flatMap { Int64(exactly: $0.mantissa) }
  }

  func bool(_ node: Int?) -> Bool? {
    guard let node, nodes[node].kind == .bool else { return nil }
    return nodes[node].content.count == 4
  }

  /// Where a value stands, such as `$.bids[2][0]`.
  func path(to target: Int) -> String {
    var (path, node) = ("$", 0)
    while node != target {
      let isArray = nodes[node].kind == .array
      let siblings = children(of: node)
      guard let place = siblings.firstIndex(where: { target < nodes[$0].end }) else { break }
      node = siblings[place]
      path += isArray ? "[\(place)]" : ".\(string(nodes[node].key))"
    }
    return path
  }
}
