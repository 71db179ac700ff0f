extension ByteBuffer {
  package mutating func append(_ value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(value.magnitude)
  }

  package mutating func append(_ value: UInt64) {
    guard let digits = SixteenDigits(value) else {
      append(value / SixteenDigits.limit)
      return write(SixteenDigits(cutting: value), 16)
    }
    write(digits, digits.count)
  }

  /// Plain decimal text: no exponent, no plus sign, as many digits after the point as `scale`.
  package mutating func append(_ value: Decimal) {
    if value.mantissa < 0 { append(UInt8(ascii: "-")) }
    let scale = Int(value.scale)
    let magnitude = value.mantissa.magnitude
    guard let small = UInt64(exactly: magnitude), scale < 16, let digits = SixteenDigits(small)
    else { return append(large: magnitude, scale: scale) }
    let length = max(digits.count, scale + 1)
    let start = room(48)
    digits.write(length, to: start)
    guard scale > 0 else { return advance(length) }
    insertPoint(at: start + (length - scale))
    advance(length + 1)
  }

  /// Moves sixteen bytes on to let a point in before them.
  private func insertPoint(at place: UnsafeMutableRawPointer) {
    let fraction = place.loadUnaligned(as: UInt128.self)
    place.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
    (place + 1).storeBytes(of: fraction, as: UInt128.self)
  }

  /// Of up to 39 digits, any number of them behind the point.
  private mutating func append(large magnitude: UInt128, scale: Int) {
    let limit = UInt128(SixteenDigits.limit)
    let start = count
    let parts = [magnitude / limit / limit, magnitude / limit % limit, magnitude % limit]
    for part in parts { write(SixteenDigits(cutting: UInt64(part)), 16) }
    let text = array[start...]
    truncate(to: start)
    let length = max(text.drop { $0 == UInt8(ascii: "0") }.count, scale + 1)
    let digits = text.suffix(length)
    append(Array(digits.prefix(length - scale)))
    if scale > 0 {
      append(UInt8(ascii: "."))
      append(Array(digits.suffix(scale)))
    }
  }

  @inline(__always)
  private mutating func write(_ digits: SixteenDigits, _ length: Int) {
    digits.write(length, to: room(16))
    advance(length)
  }
}

/// The last sixteen decimal digits of a number, all found at once.
private struct SixteenDigits {
  static let limit: UInt64 = 10_000_000_000_000_000

  /// One digit in each byte, the first in the lowest.
  private let first: UInt64
  private let last: UInt64

  /// Nil where the value has more.
  @inline(__always)
  init?(_ value: UInt64) {
    guard value < Self.limit else { return nil }
    self.init(value / 100_000_000, value % 100_000_000)
  }

  init(cutting value: UInt64) {
    self.init(value % Self.limit / 100_000_000, value % 100_000_000)
  }

  @inline(__always)
  private init(_ high: UInt64, _ low: UInt64) {
    first = high == 0 ? 0 : Self.eight(high)
    last = Self.eight(low)
  }

  /// Without those in front that are zero, but at least one.
  var count: Int {
    first == 0
      ? 8 &- (last | 1 << 56).trailingZeroBitCount >> 3 : 16 &- first.trailingZeroBitCount >> 3
  }

  /// Writes the last `length` digits, and uses sixteen bytes for it.
  @inline(__always)
  func write(_ length: Int, to start: UnsafeMutableRawPointer) {
    let zeros: UInt64 = 0x3030_3030_3030_3030
    if length <= 8 {
      let text = (last | zeros) &>> UInt64(truncatingIfNeeded: 8 &* (8 &- length))
      start.storeBytes(of: text, as: UInt64.self)
    } else {
      let text = (first | zeros) &>> UInt64(truncatingIfNeeded: 8 &* (16 &- length))
      start.storeBytes(of: text, as: UInt64.self)
      (start + (length &- 8)).storeBytes(of: last | zeros, as: UInt64.self)
    }
  }

  /// Below 10^8: split into halves, quarters and digits, each step for all parts at once. The
  /// divisions are multiplications that are exact for numbers this small.
  @inline(__always)
  private static func eight(_ value: UInt64) -> UInt64 {
    let high = value / 10_000
    let halves = high | (value &- high &* 10_000) << 32
    let hundreds = ((halves &* 10_486) >> 20) & 0x7F_0000_007F
    let quarters = hundreds | (halves &- hundreds &* 100) << 16
    let tens = ((quarters &* 103) >> 10) & 0xF_000F_000F_000F
    return tens | (quarters &- tens &* 10) << 8
  }
}
