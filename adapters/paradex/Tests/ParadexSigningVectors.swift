import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import Paradex

/// Every case of `paradex-signing.json`, whose values are those of the official Python library and
/// of starknet-crypto, step by step.
@Suite struct ParadexSigningVectors {
  private static func file() throws -> JSONTree {
    try JSONTree(TestFiles.read(TestFiles.vectors("paradex-signing.json")))
  }

  @Test func cases() throws {
    let file = try Self.file()
    VectorCase.checkSections(of: file, known: ["about", "cases"], needed: "cases")
    let cases = file["cases"]?.elements ?? []
    try VectorCase.run("paradex-signing.json", cases) { vector, kind in
      switch kind {
      case "pedersen": try checkPedersen(vector)
      case "hash_chain": try checkChain(vector)
      case "starknet_keccak": try checkKeccak(vector)
      case "felt_encode": try checkFelt(vector)
      case "domain": try checkDomain(vector)
      case "public_key": try checkPublicKey(vector)
      case "ecdsa_sign": try checkSignature(vector)
      case "ecdsa_verify": try checkVerification(vector)
      case "grind_key": try checkGrinding(vector)
      case "account_address": try checkAddress(vector)
      case "l1_key_derivation": try checkKeyDerivation(vector)
      case "onboarding": try checkOnboarding(vector)
      case "auth": try checkAuth(vector)
      case "order", "modify_order": try checkOrder(vector, isModified: kind == "modify_order")
      default: Issue.record("\(vector.name) is of a kind that nobody checks: \(kind)")
      }
    }
  }

  @Test func constants() throws {
    let vector = VectorCase(try #require(Self.file()["about"]), "about")
    guard vector.has("constants") else { return }
    vector.check("constants.field_prime", StarkCurve.prime.hex)
    vector.check("constants.curve_order", StarkCurve.order.hex)
  }

  private func checkPedersen(_ vector: VectorCase) throws {
    let hash = Pedersen.hash(try vector.felt("input.a"), try vector.felt("input.b"))
    vector.check("expect.hash", hash.hex)
  }

  private func checkChain(_ vector: VectorCase) throws {
    let elements = try vector.texts("input.elements").map { try #require(UInt256(hex: $0)) }
    var running: [UInt256] = []
    for element in elements { running.append(Pedersen.hash(running.last ?? .zero, element)) }
    vector.check("intermediate.running", running.map(\.hex))
    vector.check("expect.hash", Pedersen.hash(chain: elements).hex)
  }

  private func checkKeccak(_ vector: VectorCase) throws {
    let text = try vector.text("input.ascii")
    vector.check("intermediate.keccak256", "0x\(Keccak256.hash(text).paddedHex)")
    vector.check("expect.felt", ParadexFelt.keccak(text).hex)
  }

  private func checkFelt(_ vector: VectorCase) throws {
    let text = try vector.text("input.string")
    vector.check("intermediate.rule", ParadexFelt.rule(of: text).rawValue)
    vector.check("expect.felt", try ParadexFelt.encode(text).hex)
  }

  private func checkDomain(_ vector: VectorCase) throws {
    let domain = try ParadexTypedData.domain(chainID: vector.text("input.chain_id"))
    #expect(try ParadexFelt.encode(vector.text("input.name")) == domain.fields[0])
    #expect(try ParadexFelt.encode(vector.text("input.version")) == domain.fields[2])
    vector.check("intermediate.type_string", domain.type.text)
    vector.check("intermediate.type_hash", domain.type.hash.hex)
    vector.check("intermediate.name_felt", domain.fields[0].hex)
    vector.check("intermediate.chain_id_felt", domain.fields[1].hex)
    vector.check("intermediate.version_felt", domain.fields[2].hex)
    vector.check("expect.domain_hash", domain.structHash.hex)
  }

  private func checkPublicKey(_ vector: VectorCase) throws {
    let key = try StarkPrivateKey(hex: vector.text("input.private_key"))
    vector.check("expect.public_key", key.publicKey.x.hex)
    vector.check("intermediate.y", key.publicKey.y.hex)
  }

  private func checkSignature(_ vector: VectorCase) throws {
    let key = try StarkPrivateKey(hex: vector.text("input.private_key"))
    let hash = try vector.felt("input.message_hash")
    let seed = try #require(UInt64(vector.text("input.extra_entropy_seed")))
    let entropy = seed == 0 ? StarkPrivateKey.ExtraEntropy.none : .number(seed)
    let signature = key.sign(hash, extraEntropy: entropy)
    vector.check("intermediate.k", key.nonce(for: hash, extraEntropy: entropy).hex)
    vector.check("intermediate.public_key", key.publicKey.x.hex)
    vector.check("expect.r", signature.r.hex)
    vector.check("expect.s", signature.s.hex)
    try expectOnlyOwnVerifies(signature, hash, key.publicKey.x)
  }

  private func checkVerification(_ vector: VectorCase) throws {
    vector.ignore("expect.oracle_raised")
    let signature = try StarkSignature(r: vector.felt("input.r"), s: vector.felt("input.s"))
    let key = try StarkPublicKey(x: vector.felt("input.public_key"))
    let hash = try vector.felt("input.message_hash")
    vector.check("expect.valid", key?.verify(signature, of: hash) ?? false)
  }

  private func checkGrinding(_ vector: VectorCase) throws {
    let (hashes, key) = ParadexSignerAccount.ground(seed: try vector.felt("input.seed"))
    vector.check("intermediate.sha256_by_index", hashes.map { "0x\($0.paddedHex)" })
    vector.check("intermediate.accepted_index", hashes.count - 1)
    vector.check("intermediate.limit", ParadexSignerAccount.grindLimit.hex)
    vector.check("expect.private_key", key.hex)
  }

  private func checkAddress(_ vector: VectorCase) throws {
    let (key, classes) = try (vector.felt("input.public_key"), vector.classes)
    let calldata = ParadexSignerAccount.calldata(publicKey: key, classes)
    vector.check("intermediate.calldata", calldata.map(\.hex))
    vector.check("intermediate.calldata_hash", Pedersen.hash(chain: calldata).hex)
    vector.check("intermediate.prefix_felt", ParadexSignerAccount.prefix.hex)
    vector.check(
      "expect.address", ParadexSignerAccount.address(publicKey: key, classes).hex)
  }

  private func checkKeyDerivation(_ vector: VectorCase) throws {
    let key = try Secp256k1.PrivateKey(hex: vector.text("input.l1_private_key"))
    let chainID = try #require(UInt256(decimal: vector.text("input.l1_chain_id")))
    let (domain, message) = ParadexSignerAccount.keyRequest(chainID: chainID)
    let digest = TypedData.digest(domain: domain.hash, structHash: message.hash)
    let signature = key.sign(digest)
    let grinding = ParadexSignerAccount.ground(seed: signature.r)
    let steps = "intermediate."
    vector.check("\(steps)l1_address", key.address.checksummed)
    let domainType = try vector.text("\(steps)eip712_domain_type")
    #expect(Keccak256.hash(domainType) == domain.words[0])
    vector.check("\(steps)eip712_struct_type", ParadexSignerAccount.keyRequestType)
    vector.check("\(steps)eip712_domain_separator", "0x\(domain.hash.paddedHex)")
    vector.check("\(steps)eip712_struct_hash", "0x\(message.hash.paddedHex)")
    vector.check("\(steps)eip712_digest", "0x\(digest.paddedHex)")
    vector.check("\(steps)eth_r", signature.r.hex)
    vector.check("\(steps)eth_s", signature.s.hex)
    vector.check("\(steps)eth_v", signature.v)
    vector.check("\(steps)grind_seed", signature.r.hex)
    vector.check("\(steps)grind_index", grinding.hashes.count - 1)
    let derived = try ParadexSignerAccount.key(ethereum: key, chainID: chainID)
    let publicKey = derived.publicKey.x
    vector.check("expect.l2_private_key", grinding.key.hex)
    vector.check("expect.l2_public_key", publicKey.hex)
    vector.check(
      "expect.l2_address",
      ParadexSignerAccount.address(publicKey: publicKey, try vector.classes).hex)
  }
}

extension ParadexSigningVectors {
  private func checkOnboarding(_ vector: VectorCase) throws {
    let (signer, signature) = try checkMessage(vector, .onboarding)
    vector.check("expect.headers.PARADEX-ETHEREUM-ACCOUNT", try vector.text("input.l1_address"))
    vector.check("expect.headers.PARADEX-STARKNET-ACCOUNT", signer.account.hex)
    vector.check("expect.headers.PARADEX-STARKNET-SIGNATURE", ParadexSigner.text(signature))
    vector.check("expect.body.public_key", signer.publicKey.hex)
    vector.check("expect.http", "POST /v1/onboarding")
  }

  private func checkAuth(_ vector: VectorCase) throws {
    let timestamp = try #require(UInt64(vector.text("input.timestamp")))
    let expiration = try #require(UInt64(vector.text("input.expiration")))
    let (signer, signature) = try checkMessage(
      vector, .auth(timestamp: timestamp, expiration: expiration))
    vector.check("expect.signature", ParadexSigner.text(signature))
    for header in signer.authHeaders(timestamp: timestamp, expiration: expiration) {
      vector.check("expect.headers.\(header.name)", header.value)
    }
    vector.check("expect.http", "POST \(signer.authPath)")
  }

  private func checkOrder(_ vector: VectorCase, isModified: Bool) throws {
    var order = try ParadexTypedData.Order(
      timestamp: #require(UInt64(vector.text("input.signature_timestamp"))),
      market: vector.text("input.market"), isBuy: vector.text("input.side") == "BUY",
      type: vector.text("input.type"), size: #require(vector.value("input.size").decimal),
      price: #require(vector.value("input.price").decimal))
    if isModified { order.id = try vector.text("input.order_id") }
    let message = try ParadexTypedData.order(order, excess: .cut)
    let (_, signature) = try checkMessage(vector, message)
    vector.check("intermediate.chain_size", message.fields[4].decimal)
    vector.check("intermediate.chain_price", message.fields[5].decimal)
    vector.check("intermediate.chain_side", message.fields[2].decimal)
    vector.check("expect.signature", ParadexSigner.text(signature))
    vector.check("expect.body.signature", ParadexSigner.text(signature))
    // The bodies' other members are inputs; of its numbers the value counts.
    let size = try vector.value("expect.body.size").decimal
    #expect(size == order.size, "\(vector.name)")
    vector.ignore("expect.body", "expect.http")

    // What the venue would cut is not signed for a user.
    let isExact = [order.size, order.type == "MARKET" ? .zero : order.price].allSatisfy {
      $0.rescaled(to: ParadexFelt.sizeDecimals) != nil
    }
    #expect((try? ParadexTypedData.order(order)) == (isExact ? message : nil), "\(vector.name)")
  }

  /// The steps that all messages share.
  private func checkMessage(
    _ vector: VectorCase, _ message: ParadexTypedData
  ) throws -> (ParadexSigner, StarkSignature) {
    let key = try StarkPrivateKey(hex: vector.text("input.l2_private_key"))
    let signer = try ParadexSigner(
      key: key, account: vector.text("input.l2_address"),
      chainID: vector.text("input.starknet_chain_id"))
    let steps = signer.steps(message)
    for step in steps.named { vector.check("intermediate", step.name, step.values) }
    let entropy = ParadexSigner.extraEntropy
    vector.check(
      "intermediate.k", key.nonce(for: steps.messageHash, extraEntropy: entropy).hex)
    let signature = signer.sign(message)
    vector.check("expect.r", signature.r.hex)
    vector.check("expect.s", signature.s.hex)
    try expectOnlyOwnVerifies(signature, steps.messageHash, signer.publicKey)
    return (signer, signature)
  }

  /// The signature verifies, and with one bit changed anywhere it does not.
  private func expectOnlyOwnVerifies(
    _ signature: StarkSignature, _ hash: UInt256, _ publicKey: UInt256
  ) throws {
    let key = try #require(StarkPublicKey(x: publicKey))
    #expect(key.verify(signature, of: hash))
    let bit = UInt256(0, 1 << 33, 0, 0)
    let flip = { (number: UInt256) in UInt256(number.w0, number.w1 ^ bit.w1, number.w2, number.w3) }
    #expect(!key.verify(StarkSignature(r: flip(signature.r), s: signature.s), of: hash))
    #expect(!key.verify(StarkSignature(r: signature.r, s: flip(signature.s)), of: hash))
    #expect(!key.verify(signature, of: flip(hash)))
  }
}

extension VectorCase {
  fileprivate func felt(_ path: String) throws -> UInt256 {
    try #require(UInt256(hex: text(path)), "\(name): \(path)")
  }

  fileprivate var classes: ParadexSignerAccount.Classes {
    get throws {
      try ParadexSignerAccount.Classes(
        account: felt("input.paraclear_account_hash"),
        proxy: felt("input.paraclear_account_proxy_hash"))
    }
  }
}
