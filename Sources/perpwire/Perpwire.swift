import ArgumentParser
import Glibc
import PerpIO

@main
enum Main {
  /// A `Failure` ends with its own exit code; all else is ArgumentParser's business, which ends
  /// with 64 on a usage error.
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow is an error of the write, like a full disk.
    signal(SIGXFSZ, SIG_IGN)
    occupyStandardDescriptors()
    // Where locked pages are scarce, keys lie on common ones: no reason not to run.
    _ = MemoryGuard.raise()
    do {
      var command = try Perpwire.parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      Log().write(.error, failure.description, at: Clock.now())
      exit(failure.code.rawValue)
    } catch {
      Perpwire.exit(withError: error)
    }
  }

  /// A parent may start us with standard streams closed. What is opened next, such as a socket,
  /// would take their numbers and get the output; so nothing takes their places first: a writer
  /// to descriptor 1 is then told that it cannot.
  private static func occupyStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

struct Perpwire: ParsableCommand {
  /// One constant for `--version`, `hello` and metrics.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "perpwire",
    abstract: "Perpetual-futures venues as JSON lines: sessions that do not stall silently.",
    discussion: """
      EXAMPLES
        perpwire stream --sim paradex:BTC | jq -r 'select(.type == "bbo") | .bid'
        perpwire stream paradex:BTC paradex:ETH --channels bbo,trade
        perpwire serve --stdio --sim
        perpwire sim --venues paradex --seed 7 --print-endpoints

      stdout carries results only; what is said to people goes to stderr.

      EXIT CODES
        0 done, or asked to stop      64 usage           65 bad input file
        69 venue unavailable          70 internal        73 another gateway's
        74 input or output            77 a secret open to others
        78 configuration
      """,
    version: version,
    subcommands: [
      Stream.self, Serve.self, Top.self, Sim.self, Record.self, Replay.self, Venues.self,
      Markets.self, Order.self, Orders.self, Positions.self, Balances.self, Panic.self, Sign.self,
      Doctor.self, Validate.self, Schema.self, Bench.self,
    ])
}
