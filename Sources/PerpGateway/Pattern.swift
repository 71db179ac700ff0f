/// A regular expression of the few constructs the schema needs: `^`, `$`, literal characters,
/// `\` before a literal, classes `[a-z0-9_-]`, groups with alternatives, and `*`, `+`, `?`, `{m,n}`
/// behind any of them. It works on bytes of ASCII, allocates nothing, and refuses whatever it does
/// not know.
package struct Pattern: Sendable {
  private indirect enum Node: Sendable {
    case start, end
    /// One bit for each byte below 128.
    case set(low: UInt64, high: UInt64)
    case choice([[Node]])
    case repeated(Node, atLeast: Int, atMost: Int)
  }

  private let nodes: [Node]

  package init?(_ text: String) {
    var parser = Parser(text: Array(text.utf8))
    guard let nodes = parser.sequence(), parser.isAtEnd else { return nil }
    self.nodes = nodes
  }

  /// Whether the pattern fits somewhere; `^` and `$` tie it to the ends.
  package func matches(_ text: ArraySlice<UInt8>) -> Bool {
    for start in text.startIndex...text.endIndex {
      if fits(nodes[...], text, at: start, then: { _ in true }) { return true }
    }
    return false
  }

  private func fits(
    _ nodes: ArraySlice<Node>, _ text: ArraySlice<UInt8>, at index: Int,
    then rest: (Int) -> Bool
  ) -> Bool {
    guard let node = nodes.first else { return rest(index) }
    let others = nodes.dropFirst()
    switch node {
    case .start:
      return index == text.startIndex && fits(others, text, at: index, then: rest)
    case .end:
      return index == text.endIndex && fits(others, text, at: index, then: rest)
    case .set(let low, let high):
      guard index < text.endIndex, Self.contains(low, high, text[index]) else { return false }
      return fits(others, text, at: index + 1, then: rest)
    case .choice(let branches):
      return branches.contains { branch in
        fits(branch[...], text, at: index) { fits(others, text, at: $0, then: rest) }
      }
    case .repeated(.set(let low, let high), let atLeast, let atMost):
      // The usual case without recursion: as many as fit, then fewer.
      var end = index
      while end < text.endIndex, end - index < atMost, Self.contains(low, high, text[end]) {
        end += 1
      }
      while end >= index + atLeast {
        if fits(others, text, at: end, then: rest) { return true }
        end -= 1
      }
      return false
    case .repeated(let inner, let atLeast, let atMost):
      return again(inner, atLeast, atMost, text, at: index) {
        fits(others, text, at: $0, then: rest)
      }
    }
  }

  private func again(
    _ node: Node, _ atLeast: Int, _ atMost: Int, _ text: ArraySlice<UInt8>, at index: Int,
    then rest: (Int) -> Bool
  ) -> Bool {
    if atMost > 0 {
      let more = fits([node], text, at: index) { next in
        next > index && again(node, max(atLeast - 1, 0), atMost - 1, text, at: next, then: rest)
      }
      if more { return true }
    }
    return atLeast == 0 && rest(index)
  }

  private static func contains(_ low: UInt64, _ high: UInt64, _ byte: UInt8) -> Bool {
    switch byte {
    case 0..<64: low & 1 << UInt64(byte) != 0
    case 64..<128: high & 1 << UInt64(byte - 64) != 0
    default: false
    }
  }
}

extension Pattern {
  private struct Parser {
    let text: [UInt8]
    var index = 0

    var isAtEnd: Bool { index == text.count }

    mutating func sequence() -> [Node]? {
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
      case UInt8(ascii: "^"): return .start
      case UInt8(ascii: "$"): return .end
      case UInt8(ascii: "("): return group()
      case UInt8(ascii: "["): return set()
      case UInt8(ascii: "\\"):
        // Letters and digits behind a backslash are classes and references we do not know.
        guard let literal = peek(), !Self.isAlphanumeric(literal) else { return nil }
        index += 1
        return Self.set([literal...literal])
      case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"),
        UInt8(ascii: "."), 0x80...:
        return nil
      default: return Self.set([byte...byte])
      }
    }

    private mutating func group() -> Node? {
      var branches: [[Node]] = []
      repeat {
        guard let branch = sequence() else { return nil }
        branches.append(branch)
      } while take("|")
      return take(")") ? .choice(branches) : nil
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
      return take("]") ? Self.set(ranges) : nil
    }

    private mutating func counted(_ node: Node) -> Node? {
      if take("*") { return .repeated(node, atLeast: 0, atMost: .max) }
      if take("+") { return .repeated(node, atLeast: 1, atMost: .max) }
      if take("?") { return .repeated(node, atLeast: 0, atMost: 1) }
      guard take("{") else { return node }
      guard let atLeast = number() else { return nil }
      let atMost = take(",") ? number() : atLeast
      guard let atMost, take("}") else { return nil }
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

    private static func set(_ ranges: [ClosedRange<UInt8>]) -> Node {
      var (low, high) = (UInt64(0), UInt64(0))
      for byte in ranges.joined() {
        if byte < 64 { low |= 1 << UInt64(byte) } else { high |= 1 << UInt64(byte - 64) }
      }
      return .set(low: low, high: high)
    }
  }
}
