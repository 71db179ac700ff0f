import ArgumentParser
import PerpCore
import PerpSetup
import PerpVenue
import PerpVenues

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Serve programs: commands in, JSON lines out, over stdin and stdout or a Unix socket.",
    discussion: """
      EXAMPLES
        echo '{"id":1,"method":"ping"}' | perpwire serve --stdio --sim
        perpwire serve --socket "$XDG_RUNTIME_DIR/perpwire.sock" --journal journal.sqlite
        perpwire serve --stdio --venues paradex,lighter

      With --stdio the end of the input is the request to stop; --socket serves many clients
      until it is asked to stop, and ignores its input. Started by systemd, it takes the socket
      it is given.
      """)

  @Flag(help: "Serve the one program that started us, on stdin and stdout.")
  var stdio = false

  @Option(
    help: ArgumentHelp(
      "Serve all who connect to this Unix socket; by default "
        + "$XDG_RUNTIME_DIR/perpwire.sock.", valueName: "path"))
  var socket: String?

  @Flag(
    help: ArgumentHelp(
      "Speak as the Paradex sidecar does (examples/sidecar/README.md) to the program that "
        + "started us, on stdin and stdout."))
  var s4 = false

  @Flag(help: "Serve simulated venues inside this process, over real sockets.")
  var sim = false

  @Option(
    help: ArgumentHelp(
      "What becomes of orders: paper fills them here, against the venues' market data; live "
        + "sends them.", valueName: "live|paper"))
  var mode: String?

  @Flag(help: "Allow live orders, once somebody arms: the first of two switches.")
  var live = false

  @Option(help: "Comma-separated venues; all of them by default.")
  var venues: String?

  @Option(
    help: ArgumentHelp(
      "Keep the lossless lines in this file, so that clients can resume after a restart; in "
        + "memory by default.", valueName: "file"))
  var journal: String?

  @Option(
    name: .customLong("allow-read"),
    help: ArgumentHelp(
      "Another user, by number, that may connect and read; repeatable.", valueName: "uid"))
  var readers: [UInt32] = []

  @Option(
    name: .customLong("allow-trade"),
    help: ArgumentHelp(
      "Another user, by number, that may connect and do everything; repeatable.",
      valueName: "uid"))
  var traders: [UInt32] = []

  @Flag(
    help: ArgumentHelp(
      "Ask for every stream on two connections; the first to bring news is heard."))
  var race = false

  @Option(
    help: ArgumentHelp(
      "Record raw messages and events: into a file that ends in .sqlite or .db, or a folder "
        + "with one file a day.", valueName: "path"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "Answer /metrics, /healthz and /readyz over HTTP: at a port of this machine, such as "
        + "127.0.0.1:9464, or a Unix socket.", valueName: "host:port|unix:path"))
  var metrics: String?

  @Option(
    name: .customLong("metrics-file"),
    help: ArgumentHelp(
      "Write the metrics into this file every 15 seconds, for node_exporter's textfile "
        + "collector; its name ends in .prom.", valueName: "file"))
  var metricsFile: String?

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    if s4, socket != nil { throw ValidationError("--s4 and --socket exclude each other") }
    if stdio, socket != nil { throw ValidationError("--stdio and --socket exclude each other") }
    if stdio, !(readers + traders).isEmpty {
      throw ValidationError("--allow-read and --allow-trade are for --socket")
    }
    if !sim, simulation.fault != nil {
      throw ValidationError("--fault is for simulated venues: add --sim")
    }
    if sim { try endpoints.requireNone() }
    if sim, mode == "live" || live {
      throw ValidationError("--sim excludes --live and --mode live; --mode paper is welcome")
    }
    if let mode, !["live", "paper"].contains(mode) {
      throw ValidationError("there is no mode '\(mode)'; there are live and paper")
    }
    for name in venueNames ?? [] { _ = try Registry.required(name) }
  }

  func run() throws {
    if s4 {
      let run = String(UInt32.random(in: 0 ... .max), radix: 36)
      let arguments = Array(CommandLine.arguments.drop { $0 != "serve" }.dropFirst())
      throw ExitCode(try Sidecar(arguments, run: run).run())
    }
    // Which venues there are decides what can be said of them.
    let chosen = try files.load(flags).list("serve.venues")
    let venues = Registry.venues.filter { chosen.isEmpty || chosen.contains($0.id.description) }
    let configuration = try files.load(flags + endpoints.flags(for: venues) + logging.flags)
    try Serving(self, configuration, venues: venues).run()
  }

  /// What is said here of what a file may say too.
  private var flags: [Configuration.Flag] {
    var flags: [Configuration.Flag] = []
    if let socket { flags.append(.init("serve.socket", .text(socket), by: "--socket")) }
    if let journal { flags.append(.init("serve.journal", .text(journal), by: "--journal")) }
    if let names = venueNames { flags.append(.init("serve.venues", .list(names), by: "--venues")) }
    if !readers.isEmpty {
      flags.append(.init("serve.allow_read", .list(readers.map(String.init)), by: "--allow-read"))
    }
    if !traders.isEmpty {
      flags.append(
        .init("serve.allow_trade", .list(traders.map(String.init)), by: "--allow-trade"))
    }
    if let record { flags.append(.init("serve.record", .text(record), by: "--record")) }
    if let metrics { flags.append(.init("serve.metrics", .text(metrics), by: "--metrics")) }
    if let metricsFile {
      flags.append(.init("serve.metrics_file", .text(metricsFile), by: "--metrics-file"))
    }
    if let mode { flags.append(.init("serve.mode", .text(mode), by: "--mode")) }
    if live { flags.append(.init("serve.live", .boolean(true), by: "--live")) }
    if race { flags.append(.init("serve.race", .boolean(true), by: "--race")) }
    return flags
  }

  private var venueNames: [String]? {
    venues?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}
