/// The stream of candidates for a signature's secret number that RFC 6979 draws from the private
/// key and the hash, with HMAC-SHA256 (section 3.2). The curve decides which one it takes.
struct RFC6979: Sendable {
  private var key: HMACSHA256
  private var value: UInt256
  private var isFresh = true

  /// `extra` is what section 3.6 appends to the hash; venues append a number of one byte, or
  /// nothing.
  init(privateKey: UInt256, hash: UInt256, extra: [UInt8] = []) {
    key = HMACSHA256(key: .zero)
    let ones: UInt64 = 0x0101_0101_0101_0101
    value = UInt256(ones, ones, ones, ones)
    for step: UInt8 in 0...1 {
      var code = key
      code.update(value)
      code.update(byte: step)
      code.update(privateKey)
      code.update(hash)
      if !extra.isEmpty { code.update(extra) }
      key = HMACSHA256(key: code.finish())
      renew()
    }
  }

  /// The next 32 bytes, the most significant first.
  mutating func next() -> UInt256 {
    if !isFresh {
      var code = key
      code.update(value)
      code.update(byte: 0)
      key = HMACSHA256(key: code.finish())
      renew()
    }
    isFresh = false
    renew()
    return value
  }

  private mutating func renew() {
    var code = key
    code.update(value)
    value = code.finish()
  }
}
