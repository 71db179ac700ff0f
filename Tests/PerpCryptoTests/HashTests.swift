import PerpCrypto
import Testing

@Suite("Hashes")
struct HashTests {
  @Test("Keccak-256 of nothing, of a type and of more than one block")
  func keccak() {
    #expect(
      Keccak256.hash("").paddedHex
        == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
    #expect(
      Keccak256.hash("EIP712Domain(string name,string version,uint256 chainId)").paddedHex
        == "c2f8787176b8ac6bf7215b4adcc1e069bf4ab82d9ab1df05a57a91d425935b6e")
  }

  @Test("however its input is cut, Keccak-256 is the same", arguments: [0, 1, 7, 8, 135, 136, 137])
  func pieces(length: Int) {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var keccak = Keccak256()
    keccak.update(bytes.span.bytes.extracting(0..<length))
    keccak.update(bytes.span.bytes.extracting(length..<300))
    #expect(keccak.finish() == Keccak256.hash(bytes))
  }

  @Test("a word is its 32 bytes")
  func words() {
    let word = UInt256(0x0123_4567_89ab_cdef, 2, 3, 0xf000_0000_0000_0001)
    var keccak = Keccak256()
    keccak.update(byte: 9)
    keccak.update(word)
    #expect(keccak.finish() == Keccak256.hash([9] + word.bigEndianBytes))
    #expect(Keccak256.hash(words: [word]) == Keccak256.hash(word.bigEndianBytes))
  }

  @Test("SHA-256 and HMAC (FIPS 180-4, RFC 4231 cases 2 and 6)")
  func sha256() {
    #expect(
      SHA256.hash(Array("abc".utf8)).paddedHex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      HMACSHA256.code(Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)).paddedHex
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    let text = "Test Using Larger Than Block-Size Key - Hash Key First"
    #expect(
      HMACSHA256.code(Array(text.utf8), key: [UInt8](repeating: 0xaa, count: 131)).paddedHex
        == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  }
}
