import PerpCore
import Testing

@Suite("Decimal arithmetic")
struct DecimalTests {
  /// The same value as a mantissa of any size.
  private static func mantissa(_ value: Decimal, scale: Int) -> LongInteger {
    LongInteger(String(value.mantissa)) * .power(scale - Int(value.scale))
  }

  private static func random(_ random: inout Random) -> Decimal {
    let bits = random.below(127)
    let magnitude =
      (UInt128(random.next()) << 64 | UInt128(random.next())) >> UInt128(127 - bits + 1)
    let mantissa = Int128(magnitude)
    return Decimal(
      mantissa: random.chance(1, in: 2) ? mantissa : -mantissa,
      scale: UInt8(random.below(Decimal.maxScale + 1)))
  }

  /// Pairs of values of every size, half of them of sizes that go well together.
  private static func pairs(_ count: Int, seed: UInt64) -> [(Decimal, Decimal)] {
    var random = Random(seed: seed)
    return (0..<count).map { index in
      let left = Self.random(&random)
      guard index % 2 == 0 else { return (left, Self.random(&random)) }
      let price = Decimal(mantissa: Int128(random.below(1_000_000_000)), scale: 6)
      return (price, Decimal(mantissa: Int128(1 + random.below(100_000)), scale: 4))
    }
  }

  private static let limit = LongInteger(String(Int128.max))

  @Test("order and equality are those of the numbers")
  func order() {
    for (a, b) in Self.pairs(5_000, seed: 1) {
      let (left, right) = (Self.mantissa(a, scale: 38), Self.mantissa(b, scale: 38))
      #expect((a < b) == (left < right), "\(a) < \(b)")
      #expect((a == b) == (left == right), "\(a) == \(b)")
      #expect(a == a.trimmed && a.trimmed.hashValue == a.hashValue)
    }
  }

  @Test("sums are exact, and refused only when they do not fit")
  func sums() {
    for (a, b) in Self.pairs(5_000, seed: 2) {
      let scale = Int(max(a.scale, b.scale))
      for (sum, other) in [(a.adding(b), b), (a.subtracting(b.negated), b)] {
        let (left, right) = (Self.mantissa(a, scale: scale), Self.mantissa(other, scale: scale))
        let fits = [left, right, left + right].allSatisfy { $0.magnitude <= Self.limit }
        #expect((sum != nil) == fits, "\(a) + \(b)")
        guard let sum else { continue }
        #expect(LongInteger(String(sum.mantissa)) == left + right && sum.scale == scale)
      }
    }
  }

  @Test("products are exact, and refused only when they do not fit")
  func products() {
    for (a, b) in Self.pairs(5_000, seed: 3) {
      let exact = LongInteger(String(a.mantissa)) * LongInteger(String(b.mantissa))
      let scale = Int(a.scale) + Int(b.scale)
      let product = a.multiplied(by: b)
      #expect((product != nil) == (exact.magnitude <= Self.limit && scale <= Decimal.maxScale))
      guard let product else { continue }
      #expect(product.scale == scale && LongInteger(String(product.mantissa)) == exact)
    }
  }

  @Test("quotients are cut toward zero")
  func quotients() {
    var random = Random(seed: 4)
    var answered = 0
    for (a, b) in Self.pairs(5_000, seed: 4) where !b.isZero {
      let scale = random.below(20)
      guard let quotient = a.divided(by: b, scale: scale) else { continue }
      answered += 1
      #expect(quotient.scale == scale)
      // |q|·|b| ≤ |a| < (|q| + 1)·|b|, all as whole numbers of 10^-76.
      let dividend = Self.mantissa(a, scale: 38).magnitude * .power(38)
      let divisor = Self.mantissa(b, scale: 38).magnitude * .power(38 - scale)
      let whole = LongInteger(String(quotient.mantissa)).magnitude
      #expect(whole * divisor <= dividend && dividend < (whole + .power(0)) * divisor)
      let isNegative = a.isNegative != b.isNegative
      #expect(quotient.isZero || quotient.isNegative == isNegative, "\(a) / \(b)")
    }
    #expect(answered > 2_500)
    #expect(Decimal(1).divided(by: .zero, scale: 2) == nil)
    #expect(Decimal("1")?.divided(by: Decimal(3), scale: 6)?.description == "0.333333")
    #expect(Decimal("-0.123456")?.divided(by: Decimal(1), scale: 2)?.description == "-0.12")
  }

  @Test("a multiple is told from what lies beside the grid")
  func multiples() throws {
    var random = Random(seed: 5)
    for (_, step) in Self.pairs(3_000, seed: 5) where !step.isZero {
      guard let value = step.multiplied(by: Decimal(random.below(1_000_000))) else { continue }
      #expect(value.isMultiple(of: step) && value.trimmed.isMultiple(of: step))
      let half = try #require(Decimal("0.5"))
      guard let off = step.multiplied(by: half), let beside = value.adding(off) else { continue }
      #expect(!beside.isMultiple(of: step), "\(beside) of \(step)")
    }
    #expect(Decimal("91234.5")?.isMultiple(of: Decimal(mantissa: 1, scale: 1)) == true)
    #expect(Decimal("91234.55")?.isMultiple(of: Decimal(mantissa: 1, scale: 1)) == false)
    #expect(Decimal.zero.isMultiple(of: Decimal(1)))
    #expect(!Decimal(1).isMultiple(of: .zero))
    // Sizes whose common scale does not fit.
    #expect(Decimal("1e37")?.isMultiple(of: Decimal(mantissa: 1, scale: 38)) == true)
    #expect(Decimal("1e37")?.isMultiple(of: Decimal(mantissa: 3, scale: 38)) == false)
    #expect(Decimal(mantissa: 7, scale: 38).isMultiple(of: Decimal(1)) == false)
    #expect(Decimal(mantissa: 7, scale: 38).isMultiple(of: Decimal(500)) == false)
    #expect(Decimal(mantissa: 0, scale: 38).isMultiple(of: Decimal(500)) == true)
  }

  @Test("the ends of the range are values like others")
  func extremes() {
    let largest = Decimal(mantissa: .max, scale: 0)
    let smallest = largest.negated
    #expect(smallest.negated == largest && smallest < largest)
    #expect(smallest.subtracting(Decimal(1)) == nil, "its mantissa would have no negative")
    #expect(largest.adding(Decimal(1)) == nil)
    #expect(largest.multiplied(by: largest) == nil)
    #expect(smallest.divided(by: Decimal(-1), scale: 0) == largest)
    #expect(largest.isMultiple(of: smallest) && smallest.isMultiple(of: Decimal(-1)))
    #expect(Decimal(mantissa: .max, scale: 38) < Decimal(2))
    #expect(smallest < Decimal(mantissa: -.max, scale: 38))
    #expect(largest.rescaled(to: 1) == nil && largest.rescaled(to: 39) == nil)
    let power = Decimal(mantissa: -(1 << 63), scale: 0)
    #expect(power.multiplied(by: Decimal(mantissa: 1 << 64, scale: 0)) == nil, "-2^127")
    #expect(power.multiplied(by: Decimal(mantissa: 1 << 63, scale: 0)) != nil)
  }

  @Test("rescaling keeps the value or refuses")
  func rescaling() throws {
    let value = try #require(Decimal("1.500"))
    #expect(value.rescaled(to: 1)?.description == "1.5")
    #expect(value.rescaled(to: 5)?.description == "1.50000")
    #expect(value.rescaled(to: 0) == nil)
    #expect(value.rescaled(to: -1) == nil)
  }

  @Test(
    "trimmed drops the zeros after the last digit",
    arguments: [
      ("1.500", "1.5"), ("100", "100"), ("0.000", "0"), ("-2.0", "-2"), ("1.0000000", "1"),
      ("0.00010", "0.0001"), ("12345678901234567890123.4500", "12345678901234567890123.45"),
      ("100000000000000000000000.000", "100000000000000000000000"),
    ])
  func trimming(text: String, expected: String) {
    #expect(Decimal(text)?.trimmed.description == expected)
  }

  @Test("a trimmed mantissa is the same on the fast path")
  func trimmingMantissa() {
    var random = Random(seed: 6)
    for _ in 0..<5_000 {
      let mantissa = Int64(random.below(1_000_000)) * [1, 10, 1_000, 100_000][random.below(4)]
      let scale = UInt8(random.below(12))
      let fast = Decimal(trimming: mantissa, scale: scale)
      let plain = Decimal(mantissa: Int128(mantissa), scale: scale)
      #expect(fast == plain)
      #expect(fast.scale == 0 || fast.mantissa % 10 != 0)
    }
  }
}
