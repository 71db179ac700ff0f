import ArgumentParser
import Glibc
import PerpIO
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

  @Option(help: "The venue's environment, such as production or testnet.")
  var environment = "production"

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

  /// Flags win over the process environment, which wins over the venue's own addresses.
  func endpoints(of venue: VenueDescriptor) throws -> Endpoints {
    guard let chosen = venue.environments.first(where: { $0.name == environment }) else {
      let names = venue.environments.map(\.name).joined(separator: ", ")
      throw ValidationError("\(venue.id) has no environment '\(environment)'; it has \(names)")
    }
    var endpoints = chosen.endpoints
    let prefix = "PERPWIRE_\(venue.id.description.uppercased())"
    if let url = try Self.address("ws", fromVariable: "\(prefix)_WS_URL") { endpoints.ws = url }
    if let url = try Self.address("rest", fromVariable: "\(prefix)_REST_URL") {
      endpoints.rest = url
    }
    for text in self.endpoints {
      let (name, kind, url) = try Self.parseEndpoint(text)
      guard name == venue.id.description else { continue }
      if kind == "ws" { endpoints.ws = url } else { endpoints.rest = url }
    }
    return endpoints
  }

  func settings(of venue: VenueDescriptor) throws -> [String: String] {
    var result: [String: String] = [:]
    for text in settings {
      let (name, key, value) = try Self.parseSetting(text)
      if name == venue.id.description { result[key] = value }
    }
    return result
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

  private static func address(_ kind: String, fromVariable name: String) throws -> String? {
    guard let text = environmentVariable(name) else { return nil }
    do { return try address(kind, text) } catch {
      throw Failure(.configuration, "\(name)=\(text): \(error.description)")
    }
  }

  /// The address as sessions want it, without a slash at its end.
  private static func address(_ kind: String, _ text: String) throws(BadAddress) -> String {
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

  private struct BadAddress: Error {
    let description: String
  }

  private static func parseSetting(_ text: String) throws -> (String, String, String) {
    let (name, key, value) = try parse(text, as: "VENUE.NAME=VALUE")
    let known = Registry.venue(name)?.settings.map(\.name) ?? []
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
