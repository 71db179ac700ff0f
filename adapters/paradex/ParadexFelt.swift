import PerpCore
import PerpCrypto

/// Numbers below the prime of the Stark curve, in which messages are written. (API documentation,
/// "Signing"; starknet.py's typed data, revision 0.)
enum ParadexFelt {
  static let sizeDecimals = 8

  /// How a text becomes a number.
  enum Rule: String {
    case hexadecimal = "hex"
    case decimal
    case shortString = "shortstring"
  }

  /// Digits after `0x` are hexadecimal, digits alone decimal; anything else is its ASCII bytes,
  /// the most significant first, of which 31 fit.
  static func encode(_ text: String) throws(ParadexSigningError) -> UInt256 {
    let felt: UInt256? =
      switch rule(of: text) {
      case .hexadecimal: UInt256(hex: text)
      case .decimal: UInt256(decimal: text)
      case .shortString: shortString(text)
      }
    guard let felt, felt < StarkCurve.prime else { throw .text(text) }
    return felt
  }

  static func rule(of text: String) -> Rule {
    if text.hasPrefix("0x") { return .hexadecimal }
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    return isNumber ? .decimal : .shortString
  }

  private static func shortString(_ text: String) -> UInt256? {
    guard text.utf8.count <= 31, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
    return UInt256(bigEndian: Array(text.utf8))
  }

  /// The lower 250 bits of Keccak-256.
  static func keccak(_ text: String) -> UInt256 {
    Keccak256.hash(text) & UInt256(.max, .max, .max, .max >> 6)
  }
}

/// What cannot be signed for Paradex.
enum ParadexSigningError: Error, Equatable, CustomStringConvertible {
  case text(String)
  case number(ScalingError)
  case account

  var description: String {
    switch self {
    case .text(let text):
      "\"\(text)\" cannot be signed: only up to 31 ASCII characters or a number can"
    case .number(let error): "\(error)"
    case .account: "the account is no hexadecimal address; take it from the venue's account page"
    }
  }
}
