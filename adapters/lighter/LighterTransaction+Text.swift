import PerpCrypto

extension LighterTransaction {
  /// `tx_info`: members in the order of the official library, with the signature in Base64.
  ///
  ///     {"AccountIndex":12345,"ApiKeyIndex":4,"MarketIndex":0,"Index":1001,
  ///      "ExpiredAt":1795221776273,"Nonce":57363,"Sig":"QfxzAzRs…","L2TxAttributes":null}
  func text(signature: SchnorrSignature, ethereumSignature: String = "") -> String {
    let accountName: StaticString =
      switch body {
      case .transfer, .withdraw: "FromAccountIndex"
      default: "AccountIndex"
      }
    let first = [Member(accountName, account), Member("ApiKeyIndex", apiKey)]
    let last = [
      Member("ExpiredAt", expiredAt), Member("Nonce", nonce),
      Member("Sig", "\"\(Base64.encode(signature.bytes))\"", []),
    ]
    let ethereum = Member("L1Sig", "\"\(ethereumSignature)\"", [])
    let attributes = [Member("L2TxAttributes", attributes.text, [])]
    switch body {
    case .changePublicKey:
      return Self.object(first + body.members + [ethereum] + last + attributes)
    case .transfer, .approveIntegrator:
      return Self.object(first + body.members + last + [ethereum] + attributes)
    default: return Self.object(first + body.members + last + attributes)
    }
  }

  static func object(_ members: [Member]) -> String {
    var text = "{"
    for member in members {
      if text.utf8.count > 1 { text += "," }
      text += "\"\(member.name)\":"
      text += member.text
    }
    return text + "}"
  }

  /// What the account's key of Ethereum has to sign as well, by `personal_sign`; nil for most.
  func ethereumText(chainID: Int64) -> String? {
    let last = "Only sign this message for a trusted client!"
    switch body {
    case .changePublicKey(let key):
      return """
        Register Lighter Account

        pubkey: 0x\(key.littleEndianBytes.hex)
        nonce: \(Self.hex(nonce))
        account index: \(Self.hex(account))
        api key index: \(Self.hex(apiKey))
        \(last)
        """
    case .transfer(let transfer):
      return """
        Transfer

        nonce: \(Self.hex(nonce))
        from: \(Self.hex(account)) (route \(Self.hex(transfer.fromRoute)))
        api key: \(Self.hex(apiKey))
        to: \(Self.hex(transfer.toAccount)) (route \(Self.hex(transfer.toRoute)))
        asset: \(Self.hex(transfer.asset))
        amount: \(Self.hex(transfer.amount))
        fee: \(Self.hex(transfer.fee))
        chainId: \(Self.hex(chainID))
        memo: \(transfer.memo.hex)
        \(last)
        """
    case .approveIntegrator(let approval):
      return """
        Approve Integrator

        nonce: \(Self.hex(nonce))
        account index: \(Self.hex(account))
        api key index: \(Self.hex(apiKey))
        integrator account index: \(Self.hex(approval.integrator))
        max perps taker fee: \(Self.hex(approval.maxPerpsTakerFee))
        max perps maker fee: \(Self.hex(approval.maxPerpsMakerFee))
        max spot taker fee: \(Self.hex(approval.maxSpotTakerFee))
        max spot maker fee: \(Self.hex(approval.maxSpotMakerFee))
        approval expiry: \(Self.hex(approval.expiry))
        chainId: \(Self.hex(chainID))
        \(last)
        """
    default: return nil
    }
  }

  /// Sixteen digits.
  private static func hex(_ number: Int64) -> String {
    "0x" + UInt256(UInt64(bitPattern: number)).paddedHex.suffix(16)
  }
}

extension LighterAttributes {
  fileprivate var text: String {
    guard !isEmpty else { return "null" }
    let members = sorted.map { "\"\($0.kind.rawValue)\":\($0.value)" }
    return "{" + members.joined(separator: ",") + "}"
  }
}

/// The forms in which transactions are sent by REST. (API documentation, "sendTx" and
/// "sendTxBatch".)
enum LighterTransactionForm {
  static func single(type: Int64, text: String) -> String {
    "tx_type=\(type)&tx_info=\(encoded(text))"
  }

  /// A list of types, and a list of texts that are JSON within JSON.
  static func batch(_ transactions: [(type: Int64, text: String)]) -> String {
    let types = transactions.map { "\($0.type)" }.joined(separator: ", ")
    let texts = transactions.map { "\"\(escaped($0.text))\"" }.joined(separator: ", ")
    return "tx_types=\(encoded("[\(types)]"))&tx_infos=\(encoded("[\(texts)]"))"
  }

  /// For within a string of JSON; what we write has no other characters that need it.
  private static func escaped(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        result.append(UInt8(ascii: "\\"))
      }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Percent-encoded as forms are: spaces are plus signs.
  static func encoded(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.append(byte)
      case UInt8(ascii: " "): result.append(UInt8(ascii: "+"))
      default: result += Array("%\([byte].hex.uppercased())".utf8)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
