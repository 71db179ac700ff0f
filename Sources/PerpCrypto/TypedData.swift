/// Typed structured data of Ethereum (EIP-712): what wallets show before they sign, and how it is
/// hashed. Every value is a word of 32 bytes, the most significant first: numbers and addresses
/// padded with zeros, truth as 0 or 1, texts, arrays and structs as their hashes.
package struct TypedData: Sendable {
  /// The type's hash and the members' words, in order: what EIP-712 calls *encodeData*.
  package private(set) var words: [UInt256]

  /// `typeHash` is the Keccak-256 of the type with all types it refers to, such as
  /// `Mail(Person from)Person(string name)`.
  package init(typeHash: UInt256, _ members: UInt256...) {
    words = [typeHash] + members
  }

  package init(type: String, _ members: UInt256...) {
    words = [Keccak256.hash(type)] + members
  }

  package mutating func append(_ word: UInt256) { words.append(word) }

  /// The hash of the struct, its word in another one.
  package var hash: UInt256 { Keccak256.hash(words: words) }

  /// What is signed: the hash of the struct within its domain.
  package static func digest(domain: UInt256, structHash: UInt256) -> UInt256 {
    var keccak = Keccak256()
    keccak.update(byte: 0x19)
    keccak.update(byte: 0x01)
    keccak.update(domain)
    keccak.update(structHash)
    return keccak.finish()
  }

  /// The hash of a domain with a name, a version, a chain and, for some, a contract.
  package static func domain(
    name: String, version: String, chainID: UInt256, contract: EthereumAddress? = nil
  ) -> TypedData {
    let type =
      "EIP712Domain(string name,string version,uint256 chainId"
      + (contract == nil ? ")" : ",address verifyingContract)")
    var domain = TypedData(type: type, Keccak256.hash(name), Keccak256.hash(version), chainID)
    if let contract { domain.append(contract.word) }
    return domain
  }

  /// What `personal_sign` signs of a text (EIP-191).
  package static func personalDigest(_ text: String) -> UInt256 {
    Keccak256.hash("\u{19}Ethereum Signed Message:\n\(text.utf8.count)\(text)")
  }
}
