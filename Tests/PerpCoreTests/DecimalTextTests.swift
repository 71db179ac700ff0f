import PerpCore
import Testing

@Suite("Decimal text")
struct DecimalTextTests {
  #if DEBUG
    static let cases = 20_000
  #else
    static let cases = 1_000_000
  #endif

  @Test("what is read comes out as it went in")
  func roundTrip() {
    var random = Random(seed: 7)
    var buffer = ByteBuffer()
    for _ in 0..<Self.cases {
      let text = Self.text(&random)
      guard let value = Decimal(bytes: text) else {
        Issue.record("refused \(String(decoding: text, as: UTF8.self))")
        continue
      }
      buffer.clear()
      buffer.append(value)
      guard !buffer.bytes.elementsEqual(text) else { continue }
      Issue.record("\(String(decoding: text, as: UTF8.self)) came out as \(buffer.string)")
    }
  }

  /// Up to 38 digits, most of them short, with zeros in front of and behind the point.
  private static func text(_ random: inout Random) -> [UInt8] {
    let total = random.chance(1, in: 4) ? 1 + random.below(38) : 1 + random.below(12)
    let fraction = random.below(total)
    var digits = (0..<total).map { _ in UInt8(ascii: "0") + UInt8(random.below(10)) }
    if random.chance(1, in: 4) {
      for index in digits.indices.suffix(random.below(4)) { digits[index] = UInt8(ascii: "0") }
    }
    let integer = total - fraction
    if integer > 1, digits[0] == UInt8(ascii: "0") { digits[0] = UInt8(ascii: "7") }
    if fraction > 0 { digits.insert(UInt8(ascii: "."), at: integer) }
    let isZero = digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    if !isZero, random.chance(1, in: 3) { digits.insert(UInt8(ascii: "-"), at: 0) }
    return digits
  }

  @Test(
    "what is no number, or does not fit, is refused",
    arguments: [
      "", " ", "1 ", " 1", "-", "+", "+1", ".", ".5", "5.", "-.5", "01", "-01", "00", "1.2.3",
      "1..2", "--1", "1-", "NaN", "nan", "Infinity", "-Infinity", "inf", "0x10", "1_000", "1,000",
      "1e", "1e+", "1e-", "e5", "1e5.0", "1e1000", "1e400", "1e39", "-1e39", "1e-39", "1é", "１",
      "1\u{0}", "1\n", "9999999999999999999999999999999999999999",
      "0.0000000000000000000000000000000000000001", "170141183460469231731687303715884105728",
      "-170141183460469231731687303715884105728",
    ])
  func refusals(text: String) {
    #expect(Decimal(text) == nil)
  }

  @Test(
    "exponents are exact",
    arguments: [
      ("1e5", "100000"), ("1E+2", "100"), ("1.50e1", "15.0"), ("1.5e1", "15"), ("1.5e2", "150"),
      ("15e-1", "1.5"), ("1e-38", "0.\(String(repeating: "0", count: 37))1"),
      ("-2.5E-3", "-0.0025"),
      ("0e400", "0"), ("0.0e-3", "0.0000"), ("12e0", "12"), ("1e38", "1\(zeros(38))"),
      ("1e007", "10000000"), ("1e0007", nil), ("0.001e38", "1\(zeros(35))"),
    ] as [(String, String?)])
  func exponents(text: String, expected: String?) {
    #expect(Decimal(text)?.description == expected)
  }

  private static func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }

  @Test("the largest texts")
  func extremes() {
    for text in [
      "170141183460469231731687303715884105727", "-170141183460469231731687303715884105727",
      "1.70141183460469231731687303715884105727", "-1.70141183460469231731687303715884105727",
      "0.00000000000000000000000000000000000001", "18446744073709551615", "18446744073709551616",
      "0.00000000000000000018446744073709551616", "9999999999999999999", "10000000000000000000",
      "99999999999999999999999999999999999999",
    ] {
      #expect(Decimal(text)?.description == text)
    }
    #expect(Decimal(String(repeating: "0", count: 129)) == nil)
    #expect(Decimal("0.\(Self.zeros(38))")?.scale == 38)
  }

  @Test("minus zero is zero")
  func minusZero() {
    #expect(Decimal("-0")?.description == "0")
    #expect(Decimal("-0.00")?.description == "0.00")
    #expect(Decimal("-0") == Decimal.zero)
    #expect(Decimal("-0")?.isNegative == false)
  }

  @Test("random bytes never get in unless they are a number by RFC 8259")
  func noise() {
    var random = Random(seed: 8)
    let alphabet = Array("0123456789.-+eE x".utf8)
    for _ in 0..<Self.cases / 4 {
      let text = (0..<1 + random.below(9)).map { _ in alphabet[random.below(alphabet.count)] }
      let span = text.span
      var json = JSONReader(span.bytes)
      let isNumber: Bool
      do throws(JSONError) {
        let number = try json.number()
        isNumber = number.byteCount == text.count
      } catch {
        isNumber = false
      }
      // A number may be too large or too fine; text that is no number must be refused.
      if !isNumber, Decimal(bytes: text) != nil {
        Issue.record("accepted \(String(decoding: text, as: UTF8.self))")
      }
    }
  }
}

extension Decimal {
  init?(bytes: [UInt8]) {
    let span = bytes.span
    self.init(span.bytes)
  }
}
