/// Twenty bytes that name an Ethereum account: the end of the hash of its public key.
package struct EthereumAddress: Hashable, Sendable {
  /// As typed data has it: padded with zeros to a word.
  package let word: UInt256

  package static let zero = EthereumAddress(hashOfKey: .zero)

  /// The address of the key whose coordinates have this Keccak-256.
  package init(hashOfKey hash: UInt256) {
    word = UInt256(hash.w0, hash.w1, hash.w2 & 0xffff_ffff, 0)
  }

  /// Reads 40 hexadecimal digits of either case, with or without `0x`; checksums are not checked.
  package init?(_ text: some StringProtocol) {
    guard let bytes = [UInt8](hex: text), bytes.count == 20 else { return nil }
    word = UInt256(bigEndian: bytes.span.bytes)
  }

  /// `0x` and 40 digits in lower case.
  package var hex: String { "0x\(digits)" }

  private var digits: Substring { word.paddedHex.suffix(40) }

  /// Digits whose case is a checksum (EIP-55).
  package var checksummed: String {
    let hash = Keccak256.hash(digits).paddedHex
    return "0x"
      + zip(digits, hash).map { digit, control in
        control >= "8" ? digit.uppercased() : String(digit)
      }.joined()
  }
}
