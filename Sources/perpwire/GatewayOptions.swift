import ArgumentParser
import PerpCore
import PerpVenue
import PerpVenues

/// Which gateway a command about accounts talks to.
struct GatewayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Talk to the gateway that serves this Unix socket; without it one is started for this "
        + "command alone.", valueName: "path"))
  var socket: String?

  @Flag(help: "Use simulated venues, inside a gateway of our own.")
  var sim = false

  @Flag(help: "Allow live orders; needs --confirm as well.")
  var live = false

  @Option(
    help: ArgumentHelp("ENABLE_LIVE_ORDER, to place live orders.", valueName: "text"))
  var confirm: String?

  @Option(help: ArgumentHelp("The journal of a gateway of our own.", valueName: "file"))
  var journal: String?

  @Option(help: "Give up after so many seconds.")
  var timeout = 15

  @Flag(help: "JSON lines instead of a table.")
  var json = false

  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions

  func validate() throws {
    guard (1...3_600).contains(timeout) else {
      throw ValidationError("--timeout must be 1 to 3600 seconds")
    }
    if socket != nil, sim || live || journal != nil {
      throw ValidationError("--sim, --live and --journal are for a gateway of our own")
    }
    if sim, live { throw ValidationError("--sim excludes --live") }
  }

  /// A gateway for these venues; their orders outlive us.
  func connect(_ venues: [VenueID]) throws -> GatewayLink {
    let link = try socket.map(GatewayLink.init(socket:)) ?? GatewayLink(serving: arguments(venues))
    try link.ask(
      "hello", #"{"cancel_on_disconnect":false,"heartbeat_ms":0}"#, seconds: timeout)
    if let confirm {
      try link.ask("arm", "{\"confirm\":\(json: confirm)}", seconds: timeout)
    }
    return link
  }

  private func arguments(_ venues: [VenueID]) -> [String] {
    var words = ["--quiet"]
    if !venues.isEmpty { words += ["--venues", venues.map(\.description).joined(separator: ",")] }
    if sim { words.append("--sim") }
    if live { words.append("--live") }
    if let journal { words += ["--journal", journal] }
    if let file = files.file { words += ["--config", file] }
    for endpoint in endpoints.endpoints { words += ["--endpoint", endpoint] }
    for setting in endpoints.settings { words += ["--set", setting] }
    if let environment = endpoints.environment { words += ["--environment", environment] }
    return words
  }
}

extension GatewayLink {
  /// Waits until orders can be placed on an account of each venue, and its holdings are told.
  func awaitAccounts(of venues: [VenueID], seconds: Int) throws {
    let deadline = seconds * 5
    for attempt in 0...deadline {
      let status = try ask("status")
      let accounts = status.objects("accounts") ?? []
      let missing = venues.filter { venue in
        !accounts.contains { $0.text("venue") == venue.description }
      }
      if let venue = missing.first, Registry.venue("\(venue)")?.trading == nil {
        throw Failure(.usage, "no orders can be placed at \(venue) with this version")
      }
      if let venue = missing.first {
        throw Failure(
          .configuration,
          "there is no account at \(venue): give its credentials; `perpwire doctor "
            + "--config-only` shows where they are looked for")
      }
      let down = accounts.first { account in
        account.text("state") != "live"
          && venues.contains { $0.description == account.text("venue") }
      }
      guard let down else { return }
      guard attempt < deadline else {
        throw Failure(
          .venueUnavailable,
          "\(down.text("venue") ?? "?") is not signed in: \(down.text("cause") ?? "?")")
      }
      _ = try event(seconds: 1) { $0.text("type") == "account" }
    }
  }
}

extension String.StringInterpolation {
  /// The text as JSON has it, quotes included.
  mutating func appendInterpolation(json text: String) {
    var buffer = ByteBuffer(capacity: text.utf8.count + 2)
    buffer.append(json: text)
    appendLiteral(String(decoding: buffer.array, as: UTF8.self))
  }
}
