import ArgumentParser

/// What `perpwire bench` runs. Ratios within one run are worth more than its numbers: a machine
/// that is busy with something else slows all candidates alike.
@main
struct PerpwireBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perpwire-bench", abstract: "Measure the speed of perpwire.",
    subcommands: [InProcess.self], defaultSubcommand: InProcess.self)
}
