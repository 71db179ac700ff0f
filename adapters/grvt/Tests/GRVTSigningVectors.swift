import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import GRVT

/// Every case of `grvt-signing.json`, whose signatures are those of the official Python library,
/// step by step; and orders that really were on the exchange.
@Suite struct GRVTSigningVectors {
  private static func file() throws -> JSONTree {
    try JSONTree(TestFiles.read(TestFiles.vectors("grvt-signing.json")))
  }

  private static func section(_ name: String) throws -> [JSONTree] {
    try file()[name]?.elements ?? []
  }

  @Test func sections() throws {
    let known: Set = ["about", "domains", "cases", "verify", "real_exchange_recovery", "scaling"]
    VectorCase.checkSections(of: try Self.file(), known: known, needed: "cases")
  }

  @Test func domains() throws {
    try VectorCase.run("domains", Self.section("domains")) { vector, _ in
      let chainID = try #require(UInt64(vector.text("chain_id")))
      let domain = GRVTSigner.domain(chainID: chainID)
      vector.check("domain_type_hash", domain.words[0].word)
      vector.check("name_hash", domain.words[1].word)
      vector.check("version_hash", domain.words[2].word)
      vector.check("domain_separator", domain.hash.word)
    }
  }

  @Test func cases() throws {
    try VectorCase.run("grvt-signing.json", Self.section("cases")) { vector, kind in
      let message = try GRVTVector.message(vector, kind)
      let key = try Secp256k1.PrivateKey(hex: vector.text("private_key"))
      let chainID = try #require(UInt64(vector.text("chain_id")))
      let steps = GRVTSigningSteps(message, chainID: chainID)
      try GRVTVector.checkTypedData(vector, message)
      try GRVTVector.check(vector, message, steps)

      let signer = GRVTSigner(key: key, chainID: chainID)
      let signed = signer.sign(message)
      vector.check("expected.k", key.nonce(for: steps.digest).word)
      vector.check("expected.r", signed.r)
      vector.check("expected.s", signed.s)
      vector.check("expected.v", signed.signature.v)
      vector.check("expected.signature65", "0x\(signed.signature.hex)")
      vector.check("expected.signer", signed.signer.checksummed)
      GRVTVector.checkRequests(vector, signed)

      let parsed = try GRVTSignature.parse(
        r: signed.r, s: signed.s, v: Int128(signed.signature.v))
      try GRVTSignature.verify(parsed, of: steps.digest, by: signer.address)
      GRVTVector.expectFlippedBitsRefused(parsed, steps.digest, signer.address)
    }
  }

  @Test func verify() throws {
    try VectorCase.run("verify", Self.section("verify")) { vector, _ in
      vector.ignore("derived_from")
      let digest = try #require(UInt256(hex: vector.text("digest")))
      let claimed = try #require(EthereumAddress(vector.text("claimed_signer")))
      let v = try #require(vector.value("v").integer)
      let (r, s) = try (vector.text("r"), vector.text("s"))
      var refusal: GRVTSignature.Refusal?
      do throws(GRVTSignature.Refusal) {
        try GRVTSignature.verify(try GRVTSignature.parse(r: r, s: s, v: v), of: digest, by: claimed)
      } catch { refusal = error }
      vector.check("accept", refusal == nil)
      vector.check("error_code", refusal.map { String($0.rawValue) })
      guard vector.has("recovered") else { return }
      let signature = Secp256k1.Signature(
        r: try #require(UInt256(hex: r)), s: try #require(UInt256(hex: s)), parity: UInt8(v - 27))
      vector.check("recovered", Secp256k1.signer(of: digest, signature)?.hex)
    }
  }

  @Test func realExchange() throws {
    let section = try Self.section("real_exchange_recovery")
    try VectorCase.run("real_exchange_recovery", section) { vector, kind in
      let message = try GRVTVector.realMessage(vector, kind)
      let chainID = try #require(UInt64(vector.text("chain_id")))
      let steps = GRVTSigningSteps(message, chainID: chainID)
      vector.check("struct_hash", steps.structHash.word)
      vector.check("digest", steps.digest.word)
      let signature = try GRVTSignature.parse(
        r: vector.text("r"), s: vector.text("s"), v: #require(vector.value("v").integer))
      vector.check("signer", Secp256k1.signer(of: steps.digest, signature)?.hex)
    }
  }

  @Test func scaling() throws {
    try VectorCase.run("scaling", Self.section("scaling")) { vector, _ in
      let value = try #require(GRVTScaling.decimal(vector.text("value")), "\(vector.name)")
      let decimals = try #require(Int(vector.text("decimals")))
      let cut: UInt64 = try GRVTScaling.units(value, decimals: decimals, excess: .cut)
      vector.check("scaled", cut)
      // What would be cut is not signed for a user.
      let isExact = value.rescaled(to: decimals) != nil
      let units = try? value.units(decimals: decimals)
      #expect((units != nil) == isExact, "\(vector.name)")
    }
  }
}
