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
    if scale == 0 {
      small.writeDigits(digits, to: start)
      advance(digits)
      return
    }
    // Written one place to the right; then the integer digits move left to let the point in.
    small.writeDigits(digits, to: start + 1)
    let integerDigits = digits - scale
    for index in 0..<integerDigits {
      start.storeBytes(
        of: start.load(fromByteOffset: index + 1, as: UInt8.self), toByteOffset: index,
        as: UInt8.self)
    }
    start.storeBytes(of: UInt8(ascii: "."), toByteOffset: integerDigits, as: UInt8.self)
    advance(digits + 1)
  }

  private mutating func appendLarge(_ magnitude: UInt128, scale: Int) {
    var reversed: [UInt8] = []
    var rest = magnitude
    while rest > 0 || reversed.count <= scale {
      if scale > 0, reversed.count == scale { reversed.append(UInt8(ascii: ".")) }
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      reversed.append(UInt8(ascii: "0") + UInt8(digit))
      rest = quotient
    }
    for byte in reversed.reversed() { append(byte) }
  }
}

extension UInt64 {
  /// Decimal digits of the value, 1...20.
  fileprivate var digitCount: Int {
    var (count, bound) = (1, UInt64(10))
    while count < 20, self >= bound {
      count += 1
      bound = bound &* 10
    }
    return count
  }

  /// Writes the value right-aligned in `digits` places, with zeros in front.
  fileprivate func writeDigits(_ digits: Int, to start: UnsafeMutableRawPointer) {
    var (rest, index) = (self, digits)
    while index > 0 {
      index -= 1
      let quotient = rest / 10
      let digit = UInt8(truncatingIfNeeded: rest &- quotient &* 10)
      start.storeBytes(of: UInt8(ascii: "0") &+ digit, toByteOffset: index, as: UInt8.self)
      rest = quotient
    }
  }
}
