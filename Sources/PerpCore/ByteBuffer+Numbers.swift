extension ByteBuffer {
  package mutating func append(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(value.magnitude)
  }

  package mutating func append(_ value: UInt64) {
    let digits = value.digitCount
    value.writeDigits(digits, to: room(digits))
    advance(digits)
  }

  /// Plain decimal text: no exponent, no plus sign, as many digits after the point as `scale`.
  package mutating func append(_ value: Decimal) {
    if value.mantissa < 0 { append(UInt8(ascii: "-")) }
    let scale = Int(value.scale)
    let magnitude = value.mantissa.magnitude
    guard let small = UInt64(exactly: magnitude) else {
      appendLarge(magnitude, scale: scale)
      return
    }
    let digits = max(small.digitCount, scale + 1)
    let start = room(digits + 1)
    small.writeDigits(digits, to: start + (scale == 0 ? 0 : 1))
    finish(digits, scale: scale, at: start)
  }

  private mutating func appendLarge(_ magnitude: UInt128, scale: Int) {
    let (high, low) = magnitude.quotientAndRemainder(dividingBy: 10_000_000_000_000_000_000)
    let (first, rest) = (UInt64(high), UInt64(low))
    let digits = max(first.digitCount + 19, scale + 1)
    let start = room(digits + 1)
    let place = start + (scale == 0 ? 0 : 1)
    first.writeDigits(digits - 19, to: place)
    rest.writeDigits(19, to: place + digits - 19)
    finish(digits, scale: scale, at: start)
  }

  /// Lets the point in between digits that were written one place to the right.
  private mutating func finish(_ digits: Int, scale: Int, at start: UnsafeMutableRawPointer) {
    guard scale > 0 else { return advance(digits) }
    let integerDigits = digits - scale
    for index in 0..<integerDigits {
      start.storeBytes(
        of: start.load(fromByteOffset: index + 1, as: UInt8.self), toByteOffset: index,
        as: UInt8.self)
    }
    start.storeBytes(of: UInt8(ascii: "."), toByteOffset: integerDigits, as: UInt8.self)
    advance(digits + 1)
  }
}

extension UInt64 {
  /// Decimal digits of the value, 1...20.
  fileprivate var digitCount: Int {
    // Zero has one digit, and what is not zero as many as with its last bit set.
    let value = self | 1
    // 1233 / 4096 is a little more than the logarithm of 2: this is right or one too few.
    let guess = ((64 - value.leadingZeroBitCount) * 1233) >> 12
    return value >= Self.powers[guess] ? guess + 1 : guess
  }

  /// 1, 10, 100 and so on: all that are in range.
  private static let powers: [UInt64] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
    10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000,
    1_000_000_000_000_000, 10_000_000_000_000_000, 100_000_000_000_000_000,
    1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
  ]

  /// Writes the value right-aligned in `digits` places, with zeros in front.
  fileprivate func writeDigits(_ digits: Int, to start: UnsafeMutableRawPointer) {
    // Two digits for one division.
    let pairs: StaticString = """
      00010203040506070809101112131415161718192021222324252627282930313233343536373839\
      40414243444546474849505152535455565758596061626364656667686970717273747576777879\
      8081828384858687888990919293949596979899
      """
    var (rest, index) = (self, digits)
    while index > 1 {
      index -= 2
      let quotient = rest / 100
      let pair = Int(truncatingIfNeeded: (rest &- quotient &* 100) &* 2)
      (start + index).copyMemory(from: pairs.utf8Start + pair, byteCount: 2)
      rest = quotient
    }
    if index == 1 {
      start.storeBytes(
        of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10), as: UInt8.self)
    }
  }
}
