import ArgumentParser
import Glibc
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

/// `--endpoint` and its kin: where a venue is found.
struct EndpointOptions: ParsableArguments {
  @Option(
    name: .customLong("endpoint"),
    help: ArgumentHelp(
      "Another address of a venue: VENUE.ws=URL or VENUE.rest=URL; repeatable. Also "
        + "PERPWIRE_<VENUE>_WS_URL and PERPWIRE_<VENUE>_REST_URL.", valueName: "venue.ws=url"))
  var endpoints: [String] = []

  @Option(help: "The venues' environment, such as testnet; by default production.")
  var environment: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting of a venue, VENUE.NAME=VALUE; `perpwire venues` lists them; repeatable.",
      valueName: "venue.name=value"))
  var settings: [String] = []

  func validate() throws {
    for text in endpoints { _ = try Self.parseEndpoint(text) }
    for text in settings { _ = try Self.parseSetting(text) }
  }

  /// For runs against simulated venues inside this process.
  func requireNone() throws {
    guard endpoints.isEmpty else {
      throw ValidationError("--sim brings its own endpoints: leave out --endpoint, or --sim")
    }
  }

  /// What these flags set for the venues of a run.
  func flags(for venues: [VenueDescriptor]) throws -> [Configuration.Flag] {
    var flags: [Configuration.Flag] = []
    for venue in venues {
      let table = "venue.\(venue.id)"
      if let environment {
        guard venue.environments.contains(where: { $0.name == environment }) else {
          let names = venue.environments.map(\.name).joined(separator: ", ")
          throw ValidationError("\(venue.id) has no environment '\(environment)'; it has \(names)")
        }
        flags.append(.init("\(table).environment", .text(environment), by: "--environment"))
      }
      for text in endpoints {
        let (name, kind, url) = try Self.parseEndpoint(text)
        guard name == venue.id.description else { continue }
        flags.append(.init("\(table).\(kind)", .text(url), by: "--endpoint"))
      }
      for text in settings {
        let (name, key, value) = try Self.parseSetting(text)
        guard name == venue.id.description else { continue }
        flags.append(.init("\(table).\(key)", .text(value), by: "--set"))
      }
    }
    return flags
  }

  private static func parseEndpoint(_ text: String) throws -> (String, String, String) {
    let (name, kind, url) = try parse(text, as: "VENUE.ws=URL or VENUE.rest=URL")
    guard kind == "ws" || kind == "rest" else {
      throw ValidationError("'\(text)': the endpoint is ws or rest, not '\(kind)'")
    }
    do { return (name, kind, try address(kind, url)) } catch {
      throw ValidationError("'\(text)': \(error.description)")
    }
  }

  /// The address as sessions want it, without a slash at its end.
  static func address(_ kind: String, _ text: String) throws(BadAddress) -> String {
    let (plain, secure) = kind == "ws" ? ("ws", "wss") : ("http", "https")
    guard let url = WebURL(text), url.scheme == plain || url.scheme == secure else {
      throw BadAddress(description: "a \(kind) address looks like \(secure)://host/path")
    }
    guard url.isSecure || url.isLoopback else {
      throw BadAddress(
        description: "\(plain):// is not encrypted and allowed to this machine only, such as "
          + "\(plain)://127.0.0.1:8100/v1; write \(secure)://")
    }
    return String(text.reversed().drop { $0 == "/" }.reversed())
  }

  struct BadAddress: Error {
    let description: String
  }

  private static func parseSetting(_ text: String) throws -> (String, String, String) {
    let (name, key, value) = try parse(text, as: "VENUE.NAME=VALUE")
    let known = Registry.venue(name)?.allSettings.map(\.name) ?? []
    guard known.contains(key) else {
      throw ValidationError(
        "\(name) has no setting '\(key)'; it has \(known.joined(separator: ", "))")
    }
    return (name, key, value)
  }

  private static func parse(_ text: String, as form: String) throws -> (String, String, String) {
    let sides = text.split(separator: "=", maxSplits: 1)
    let names = sides.first?.split(separator: ".", maxSplits: 1) ?? []
    guard sides.count == 2, names.count == 2 else {
      throw ValidationError("'\(text)' does not look like \(form)")
    }
    _ = try Registry.required(String(names[0]))
    return (String(names[0]), String(names[1]), String(sides[1]))
  }
}

extension Configuration {
  /// Where the venue is found. Throws a `Failure` that says where a bad address stands.
  func endpoints(of venue: VenueDescriptor) throws -> Endpoints {
    Endpoints(ws: try address("ws", of: venue), rest: try address("rest", of: venue))
  }

  private func address(_ kind: String, of venue: VenueDescriptor) throws -> String {
    let key = "venue.\(venue.id).\(kind)"
    guard case .text(let text)? = setting(key)?.value, let origin = setting(key)?.origin else {
      throw Failure(.configuration, "'\(key)' is not set")
    }
    do throws(EndpointOptions.BadAddress) {
      return try EndpointOptions.address(kind, text)
    } catch {
      throw Failure(
        .configuration,
        "\(origin): '\(key)' = \(Configuration.withoutSecrets(text)): \(error.description)")
    }
  }
}

/// Nil where it is not set, or set to nothing.
func environmentVariable(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}

/// The system's certificates, or those of `SSL_CERT_FILE`.
func trustedRoots() throws -> TrustedRoots {
  do {
    return try TrustedRoots()
  } catch {
    throw Failure(.ioError, "cannot read the certificates TLS needs: \(error.text)")
  }
}
