import ArgumentParser
import PerpCore
import PerpVenue

/// What is streamed, and from where: shared by the commands that run sessions for a while.
struct FeedOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("What to stream.", valueName: "target"))
  var targets: [String] = []

  @Option(help: "Comma-separated: bbo, trade, book, funding.")
  var channels = "bbo"

  @Flag(help: "Stream from simulated venues inside this process, over real sockets.")
  var sim = false

  @Flag(
    help: ArgumentHelp(
      "Ask for every stream on two connections; the first to bring news is heard.",
      discussion: "One may die, and nothing is lost or told twice."))
  var race = false

  @Option(help: "Stop after so many seconds.")
  var duration: Int?

  @OptionGroup var simulation: SimulationOptions
  @OptionGroup var endpoints: EndpointOptions
  @OptionGroup var files: ConfigurationOptions
  @OptionGroup var logging: LogOptions

  func validate() throws {
    _ = try parsedTargets()
    _ = try parsedChannels()
    if let duration, !(1...31_536_000).contains(duration) {
      throw ValidationError("--duration must be 1 second or more, and at most a year")
    }
    if !sim, simulation.fault != nil {
      throw ValidationError("--fault is for simulated venues: add --sim")
    }
    if sim { try endpoints.requireNone() }
  }

  func parsedTargets() throws -> [Target] { try Target.chosen(targets, sim: sim) }

  func parsedChannels() throws -> [Channel] {
    try channels.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let channel = Channel(rawValue: String(name)) else {
        let known = Channel.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("there is no channel '\(name)'; there are \(known)")
      }
      return channel
    }
  }
}
