import PerpCore
import PerpCrypto
import PerpVenue

extension ParadexSimulator {
  /// "A JWT lives 5 minutes." In seconds; the setting `jwt_lifetime`.
  static let tokenLifetime: Int64 = 300

  enum Bearer {
    case valid(ParadexSimulatorToken)
    case refused(String)
  }

  /// `POST /v1/auth[/{public_key}]`: a token for a signature.
  mutating func authenticate(
    _ request: HTTPRequest, key: String?, at now: Moment
  ) -> HTTPResponse {
    guard let address = request.field("PARADEX-STARKNET-ACCOUNT").flatMap(UInt256.init(hex:)) else {
      return Self.failure(400, "INVALID_STARKNET_ADDRESS", "the account is no address")
    }
    guard let index = accounts.firstIndex(where: { $0.address == address }) else {
      return Self.failure(
        400, "NOT_ONBOARDED", "User has never called /onboarding endpoint")
    }
    let publicKey = key.map { UInt256(hex: $0) } ?? accounts[index].mainKey
    guard let publicKey, accounts[index].keys[publicKey] != nil else {
      return Self.failure(400, "INVALID_SUBKEY", "the key is none of the account")
    }
    let seconds = UInt64(now.wall / 1_000_000)
    guard let time = request.field("PARADEX-TIMESTAMP").flatMap(UInt64.init),
      let end = request.field("PARADEX-SIGNATURE-EXPIRATION").map(UInt64.init)
        ?? time + 30 * 60,
      time <= seconds + 10, end > seconds, end <= time + 7 * 86_400
    else { return Self.failure(400, "INVALID_TIMESTAMP", "the signature is not of this time") }
    guard
      let signature = request.field("PARADEX-STARKNET-SIGNATURE")
        .flatMap(ParadexSimulatorVerifier.signature)
    else { return Self.failure(400, "INVALID_STARKNET_SIGNATURE", "no signature") }
    let hash = verifier.auth(account: address, timestamp: time, expiration: end)
    guard accounts[index].signed(signature, hash, key: publicKey) else {
      return Self.failure(
        401, "STARKNET_SIGNATURE_VERIFICATION_FAILED", "the signature is not of the key")
    }
    let token = issue(
      index, isInteractive: request.query("token_usage") == "interactive", at: now)
    return .json { text in
      text.append("{")
      text.put("jwt_token", text: token)
      text.append("}")
    }
  }

  private mutating func issue(_ index: Int, isInteractive: Bool, at now: Moment) -> String {
    let lifetime = options.settings["jwt_lifetime"].flatMap(Int64.init) ?? Self.tokenLifetime
    let seconds = now.wall / 1_000_000
    func part(_ write: (inout ByteBuffer) -> Void) -> String {
      var text = ByteBuffer(capacity: 256)
      text.append("{")
      write(&text)
      text.append("}")
      return Self.urlSafe(text.array)
    }
    let header = part {
      $0.put("alg", text: "ES384")
      $0.put("typ", text: "JWT")
    }
    let claims = part {
      $0.put("typ", text: "at+JWT")
      $0.put("exp", seconds + lifetime)
      $0.put("iat", seconds)
      $0.put("iss", text: "Paradex simulator")
      $0.put("sub", text: accounts[index].address.hex)
    }
    // Nobody checks a signature here: the token is known or it is not.
    let noise = (0..<12).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    let token = "\(header).\(claims).\(Self.urlSafe(noise))"
    tokens = tokens.filter { $0.value.expires + 60_000_000 > now.wall }
    tokens[token] = ParadexSimulatorToken(
      account: index, expires: (seconds + lifetime) * 1_000_000, isInteractive: isInteractive)
    return token
  }

  private static func urlSafe(_ bytes: [UInt8]) -> String {
    String(
      Base64.encode(bytes).compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
  }

  func bearer(_ token: String, at now: Moment) -> Bearer {
    guard let known = tokens[token] else { return .refused("token is malformed") }
    guard known.expires > now.wall else {
      let late = Decimal(mantissa: Int128(now.wall - known.expires), scale: 6)
      return .refused("token is expired by \(late.trimmed)s")
    }
    return .valid(known)
  }

  /// The token of a request, or the answer to one without.
  func authorized(
    _ request: HTTPRequest, at now: Moment
  ) -> Result<ParadexSimulatorToken, Unauthorized> {
    guard let field = request.field("Authorization"), field.hasPrefix("Bearer ") else {
      return .failure(Unauthorized(reason: nil))
    }
    switch bearer(String(field.dropFirst("Bearer ".count)), at: now) {
    case .valid(let token): return .success(token)
    case .refused(let reason): return .failure(Unauthorized(reason: reason))
    }
  }

  /// `{"message":"missing or malformed jwt: token is expired by 9.46872137s"}`
  struct Unauthorized: Error {
    let reason: String?

    var response: HTTPResponse {
      .json(status: 401) { text in
        text.append("{")
        text.put("message", text: "missing or malformed jwt" + (reason.map { ": \($0)" } ?? ""))
        text.append("}")
      }
    }
  }
}

extension HTTPRequest {
  func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
