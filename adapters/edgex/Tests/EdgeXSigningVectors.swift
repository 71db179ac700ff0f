import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import EdgeX

/// Every case of `edgex-signing.json` about the second generation, whose bodies are those of the
/// official Python library, step by step.
@Suite struct EdgeXSigningVectors {
  private let file: JSONTree
  private let accounts: [JSONTree]

  init() throws {
    file = try JSONTree(TestFiles.read(TestFiles.vectors("edgex-signing.json")))
    accounts = file["accounts"]?.elements ?? []
  }

  private func run(_ section: String, _ check: (VectorCase) throws -> Void) rethrows {
    try VectorCase.run("v2.\(section)", file["v2"]?[section]?.elements ?? []) { vector, _ in
      try check(vector)
    }
  }

  @Test func sections() {
    let known: Set = [
      "typeHashes", "addresses", "nonces", "resolutions", "bodyStrings", "requestAuth", "wsAuth",
      "orders", "marginMode", "transferOut", "mustReject",
    ]
    VectorCase.checkSections(of: file["v2"] ?? .null, known: known, needed: "orders")
    VectorCase.checkSections(of: file, known: ["about", "accounts", "v1", "v2"])
  }

  @Test func typeHashes() throws {
    let types = [
      EdgeXTypedData.orderBaseType, EdgeXTypedData.limitOrderType, EdgeXTypedData.marginModeType,
      EdgeXTypedData.transferType,
    ]
    for (name, tree) in try #require(file["v2"]?["typeHashes"]?.members) {
      let vector = VectorCase(tree, name)
      let type = try vector.text("encodeType")
      #expect(name == "EIP712Domain" || types.contains(type), "\(name)")
      vector.check("typeHash", "0x\(Keccak256.hash(type).paddedHex)")
      vector.finish()
    }
  }

  @Test func small() throws {
    try run("addresses") { vector in
      let key = try Secp256k1.PrivateKey(hex: vector.text("privateKey"))
      vector.check("address", key.address.checksummed)
    }
    try run("nonces") { vector in
      let id = try vector.text("clientOrderId")
      vector.check("sha256", SHA256.hash(Array(id.utf8)).paddedHex)
      vector.check("nonce", EdgeXSigningNonce.nonce(clientOrderID: id))
    }
    try run("resolutions") { vector in
      vector.check("value", try EdgeXSignedTerms.number(vector.text("text"))?.decimal)
    }
    try run("bodyStrings") { vector in
      vector.check("bodyString", try vector.value("json").signedBody.flattened)
    }
  }

  @Test func requests() throws {
    try run("requestAuth") { vector in
      vector.ignore("json", "query", "apiSecret")
      let members = try vector.value(vector.has("json") ? "json" : "query")
      let body = members.signedBody.flattened
      try EdgeXVector.checkRequest(vector, "", body: body, account(vector.text("account")))
    }
    try run("wsAuth") { vector in
      let tree = try account(vector.text("account"))
      let timestamp = try #require(UInt64(vector.text("timestamp")))
      let id = try #require(tree["accountId"]?.text.flatMap { UInt64($0) })
      let headers = try EdgeXVector.authentication(tree)
        .socketHeaders(timestamp: timestamp, account: id)
      for header in headers { vector.check("headers.\(header.name)", header.value) }
      vector.check("signatureHex", headers[2].value)
      vector.check("subprotocol", EdgeXAuthentication.subprotocol(headers))
      let (path, body) = try (vector.text("requestUri"), vector.text("bodyString"))
      #expect(path == EdgeXAuthentication.privateSocketPath)
      vector.check(
        "message",
        EdgeXAuthentication.message(timestamp: timestamp, method: "GET", path: path, body: body))
    }
  }

  private func account(_ index: String) throws -> JSONTree {
    try #require(Int(index).flatMap { accounts.indices.contains($0) ? accounts[$0] : nil })
  }

  @Test func orders() throws {
    try run("orders") { vector in
      let tree = try account(vector.text("account"))
      let key = try Secp256k1.PrivateKey(hex: #require(tree["tradingKey"]?.text))
      let terms = try EdgeXVector.terms(vector)
      let expiry = EdgeXSignedExpiry(
        order: vector.has("input.expireTimeMs")
          ? try UInt64(vector.text("input.expireTimeMs")) : nil,
        now: try #require(UInt64(vector.text("input.nowMs"))))
      let id = try vector.text("input.clientOrderId")
      let order = try EdgeXTypedData.LimitOrder(
        nonce: EdgeXSigningNonce.nonce(clientOrderID: id), signer: key.address,
        account: #require(tree["accountId"]?.text.flatMap { UInt64($0) }),
        expiration: expiry.order / 1_000, amounts: terms.amounts,
        contract: #require(UInt64(vector.text("metadata.contract.contractId"))),
        collateral: #require(UInt64(vector.text("metadata.quoteCoin.coinId"))),
        isBuy: vector.text("input.side") == "BUY")
      EdgeXVector.checkComputed(vector, order, terms, expiry)
      try EdgeXVector.checkTypedData(vector, .limitOrder(order))
      let signature = try EdgeXVector.checkSignature(vector, .limitOrder(order), key)
      vector.check("signatureParts.r", "0x\(signature.r.paddedHex)")
      vector.check("signatureParts.s", "0x\(signature.s.paddedHex)")
      vector.check("signatureParts.v", signature.v)
      vector.check("signer", key.address.checksummed)
      vector.check("requestBody.l2Signature", signature.hex)
      let body = try vector.value("requestBody").signedBody.flattened
      try EdgeXVector.checkRequest(vector, "auth.", body: body, tree)
    }
  }

  @Test func marginModes() throws {
    try run("marginMode") { vector in
      let tree = try account(vector.text("input.account"))
      let key = try Secp256k1.PrivateKey(hex: #require(tree["tradingKey"]?.text))
      let message = try EdgeXTypedData.MarginMode(
        account: #require(tree["accountId"]?.text.flatMap { UInt64($0) }),
        contract: #require(UInt64(vector.text("input.contractId"))),
        mode: #require(UInt8(vector.text("input.marginMode"))),
        nonce: EdgeXSigningNonce.nonce(clientOrderID: vector.text("input.clientOrderId")),
        signer: key.address)
      try EdgeXVector.checkTypedData(vector, .marginMode(message))
      let signature = try EdgeXVector.checkSignature(vector, .marginMode(message), key)
      let now = try #require(UInt64(vector.text("input.nowMs")))
      vector.check("requestBody.l2Signature", signature.hex)
      vector.check("requestBody.l2Nonce", message.nonce)
      vector.check("requestBody.l2ExpireTime", EdgeXSignedExpiry.marginMode(now: now))
      vector.check("requestBody.signer", key.address.checksummed)
      let body = try vector.value("requestBody").signedBody.flattened
      try EdgeXVector.checkRequest(vector, "auth.", body: body, tree)
    }
  }

  @Test func transfers() throws {
    try run("transferOut") { vector in
      let tree = try account(vector.text("input.account"))
      let key = try Secp256k1.PrivateKey(hex: #require(tree["walletKey"]?.text))
      let now = try #require(UInt64(vector.text("input.nowMs")))
      let expiry = EdgeXSignedExpiry.transfer(now: now)
      let id = try vector.text("input.clientTransferId")
      // The quote coin's units, which the case does not tell, are those of USDC.
      let amount = try EdgeXSignedTerms.units(
        #require(vector.value("input.amount").decimal), 1_000_000, .cut)
      let message = try EdgeXTypedData.Transfer(
        from: #require(tree["accountId"]?.text.flatMap { UInt64($0) }),
        to: #require(UInt64(vector.text("input.receiverAccountId"))),
        coin: #require(UInt64(vector.text("requestBody.coinId"))), amount: amount,
        nonce: EdgeXSigningNonce.nonce(clientOrderID: id), deadline: expiry / 1_000,
        signer: key.address)
      try EdgeXVector.checkTypedData(vector, .transfer(message))
      let signature = try EdgeXVector.checkSignature(vector, .transfer(message), key)
      vector.check("requestBody.l2Signature", signature.hex)
      vector.check("requestBody.l2Nonce", message.nonce)
      vector.check("requestBody.l2ExpireTime", expiry)
      vector.ignore("requestBody")
    }
  }

  @Test func rejections() throws {
    try run("mustReject") { vector in
      let message = try EdgeXVector.limitOrder(vector)
      vector.check("orderBaseStructHash", "0x\(message.base.hash.paddedHex)")
      let digest = try EdgeXVector.checkHashes(vector, .limitOrder(message))
      let claimed = try #require(EthereumAddress(vector.text("claimedSigner")))
      let signature = try EdgeXVector.signature(vector.text("signature"))
      let signer = Secp256k1.signer(of: digest, signature)
      vector.check("recoveredAddress", signer?.checksummed)
      #expect(signer != claimed, "\(vector.name)")
    }
  }
}
