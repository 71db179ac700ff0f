import PerpCore
import PerpCrypto
import PerpVenue

/// What an account proves its requests and signs its orders with. Which keys these are, and what is
/// done with them, is all that the generations do differently with accounts.
struct EdgeXCredentials: Sendable {
  let account: UInt64
  let generation: EdgeXGeneration
  let proof: any EdgeXProof
  /// Nil where the contracts do not say what is signed for.
  let signer: @Sendable (EdgeXContracts) -> (any EdgeXOrderSigner)?

  /// Names of the secrets that accounts with these settings have.
  static func names(_ settings: [String: String]) -> [String] {
    let ofAPI = ["api_key", "api_passphrase", "api_secret"]
    return switch EdgeXGeneration(settings) {
    case .v1: ["account_id", "stark_private_key"] + (wantsCodes(settings) ? ofAPI : [])
    case .v2: ["account_id", "private_key"] + ofAPI
    }
  }

  /// The gateway of V1 was seen to want the proofs of V2.
  private static func wantsCodes(_ settings: [String: String]) -> Bool {
    settings["v1_proof"] == "hmac"
  }

  init(_ options: TradingOptions) throws(TradingProblem) {
    guard let account = UInt64(try options.secret("account_id")) else {
      throw .credentials("the account_id of \(options.account) is not a number")
    }
    self.account = account
    generation = EdgeXGeneration(options.settings)
    switch generation {
    case .v1:
      let own = EdgeXStarkSigner(
        key: try options.key("stark_private_key") { (hex) throws(SecretError) in
          try StarkPrivateKey(hex: hex)
        })
      proof = Self.wantsCodes(options.settings) ? try EdgeXAuthentication(options) : own
      signer = { _ in own }
    case .v2:
      let key = try options.key("private_key") { (hex) throws(SecretError) in
        try Secp256k1.PrivateKey(hex: hex)
      }
      proof = try EdgeXAuthentication(options)
      signer = { contracts in
        contracts.domain.map { EdgeXSigner(key: key, chainID: $0.chainID, contract: $0.contract) }
      }
    }
  }
}

extension EdgeXAuthentication {
  fileprivate init(_ options: TradingOptions) throws(TradingProblem) {
    let (key, passphrase) = (try options.secret("api_key"), try options.secret("api_passphrase"))
    let secret = Array(try options.secret("api_secret").utf8)
    for (name, value) in [("api_key", key), ("api_passphrase", passphrase)] {
      // They stand in the header of requests.
      guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw .credentials("the \(name) of \(options.account) has characters that none can have")
      }
    }
    self.init(
      key: key, passphrase: passphrase,
      secret: SecretBytes(count: secret.count) { $0.copyBytes(from: secret) })
  }
}

extension TradingOptions {
  fileprivate func secret(_ name: String) throws(TradingProblem) -> String {
    if let secret = secrets[name] { return secret.value }
    throw .credentials("\(account) has no \(name)")
  }

  fileprivate func key<Key>(
    _ name: String, _ read: (String) throws(SecretError) -> Key
  ) throws(TradingProblem) -> Key {
    let text = try secret(name)
    do throws(SecretError) { return try read(text) } catch {
      throw .credentials("the \(name) of \(account) is no key: \(error)")
    }
  }
}
