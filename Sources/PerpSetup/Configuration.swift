import PerpCore
import PerpVenue

/// All that can be set, as it is set, each value with where it comes from.
///
/// Flags win over variables of the process environment, those over files, and a file over those
/// that are named after it. What is not understood is an error, whatever wins in the end.
package struct Configuration: Sendable {
  package enum Value: Equatable, Sendable {
    case text(String)
    case boolean(Bool)
    case list([String])
  }

  package enum Origin: Equatable, Sendable {
    case flag(String)
    case variable(String)
    case file(String, line: Int)
    /// Nobody has said anything.
    case standard
  }

  package struct Setting: Equatable, Sendable {
    package var value: Value
    package var origin: Origin
  }

  /// What a flag of the command line sets.
  package struct Flag: Sendable {
    let key: String
    let value: Value
    let name: String

    /// `name` is how it is written, such as `--log-level`.
    package init(_ key: String, _ value: Value, by name: String) {
      self.key = key
      self.value = value
      self.name = name
    }
  }

  package struct File: Sendable {
    let name: String
    let bytes: [UInt8]

    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  package let keys: [ConfigurationKey]
  let venues: [VenueDescriptor]
  /// The files that were read, the one that wins first.
  package let files: [String]
  private var settings: [String: Setting] = [:]
  private let home: String?

  package init(
    venues: [VenueDescriptor], flags: [Flag] = [], environment: [String: String] = [:],
    files: [File] = []
  ) throws(ConfigurationError) {
    keys = ConfigurationKey.all(of: venues)
    self.venues = venues
    self.files = files.map(\.name)
    home = environment["HOME"]
    for key in keys {
      if let text = key.standard, !text.isEmpty {
        settings[key.name] = Setting(value: key.value(standard: text), origin: .standard)
      }
    }
    for file in files.reversed() { try add(file) }
    for key in keys {
      // As everywhere here, a variable that is set to nothing is not set.
      guard let text = environment[key.variable], !text.isEmpty else { continue }
      let value = try key.value(variable: text)
      settings[key.name] = Setting(value: value, origin: .variable(key.variable))
    }
    for flag in flags {
      precondition(keys.contains { $0.name == flag.key }, "no key \(flag.key)")
      settings[flag.key] = Setting(value: flag.value, origin: .flag(flag.name))
    }
    for venue in venues { addAddresses(of: venue) }
  }

  private mutating func add(_ file: File) throws(ConfigurationError) {
    let document: TOMLDocument
    do throws(TOMLError) { document = try TOMLDocument(file.bytes) } catch {
      throw ConfigurationError("\(file.name):\(error.line)", error.text)
    }
    for table in document.tables {
      let isKnown = keys.contains {
        $0.path.count > table.path.count && $0.path.starts(with: table.path)
      }
      guard isKnown else {
        throw ConfigurationError("\(file.name):\(table.line)", noTable(table.path))
      }
    }
    for entry in document.entries {
      let place = "\(file.name):\(entry.line)"
      guard let key = keys.first(where: { $0.path == entry.path }) else {
        throw ConfigurationError(place, noKey(entry.path))
      }
      let origin = Origin.file(file.name, line: entry.line)
      settings[key.name] = Setting(value: try key.value(entry.value, at: place), origin: origin)
    }
  }

  /// Where nobody names an address it is that of the environment.
  private mutating func addAddresses(of venue: VenueDescriptor) {
    let chosen = text("venue.\(venue.id).environment")
    guard let environment = venue.environments.first(where: { $0.name == chosen }) else { return }
    let addresses = [("ws", environment.endpoints.ws), ("rest", environment.endpoints.rest)]
    for (kind, address) in addresses where settings["venue.\(venue.id).\(kind)"] == nil {
      settings["venue.\(venue.id).\(kind)"] = Setting(value: .text(address), origin: .standard)
    }
  }

  // MARK: Reading it

  /// Nil for what nobody has set and has no standard. The key must be one there is.
  package func setting(_ key: String) -> Setting? {
    precondition(keys.contains { $0.name == key }, "there is no key \(key)")
    return settings[key]
  }

  package func text(_ key: String) -> String? {
    guard case .text(let text)? = setting(key)?.value else { return nil }
    return text
  }

  /// With the user's home in place of `~`.
  package func path(_ key: String) -> String? {
    guard let text = text(key) else { return nil }
    guard text.hasPrefix("~/"), let home else { return text }
    return home + text.dropFirst()
  }

  /// Of a key whose form is a number.
  package func number(_ key: String) -> Decimal? { text(key).flatMap { Decimal($0) } }

  package func isTrue(_ key: String) -> Bool { setting(key)?.value == .boolean(true) }

  package func list(_ key: String) -> [String] {
    guard case .list(let list)? = setting(key)?.value else { return [] }
    return list
  }

  /// Users by their numbers.
  package func users(_ key: String) -> [UInt32] { list(key).compactMap { UInt32($0) } }

  /// What the user has set of the venue's own settings.
  package func settings(of venue: VenueDescriptor) -> [String: String] {
    var result: [String: String] = [:]
    for setting in venue.allSettings {
      let key = "venue.\(venue.id).\(setting.name)"
      guard let set = self.setting(key), set.origin != .standard else { continue }
      if case .text(let text) = set.value { result[setting.name] = text }
    }
    return result
  }

  // MARK: What is not there

  private func noTable(_ path: [String]) -> String {
    let name = path.joined(separator: ".")
    let tables = Set(keys.flatMap { key in (1..<key.path.count).map { key.path[..<$0] } })
      .map { $0.joined(separator: ".") }.sorted()
    return "there is no table [\(name)]" + (meant(name, tables) ?? "; there are " + list(tables))
  }

  private func noKey(_ path: [String]) -> String {
    let name = path.joined(separator: ".")
    let table = path.dropLast()
    let there = keys.filter { $0.path.dropLast() == table }.map { $0.path[table.count] }
    let hint =
      meant(name, keys.map(\.name))
      ?? (there.isEmpty ? "" : "; [\(table.joined(separator: "."))] has " + list(there))
    return "there is no key '\(name)'\(hint)"
  }

  private func meant(_ name: String, _ names: [String]) -> String? {
    Spelling.nearest(to: name, in: names).map { "; did you mean '\($0)'?" }
  }

  private func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

/// Why the configuration cannot be used: where that is, a file with its line or a variable, and
/// what is wrong there. Values are not repeated unless they are words of a closed list.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  package let place: String
  package let text: String

  package init(_ place: String, _ text: String) {
    self.place = place
    self.text = text
  }

  package var description: String { "\(place): \(text)" }
}
