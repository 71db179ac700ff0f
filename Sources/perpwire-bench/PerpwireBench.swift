import ArgumentParser
import Glibc

/// What `perpwire bench` runs. Ratios within one run are worth more than its numbers: a machine
/// that is busy with something else slows all candidates alike.
@main
struct PerpwireBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perpwire-bench",
    abstract: "Measure sessions in process, and the whole of perpwire over loopback.",
    discussion: """
      EXAMPLES
        perpwire bench
        perpwire bench in-process --only bbo
        perpwire bench loopback --rounds 5 --samples 'bbo (SBE)'
        script/bench            the same, beside other people's clients
      """,
    subcommands: [Everything.self, InProcess.self, Loopback.self, Forward.self],
    defaultSubcommand: Everything.self)
}

struct Everything: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "First in process, then loopback.")

  @OptionGroup var inProcess: InProcess
  @OptionGroup var loopback: Loopback

  func run() throws {
    try inProcess.run()
    print()
    try loopback.run()
  }
}

/// For people who wait; results go to stdout.
func tell(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
