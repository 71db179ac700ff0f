/// A Swift file as it stands, and as code alone.
struct SourceFile: Sendable {
  struct Function: Sendable {
    let firstLine: Int
    let length: Int
  }

  let path: String
  let lines: [Substring]
  /// The lines with blanks in place of comments and of the content of strings.
  let code: [Substring]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    code = CodeMask.apply(to: text).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Reads no clock, opens nothing, imports nothing of the system.
  var isPure: Bool {
    [
      "PerpCore", "PerpCrypto", "PerpVenue", "PerpWebSocket", "PerpSim", "PerpGateway", "PerpSetup",
    ]
    .contains { path.hasPrefix("Sources/\($0)/") } || isAdapter
  }

  var isAdapter: Bool { path.hasPrefix("adapters/") && !isTest }
  var isTest: Bool { path.hasPrefix("Tests/") || path.contains("/Tests/") }
  var isManifest: Bool { path == "Package.swift" }

  /// Functions, initialisers and computed properties. In formatted code the brace that closes one
  /// is the first that stands as far left as its first line.
  var functions: [Function] {
    code.indices.compactMap { first in
      let line = code[first]
      guard Self.beginsFunction(line) else { return nil }
      let indentation = line.prefix { $0 == " " }
      let rest = code[(first + 1)...]
      // A protocol's requirement has no body: what contains it ends first.
      guard let last = rest.firstIndex(where: { $0.hasPrefix(indentation + "}") }),
        !rest[..<last].contains(where: { $0.hasPrefix("}") && !indentation.isEmpty })
      else { return nil }
      return Function(firstLine: first + 1, length: last - first + 1)
    }
  }

  private static func beginsFunction(_ line: Substring) -> Bool {
    let words = line.split { !$0.isLetter }
    if words.contains("func") || words.contains("subscript") { return true }
    if words.contains("init") || words.contains("deinit") { return !line.contains(".init") }
    return words.contains("var") && line.hasSuffix("{")
  }
}

/// Blanks out comments and strings, so that words in them are not taken for code. What a string
/// interpolates is code.
struct CodeMask {
  private enum Mode: Equatable {
    case code
    case lineComment
    case blockComment
    case string(hashes: Int, isMultiline: Bool)
    case interpolation(parentheses: Int)
  }

  private var modes: [Mode] = [.code]
  private let text: [UInt8]
  private var result: [UInt8] = []
  private var index = 0

  static func apply(to text: String) -> String {
    var mask = CodeMask(text: Array(text.utf8))
    while mask.index < mask.text.count { mask.step() }
    return String(decoding: mask.result, as: UTF8.self)
  }

  private init(text: [UInt8]) { self.text = text }

  private mutating func step() {
    switch modes.last ?? .code {
    case .code: stepInCode()
    case .interpolation(let parentheses):
      if next("(") {
        modes[modes.count - 1] = .interpolation(parentheses: parentheses + 1)
      } else if next(")") {
        modes[modes.count - 1] = .interpolation(parentheses: parentheses - 1)
        if parentheses == 1 { modes.removeLast() }
      }
      stepInCode()
    case .lineComment:
      if next("\n") { modes.removeLast() }
      blank(1)
    case .blockComment:
      if next("*/") {
        modes.removeLast()
        blank(2)
      } else {
        if next("/*") { modes.append(.blockComment) }
        blank(1)
      }
    case .string(let hashes, let isMultiline):
      stepInString(hashes: hashes, isMultiline: isMultiline)
    }
  }

  private mutating func stepInCode() {
    if next("//") {
      modes.append(.lineComment)
      blank(2)
    } else if next("/*") {
      modes.append(.blockComment)
      blank(2)
    } else {
      let hashes = text[index...].prefix { $0 == UInt8(ascii: "#") }.count
      if next("\"", after: hashes) {
        let isMultiline = next("\"\"\"", after: hashes)
        modes.append(.string(hashes: hashes, isMultiline: isMultiline))
        blank(hashes + (isMultiline ? 3 : 1))
      } else {
        result.append(text[index])
        index += 1
      }
    }
  }

  private mutating func stepInString(hashes: Int, isMultiline: Bool) {
    let raw = String(repeating: "#", count: hashes)
    let closing = (isMultiline ? "\"\"\"" : "\"") + raw
    if next("\\\(raw)(") {
      modes.append(.interpolation(parentheses: 0))
      blank(1 + hashes)
    } else if next("\\\(raw)") {
      blank(2 + hashes)
    } else if next(closing) {
      modes.removeLast()
      blank(closing.utf8.count)
    } else {
      blank(1)
    }
  }

  private func next(_ expected: String, after skipped: Int = 0) -> Bool {
    text[min(index + skipped, text.count)...].starts(with: expected.utf8)
  }

  private mutating func blank(_ count: Int) {
    for byte in text[index..<min(index + count, text.count)] {
      result.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
    }
    index = min(index + count, text.count)
  }
}
