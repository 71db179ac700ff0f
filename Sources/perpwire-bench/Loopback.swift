import ArgumentParser
import Glibc
import PerpIO
import PerpVenue
import PerpVenues

/// The whole way over loopback: a venue, perpwire or another client of it, a reader on a pipe.
struct Loopback: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "From the venue's send to the line in the reader's hands, over loopback.",
    discussion: """
      Each candidate is a process of its own; all take turns in each round, and the medians of the
      rounds are printed. `floor` is perpwire's own loop and WebSocket passing the bytes on unread.
      A peer finds the venue in PERPWIRE_BENCH_WS and PERPWIRE_BENCH_REST and prints a line for
      each message, in which stands "venue_seq":"NUMBER".
      """)

  @Option(help: "Rounds; the median of an odd number is one of them.")
  var rounds = 3

  @Option(help: "Seconds of flood.")
  var flood = 2

  @Option(
    help: ArgumentHelp(
      "Kinds of messages, comma-separated.", valueName: "names"))
  var samples = "bbo (SBE),bbo (JSON)"

  @Option(
    help: ArgumentHelp(
      "Another client: 'NAME|SAMPLE|PROGRAM ARGUMENT…'; repeatable.", valueName: "peer"))
  var peer: [String] = []

  func validate() throws {
    guard (1...99).contains(rounds) else { throw ValidationError("--rounds must be 1 to 99") }
    guard (1...60).contains(flood) else { throw ValidationError("--flood must be 1 to 60") }
    _ = try entries()
  }

  func run() throws {
    let entries = try entries()
    var results = [[LoopbackRun.Result]](repeating: [], count: entries.count)
    for round in 1...rounds {
      for (index, entry) in entries.enumerated() {
        tell("round \(round) of \(rounds): \(entry.name)")
        results[index].append(try entry.measure(flood: flood))
      }
    }
    print(LoopbackReport(entries: entries, results: results).text)
  }

  private func entries() throws -> [Entry] {
    var entries: [Entry] = []
    for name in samples.split(separator: ",").map(String.init) {
      let (venue, sample) = try Self.sample(name)
      entries.append(Entry("floor", venue, sample, .floor))
      entries.append(Entry("perpwire", venue, sample, .perpwire))
    }
    for text in peer {
      let parts = text.split(separator: "|", maxSplits: 2).map(String.init)
      guard parts.count == 3 else {
        throw ValidationError("'\(text)' does not look like 'NAME|SAMPLE|PROGRAM ARGUMENT…'")
      }
      let (venue, sample) = try Self.sample(parts[1])
      let command = parts[2].split(separator: " ").map(String.init)
      entries.append(Entry(parts[0], venue, sample, .peer(command)))
    }
    return entries
  }

  private static func sample(_ name: String) throws -> (VenueDescriptor, WireSample) {
    for venue in Registry.venues {
      if let sample = venue.samples.first(where: { $0.name == name }) { return (venue, sample) }
    }
    let known = Registry.venues.flatMap(\.samples).map(\.name).joined(separator: ", ")
    throw ValidationError("there is no sample '\(name)'; there are \(known)")
  }
}

/// One row of the report.
struct Entry {
  enum Kind {
    case floor, perpwire
    case peer([String])
  }

  let name: String
  let venue: VenueDescriptor
  let sample: WireSample
  let kind: Kind

  init(_ name: String, _ venue: VenueDescriptor, _ sample: WireSample, _ kind: Kind) {
    self.name = name
    self.venue = venue
    self.sample = sample
    self.kind = kind
  }

  func measure(flood: Int) throws -> LoopbackRun.Result {
    var plan = Traffic.Plan()
    plan.floodSeconds = flood
    let run = LoopbackRun(venue: venue, sample: sample, plan: plan)
    let lines = Arrivals.Form.lines(firstSequence: sample.firstSequence)
    switch kind {
    case .floor:
      return try run.measure(.lengths) { try Candidate(name, [ownProgram(), "forward", $0.ws]) }
    case .perpwire: return try run.measure(lines) { try Candidate(name, perpwire($0)) }
    case .peer(let command):
      return try run.measure(lines) {
        try Candidate(
          name, command,
          environment: [("PERPWIRE_BENCH_WS", $0.ws), ("PERPWIRE_BENCH_REST", $0.rest)])
      }
    }
  }

  private func perpwire(_ endpoints: Endpoints) -> [String] {
    [
      String(ownProgram().dropLast("-bench".count)), "stream", "\(venue.id):\(sample.topic.symbol)",
      "--channels", sample.topic.channel.rawValue,
      "--endpoint", "\(venue.id).ws=\(endpoints.ws)",
      "--endpoint", "\(venue.id).rest=\(endpoints.rest)",
    ]
      + sample.settings.sorted { $0.key < $1.key }.flatMap {
        ["--set", "\(venue.id).\($0.key)=\($0.value)"]
      }
  }
}
