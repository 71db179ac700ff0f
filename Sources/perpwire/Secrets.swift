import Glibc
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

/// What only the user has, never by an argument, which all can read: from the process environment
/// as `PERPWIRE_<VENUE>_<NAME>`, from a file that `PERPWIRE_<VENUE>_<NAME>_FILE` names, from
/// `$CREDENTIALS_DIRECTORY/<venue>` of systemd, from the file that `credentials` names, from what
/// `credentials_command` prints; the first that has it is taken.
enum Secrets {
  /// A longer file is a mistake.
  static let maxBytes = 64 << 10

  /// What the process environment had, by the names of variables. They are taken out of it, since
  /// others can read it there and programs we start would have them as well.
  private static let variables: [String: Secret] = {
    let names = Registry.venues.flatMap { venue in
      venue.secrets.map { variable($0.name, of: venue) }
    }
    let taken = names.compactMap { name in
      ProcessEnvironment.take(name).flatMap { $0.isEmpty ? nil : (name, Secret($0)) }
    }
    if !taken.isEmpty {
      let names = taken.map(\.0).joined(separator: ", ")
      Log().write(
        .warning,
        "\(names) came by the process environment, which programs of the same user can read; "
          + "a file of mode 0600 is safer: \(taken[0].0)_FILE", at: Clock.now())
    }
    return Dictionary(uniqueKeysWithValues: taken)
  }()

  struct Found {
    let name: String
    let secret: Secret
    /// Where it was found, in words for the user.
    let origin: String
  }

  static func read(
    for venue: VenueDescriptor, in configuration: Configuration
  ) throws -> [String: Secret] {
    Dictionary(
      try find(for: venue, in: configuration).map { ($0.name, $0.secret) },
      uniquingKeysWith: { first, _ in first })
  }

  static func find(
    for venue: VenueDescriptor, in configuration: Configuration
  ) throws -> [Found] {
    var found: [Found] = []
    for (name, _) in venue.secrets {
      let variable = variable(name, of: venue)
      if let secret = variables[variable] {
        found.append(Found(name: name, secret: secret, origin: variable))
      } else if let path = environmentVariable("\(variable)_FILE") {
        let bytes = try read(file: path, for: "\(variable)_FILE=\(path)", isOurs: true)
        guard let word = word(bytes) else {
          throw Failure(.configuration, "\(path) must hold one word, the secret")
        }
        found.append(Found(name: name, secret: word, origin: path))
      }
    }
    for source in sources(of: venue, in: configuration) where found.count < venue.secrets.count {
      for (name, secret) in try secrets(from: source, of: venue)
      where !found.contains(where: { $0.name == name }) {
        found.append(Found(name: name, secret: secret, origin: source.name))
      }
    }
    return found
  }

  static func variable(_ name: String, of venue: VenueDescriptor) -> String {
    "PERPWIRE_\(venue.id)_\(name)".uppercased()
  }

  // MARK: Files and commands for all secrets of a venue

  private enum Source {
    /// `isOurs` where it is for us to see that nobody else can read it.
    case file(String, origin: String, isOurs: Bool)
    case command([String], origin: String)

    var name: String {
      switch self {
      case .file(let path, _, _): path
      case .command(let command, _): command[0]
      }
    }
  }

  private static func sources(
    of venue: VenueDescriptor, in configuration: Configuration
  ) -> [Source] {
    guard !venue.secrets.isEmpty else { return [] }
    var sources: [Source] = []
    if let folder = environmentVariable("CREDENTIALS_DIRECTORY") {
      let path = "\(folder)/\(venue.id)"
      if access(path, F_OK) == 0 {
        sources.append(.file(path, origin: "CREDENTIALS_DIRECTORY", isOurs: false))
      }
    }
    let key = "venue.\(venue.id).credentials"
    if let path = configuration.path(key), let origin = configuration.setting(key)?.origin {
      sources.append(.file(path, origin: "\(origin)", isOurs: true))
    }
    let command = configuration.list("\(key)_command")
    if !command.isEmpty, let origin = configuration.setting("\(key)_command")?.origin {
      sources.append(.command(command, origin: "\(origin)"))
    }
    return sources
  }

  /// One word where the venue has one secret, else lines `name = "value"`.
  private static func secrets(
    from source: Source, of venue: VenueDescriptor
  ) throws -> [(String, Secret)] {
    let bytes: [UInt8]
    switch source {
    case .file(let path, let origin, let isOurs):
      bytes = try read(file: path, for: "\(origin): \(path)", isOurs: isOurs)
    case .command(let command, let origin): bytes = try SecretCommand.run(command, for: origin)
    }
    let quotes: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    if venue.secrets.count == 1, !bytes.contains(where: quotes.contains), let word = word(bytes) {
      return [(venue.secrets[0].name, word)]
    }
    let names = venue.secrets.map(\.name)
    let wanted = "what holds secrets has lines NAME = \"VALUE\" with " + list(names)
    let document: TOMLDocument
    do throws(TOMLError) { document = try TOMLDocument(bytes) } catch {
      throw Failure(.configuration, "\(source.name):\(error.line): \(wanted)")
    }
    return try document.entries.map { entry in
      guard case .string(let value) = entry.value, names.contains(entry.path.joined(separator: "."))
      else { throw Failure(.configuration, "\(source.name):\(entry.line): \(wanted)") }
      return (entry.path[0], Secret(value))
    }
  }

  private static func list(_ names: [String]) -> String { names.joined(separator: ", ") }

  // MARK: Reading

  private static func read(file path: String, for what: String, isOurs: Bool) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.configuration, "\(what): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Failure(.configuration, "\(what) is no file")
    }
    if isOurs { try requirePrivate(path, status) }
    guard let bytes = bytes(of: descriptor, upTo: maxBytes) else {
      throw Failure(
        .configuration, "\(path) cannot be read, or is longer than \(maxBytes) bytes")
    }
    return bytes
  }

  private static func requirePrivate(_ path: String, _ status: stat) throws {
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o7777, radix: 8)
      throw Failure(
        .permission, "\(path) is open to others (0\(mode)); chmod 600 it, since it holds a secret")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw Failure(.permission, "\(path) belongs to another user, who can read the secret in it")
    }
  }

  /// Nil unless it is one word.
  private static func word(_ bytes: [UInt8]) -> Secret? {
    let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
    return words.count == 1 ? Secret(String(words[0])) : nil
  }
}
