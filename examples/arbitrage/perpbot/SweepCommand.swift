import ArgumentParser
import Bot
import Glibc
import PerpCore

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Tries settings of a strategy over a recording.",
    helpNames: [])
  @Argument(
    parsing: .captureForPassthrough,
    help: "As of replay, and --vary, such as --vary open-threshold=60,80,100")
  var words: [String] = []

  private static let parameters: [Parameter] = [
    Parameter(
      "vary", .text, default: nil, "NAME=A,B,C of the strategy; repeatable: all combinations"),
    Parameter(
      "split", .decimal(Decimal(mantissa: 1, scale: 1)...Decimal(mantissa: 9, scale: 1)),
      default: "0.7", "part of the recording that settings are chosen by; the rest tests the best"),
  ]

  func run() throws {
    guard !words.contains("--help"), !words.contains("-h") else {
      return print(ReplaySettings.help(Self.parameters))
    }
    try ending {
      let replay = try ReplaySettings(words, Self.parameters)
      let variations = try replay.all("vary").map { text in
        guard let variation = Sweep.Variation(text) else {
          throw Settings.Problem(lines: ["--vary: \"\(text)\" is not like NAME=A,B,C"])
        }
        return variation
      }
      // All are made first: what is wrong is told before anything is tried.
      let candidates = try Sweep.combinations(variations).map { combination in
        let settings = try replay.strategy.settings(replay.arguments + combination.arguments)
        return (combination, try replay.strategy.make(settings))
      }
      let tape = try replay.tape()
      let split = tape.index(after: replay.settings.decimal("split"))
      let progress = Progress(of: candidates.count)
      let results = candidates.map { combination, make in
        let report = Backtest.run(tape, in: 0..<split, replay.exchange, make).report
        progress.note()
        return Sweep.Result(combination, report)
      }
      let ranking = Sweep.ranking(results)
      guard let best = ranking.first,
        let make = candidates.first(where: { $0.0 == best.combination })?.1
      else { return }
      let report = Backtest.run(tape, in: split..<tape.count, replay.exchange, make).report
      let test = Sweep.Result(best.combination, report)
      if replay.settings.flag("json") {
        for result in ranking { print(result.line("train"), terminator: "") }
        print(test.line("test"), terminator: "")
      } else {
        print("Train: \(split) lines\n\(Sweep.table(ranking))\n")
        print("Test: \(tape.count - split) lines, the best\n\(Sweep.table([test]))")
      }
    }
  }
}

/// How far many runs are: a bar where somebody looks, or else a line every five seconds.
private final class Progress {
  private static let width = 30
  private static let interval = 5

  private let total: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let began = Progress.seconds
  private var lastLine = Progress.seconds
  private var done = 0

  init(of total: Int) { self.total = total }

  private static var seconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
  }

  func note() {
    done += 1
    let now = Self.seconds
    let text = "\(done) of \(total) combinations, \(now - began) s"
    if isTerminal {
      let filled = Self.width * done / total
      let bar =
        String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
      let bytes = Array("\r[\(bar)] \(text)\(done == total ? "\n" : "")".utf8)
      _ = write(STDERR_FILENO, bytes, bytes.count)
    } else if now - lastLine >= Self.interval {
      lastLine = now
      say(text)
    }
  }
}
