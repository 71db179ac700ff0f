import PerpCore
import PerpVenue

extension Configuration {
  /// A line of what is set, fit to be shown to anybody.
  package struct Row: Equatable, Sendable {
    package let key: String
    package let value: String
    package let origin: String

    package init(key: String, value: String, origin: String) {
      self.key = key
      self.value = value
      self.origin = origin
    }

    /// For programs: one JSON object.
    package var line: String {
      var json = ByteBuffer()
      json.append("{")
      json.put("key", text: key)
      json.put("value", text: value)
      json.put("from", text: origin)
      json.append("}\n")
      return json.string
    }
  }

  /// What is set, in the order of the keys, but for what belongs to other venues.
  package func rows(of venues: [String]) -> [Row] {
    keys.compactMap { key in
      guard let setting = setting(key.name) else { return nil }
      if key.path[0] == "venue", !venues.contains(key.path[1]) { return nil }
      return Row(
        key: key.name, value: Self.text(setting.value, key.form),
        origin: setting.origin.description)
    }
  }

  /// Variables that look like ours and are not: slips, mostly. `secret` names the variable of a
  /// venue's secret.
  package func unknownVariables(
    in environment: [String: String], secret: (VenueDescriptor, String) -> String
  ) -> [String] {
    let secrets = venues.flatMap { venue in venue.secrets.map { secret(venue, $0.name) } }
    let known = Set(keys.map(\.variable) + secrets + secrets.map { "\($0)_FILE" })
    return environment.keys.filter { $0.hasPrefix("PERPWIRE_") && !known.contains($0) }.sorted()
  }

  private static func text(_ value: Value, _ form: ConfigurationKey.Form) -> String {
    switch value {
    case .boolean(let isOn): "\(isOn)"
    // A password may have found its way into the arguments.
    case .list(let list) where form == .command:
      list[0] + (list.count > 1 ? " (and \(list.count - 1) more)" : "")
    case .list(let list): list.joined(separator: ", ")
    case .text(let text): withoutSecrets(text)
    }
  }

  /// An address without what may be a key in it: the user's name and password, and the query.
  package static func withoutSecrets(_ address: String) -> String {
    let scheme = address.prefix { $0 != ":" }
    guard address[scheme.endIndex...].hasPrefix("://") else { return address }
    let rest = address[scheme.endIndex...].dropFirst("://".count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
    let query = path.endIndex < rest.endIndex ? "?(redacted)" : ""
    return "\(scheme)://\(host ?? authority)\(path)\(query)"
  }
}

extension Configuration.Origin: CustomStringConvertible {
  package var description: String {
    switch self {
    case .flag(let name): name
    case .variable(let name): name
    case .file(let name, let line): "\(name):\(line)"
    case .standard: "default"
    }
  }
}
