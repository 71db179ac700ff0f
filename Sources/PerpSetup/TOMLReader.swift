/// Takes a TOML text apart, one statement after the other.
struct TOMLReader {
  enum Statement {
    case table([String], line: Int)
    case entry([String], TOMLValue, line: Int)
  }

  /// The line being read, from 1.
  private(set) var line = 1
  private let bytes: [UInt8]
  private var index = 0
  /// A list holds no lists.
  private var isInList = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Nil at the end of the text.
  mutating func next() throws(TOMLError) -> Statement? {
    try skipLines()
    guard let first = peek else { return nil }
    let begin = line
    if first == UInt8(ascii: "[") {
      index += 1
      guard peek != UInt8(ascii: "[") else { throw error("lists of tables are not known here") }
      let path = try path()
      guard take("]") else { throw error("the header of a table ends with ]") }
      try endLine()
      return .table(path, line: begin)
    }
    let path = try path()
    guard take("=") else { throw error("a key is followed by = and its value") }
    skipBlanks()
    let value = try value()
    try endLine()
    return .entry(path, value, line: begin)
  }

  // MARK: Keys

  private mutating func path() throws(TOMLError) -> [String] {
    var path: [String] = []
    repeat {
      skipBlanks()
      path.append(try key())
      skipBlanks()
    } while take(".")
    return path
  }

  private mutating func key() throws(TOMLError) -> String {
    if peek == UInt8(ascii: "\"") || peek == UInt8(ascii: "'") { return try string() }
    let begin = index
    while let byte = peek, Self.isBare(byte) { index += 1 }
    guard index > begin else { throw error("a key has letters, digits, _ and -") }
    return String(decoding: bytes[begin..<index], as: UTF8.self)
  }

  private static func isBare(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: Values

  private mutating func value() throws(TOMLError) -> TOMLValue {
    switch peek {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string())
    case UInt8(ascii: "[") where !isInList:
      isInList = true
      defer { isInList = false }
      return try list()
    case UInt8(ascii: "{"): throw error("tables on one line are not known here; write [a.table]")
    default: break
    }
    let begin = index
    while let byte = peek, !Self.endsWord(byte) { index += 1 }
    let word = bytes[begin..<index]
    if word.elementsEqual("true".utf8) { return .boolean(true) }
    if word.elementsEqual("false".utf8) { return .boolean(false) }
    guard let number = Self.integer(word) else {
      throw error(
        "the value is no text in quotes, whole decimal number, true, false or list of the first two"
      )
    }
    return .integer(number)
  }

  private static func endsWord(_ byte: UInt8) -> Bool {
    byte <= 32 || byte == UInt8(ascii: "#") || byte == UInt8(ascii: ",")
      || byte == UInt8(ascii: "]")
  }

  /// `-12`, `1_000`; no zero may lead, and underscores stand between digits only.
  private static func integer(_ word: ArraySlice<UInt8>) -> Int64? {
    let sign = word.prefix { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let groups = word.dropFirst(sign.count)
      .split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    let digits = groups.joined()
    guard sign.count <= 1, groups.allSatisfy({ !$0.isEmpty }),
      digits.allSatisfy({ (48...57).contains($0) }),
      digits.first != 48 || digits.elementsEqual([48])
    else { return nil }
    return Int64(String(decoding: Array(sign) + Array(digits), as: UTF8.self))
  }

  /// Texts or numbers; may go on over lines, with comments, and end with a comma.
  private mutating func list() throws(TOMLError) -> TOMLValue {
    index += 1
    var texts: [String] = []
    var numbers: [Int64] = []
    while true {
      try skipLines()
      if take("]") { return numbers.isEmpty ? .strings(texts) : .integers(numbers) }
      switch try value() {
      case .string(let text) where numbers.isEmpty: texts.append(text)
      case .integer(let number) where texts.isEmpty: numbers.append(number)
      default: throw error("a list holds texts in quotes, or whole numbers")
      }
      try skipLines()
      guard take(",") || peek == UInt8(ascii: "]") else {
        throw error("a list has commas between its values, and ends with ]")
      }
    }
  }

  /// `"…"` with escapes, or `'…'` as it stands.
  private mutating func string() throws(TOMLError) -> String {
    let quote = bytes[index]
    if bytes[index...].prefix(3).elementsEqual([quote, quote, quote]) {
      throw error("texts of several lines are not known here")
    }
    index += 1
    var content: [UInt8] = []
    while let byte = peek, byte != quote {
      guard byte >= 32 && byte != 127 || byte == 9 else {
        throw error(byte == 10 || byte == 13 ? "the text has no end" : "a control character")
      }
      index += 1
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        content += try escaped()
      } else {
        content.append(byte)
      }
    }
    guard peek == quote else { throw error("the text has no end") }
    index += 1
    guard let text = String(validating: content, as: UTF8.self) else {
      throw error("the text is not UTF-8")
    }
    return text
  }

  private mutating func escaped() throws(TOMLError) -> [UInt8] {
    let kind = peek ?? 0
    index += 1
    switch kind {
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [kind]
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let digits = bytes[index...].prefix(kind == UInt8(ascii: "u") ? 4 : 8)
      index += digits.count
      guard digits.count == (kind == UInt8(ascii: "u") ? 4 : 8), digits.allSatisfy(Self.isHex),
        let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw error("\\u has 4 hexadecimal digits of a character, \\U has 8") }
      return Array(String(Character(scalar)).utf8)
    default:
      throw error("\\ stands before b, t, n, f, r, u, U, \\ or \" only; '…' takes it as it is")
    }
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  // MARK: Between them

  private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    index += 1
    return true
  }

  private mutating func skipBlanks() {
    while peek == 32 || peek == 9 { index += 1 }
  }

  /// What may stand after a statement: blanks, a comment, the end of the line.
  private mutating func endLine() throws(TOMLError) {
    try skipComment()
    guard index < bytes.count else { return }
    guard skipLineEnd() else { throw error("something follows the end of the value or header") }
  }

  private mutating func skipLines() throws(TOMLError) {
    repeat { try skipComment() } while skipLineEnd()
  }

  private mutating func skipComment() throws(TOMLError) {
    skipBlanks()
    guard peek == UInt8(ascii: "#") else { return }
    while let byte = peek, byte != 10, bytes[index...].prefix(2) != [13, 10] {
      guard byte >= 32 && byte != 127 || byte == 9 else { throw error("a control character") }
      index += 1
    }
  }

  private mutating func skipLineEnd() -> Bool {
    if bytes[index...].prefix(2) == [13, 10] { index += 1 }
    guard peek == 10 else { return false }
    index += 1
    line += 1
    return true
  }

  private func error(_ text: String) -> TOMLError { TOMLError(line, text) }
}
