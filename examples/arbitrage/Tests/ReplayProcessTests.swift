import Foundation
import Testing

/// Recordings of the product, replayed by the program. (B-12, D-38)
@Suite("Replay processes", .serialized) struct ReplayProcessTests {
  private static let strategy = [
    "--strategy", "ep", "--first-venue", "edgex", "--first-market", "BTC-USDC-PERP",
    "--second-venue", "paradex", "--open-threshold", "-10000", "--close-threshold", "-10001",
    "--max-spread", "20000", "--interval", "0.05", "--amount", "0.001", "--lock-after-open", "0.2",
    "--timezone", "UTC",
  ]

  private func run(_ program: String, _ arguments: [String], in folder: URL) throws -> String {
    let process = try RunningProcess(program, arguments, in: folder)
    #expect(process.end() == 0, "\(process.said)")
    return process.result
  }

  @Test("D-38 a recording gives the same report, byte by byte; another latency gives another")
  func replay() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try run(
      "perpwire", ["record", "--sim", "--duration", "5", "--into", "rec.sqlite"], in: folder)
    let words = ["replay", "rec.sqlite"] + Self.strategy + ["--fees", "edgex=0.0002/0.0005"]
    func trades(_ report: String) -> Substring? { report.split(separator: "ALL TRADES").last }
    for form in [[], ["--json"]] {
      let report = try run("perpbot", words + form, in: folder)
      #expect(report.contains("edgex:BTC-USDC-PERP") && report.contains("pessimistic queue"))
      #expect(try run("perpbot", words + form, in: folder) == report)
    }
    let report = try run("perpbot", words, in: folder)
    let late = try run("perpbot", words + ["--order-latency-ms", "400"], in: folder)
    #expect(trades(late) != trades(report))
    let sweep = try run(
      "perpbot",
      ["sweep", "rec.sqlite"] + Self.strategy
        + ["--vary", "amount=0.001,0.002", "--vary", "max-positions=1,2", "--split", "0.6"],
      in: folder)
    #expect(sweep.split(separator: "\n").filter { $0.contains("amount=") }.count == 5, "\(sweep)")
    #expect(!sweep.contains(" 0 lines"))
    let zarb = try run(
      "perpbot",
      [
        "replay", "rec.sqlite", "--strategy", "zarb", "--symbols", "BTC-PERP", "--min-samples", "5",
        "--ma-window", "5", "--std-window", "5", "--z-entry", "0.5", "--z-exit", "0.1",
        "--min-edge-bps", "-1000",
        "--market-api-require-warmup=false",
      ], in: folder)
    #expect(zarb.contains("grvt:BTC-USDT-PERP"), "\(zarb)")
    // Nothing of a replay is kept.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy {
        !$0.hasPrefix("logs")
      })
  }

  @Test("B-14 a recording of the product with rates is traded on for its funding")
  func funding() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try run(
      "perpwire",
      [
        "record", "--sim", "--channels", "bbo,funding", "--duration", "5", "--into", "rec.sqlite",
      ], in: folder)
    // Whatever rates are, two venues differ by a little.
    try "tickers = BTC\nnotional = 500\nmin-difference = 0.000001\n".write(
      to: folder.appending(path: "settings"), atomically: true, encoding: .utf8)
    let words = [
      "replay", "rec.sqlite", "--strategy", "funding", "--settings-file", "settings",
      "--recovery-hours", "8760", "--fees", "edgex=0/0,grvt=0/0", "--timezone", "UTC",
    ]
    let report = try run("perpbot", words, in: folder)
    #expect(!report.contains("Trades: 0, of") && report.contains("Net with funding: "), "\(report)")
    #expect(try run("perpbot", words, in: folder) == report)
  }

  @Test("C-08 a replay that cannot be says why, and what to do")
  func problems() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (words, code, text) in [
      (["replay", "--strategy", "ep"], Int32(1), "which recording?"),
      (["replay", "no.sqlite"], 1, "--strategy is missing"),
      (["replay", "no.sqlite", "--strategy", "ep"], 74, "ended with"),
      (["replay", "x", "--strategy", "ep", "--perpwire", "nowhere"], 74, "--perpwire or PERPWIRE"),
      (["replay", "x", "--strategy", "ep", "--fees", "lighter"], 1, "VENUE=MAKER/TAKER"),
      (["replay", "x", "--strategy", "ep", "--colour", "red"], 1, "no setting --colour"),
      (["sweep", "x", "--strategy", "ep", "--vary", "amount"], 1, "NAME=A,B,C"),
      (["sweep", "x", "--strategy", "ep", "--vary", "amount=1,none"], 1, "--amount: \"none\""),
    ] {
      let bot = try RunningProcess("perpbot", words, in: folder)
      #expect(bot.end() == code && bot.said.contains(text), "\(words): \(bot.said)")
    }
  }
}
