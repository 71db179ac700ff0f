/// A regular expression of the few constructs the schema needs: `^` at the beginning, `$` at the
/// end, literal characters, `\` before a literal, classes `[a-z0-9_-]`, groups with alternatives,
/// and `*`, `+`, `?`, `{m,n}` behind any of them. Whatever it does not know it refuses.
///
/// Each place in the expression where a byte is taken is one bit (Glushkov's automaton, at most
/// 64 places), so that a text is read once, without going back and without allocating.
package struct Pattern: Sendable {
  private indirect enum Node {
    case bytes([ClosedRange<UInt8>])
    case choice([[Node]])
    /// No upper limit where `atMost` is nil.
    case repeated(Node, atLeast: Int, atMost: Int?)
  }

  private static let maxPlaces = 64

  private var isTiedToStart = false
  private var isTiedToEnd = false
  /// For each byte of ASCII the places that take it.
  private var takers = [UInt64](repeating: 0, count: 128)
  /// For each place those that may come next.
  private var follow: [UInt64] = []
  private var whole = Part(first: 0, last: 0, isEmptyAllowed: true)

  /// A part of the expression: the places it can begin and end with.
  private struct Part {
    var first: UInt64
    var last: UInt64
    var isEmptyAllowed: Bool
  }

  package init?(_ text: String) {
    var bytes = Array(text.utf8)[...]
    if bytes.first == UInt8(ascii: "^") {
      isTiedToStart = true
      bytes.removeFirst()
    }
    if bytes.last == UInt8(ascii: "$"), !text.hasSuffix("\\$") {
      isTiedToEnd = true
      bytes.removeLast()
    }
    var parser = Parser(text: Array(bytes))
    guard let choice = parser.choice(), parser.isAtEnd, let whole = place(choice) else {
      return nil
    }
    self.whole = whole
  }

  /// Whether the pattern fits somewhere; `^` and `$` tie it to the ends.
  package func matches(_ text: ArraySlice<UInt8>) -> Bool {
    if whole.isEmptyAllowed, !isTiedToStart || !isTiedToEnd || text.isEmpty { return true }
    var places: UInt64 = 0
    var isFirst = true
    for byte in text {
      var next = isFirst || !isTiedToStart ? whole.first : 0
      while places != 0 {
        next |= follow[places.trailingZeroBitCount]
        places &= places - 1
      }
      places = byte < 128 ? next & takers[Int(byte)] : 0
      if !isTiedToEnd, places & whole.last != 0 { return true }
      if isTiedToStart, places == 0 { return false }
      isFirst = false
    }
    return isTiedToEnd && places & whole.last != 0
  }
}

// MARK: - Places

extension Pattern {
  /// Gives the node its places; nil when there are too many.
  private mutating func place(_ node: Node) -> Part? {
    switch node {
    case .bytes(let ranges):
      guard follow.count < Self.maxPlaces else { return nil }
      let bit: UInt64 = 1 << UInt64(follow.count)
      follow.append(0)
      for byte in ranges.joined() { takers[Int(byte)] |= bit }
      return Part(first: bit, last: bit, isEmptyAllowed: false)
    case .choice(let branches):
      var whole = Part(first: 0, last: 0, isEmptyAllowed: false)
      for branch in branches {
        var sequence = Part(first: 0, last: 0, isEmptyAllowed: true)
        for node in branch {
          guard let part = place(node) else { return nil }
          sequence = join(sequence, part)
        }
        whole.first |= sequence.first
        whole.last |= sequence.last
        whole.isEmptyAllowed = whole.isEmptyAllowed || sequence.isEmptyAllowed
      }
      return whole
    case .repeated(let node, let atLeast, let atMost):
      return placeRepeated(node, atLeast, atMost)
    }
  }

  /// As many copies as may occur; without a limit the last of them may follow itself.
  private mutating func placeRepeated(_ node: Node, _ atLeast: Int, _ atMost: Int?) -> Part? {
    var whole = Part(first: 0, last: 0, isEmptyAllowed: true)
    for number in 0..<(atMost ?? max(atLeast, 1)) {
      guard var part = place(node) else { return nil }
      if atMost == nil, number == max(atLeast, 1) - 1 { connect(part.last, to: part.first) }
      if number >= atLeast { part.isEmptyAllowed = true }
      whole = join(whole, part)
    }
    return whole
  }

  private mutating func join(_ left: Part, _ right: Part) -> Part {
    connect(left.last, to: right.first)
    return Part(
      first: left.isEmptyAllowed ? left.first | right.first : left.first,
      last: right.isEmptyAllowed ? left.last | right.last : right.last,
      isEmptyAllowed: left.isEmptyAllowed && right.isEmptyAllowed)
  }

  private mutating func connect(_ from: UInt64, to next: UInt64) {
    for place in follow.indices where from & 1 << UInt64(place) != 0 { follow[place] |= next }
  }
}

// MARK: - Reading the expression

extension Pattern {
  private struct Parser {
    let text: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == text.count }

    /// Alternatives up to the end or to a closing parenthesis.
    mutating func choice() -> Node? {
      var branches: [[Node]] = []
      repeat {
        guard let branch = sequence() else { return nil }
        branches.append(branch)
      } while take("|")
      return .choice(branches)
    }

    private mutating func sequence() -> [Node]? {
      var nodes: [Node] = []
      while let byte = peek(), byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
        guard let node = atom(), let counted = counted(node) else { return nil }
        nodes.append(counted)
      }
      return nodes
    }

    private mutating func atom() -> Node? {
      let byte = text[index]
      index += 1
      switch byte {
      case UInt8(ascii: "("):
        guard let choice = choice(), take(")") else { return nil }
        return choice
      case UInt8(ascii: "["): return set()
      case UInt8(ascii: "\\"):
        // Letters and digits behind a backslash are classes and references we do not know.
        guard let literal = peek(), !Self.isAlphanumeric(literal) else { return nil }
        index += 1
        return .bytes([literal...literal])
      case UInt8(ascii: "^"), UInt8(ascii: "$"), UInt8(ascii: "*"), UInt8(ascii: "+"),
        UInt8(ascii: "?"), UInt8(ascii: "{"), UInt8(ascii: "."), 0x80...:
        return nil
      default: return .bytes([byte...byte])
      }
    }

    private mutating func set() -> Node? {
      var ranges: [ClosedRange<UInt8>] = []
      while let first = peek(), first != UInt8(ascii: "]") {
        guard first < 0x80, first != UInt8(ascii: "^"), first != UInt8(ascii: "\\") else {
          return nil
        }
        index += 1
        var last = first
        if peek() == UInt8(ascii: "-"), index + 1 < text.count, text[index + 1] != UInt8(ascii: "]")
        {
          last = text[index + 1]
          index += 2
        }
        guard first <= last, last < 0x80 else { return nil }
        ranges.append(first...last)
      }
      return take("]") ? .bytes(ranges) : nil
    }

    private mutating func counted(_ node: Node) -> Node? {
      if take("*") { return .repeated(node, atLeast: 0, atMost: nil) }
      if take("+") { return .repeated(node, atLeast: 1, atMost: nil) }
      if take("?") { return .repeated(node, atLeast: 0, atMost: 1) }
      guard take("{") else { return node }
      guard let atLeast = number() else { return nil }
      guard let atMost = take(",") ? number() : atLeast, atLeast <= atMost, take("}") else {
        return nil
      }
      return .repeated(node, atLeast: atLeast, atMost: atMost)
    }

    private mutating func number() -> Int? {
      var digits = ""
      while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.unicodeScalars.append(Unicode.Scalar(byte))
        index += 1
      }
      return Int(digits)
    }

    private func peek() -> UInt8? { index < text.count ? text[index] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard peek() == UInt8(ascii: character) else { return false }
      index += 1
      return true
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
      let scalar = Unicode.Scalar(byte)
      return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
  }
}
