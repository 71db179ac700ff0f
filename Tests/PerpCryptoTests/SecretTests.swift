import Testing

@testable import PerpCrypto

@Suite("Secrets and keys")
struct SecretTests {
  @Test("a secret has no description and no children")
  func description() throws {
    let secret = try SecretBytes(hex: "00ff10AB", count: 4)
    #expect(secret.withBytes { Array($0) } == [0, 255, 16, 171])
    var text = ""
    dump(secret, to: &text)
    for shown in ["\(secret)", String(reflecting: secret), text] {
      #expect(!shown.contains("255") && !shown.lowercased().contains("ab"), "\(shown)")
    }
    let key = try Secp256k1.PrivateKey(hex: Self.key)
    dump(key, to: &text)
    #expect(text.contains("(secret)") && !text.contains(Self.key), "\(text)")
  }

  @Test("what is no key says why without saying what it is")
  func refusals() {
    #expect(throws: SecretError.length(digits: 3, expected: 4)) {
      try SecretBytes(hex: "abc", count: 2)
    }
    #expect(throws: SecretError.notHexadecimal) { try SecretBytes(hex: "0xzz", count: 1) }
    #expect(throws: SecretError.outOfRange("1 and the order of secp256k1")) {
      try Secp256k1.PrivateKey(hex: String(repeating: "0", count: 64))
    }
  }

  @Test("of a million messages no two have the same secret number")
  func noncesAreNew() throws {
    let count = 1_000_000
    let key = UInt256(3, 1, 4, 1)
    var seen: Set<UInt256> = []
    seen.reserveCapacity(count)
    for number in 0..<count {
      var candidates = RFC6979(
        privateKey: key, hash: UInt256(UInt64(number)), extra: number % 2 == 0 ? [32] : [])
      seen.insert(candidates.next())
    }
    #expect(seen.count == count, "RFC 6979")
    let schnorr = try SchnorrPrivateKey(hex: "01" + String(repeating: "0", count: 78))
    seen.removeAll(keepingCapacity: true)
    for number in 0..<count {
      let message = GFp5(Goldilocks(UInt64(number)))
      let bytes = schnorr.nonce(for: message).littleEndianBytes
      seen.insert(UInt256(bigEndian: bytes.span.bytes.extracting(0..<32)))
    }
    #expect(seen.count == count, "Schnorr")
  }

  @Test("the secret number of secp256k1 is the one that libsecp256k1 takes")
  func nonce() throws {
    let key = try Secp256k1.PrivateKey(hex: Self.key)
    for index in 0..<20 {
      let digest = Keccak256.hash("digest \(index)")
      let signature = key.sign(digest)
      // The x of the number's point is r.
      let point = try Secp256k1.PrivateKey(hex: key.nonce(for: digest).paddedHex)
      #expect(Secp256k1.signer(of: digest, signature) == key.address)
      #expect(point.publicX == signature.r)
      #expect(signature.hasLowS)
    }
  }

  @Test("Base64 has its padding (RFC 4648, section 10)")
  func base64() {
    let cases = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foobar": "Zm9vYmFy"]
    for (text, encoded) in cases { #expect(Base64.encode(Array(text.utf8)) == encoded) }
  }

  @Test("numbers of 256 bits as texts")
  func texts() throws {
    let all = UInt256(.max, .max, .max, .max)
    let decimal = "115792089237316195423570985008687907853269984665640564039457584007913129639935"
    #expect(all.decimal == decimal && UInt256(decimal: decimal) == all)
    #expect(UInt256(decimal: decimal.dropLast() + "6") == nil)
    #expect(UInt256(hex: "0x" + String(repeating: "f", count: 65)) == nil)
    for text in ["", "0x", "0xg", "1 2"] { #expect(UInt256(hex: text) == nil) }
    #expect(UInt256(decimal: "") == nil && UInt256(decimal: "-1") == nil)
    let ten19 = try #require(UInt256(decimal: "10000000000000000000000000000000000000000"))
    #expect(ten19.decimal == "10000000000000000000000000000000000000000")
    #expect(UInt256.zero.decimal == "0" && UInt256.zero.hex == "0x0")
    #expect((all >> 200) << 200 == all.subtracting(all >> 56).difference)
  }

  private static let key = "8fb453b43718955df37d7acf03341991d6d3ff2d07e30ee3671c46253dbddc8d"
}
