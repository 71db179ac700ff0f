import ArgumentParser
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Find out what is wrong between here and the venues, and what to do about it.",
    discussion: """
      EXAMPLES
        perpwire doctor
        perpwire doctor paradex lighter --json | jq -r 'select(.fault) | .fault'
        perpwire doctor --config-only
        perpwire doctor --sim --fault rest=429 paradex

      Checks the configuration and, venue by venue, secrets, proxy, DNS, TCP, TLS, REST, rate
      limits, the clock, the WebSocket and the first data of each channel. Sends no order.
      Prints a line for each check, ok, warn or fail, and last which faults were found.

      EXIT CODES
        0 nothing failed, warnings allowed   69 a venue is not there or not well
        77 a secret is open to others        78 configuration
      """)

  @Argument(help: "Venues; all by default.")
  var venues: [String] = []

  @Flag(help: "Print what is set and where each value comes from, and check nothing else.")
  var configOnly = false

  @Flag(help: "Examine simulated venues inside this process.")
  var sim = false

  @Flag(help: "One JSON object per check instead of a table.")
  var json = false

  @Option(help: "Give each step so many seconds.")
  var timeout = 10

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try chosen()
    guard (1...600).contains(timeout) else {
      throw ValidationError("--timeout must be 1 to 600 seconds")
    }
    if !sim, simulation.fault != nil {
      throw ValidationError("--fault is for simulated venues: add --sim")
    }
    if sim { try endpoints.requireNone() }
  }

  func chosen() throws -> [VenueDescriptor] {
    try venues.isEmpty ? Registry.venues : venues.map(Registry.required)
  }

  func run() throws { try DoctorRun(self).run() }
}

/// One run of `perpwire doctor`.
private final class DoctorRun {
  private let command: Doctor
  private let venues: [VenueDescriptor]
  private var diagnosis = Diagnosis()

  init(_ command: Doctor) throws {
    self.command = command
    venues = try command.chosen()
  }

  /// Returns where nothing failed; else ends with the exit code of the worst.
  func run() throws {
    if let configuration = try load() {
      if command.configOnly { try list(configuration) } else { try examine(configuration) }
    }
    try Output.write(command.json ? diagnosis.line : diagnosis.text)
    if diagnosis.exitCode != 0 { throw ExitCode(diagnosis.exitCode) }
  }

  private func tell(_ finding: Finding) throws {
    diagnosis.add(finding)
    try Output.write(command.json ? finding.line : finding.text)
  }

  // MARK: Configuration

  /// Nil when it cannot be used.
  private func load() throws -> Configuration? {
    let flags = try command.endpoints.flags(for: venues) + command.logging.flags
    do {
      let configuration = try command.files.load(flags)
      let files = configuration.files
      try tell(
        .ok("configuration", files.isEmpty ? "no file" : files.joined(separator: ", ")))
      let unknown = configuration.unknownVariables(in: ProcessEnvironment.variables()) {
        Secrets.variable($1, of: $0)
      }
      for name in unknown {
        try tell(.warn("configuration", .variableUnknown, "nothing is called \(name)"))
      }
      return configuration
    } catch let failure as Failure {
      try tell(.fail("configuration", .configInvalid, failure.description))
      return nil
    }
  }

  /// Secrets are named with their places, and never shown.
  private func list(_ configuration: Configuration) throws {
    var rows = configuration.rows(of: venues.map(\.id.description))
    for venue in venues {
      _ = try addresses(of: venue, in: configuration)
      for found in try secrets(of: venue, in: configuration) {
        rows.append(
          .init(
            key: "venue.\(venue.id).\(found.name)", value: found.secret.description,
            origin: found.origin))
      }
    }
    let table = [["KEY", "VALUE", "FROM"]] + rows.map { [$0.key, $0.value, $0.origin] }
    try Output.write(
      command.json ? rows.map(\.line).joined() : TextTable(rows: table).text)
  }

  /// Nil when they must not be used.
  private func addresses(
    of venue: VenueDescriptor, in configuration: Configuration
  ) throws -> Endpoints? {
    do { return try configuration.endpoints(of: venue) } catch let failure as Failure {
      try tell(.fail("address", .addressInvalid, failure.description, of: venue.id))
      return nil
    }
  }

  private func secrets(
    of venue: VenueDescriptor, in configuration: Configuration
  ) throws -> [Secrets.Found] {
    do { return try Secrets.find(for: venue, in: configuration) } catch let failure as Failure {
      let fault = failure.code == .permission ? Fault.secretOpen : .secretUnreadable
      try tell(.fail("credentials", fault, failure.description, of: venue.id))
      return []
    }
  }

  // MARK: Venues

  private func examine(_ configuration: Configuration) throws {
    let simulation =
      try command.sim
      ? EmbeddedSimulation(
        venues: venues, options: command.simulation, log: Log(level: .error)) : nil
    simulation?.start()
    defer { simulation?.stop() }
    for venue in venues {
      let endpoints =
        try simulation?.endpoints(of: venue) ?? addresses(of: venue, in: configuration)
      guard let endpoints else { continue }
      let secrets = try secrets(of: venue, in: configuration)
      if !venue.secrets.isEmpty, diagnosis.isWell("credentials", of: venue.id) {
        let origins = secrets.map { "\($0.name) from \($0.origin)" }
        let none = "none are given, and public data need none"
        let detail = origins.isEmpty ? none : origins.joined(separator: ", ")
        try tell(.ok("credentials", detail, of: venue.id))
      }
      let options = SessionOptions(
        endpoints: endpoints, seed: .random(in: 0 ... .max),
        settings: configuration.settings(of: venue),
        secrets: Dictionary(
          secrets.map { ($0.name, $0.secret) }, uniquingKeysWith: { first, _ in first }))
      let examiner = Examiner(
        venue, options, seconds: command.timeout, roots: try trustedRoots())
      try examiner.run { try tell($0) }
    }
  }
}
