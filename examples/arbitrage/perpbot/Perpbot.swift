import ArgumentParser
import Bot
import Glibc

@main
struct Perpbot: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perpbot",
    abstract: "Trading strategies on perpwire's line protocol.",
    discussion: """
      EXAMPLES
        perpbot pv run --size 0.001 --max-position 0.01 --gateway 'perpwire serve --stdio --sim'
        perpbot pv stats logs/arb_BTC_bbo.csv
        perpbot ep run --amount 0.005 --dry-run
        perpbot funding run --tickers BTC,ETH --notional 200 --dry-run
        perpbot mm run --preset v2 --dry-run
        perpbot zarb serve --dry-run false --live-order-enabled false
        perpbot replay minute.sqlite --strategy ep --fees edgex=0.0002/0.0005
        perpbot risk kill --reason 'funding looks wrong'

      stdout carries the summary at the end only; what is said to people goes to stderr and to
      the log.

      EXIT CODES
        0 done, and flat      1 wrong settings, or not flat      74 input or output
      """,
    subcommands: [
      SpreadCommand.self, ConvergenceCommand.self, HedgeCommand.self, MakerCommand.self,
      FundingCommand.self, ZarbCommand.self, ReplayCommand.self, RetraceCommand.self,
      SweepCommand.self, BenchCommand.self, Risk.self,
    ])
}

/// An end with a message for the user.
struct Failure: Error, CustomStringConvertible {
  static let ioError: Int32 = 74

  let code: Int32
  let description: String

  init(_ code: Int32, _ description: String) {
    (self.code, self.description) = (code, description)
  }

  init(_ description: String) { self.init(1, description) }

  /// Says so, and ends the process.
  func end() -> Never {
    say(description)
    exit(code)
  }
}

/// To people.
func say(_ text: String) {
  let bytes = Array("\(text)\n".utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Nil of a file that cannot be read.
func readFile(_ path: String) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var result: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &piece, piece.count)
    guard count >= 0 else { return nil }
    if count == 0 { return result }
    result += piece.prefix(count)
  }
}

/// What `errno` says.
func systemError() -> String { String(cString: strerror(errno)) }
