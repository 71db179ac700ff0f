import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import Paradex

/// The simulator's verifier against the vectors: it takes what the official library signed, and
/// nothing that differs in a bit.
@Suite struct ParadexVerifierTests {
  @Test("signatures of requests for tokens") func auth() throws {
    try check("auth") { verifier, account, vector in
      verifier.auth(
        account: account, timestamp: try #require(UInt64(vector.text("input.timestamp"))),
        expiration: try #require(UInt64(vector.text("input.expiration"))))
    }
  }

  @Test("signatures of orders and of their modifications", arguments: ["order", "modify_order"])
  func orders(kind: String) throws {
    try check(kind) { verifier, account, vector in
      verifier.order(
        account: account,
        timestamp: try #require(UInt64(vector.text("input.signature_timestamp"))),
        market: try vector.text("input.market"), side: try vector.text("input.side"),
        type: try vector.text("input.type"), size: try vector.text("input.size"),
        price: try vector.text("input.price"),
        id: kind == "order" ? nil : try vector.text("input.order_id"))
    }
  }

  private func check(
    _ kind: String,
    hash: (ParadexSimulatorVerifier, UInt256, VectorCase) throws -> UInt256?
  ) throws {
    let file = try JSONTree(TestFiles.read(TestFiles.vectors("paradex-signing.json")))
    let cases = (file["cases"]?.elements ?? []).filter { $0["kind"]?.text == kind }
    #expect(cases.count >= 5)
    for tree in cases {
      let vector = VectorCase(tree, tree["id"]?.text ?? kind)
      let key = try StarkPrivateKey(hex: vector.text("input.l2_private_key"))
      let publicKey = try #require(StarkPublicKey(x: key.publicKey.x))
      let account = try #require(UInt256(hex: vector.text("input.l2_address")))
      let verifier = ParadexSimulatorVerifier(
        chainID: try vector.text("input.starknet_chain_id"))
      let hash = try #require(try hash(verifier, account, vector), "\(vector.name)")
      #expect(hash.hex == (try vector.text("intermediate.message_hash")), "\(vector.name)")
      let text = try vector.text("expect.signature")
      let signature = try #require(ParadexSimulatorVerifier.signature(text))
      #expect(publicKey.verify(signature, of: hash), "\(vector.name)")
      let hex = #"[ "\#(signature.r.hex)", "\#(signature.s.hex)" ]"#
      #expect(ParadexSimulatorVerifier.signature(hex) == signature)
    }
  }

  @Test("a text that is no signature is none")
  func texts() {
    for text in ["", "[]", #"["1"]"#, #"["1","2","3"]"#, #"["x","1"]"#, #"["1","2"]1"#, "[1,2]"] {
      #expect(ParadexSimulatorVerifier.signature(text) == nil, "\(text)")
    }
  }
}
