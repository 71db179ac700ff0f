/// A whole number of any size, by the arithmetic of school: slow, plain, and independent of what it
/// is held against.
struct LongInteger: Equatable, Comparable {
  /// Base ten, the lowest first, without zeros at the end.
  private var digits: [UInt8]
  private var isNegative: Bool

  init(_ text: String) {
    isNegative = text.hasPrefix("-")
    digits = text.utf8.filter { $0 != UInt8(ascii: "-") }.reversed().map { $0 - UInt8(ascii: "0") }
    normalize()
  }

  static func power(_ exponent: Int) -> LongInteger {
    LongInteger("1" + String(repeating: "0", count: exponent))
  }

  var text: String {
    let magnitude = digits.isEmpty ? "0" : digits.reversed().map(String.init).joined()
    return isNegative ? "-\(magnitude)" : magnitude
  }

  var magnitude: LongInteger {
    var result = self
    result.isNegative = false
    return result
  }

  static prefix func - (value: LongInteger) -> LongInteger {
    var result = value
    result.isNegative = !value.isNegative
    result.normalize()
    return result
  }

  static func + (left: LongInteger, right: LongInteger) -> LongInteger {
    if right.digits.isEmpty { return left }
    if left.isNegative != right.isNegative { return left - -right }
    var (sum, carry) = (left, UInt8(0))
    sum.digits = (0..<max(left.digits.count, right.digits.count)).map { index in
      let digit = left.digit(index) + right.digit(index) + carry
      carry = digit / 10
      return digit % 10
    }
    if carry > 0 { sum.digits.append(carry) }
    return sum
  }

  static func - (left: LongInteger, right: LongInteger) -> LongInteger {
    if right.digits.isEmpty { return left }
    if left.isNegative != right.isNegative { return left + -right }
    if left.magnitude < right.magnitude { return -(right - left) }
    var (rest, borrow) = (left, UInt8(0))
    rest.digits = left.digits.indices.map { index in
      let subtrahend = right.digit(index) + borrow
      borrow = left.digits[index] < subtrahend ? 1 : 0
      return left.digits[index] + borrow * 10 - subtrahend
    }
    rest.normalize()
    return rest
  }

  static func * (left: LongInteger, right: LongInteger) -> LongInteger {
    var columns = [Int](repeating: 0, count: left.digits.count + right.digits.count + 1)
    for (i, a) in left.digits.enumerated() {
      for (j, b) in right.digits.enumerated() { columns[i + j] += Int(a) * Int(b) }
    }
    for index in columns.indices.dropLast() {
      columns[index + 1] += columns[index] / 10
      columns[index] %= 10
    }
    var product = left
    product.digits = columns.map { UInt8($0) }
    product.isNegative = left.isNegative != right.isNegative
    product.normalize()
    return product
  }

  static func < (left: LongInteger, right: LongInteger) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    let (small, large) = left.isNegative ? (right, left) : (left, right)
    if small.digits.count != large.digits.count { return small.digits.count < large.digits.count }
    return small.digits.reversed().lexicographicallyPrecedes(large.digits.reversed())
  }

  private func digit(_ index: Int) -> UInt8 { index < digits.count ? digits[index] : 0 }

  private mutating func normalize() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { isNegative = false }
  }
}
