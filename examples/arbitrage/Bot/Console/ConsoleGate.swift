/// Who may ask the console what. It listens on this machine alone, but every page that a browser
/// shows can reach this machine: so the address it was called by counts, the page that asks, and a
/// token that only the terminal has told. (S1-70 to S1-82)
package struct ConsoleGate: Sendable {
  package enum Verdict: Equatable, Sendable {
    case pass(isTrusted: Bool)
    /// A status of HTTP, and why.
    case refuse(Int, String)
  }

  /// What a request says of where it comes from.
  package struct Credentials: Equatable, Sendable {
    package var host: String?
    package var origin: String?
    /// `Authorization`.
    package var authorization: String?
    /// Of the address.
    package var token: String?

    package init(
      host: String?, origin: String? = nil, authorization: String? = nil, token: String? = nil
    ) {
      (self.host, self.origin) = (host, origin)
      (self.authorization, self.token) = (authorization, token)
    }
  }

  package static let pages = ["/", "/market", "/trade", "/api-config"]
  /// Answered without a token, in short.
  private static let open = ["/api/status", "/api/health"]

  private let token: String
  private let hosts: Set<String>

  /// `hosts` as browsers write them, with ports other than 80 and 443.
  package init(token: String, hosts: Set<String>) { (self.token, self.hosts) = (token, hosts) }

  package func judge(_ path: String, _ credentials: Credentials) -> Verdict {
    // A name that somebody else's server resolves to this machine.
    guard let host = credentials.host?.lowercased(), hosts.contains(host) else {
      return .refuse(421, "this console is not called by that name")
    }
    if let origin = credentials.origin, !isOurs(origin, host) {
      return .refuse(403, "another site's page asks")
    }
    let isStream = path == "/ws/stream"
    guard isStream || path.hasPrefix("/api/") else { return .pass(isTrusted: false) }
    var given: String?
    if let text = credentials.authorization, text.hasPrefix("Bearer ") {
      given = String(text.dropFirst(7))
    }
    if isStream { given = given ?? credentials.token }
    if let given, isEqual(given) { return .pass(isTrusted: true) }
    if Self.open.contains(path), given == nil { return .pass(isTrusted: false) }
    return .refuse(
      401, "the token of this console is needed: it is in the address that was printed")
  }

  private func isOurs(_ origin: String, _ host: String) -> Bool {
    ["http://", "https://"].contains { origin.lowercased() == $0 + host }
  }

  /// Takes as long whatever is wrong.
  private func isEqual(_ given: String) -> Bool {
    let (one, other) = (Array(given.utf8), Array(token.utf8))
    guard one.count == other.count, !other.isEmpty else { return false }
    return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
