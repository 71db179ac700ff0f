import PerpCore
import PerpCrypto

/// The venue's side of signing. It is written from the venue's document ("Signing", typed data
/// of Starknet in revision 0) and shares nothing with `ParadexSigner` but the curve: neither is
/// to be its own judge.
struct ParadexSimulatorVerifier: Sendable {
  /// Of the domain, which is the same for all messages.
  private let domain: UInt256

  init(chainID: String) {
    let type = Self.keccak("StarkNetDomain(name:felt,chainId:felt,version:felt)")
    domain = Self.list([type, Self.short("Paradex"), Self.short(chainID), UInt256(1)])
  }

  /// What a request for a token signs: the path is always the literal one, the body empty.
  func auth(account: UInt256, timestamp: UInt64, expiration: UInt64) -> UInt256 {
    let type = Self.keccak(
      "Request(method:felt,path:felt,body:felt,timestamp:felt,expiration:felt)")
    return message(
      account,
      [
        type, Self.short("POST"), Self.short("/v1/auth"), .zero, UInt256(timestamp),
        UInt256(expiration),
      ])
  }

  /// What an order signs, from the texts of its body; `id` if it modifies one. Nil where a text
  /// has no number.
  func order(
    account: UInt256, timestamp: UInt64, market: String, side: String, type: String,
    size: String, price: String, id: String?
  ) -> UInt256? {
    let members = "timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt"
    let name = id == nil ? "Order(\(members))" : "ModifyOrder(\(members),id:felt)"
    guard let size = Self.scaled(size),
      let price = type == "MARKET" ? .zero : Self.scaled(price)
    else { return nil }
    var fields = [
      Self.keccak(name), UInt256(timestamp), Self.short(market),
      UInt256(side == "BUY" ? 1 : 2), Self.short(type), size, price,
    ]
    if let id {
      guard let number = UInt256(decimal: id) else { return nil }
      fields.append(number)
    }
    return message(account, fields)
  }

  private func message(_ account: UInt256, _ fields: [UInt256]) -> UInt256 {
    Self.list([Self.short("StarkNet Message"), domain, account, Self.list(fields)])
  }

  /// `["<r>","<s>"]` in decimal digits, or in hexadecimal ones after `0x`.
  static func signature(_ text: String) -> StarkSignature? {
    let bytes = Array(text.utf8)
    var json = JSONReader(bytes.span.bytes)
    do throws(JSONError) {
      var numbers: [UInt256] = []
      try json.enterArray()
      while try json.nextElement() {
        let part = try json.string().text
        guard let number = part.hasPrefix("0x") ? UInt256(hex: part) : UInt256(decimal: part)
        else { return nil }
        numbers.append(number)
      }
      try json.finish()
      return numbers.count == 2 ? StarkSignature(r: numbers[0], s: numbers[1]) : nil
    } catch {
      return nil
    }
  }

  /// Pedersen hashes from the left, begun with 0 and ended with the count.
  private static func list(_ elements: [UInt256]) -> UInt256 {
    var hash = UInt256.zero
    for element in elements { hash = Pedersen.hash(hash, element) }
    return Pedersen.hash(hash, UInt256(UInt64(elements.count)))
  }

  /// Keccak-256 without its upper six bits.
  private static func keccak(_ text: String) -> UInt256 {
    (Keccak256.hash(text) << 6) >> 6
  }

  /// The text's bytes as one number.
  private static func short(_ text: String) -> UInt256 {
    var number = UInt256.zero
    for byte in text.utf8 { number = number << 8 | UInt256(UInt64(byte)) }
    return number
  }

  /// The text of a positive decimal as a count of 10^-8, digits beyond cut off.
  private static func scaled(_ text: String) -> UInt256? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } })
    else { return nil }
    let fraction = parts.count == 2 ? parts[1].prefix(8) : ""
    let digits = parts[0] + fraction + String(repeating: "0", count: 8 - fraction.count)
    let plain = digits.drop { $0 == "0" }
    return plain.isEmpty ? .zero : UInt256(decimal: plain)
  }
}
