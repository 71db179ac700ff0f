import PerpCore
import PerpCrypto
import Testing
import VenueTesting

@testable import EdgeX

/// From the members of a case to our messages, and from our steps to what the case expects.
enum EdgeXVector {
  static func authentication(_ account: JSONTree) throws -> EdgeXAuthentication {
    let secret = Array(try #require(account["apiSecret"]?.text).utf8)
    return EdgeXAuthentication(
      key: try #require(account["apiKey"]?.text),
      passphrase: try #require(account["apiPassphrase"]?.text),
      secret: SecretBytes(count: secret.count) { $0.copyBytes(from: secret) })
  }

  /// The authentication of a request with this body, at `prefix` of the case.
  static func checkRequest(
    _ vector: VectorCase, _ prefix: String, body: String, _ account: JSONTree
  ) throws {
    let timestamp = try #require(UInt64(vector.text("\(prefix)timestamp")))
    let method = try vector.text("\(prefix)method")
    let path = try vector.text("\(prefix)requestUri")
    vector.check("\(prefix)bodyString", body)
    vector.check(
      "\(prefix)message",
      EdgeXAuthentication.message(timestamp: timestamp, method: method, path: path, body: body))
    let secret = try #require(account["apiSecret"]?.text)
    vector.check("\(prefix)hmacKeyAscii", Base64.encode(Array(secret.utf8)))
    let headers = try authentication(account)
      .headers(timestamp: timestamp, method: method, path: path, body: body)
    for header in headers { vector.check("\(prefix)headers.\(header.name)", header.value) }
    vector.check("\(prefix)signatureHex", headers[2].value)
  }

  static func terms(_ vector: VectorCase) throws -> EdgeXSignedTerms {
    vector.ignore("metadata")
    let contract = "metadata.contract."
    let tick = try #require(vector.value("\(contract)tickSize").decimal)
    let rates = try ["defaultTakerFeeRate", "defaultMakerFeeRate"].map { name in
      try vector.has(contract + name) ? vector.value(contract + name).decimal : nil
    }
    let scale = try EdgeXSignedTerms.Scale(
      tickSize: tick, resolution: resolution(vector, "\(contract)resolution"),
      quoteResolution: resolution(vector, "metadata.quoteCoin.resolution"),
      feeRate: EdgeXSignedTerms.feeRate(taker: rates[0], maker: rates[1]))
    let isBuy = try vector.text("input.side") == "BUY"
    let price =
      try vector.text("input.type").hasSuffix("MARKET")
      ? EdgeXSignedTerms.marketPrice(
        isBuy: isBuy, oracle: #require(vector.value("oraclePrice").decimal), tickSize: tick)
      : #require(vector.value("input.price").decimal)
    let size = try #require(vector.value("input.size").decimal)
    let terms = try EdgeXSignedTerms(price: price, size: size, scale, excess: .cut)

    // What the venue would cut of a size is not signed for a user.
    let units = size.multiplied(by: Decimal(mantissa: Int128(scale.resolution), scale: 0))
    let isExact = units?.rescaled(to: 0) != nil
    let refusing = try? EdgeXSignedTerms(price: price, size: size, scale)
    #expect(refusing == (isExact ? terms : nil), "\(vector.name)")
    return terms
  }

  private static func resolution(_ vector: VectorCase, _ path: String) throws -> UInt128 {
    let number = try #require(EdgeXSignedTerms.number(vector.text(path)))
    return UInt128(number.w1) << 64 | UInt128(number.w0)
  }

  /// The domain is that of the case's metadata, or of its typed data.
  static func domain(_ vector: VectorCase) throws -> (chainID: UInt256, EthereumAddress) {
    let path = "typedData.domain."
    vector.check("\(path)name", "EdgeX")
    vector.check("\(path)version", "1")
    let chainID = try #require(UInt256(decimal: vector.text("\(path)chainId")))
    let contract = try #require(EthereumAddress(vector.text("\(path)verifyingContract")))
    if vector.has("metadata") {
      #expect(try EdgeXSignedTerms.number(vector.text("metadata.chainId")) == chainID)
      vector.check("metadata.contractAddress", contract.hex)
    }
    return (chainID, contract)
  }

  static func checkHashes(_ vector: VectorCase, _ message: EdgeXTypedData) throws -> UInt256 {
    let (chainID, contract) = try domain(vector)
    let domain = EdgeXTypedData.domain(chainID: chainID, contract: contract).hash
    let digest = TypedData.digest(domain: domain, structHash: message.encoded.hash)
    vector.check("domainSeparator", "0x\(domain.paddedHex)")
    vector.check("messageStructHash", "0x\(message.encoded.hash.paddedHex)")
    vector.check("digest", "0x\(digest.paddedHex)")
    return digest
  }

  static func checkSignature(
    _ vector: VectorCase, _ message: EdgeXTypedData, _ key: Secp256k1.PrivateKey
  ) throws -> Secp256k1.Signature {
    let (chainID, contract) = try domain(vector)
    let digest = try checkHashes(vector, message)
    let signer = EdgeXSigner(key: key, chainID: chainID, contract: contract)
    let signature = signer.sign(message)
    vector.check("signature", signature.hex)
    #expect(signature.hasLowS)
    let steps = signer.steps(message)
    #expect(steps.digest == digest)
    for step in steps.named { vector.check(step.name, step.values.first) }
    #expect(Secp256k1.signer(of: digest, signature) == key.address)
    return signature
  }

  static func signature(_ text: String) throws -> Secp256k1.Signature {
    let bytes = try #require([UInt8](hex: text))
    return try Secp256k1.Signature(
      r: #require(UInt256(bigEndian: Array(bytes[0..<32]))),
      s: #require(UInt256(bigEndian: Array(bytes[32..<64]))), parity: bytes[64] &- 27)
  }

  static func checkComputed(
    _ vector: VectorCase, _ order: EdgeXTypedData.LimitOrder, _ terms: EdgeXSignedTerms,
    _ expiry: EdgeXSignedExpiry
  ) {
    let computed = "computed."
    vector.check("\(computed)l2Value", terms.value.description)
    vector.check("\(computed)l2LimitFee", terms.fee.description)
    vector.check("\(computed)nonce", order.nonce)
    vector.check("\(computed)expireTime", expiry.order)
    vector.check("\(computed)l2ExpireTime", expiry.signature)
    vector.check("\(computed)expirationTimestamp", order.expiration)
    vector.check("\(computed)amountSynthetic", order.amounts.synthetic)
    vector.check("\(computed)amountCollateral", order.amounts.collateral)
    vector.check("\(computed)amountFee", order.amounts.fee)
    vector.check("requestBody.l2Value", terms.value.description)
    vector.check("requestBody.l2LimitFee", terms.fee.description)
    vector.check("requestBody.l2Nonce", order.nonce)
    vector.check("requestBody.expireTime", expiry.order)
    vector.check("requestBody.l2ExpireTime", expiry.signature)
  }

  static func checkTypedData(_ vector: VectorCase, _ message: EdgeXTypedData) throws {
    let path = "typedData.message."
    switch message {
    case .limitOrder(let order):
      vector.check("typedData.primaryType", "LimitOrderParams")
      #expect(try limitOrder(vector) == order, "\(vector.name)")
    case .marginMode(let mode):
      vector.check("typedData.primaryType", "SetMarginPreferenceParams")
      vector.check("\(path)accountId", mode.account)
      vector.check("\(path)assetId", mode.contract)
      vector.check("\(path)marginMode", mode.mode)
      vector.check("\(path)nonce", mode.nonce)
      vector.check("\(path)signer", mode.signer.checksummed)
    case .transfer(let transfer):
      vector.check("typedData.primaryType", "TransferParams")
      vector.check("\(path)from", transfer.from)
      vector.check("\(path)to", transfer.to)
      vector.check("\(path)assetId", transfer.coin)
      vector.check("\(path)amount", transfer.amount)
      vector.check("\(path)nonce", transfer.nonce)
      vector.check("\(path)deadline", transfer.deadline)
      vector.check("\(path)signer", transfer.signer.checksummed)
    }
  }

  /// The order that the case's typed data are.
  static func limitOrder(_ vector: VectorCase) throws -> EdgeXTypedData.LimitOrder {
    let path = "typedData.message."
    vector.check("typedData.primaryType", "LimitOrderParams")
    vector.check("\(path)parentOrderHash", "0x\(UInt256.zero.paddedHex)")
    vector.check("\(path)subOrderIndex", 0)
    return try EdgeXTypedData.LimitOrder(
      nonce: #require(UInt32(vector.text("\(path)base.nonce"))),
      signer: #require(EthereumAddress(vector.text("\(path)base.signer"))),
      account: #require(UInt64(vector.text("\(path)base.accountId"))),
      expiration: #require(UInt64(vector.text("\(path)base.expirationTimestamp"))),
      amounts: EdgeXSignedAmounts(
        synthetic: #require(UInt128(vector.text("\(path)amountSynthetic"))),
        collateral: #require(UInt128(vector.text("\(path)amountCollateral"))),
        fee: #require(UInt128(vector.text("\(path)amountFee")))),
      contract: #require(UInt64(vector.text("\(path)assetIdSynthetic"))),
      collateral: #require(UInt64(vector.text("\(path)assetIdCollateral"))),
      isBuy: vector.flag("\(path)isBuyingSynthetic"))
  }
}

extension JSONTree {
  var signedBody: EdgeXSignedBody {
    switch self {
    case .object(let members): .object(members.mapValues(\.signedBody))
    case .array(let elements): .array(elements.map(\.signedBody))
    case .text(let text): .text(text)
    case .number(let text): .number(text)
    case .bool(let flag): .flag(flag)
    case .null: .null
    }
  }
}
