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
      "Kinds of messages, comma-separated; those of several venues at once with + between.",
      valueName: "names"))
  var samples =
    "bbo (SBE),bbo (JSON),bbo (depth of 15),trade (lite),bbo (ticker),price (JSON),"
    + "bbo (SBE)+bbo (depth of 15)+trade (lite)+bbo (ticker)+price (JSON)"

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
      let feeds = try name.split(separator: "+").map { try Self.feed(String($0)) }
      if feeds.count == 1 { entries.append(Entry("floor", feeds, .floor)) }
      entries.append(Entry("perpwire", feeds, .perpwire))
    }
    for text in peer {
      let parts = text.split(separator: "|", maxSplits: 2).map(String.init)
      guard parts.count == 3 else {
        throw ValidationError("'\(text)' does not look like 'NAME|SAMPLE|PROGRAM ARGUMENT…'")
      }
      let command = parts[2].split(separator: " ").map(String.init)
      entries.append(Entry(parts[0], [try Self.feed(parts[1])], .peer(command)))
    }
    return entries
  }

  private static func feed(_ name: String) throws -> Feed {
    for venue in Registry.venues {
      if let sample = venue.samples.first(where: { $0.name == name }) {
        return Feed(venue: venue, sample: sample)
      }
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
  let feeds: [Feed]
  let kind: Kind

  init(_ name: String, _ feeds: [Feed], _ kind: Kind) {
    self.name = name
    self.feeds = feeds
    self.kind = kind
  }

  var label: String {
    feeds.count == 1
      ? "\(feeds[0].venue.id) \(feeds[0].sample.name)" : "\(feeds.count) venues at once"
  }

  func measure(flood: Int) throws -> LoopbackRun.Result {
    var plan = Traffic.Plan()
    plan.floodSeconds = flood
    let run = LoopbackRun(feeds: feeds, plan: plan)
    switch kind {
    case .floor:
      return try run.measure(.lengths) { try Candidate(name, [ownProgram(), "forward", $0[0].ws]) }
    case .perpwire: return try run.measure(.lines) { try Candidate(name, perpwire($0)) }
    case .peer(let command):
      return try run.measure(.lines) {
        try Candidate(
          name, command,
          environment: [("PERPWIRE_BENCH_WS", $0[0].ws), ("PERPWIRE_BENCH_REST", $0[0].rest)])
      }
    }
  }

  private func perpwire(_ endpoints: [Endpoints]) -> [String] {
    let venues = zip(feeds, endpoints).flatMap { feed, endpoints in
      let venue = feed.venue.id
      return ["--endpoint", "\(venue).ws=\(endpoints.ws)"]
        + ["--endpoint", "\(venue).rest=\(endpoints.rest)"]
        + feed.sample.settings.sorted { $0.key < $1.key }.flatMap {
          ["--set", "\(venue).\($0.key)=\($0.value)"]
        }
    }
    let channels = Set(feeds.map(\.sample.topic.channel.rawValue)).sorted()
    return [String(ownProgram().dropLast("-bench".count)), "stream"]
      + feeds.map { "\($0.venue.id):\($0.sample.topic.symbol)" }
      + ["--channels", channels.joined(separator: ",")] + venues
  }
}
