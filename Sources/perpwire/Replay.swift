import ArgumentParser
import PerpIO
import PerpVenue
import PerpVenues

struct Replay: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the lines of a recording again, byte for byte.",
    discussion: """
      EXAMPLES
        perpwire replay minute.sqlite | jq -c 'select(.type == "bbo")'
        perpwire replay recordings/perpwire-2026-11-2*.sqlite --speed max > lines.jsonl
        perpwire replay minute.sqlite --serve paradex --listen 127.0.0.1:8100 --speed 10
        perpwire replay minute.sqlite --socket "$XDG_RUNTIME_DIR/perpwire.sock" --speed 10

      The lines are made anew from the raw frames, with the times they had. They are the same at
      every speed, and those that a reader who kept up was given (and markets, with --markets).
      Several files of one recording are given in their order. Exits with 65 at a gap in the
      recording.

      With --socket programs subscribe as they do to the gateway, and are told what was recorded of
      what they want. It begins with the first command of the first of them, waits for the slowest,
      and ends for all when the recording does.
      """)

  @Argument(help: ArgumentHelp("Files of one recording.", valueName: "file"))
  var recordings: [String]

  @Option(help: "How many times as fast as it was; max for as fast as can be.")
  var speed = "1"

  @Flag(help: "Write prices and sizes as JSON numbers with the same digits.")
  var numbers = false

  @Flag(help: "Also print the terms of all markets, when they are learned and when they change.")
  var markets = false

  @Option(
    help: ArgumentHelp(
      "Speak the venue's own protocol to its clients, from the recording.", valueName: "venue"))
  var serve: String?

  @Option(help: ArgumentHelp("Be the gateway of this Unix socket.", valueName: "path"))
  var socket: String?

  @Option(help: "Where to listen: 127.0.0.1:PORT; port 0 takes a free one.")
  var listen = "127.0.0.1:0"

  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try pace()
    _ = try port()
    if serve != nil, socket != nil {
      throw ValidationError("--serve and --socket exclude each other")
    }
    if serve ?? socket != nil, numbers || markets {
      throw ValidationError(
        "--numbers and --markets are for stdout; clients of a socket say decimals in hello, and "
          + "ask for markets")
    }
    if let serve, try Registry.required(serve).servedWire == nil {
      let known = Registry.venues.filter { $0.servedWire != nil }.map(\.id.description)
      throw ValidationError(
        "recordings of \(serve) cannot be served; of \(known.joined(separator: ", ")) they can")
    }
  }

  func run() throws {
    let recording: Recording
    do {
      recording = try Recording(recordings)
    } catch {
      throw Failure(.badInput, error.description)
    }
    if let serve {
      try speak(recording, as: Registry.required(serve))
    } else {
      try play(recording)
    }
  }

  private func play(_ recording: Recording) throws {
    let log = try files.load(logging.flags).log()
    let loop = EventLoop()
    if let version = recording.facts["version"], version != Perpwire.version {
      log.write(
        .warning, "recorded by perpwire \(version), so the lines may differ from those of then",
        at: loop.now())
    }
    let replay: PerpIO.Replay
    do throws(Recording.Failure) {
      replay = try PerpIO.Replay(recording, venue: { Registry.venue($0) })
    } catch {
      throw Failure(.badInput, error.description)
    }
    let names = Set(recording.sessions.values.map(\.venue))
    let venues = Registry.venues.filter { names.contains($0.id.description) }
    let reader: any ReplayReader =
      if let socket {
        try ReplayedGateway(replay, of: venues, at: socket, loop: loop, log: log)
      } else {
        try ReplayedLines(bareNumbers: numbers, tellsMarkets: markets, loop: loop)
      }
    let replaying = Replaying(replay, speed: try pace(), to: reader, loop: loop, log: log)
    let signals = Signals(loop: loop) { _ in reader.stop() }
    loop.run()
    withExtendedLifetime(signals) { log.finish(at: loop.now()) }
    if let failure = reader.failure ?? replaying.failure { throw failure }
  }

  /// Nil for as fast as can be.
  func pace() throws -> Double? {
    if speed == "max" { return nil }
    guard let factor = Double(speed), factor >= 0.001, factor <= 1_000_000 else {
      throw ValidationError("--speed is a number from 0.001 to 1000000, or max")
    }
    return factor
  }

  func port() throws -> Int {
    let parts = listen.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, ["127.0.0.1", "localhost"].contains(parts[0]),
      let port = Int(parts[1]), 0...65_535 ~= port
    else { throw ValidationError("--listen looks like 127.0.0.1:8100; only loopback is allowed") }
    return port
  }

  /// Prints where it listens, as `perpwire sim --print-endpoints` does, and serves until it is
  /// interrupted.
  private func speak(_ recording: Recording, as venue: VenueDescriptor) throws {
    guard let wire = venue.servedWire else { return }
    let log = try files.load(logging.flags).log()
    let loop = EventLoop()
    let server: SimulatorServer
    do {
      let recorded = try RecordedVenue(recording, venue: venue, wire: wire, speed: pace())
      guard recorded.count > 0 else {
        throw Failure(.badInput, "the recording has no messages of \(venue.id)")
      }
      server = try SimulatorServer(
        recorded, loop: loop, port: port(), onNote: { log.write($0, at: loop.now()) })
    } catch let error as Recording.Failure {
      throw Failure(.badInput, error.description)
    } catch let error as TCPListener.Problem {
      throw Failure(.ioError, "cannot listen on \(error.text)")
    }
    let endpoints = venue.simulatorEndpoints("127.0.0.1:\(server.port)")
    try Output.write(
      #"{"venue":"\#(venue.id)","ws":"\#(endpoints.ws)","rest":"\#(endpoints.rest)"}"# + "\n")
    let signals = Signals(loop: loop) { _ in loop.stop() }
    loop.run()
    withExtendedLifetime(signals) { server.stop() }
    log.finish(at: loop.now())
  }
}
