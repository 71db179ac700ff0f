import ArgumentParser
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

struct Sign: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how order commands would be signed, value by value; sends none of them.",
    discussion: """
      Reads lines of order.place and answers each with a line: the steps from the order to the
      signature, whether the public key finds it right, and the request as it would leave. The
      venue is asked for what an order needs to be signed: markets, time, the next number.

      EXAMPLES
        perpwire sign paradex --sim < orders.jsonl | jq '.steps'
        perpwire sign lighter --key-file ~/.config/perpwire/lighter < orders.jsonl
      """)

  @Argument(help: "A venue.")
  var venue: String

  @Option(help: ArgumentHelp("Secrets of the account, of mode 0600.", valueName: "file"))
  var keyFile: String?

  @Flag(help: "Sign for a simulated venue inside this process, with its account.")
  var sim = false

  @Option(help: "Give up after so many seconds.")
  var timeout = 10

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try Registry.required(venue)
    guard (1...3_600).contains(timeout) else {
      throw ValidationError("--timeout must be 1 to 3600 seconds")
    }
    if sim { try endpoints.requireNone() }
    if sim, keyFile != nil { throw ValidationError("--sim has an account of its own") }
  }

  func run() throws {
    let venue = try Registry.required(self.venue)
    guard let trading = venue.trading else { throw ValidationError("\(venue.id) has no orders") }
    var flags = try endpoints.flags(for: [venue]) + logging.flags
    if let keyFile {
      flags.append(
        Configuration.Flag(
          "venue.\(venue.id).credentials", .text(keyFile), by: "--key-file"))
    }
    let configuration = try files.load(flags)
    let simulated =
      try sim
      ? EmbeddedSimulation(venues: [venue], options: simulation, log: configuration.log()) : nil
    simulated?.start()
    defer { simulated?.stop() }
    let secrets =
      sim
      ? trading.simulatedAccount.mapValues { Secret($0) }
      : try Secrets.read(for: venue, in: configuration)
    let settings = configuration.settings(of: venue)
    for name in trading.required(settings) where secrets[name] == nil {
      throw Failure(
        .configuration, "\(venue.id) needs \(name): give --key-file, or see perpwire help serve")
    }
    let endpoints = try simulated?.endpoints(of: venue) ?? configuration.endpoints(of: venue)
    let options = TradingOptions(
      account: AccountID(venue.id, "main"), endpoints: endpoints, seed: 0,
      settings: settings, secrets: secrets, now: Clock.now())
    var desk = try SigningDesk(
      venue, trading, options,
      Probe(roots: try trustedRoots(), limit: Nanoseconds.seconds(timeout)))
    var refused = 0
    try InputLines.each(of: "-") { line in
      guard !line.isBlank else { return }
      let answer = desk.answer(to: line)
      if answer.isRefusal { refused += 1 }
      try Output.write(answer.text)
    }
    if refused > 0 { throw Failure(.badInput, "\(refused) commands cannot be signed") }
  }
}

extension RawSpan {
  fileprivate var isBlank: Bool {
    withUnsafeBytes { $0.allSatisfy { [0x20, 0x09, 0x0D].contains($0) } }
  }
}
