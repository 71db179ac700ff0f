import Foundation
import PerpCore
import Testing

/// Our reader held against Foundation's on documents that chance has made and damaged.
///
/// Foundation differs from RFC 8259, or from what RFC 8259 leaves open, in these ways, which are
/// left out of the comparison:
/// - it takes UTF-16 and UTF-32, recognised by a zero byte among the first four, and skips a byte
///   order mark;
/// - it refuses numbers beyond the range of Double;
/// - it goes 512 levels deep, we go 64;
/// - it takes a comma before the end of an array;
/// - it takes half a surrogate pair in an escape and turns it into U+FFFD.
@Suite("JSON against Foundation")
struct JSONDifferenceTests {
  #if DEBUG
    static let documents = 2_000
  #else
    static let documents = 20_000
  #endif

  @Test("both take, and both refuse, the same texts")
  func verdicts() {
    var random = Random(seed: 11)
    var (accepted, refused) = (0, 0)
    for _ in 0..<Self.documents {
      var text = Document.bytes(&random)
      for _ in 0..<random.below(4) { Document.damage(&text, &random) }
      guard !Self.isExcluded(text) else { continue }
      let ours = JSONCase("random", pieces: text.map { .byte($0) }).refusal
      let theirs = Self.foundation(text) != nil
      guard ours == nil || !Self.hasTrailingComma(text) else { continue }
      if ours == nil { accepted += 1 } else { refused += 1 }
      #expect((ours == nil) == theirs, "\(String(decoding: text, as: UTF8.self).debugDescription)")
    }
    #expect(accepted > Self.documents / 10 && refused > Self.documents / 10)
  }

  @Test("strings with escapes mean the same to both")
  func strings() throws {
    var random = Random(seed: 12)
    for _ in 0..<Self.documents {
      let text = Document.string(&random)
      let span = text.span
      var json = JSONReader(span.bytes)
      let ours = try json.string().text
      let theirs = try #require(Self.foundation(text) as? String)
      #expect(Array(ours.utf8) == Array(theirs.utf8))
    }
  }

  private static func foundation(_ text: [UInt8]) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
  }

  private static func hasTrailingComma(_ text: [UInt8]) -> Bool {
    String(decoding: text, as: UTF8.self).contains(/,[ \t\n\r]*\]/)
  }

  private static func isExcluded(_ text: [UInt8]) -> Bool {
    if text.prefix(4).contains(0) || text.starts(with: [0xEF, 0xBB, 0xBF]) { return true }
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) { return true }
    let string = String(decoding: text, as: UTF8.self).lowercased()
    return string.contains("\\ud") || string.contains(/[0-9]e[+-]?[0-9]{2}/)
  }
}

/// Random documents: shallow, with every kind of value and of white space.
private enum Document {
  static func bytes(_ random: inout Random) -> [UInt8] { value(&random, depth: 0) }

  private static func value(_ random: inout Random, depth: Int) -> [UInt8] {
    space(&random) + content(&random, depth: depth) + space(&random)
  }

  private static func content(_ random: inout Random, depth: Int) -> [UInt8] {
    switch random.below(depth < 4 ? 8 : 5) {
    case 0: Array(["true", "false", "null"][random.below(3)].utf8)
    case 1, 2: number(&random)
    case 3, 4: string(&random)
    case 5:
      list(&random, "[", "]") { random in value(&random, depth: depth + 1) }
    default:
      list(&random, "{", "}") { random in
        space(&random) + string(&random) + space(&random) + Array(":".utf8)
          + value(&random, depth: depth + 1)
      }
    }
  }

  private static func list(
    _ random: inout Random, _ open: String, _ close: String,
    _ member: (inout Random) -> [UInt8]
  ) -> [UInt8] {
    var members: [[UInt8]] = []
    for _ in 0..<random.below(4) { members.append(member(&random)) }
    return Array(open.utf8) + members.joined(separator: Array(",".utf8)) + Array(close.utf8)
  }

  private static func number(_ random: inout Random) -> [UInt8] {
    let signs = ["", "-"]
    let exponents = ["", "", "e5", "E-3", "e+7"]
    var text = signs[random.below(2)] + String(random.below(1_000_000))
    if random.chance(1, in: 2) { text += ".\(random.below(1_000))" }
    return Array((text + exponents[random.below(5)]).utf8)
  }

  static func string(_ random: inout Random) -> [UInt8] {
    let pieces = [
      "a", "price", "é", "€", "𝄞", "\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t",
      "\\u0041", "\\u00e9", "\\u20AC", "\\ud834\\udd1e", "\\u0000", "\u{7F}", "\u{2028}",
    ]
    var text = "\""
    for _ in 0..<random.below(12) { text += pieces[random.below(pieces.count)] }
    return Array((text + "\"").utf8)
  }

  private static func space(_ random: inout Random) -> [UInt8] {
    random.chance(1, in: 5) ? [[0x20, 0x09, 0x0A, 0x0D][random.below(4)]] : []
  }

  /// Changes, drops, doubles or inserts one byte.
  static func damage(_ text: inout [UInt8], _ random: inout Random) {
    guard !text.isEmpty else { return }
    let place = random.below(text.count)
    let interesting =
      Array(",:[]{}\"\\0159eE+-.utfn \u{1F}\u{B}".utf8) + [0x00, 0x80, 0xC3, 0xED, 0xFF]
    switch random.below(4) {
    case 0: text[place] = interesting[random.below(interesting.count)]
    case 1: text.remove(at: place)
    case 2: text.insert(text[place], at: place)
    default: text.insert(interesting[random.below(interesting.count)], at: place)
    }
  }
}
