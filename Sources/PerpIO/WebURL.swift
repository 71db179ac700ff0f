/// What a connection needs of an URL: `wss://host[:port]/path?query`.
package struct WebURL: Equatable, Sendable {
  package let scheme: String
  package let host: String
  package let port: Int
  /// Path and query, beginning with a slash.
  let target: String

  /// Nil for anything that is not an absolute ws, wss, http or https URL, for user names in it,
  /// and for spaces or control characters, which could end a header line.
  package init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 }),
      let colon = text.range(of: "://")
    else { return nil }
    scheme = text[..<colon.lowerBound].lowercased()
    guard let standard = ["ws": 80, "http": 80, "wss": 443, "https": 443][scheme] else {
      return nil
    }
    let rest = text[colon.upperBound...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@"), let place = Self.split(authority) else { return nil }
    host = place.host
    guard let number = place.port.map({ Int($0) }) ?? standard, (1...65535).contains(number) else {
      return nil
    }
    port = number
    let tail = rest[authority.endIndex...]
    target = tail.hasPrefix("/") ? String(tail) : "/" + tail
  }

  package var isSecure: Bool { scheme == "wss" || scheme == "https" }

  /// `localhost` or a numeric loopback address. Other names do not count, whatever they resolve
  /// to: who answers for them is not ours to say.
  package var isLoopback: Bool {
    host.lowercased() == "localhost"
      || AddressLookup.numeric(host, port: port).map(\.isLoopback) == true
  }

  /// The host is an address, so that no name server is asked.
  package var isNumeric: Bool { AddressLookup.numeric(host, port: port) != nil }

  /// The value of the `Host` field.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  private static func split(_ authority: Substring) -> (host: String, port: Substring?)? {
    var host = authority
    var port: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let tail = authority[authority.index(after: end)...]
      guard tail.isEmpty || tail.hasPrefix(":") else { return nil }
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else if let colon = authority.lastIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
      if host.contains(":") { return nil }
    }
    return host.isEmpty ? nil : (String(host), port)
  }
}

extension String {
  /// The first occurrence of `text`; Foundation has it, this target does without.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
