/// The proxy by which REST reaches a host, as libcurl reads the process environment.
package struct Proxy: Equatable, Sendable {
  /// Host and port, without what may stand before them for the proxy's own eyes.
  package let name: String
  /// The variable that names it.
  package let variable: String

  /// Nil where none is used: none is set, or the host is excepted.
  package init?(host: String, isSecure: Bool, isLoopback: Bool, variables: [String: String]) {
    let names =
      isSecure
      ? ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
      : ["http_proxy", "all_proxy", "ALL_PROXY"]
    // A variable that is set to nothing switches off those after it.
    guard let variable = names.first(where: { variables[$0] != nil }),
      let address = variables[variable], !address.isEmpty, !isLoopback,
      !Self.isExcepted(host, by: variables["no_proxy"] ?? variables["NO_PROXY"] ?? "")
    else { return nil }
    let isWhole = address.contains { $0 == "/" }
    let plain = Configuration.withoutSecrets(isWhole ? address : "http://" + address)
    name = String(plain.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" && $0 != "?" })
    self.variable = variable
  }

  /// `example.com` excepts itself and all below it; `*` excepts everything.
  private static func isExcepted(_ host: String, by list: String) -> Bool {
    list.split { $0 == "," || $0 == " " }.contains { entry in
      let name = entry.drop { $0 == "." }.lowercased()
      let own = host.lowercased()
      return entry == "*" || own == name || own.hasSuffix("." + name)
    }
  }
}
