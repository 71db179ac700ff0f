import PerpCore

extension Random {
  /// A UUID of version 4 in its usual text, for the ids that venues give.
  package mutating func uuid() -> ShortText {
    let digits = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = []
    for place in 0..<36 {
      switch place {
      case 8, 13, 18, 23: bytes.append(UInt8(ascii: "-"))
      case 14: bytes.append(UInt8(ascii: "4"))
      case 19: bytes.append(digits[8 + below(4)])
      default: bytes.append(digits[below(16)])
      }
    }
    return ShortText(bytes.span.bytes) ?? ShortText()
  }
}
