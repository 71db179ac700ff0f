import PerpCore
import Testing
import VenueTesting

@testable import Lighter
@testable import PerpCrypto

/// Every case of `lighter-signing.json`, whose values are those of the official library and of the
/// code that it is built from, step by step.
@Suite struct LighterSigningVectors {
  private let cases: [JSONTree]

  init() throws {
    let file = try JSONTree(TestFiles.read(TestFiles.vectors("lighter-signing.json")))
    VectorCase.checkSections(of: file, known: ["about", "cases"], needed: "cases")
    cases = file["cases"]?.elements ?? []
  }

  @Test func allCases() throws {
    try VectorCase.run("lighter-signing.json", cases) { vector, kind in
      switch kind {
      case "gfp5": try LighterFieldVector.checkField(vector)
      case "scalar": try LighterFieldVector.checkScalar(vector)
      case "gfp5_to_scalar": try LighterFieldVector.checkScalarOfField(vector)
      case "poseidon2_permute": try LighterFieldVector.checkPermutation(vector)
      case "poseidon2_hash": try LighterFieldVector.checkHash(vector)
      case "curve_mul_generator": try LighterFieldVector.checkGenerator(vector)
      case "curve_point": try LighterFieldVector.checkPoint(vector)
      case "curve_decode_invalid": try LighterFieldVector.checkNoPoint(vector)
      case "public_key": try checkPublicKey(vector)
      case "private_key_rejected": try checkRejectedKey(vector)
      case "schnorr_sign_fixed_k": try checkSignature(vector)
      case "schnorr_verify": try checkVerification(vector)
      case "tx": try LighterTransactionVector(vector).check()
      case "auth_token": try checkToken(vector)
      case "client_rejects": try LighterTransactionVector(vector).checkRejection()
      case "http_request": try checkRequest(vector)
      default: Issue.record("\(vector.name) is of a kind that nobody checks: \(kind)")
      }
    }
  }

  private func checkPublicKey(_ vector: VectorCase) throws {
    let key = try SchnorrPrivateKey(hex: vector.text("private_key"))
    vector.check("scalar", key.scalar.decimal)
    vector.check("public_key", key.publicKey.littleEndianBytes.hex)
    vector.check("public_key_elements", key.publicKey.texts)
  }

  private func checkRejectedKey(_ vector: VectorCase) throws {
    vector.ignore("error")
    let text = try vector.text("private_key")
    #expect(throws: SecretError.self, "\(vector.name)") { try SchnorrPrivateKey(hex: text) }
  }

  private func checkSignature(_ vector: VectorCase) throws {
    let key = try SchnorrPrivateKey(hex: vector.text("private_key"))
    let nonce = try #require(ECgFp5Scalar(decimal: vector.text("k")))
    let message = try vector.element("hashed_message")
    let commitment = ECgFp5.multiplyGenerator(nonce).encoded
    let signature = key.sign(message, nonce: nonce)
    vector.check("scalar", key.scalar.decimal)
    vector.check("public_key", key.publicKey.littleEndianBytes.hex)
    vector.check("r", commitment.texts)
    vector.check(
      "challenge_hash",
      SchnorrSignature.challenge(commitment: commitment, message: message).texts)
    vector.check("e", signature.e.decimal)
    vector.check("s", signature.s.decimal)
    vector.check("signature", signature.bytes.hex)
    try LighterFieldVector.expectOnlyOwnVerifies(signature, message, key.publicKey)
    // A secret number of our own is another one for another message, and signs as well.
    let other = message + .one
    #expect(key.nonce(for: message) != key.nonce(for: other))
    #expect(key.nonce(for: message) != key.nonce(for: message, extra: [1]))
    let own = key.sign(message, nonce: key.nonce(for: message))
    #expect(own.isValid(for: message, publicKey: key.publicKey), "\(vector.name)")
  }

  private func checkVerification(_ vector: VectorCase) throws {
    vector.ignore("error")
    let key = try [UInt8](hex: vector.text("public_key")).flatMap { GFp5(littleEndian: $0) }
    let message = try [UInt8](hex: vector.text("hashed_message"))
      .flatMap { GFp5(littleEndian: $0) }
    let signature = try [UInt8](hex: vector.text("signature")).flatMap { SchnorrSignature($0) }
    var isValid = false
    if let key, let message, let signature {
      isValid = signature.isValid(for: message, publicKey: key)
    }
    vector.check("valid", isValid)
  }

  private func checkToken(_ vector: VectorCase) throws {
    let key = try SchnorrPrivateKey(hex: vector.text("private_key"))
    let token = try LighterToken(
      deadline: vector.integer("deadline_unix_s"), account: vector.integer("account_index"),
      apiKey: vector.integer("api_key_index"))
    let nonce = try #require(ECgFp5Scalar(decimal: vector.text("k")))
    let signature = key.sign(token.hash, nonce: nonce)
    vector.check("public_key", key.publicKey.littleEndianBytes.hex)
    vector.check("message", token.message)
    vector.check("message_bytes", Array(token.message.utf8).hex)
    vector.check("hash_elements", token.elements.map { "\($0.value)" })
    vector.check("hashed_message", token.hash.texts)
    vector.check("signature", signature.bytes.hex)
    vector.check("token", token.text(signature: signature))

    let signer = LighterSigner(
      key: key, chainID: 304, account: token.account, apiKey: token.apiKey)
    let own = signer.token(deadline: token.deadline)
    let bytes = try #require([UInt8](hex: own.split(separator: ":")[3]))
    let isValid = SchnorrSignature(bytes)?.isValid(for: token.hash, publicKey: key.publicKey)
    #expect(own.hasPrefix("\(token.message):") && isValid == true, "\(vector.name)")
  }

  /// Bodies of the transactions of other cases, headers of their tokens.
  private func checkRequest(_ vector: VectorCase) throws {
    vector.ignore("request_line", "headers")
    let used = try vector.texts("uses").map { id in
      try #require(cases.first { $0["id"]?.text == id }, "\(vector.name) uses \(id)")
    }
    let transactions = used.compactMap { tree -> (type: Int64, text: String)? in
      guard let type = tree["tx_type"]?.integer, let text = tree["tx_info"]?.text else {
        return nil
      }
      return (Int64(type), text)
    }
    switch transactions.count {
    case 0:
      vector.check("body", "")
      if let token = used.first?["token"]?.text { vector.check("headers.authorization", token) }
    case 1:
      let (type, text) = transactions[0]
      vector.check("body", LighterTransactionForm.single(type: type, text: text))
    default: vector.check("body", LighterTransactionForm.batch(transactions))
    }
  }
}

extension VectorCase {
  func integer(_ path: String) throws -> Int64 {
    try #require(Int64(text(path)), "\(name): \(path)")
  }

  func numbers(_ path: String) throws -> [Goldilocks] {
    try texts(path).map { Goldilocks(try #require(UInt64($0), "\(name): \(path)")) }
  }

  func element(_ path: String) throws -> GFp5 {
    let limbs = try numbers(path)
    try #require(limbs.count == 5, "\(name): \(path)")
    return GFp5(limbs[0], limbs[1], limbs[2], limbs[3], limbs[4])
  }
}

extension GFp5 {
  var texts: [String] { limbs.map { "\($0.value)" } }
}
