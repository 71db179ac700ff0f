import PerpCore
import PerpCrypto

/// Why the simulated venue refuses something.
struct LighterSimulatorRefusal: Error, Equatable {
  let code: Int64
  let message: String
  var status = 400

  init(_ code: Int64, _ message: String, status: Int = 400) {
    (self.code, self.message, self.status) = (code, message, status)
  }
}

/// A transaction as the venue reads it: the text of `tx_info`, hashed and verified here apart from
/// what signs it. ("Transactions", `txtypes`.)
struct LighterSimulatorTransaction {
  /// What is hashed of the body, by the type of the transaction.
  private static let bodies: [Int64: [String]] = [
    14: [
      "MarketIndex", "ClientOrderIndex", "BaseAmount", "Price", "IsAsk", "Type", "TimeInForce",
      "ReduceOnly", "TriggerPrice", "OrderExpiry",
    ],
    15: ["MarketIndex", "Index"],
    16: ["TimeInForce", "Time"],
    17: ["MarketIndex", "Index", "BaseAmount", "Price", "TriggerPrice"],
    20: ["MarketIndex", "InitialMarginFraction", "MarginMode"],
  ]
  private static let common = ["Nonce", "ExpiredAt", "AccountIndex", "ApiKeyIndex"]

  let type: Int64
  let text: [UInt8]
  private let numbers: [String: Int64]
  private let attributes: [Int64: Int64]
  private let signature: SchnorrSignature
  /// 80 digits, by which it can be asked for.
  let name: String
  private let hash: GFp5

  init(type: Int64, _ text: [UInt8], chainID: Int64) throws(LighterSimulatorRefusal) {
    guard let body = Self.bodies[type] else {
      throw LighterSimulatorRefusal(21_505, "unsupported tx type")
    }
    let malformed = LighterSimulatorRefusal(21_501, "invalid tx info")
    guard let fields = try? JSONFields(text.span.bytes) else { throw malformed }
    var numbers: [String: Int64] = [:]
    for name in Self.common + body {
      guard let number = fields.integer(name), number >= 0 else { throw malformed }
      numbers[name] = number
    }
    guard let bytes = fields.text("Sig").flatMap(Self.base64), bytes.count == 80,
      let signature = SchnorrSignature(bytes)
    else { throw malformed }
    var attributes: [Int64: Int64] = [:]
    for name in fields.object("L2TxAttributes")?.names ?? [] {
      guard let kind = Int64(name), let value = fields.object("L2TxAttributes")?.integer(name)
      else {
        throw malformed
      }
      attributes[kind] = value
    }
    (self.type, self.text, self.numbers, self.signature) = (type, text, numbers, signature)
    self.attributes = attributes
    hash = Self.hash(
      [chainID, type] + (Self.common + body).map { numbers[$0] ?? 0 }, attributes)
    name = hash.littleEndianBytes.hex
  }

  subscript(member: String) -> Int64 { numbers[member] ?? 0 }
  func attribute(_ kind: Int64) -> Int64? { attributes[kind] }

  func isSigned(by publicKey: GFp5) -> Bool { signature.isValid(for: hash, publicKey: publicKey) }

  /// "elements = [chain_id, tx_type, Nonce, ExpiredAt, AccountIndex, ApiKeyIndex] + body"; with
  /// attributes their hash, "ascending types, zero-filled to 8", is hashed with it.
  private static func hash(_ numbers: [Int64], _ attributes: [Int64: Int64]) -> GFp5 {
    let body = Poseidon2.hashToQuintic(numbers.map { Goldilocks(UInt64($0)) })
    guard !attributes.isEmpty else { return body }
    var pairs: [Int64] = attributes.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    while pairs.count < 8 { pairs.append(0) }
    let extra = Poseidon2.hashToQuintic(pairs.map { Goldilocks(UInt64(bitPattern: $0)) })
    return Poseidon2.hashToQuintic(body.limbs + extra.limbs)
  }

  /// RFC 4648, section 4; nil of anything else.
  private static func base64(_ text: String) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let letters = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    guard text.utf8.count.isMultiple(of: 4), text.utf8.count - letters.count <= 2 else {
      return nil
    }
    var bytes: [UInt8] = []
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for letter in letters {
      guard let value = alphabet.firstIndex(of: letter) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= (1 << count) - 1
      }
    }
    return bits == 0 ? bytes : nil
  }
}

/// A token for private data as the venue reads it: `{deadline}:{account}:{key}:{signature}`.
struct LighterSimulatorToken: Equatable, Sendable {
  /// Unix seconds.
  let deadline: Int64
  let account: Int64
  let key: Int64
  private let message: [UInt8]
  private let signature: [UInt8]

  init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 4, let deadline = Int64(parts[0]), let account = Int64(parts[1]),
      let key = Int64(parts[2]), let signature = Self.bytes(parts[3])
    else { return nil }
    (self.deadline, self.account, self.key) = (deadline, account, key)
    self.signature = signature
    message = Array("\(parts[0]):\(parts[1]):\(parts[2])".utf8)
  }

  /// "Pad the ASCII with zero bytes to a multiple of 8; each 8 bytes little-endian = one element."
  func isSigned(by publicKey: GFp5) -> Bool {
    guard let signature = SchnorrSignature(signature) else { return false }
    var elements: [Goldilocks] = []
    for start in stride(from: 0, to: message.count, by: 8) {
      var number: UInt64 = 0
      for (place, byte) in message[start...].prefix(8).enumerated() {
        number |= UInt64(byte) << UInt64(8 * place)
      }
      elements.append(Goldilocks(number))
    }
    return signature.isValid(for: Poseidon2.hashToQuintic(elements), publicKey: publicKey)
  }

  private static func bytes(_ digits: Substring) -> [UInt8]? {
    let digits = Array(digits)
    guard digits.count == 160 else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[place].hexDigitValue, let low = digits[place + 1].hexDigitValue,
        !digits[place].isUppercase, !digits[place + 1].isUppercase
      else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}
