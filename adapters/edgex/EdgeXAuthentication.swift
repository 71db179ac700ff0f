import PerpCrypto

/// Shows that private requests come from the account: headers that each of them has.
protocol EdgeXProof: Sendable {
  /// `timestamp` in Unix milliseconds; `body` is the body or the query as `EdgeXSignedBody`
  /// flattens it.
  func headers(
    timestamp: UInt64, method: String, path: String, body: String
  ) -> [(name: String, value: String)]

  /// What a private WebSocket is asked for with, which is proven as well.
  func socketQuery(timestamp: UInt64, account: UInt64) -> String
}

extension EdgeXProof {
  /// What a private WebSocket is opened with.
  func socketHeaders(
    timestamp: UInt64, account: UInt64
  ) -> [(name: String, value: String)] {
    headers(
      timestamp: timestamp, method: "GET", path: EdgeXAuthentication.privateSocketPath,
      body: socketQuery(timestamp: timestamp, account: account))
  }
}

/// Proves requests of the second generation, and of the first if it wants that, to come from a
/// key's owner. (API documentation, "Authentication".)
struct EdgeXAuthentication: EdgeXProof {
  private let key: String
  private let passphrase: String
  /// The code's key is the text of the secret's Base64, not the secret.
  private let codeKey: SecretBytes

  init(key: String, passphrase: String, secret: SecretBytes) {
    (self.key, self.passphrase) = (key, passphrase)
    codeKey = SecretBytes(count: Base64.encodedCount(secret.count)) { text in
      secret.withBytes { Base64.encode($0, into: text) }
    }
  }

  /// What is authenticated: the time in milliseconds, the method, the path without its query, and
  /// the body or the query as `EdgeXSignedBody` flattens it.
  static func message(
    timestamp: UInt64, method: String, path: String, body: String
  ) -> String {
    "\(timestamp)\(method)\(path)\(body)"
  }

  func signature(of message: String) -> String {
    var code = codeKey.withBytes { HMACSHA256(key: $0) }
    code.update(Array(message.utf8))
    return code.finish().paddedHex
  }

  func headers(
    timestamp: UInt64, method: String, path: String, body: String
  ) -> [(name: String, value: String)] {
    let message = Self.message(timestamp: timestamp, method: method, path: path, body: body)
    return [
      ("X-edgeX-Api-Key", key), ("X-edgeX-Passphrase", passphrase),
      ("X-edgeX-Signature", signature(of: message)), ("X-edgeX-Timestamp", "\(timestamp)"),
    ]
  }

  static let privateSocketPath = "/api/v1/private/ws"

  func socketQuery(timestamp: UInt64, account: UInt64) -> String {
    "accountId=\(account)&timestamp=\(timestamp)"
  }

  /// Headers of a private WebSocket for who cannot send any: JSON in Base64 without padding, as a
  /// subprotocol.
  static func subprotocol(_ headers: [(name: String, value: String)]) -> String {
    let members = headers.map { "\"\($0.name)\": \"\($0.value)\"" }.joined(separator: ", ")
    let text = Base64.encode(Array("{\(members)}".utf8))
    return String(text.prefix { $0 != "=" })
  }
}

/// The members of a request, which are authenticated as one flat text: names in the order of their
/// bytes, whatever the order in the JSON.
indirect enum EdgeXSignedBody: Equatable, Sendable {
  case null
  case text(String)
  case flag(Bool)
  /// As it is written.
  case number(String)
  case array([EdgeXSignedBody])
  case object([String: EdgeXSignedBody])

  var flattened: String {
    switch self {
    case .null: ""
    case .text(let text), .number(let text): text
    case .flag(let flag): flag ? "true" : "false"
    case .array(let elements): elements.map(\.flattened).joined(separator: "&")
    case .object(let members):
      members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key)=\($0.value.flattened)" }.joined(separator: "&")
    }
  }
}
