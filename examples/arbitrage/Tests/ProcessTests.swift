import Bot
import Foundation
import Testing

/// The bot as a process, with the product's gateway and its simulated venues. (C-12 to C-14, C-22)
@Suite("Processes", .serialized) struct ProcessTests {
  /// Every look at the market is a signal, so that there are trades within seconds.
  private static let eager = [
    "pv", "run", "--size", "0.001", "--max-position", "0.002", "--second-venue", "lighter",
    "--min-spread", "-1000", "--long-threshold", "-1000", "--short-threshold", "-1000",
    "--warmup-samples", "2", "--sample-interval", "0.05", "--loop-interval", "0.05",
    "--trade-cooldown", "0.1", "--interactive-evidence", "none", "--second-orders", "limit",
    "--timezone", "UTC",
  ]

  @Test("C-14 killed by -9, a bot goes on with its ledger, and ends flat when it is asked to")
  func killedAndRestarted() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let socket = folder.appending(path: "s").path
    let gateway = try RunningProcess(
      "perpwire", ["serve", "--socket", socket, "--sim", "--venues", "paradex,lighter"], in: folder)
    #expect(gateway.wait { _ in FileManager.default.fileExists(atPath: socket) })
    let arguments = Self.eager + ["--socket", socket, "--transcript", "told.jsonl"]

    let first = try RunningProcess("perpbot", arguments, in: folder)
    #expect(first.wait(toSay: "#1 long 0.001"), "\(first.said)")
    // The ledger is one bot's.
    let intruder = try RunningProcess("perpbot", arguments, in: folder)
    #expect(intruder.end() == 1)
    #expect(intruder.said.contains("another bot has it"))
    first.signal(SIGKILL)
    #expect(first.end() != nil)

    let second = try RunningProcess("perpbot", arguments, in: folder)
    #expect(second.wait(toSay: "position 0.002 is at its cap"), "\(second.said)")
    second.signal(SIGTERM)
    #expect(second.end() == 0, "\(second.said)")
    let summary = second.result
    #expect(summary.hasPrefix(#"{"bot":"pv","trades":"#) && summary.hasSuffix("}\n"))
    #expect(
      summary.contains(
        #""end_positions":{"paradex:BTC-USD-PERP":"0","lighter:BTC-USDC-PERP":"0"}"#), "\(summary)")
    let ledger = try String(
      contentsOf: folder.appending(path: "logs/arb_BTC_ledger.jsonl"), encoding: .utf8)
    let lines = ledger.split(separator: "\n").map { Array($0.utf8) }
    #expect(Ledger(lines: lines).open.isEmpty && Ledger(lines: lines).unreadable == 0)
    let isFlat = Ledger(lines: lines).inventory.values.allSatisfy(\.isZero)
    #expect(isFlat)
    let header = try String(
      contentsOf: folder.appending(path: "logs/arb_BTC_trades.csv"), encoding: .utf8)
    #expect(header.components(separatedBy: "cumulative_trades").count == 2)
    gateway.signal(SIGTERM)
    #expect(gateway.end() == 0)
    try expectRetraceable(folder)
  }

  /// Both runs decide the same again; and not the same when something else is told.
  private func expectRetraceable(_ folder: URL) throws {
    let retrace = try RunningProcess("perpbot", ["retrace", "told.jsonl"], in: folder)
    #expect(retrace.end() == 0, "\(retrace.said)")
    #expect(
      retrace.result.contains(" inputs of 2 runs, ") && retrace.result.hasSuffix("the same\n"))
    let told = try String(contentsOf: folder.appending(path: "told.jsonl"), encoding: .utf8)
    try told.replacing(#""max-position":"0.002""#, with: #""max-position":"0.001""#)
      .write(to: folder.appending(path: "other.jsonl"), atomically: true, encoding: .utf8)
    let other = try RunningProcess("perpbot", ["retrace", "other.jsonl"], in: folder)
    #expect(other.end() == 1 && other.said.contains("other.jsonl, line "), "\(other.said)")
    #expect(other.said.contains("  then: {"))
  }

  @Test("S0-35 the second leg takes a quote of Variational's, for its size")
  func quotedVenue() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let settings = ["orders=on", "quotes=BTC=0.001"].map { " --set variational.\($0)" }.joined()
    let bot = try RunningProcess(
      "perpbot",
      [
        "pv", "run", "--size", "0.001", "--max-position", "0.001", "--min-spread", "-1000",
        "--long-threshold", "-1000", "--short-threshold", "-1000", "--warmup-samples", "2",
        "--interactive-evidence", "none", "--timezone", "UTC", "--gateway",
        "perpwire serve --stdio --sim --venues paradex,variational --log-level warning" + settings,
      ], in: folder,
      environment: ["PERPWIRE_VARIATIONAL_SESSION": "simulated.session.of-nobody"])
    #expect(bot.wait(toSay: "position 0.001 is at its cap"), "\(bot.said)")
    #expect(bot.said.contains("#1 long 0.001"))
    bot.signal(SIGTERM)
    #expect(bot.end() == 0, "\(bot.said)")
    #expect(
      bot.result.contains(
        #""end_positions":{"paradex:BTC-USD-PERP":"0","variational:BTC-USDC-PERP":"0"}"#),
      "\(bot.result)")
  }

  @Test("C-12 people are told over HTTP, B-10 the kill switch holds, and no secret is in a file")
  func notifications() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let service = try LocalService()
    defer { service.stop() }
    let token = "7001:made-up-token-of-a-test"
    let hook = "made-up-hook-of-a-test"
    let base = "http://127.0.0.1:\(service.port)"
    try "TELEGRAM_BOT_TOKEN=\(token)\nLARK_TOKEN=\(hook)\nTELEGRAM_GROUP_ID=-42\n".write(
      to: folder.appending(path: ".env"), atomically: true, encoding: .utf8)
    let bot = try RunningProcess(
      "perpbot",
      Self.eager + [
        "--gateway", "perpwire serve --stdio --sim --venues paradex,lighter",
        "--transcript", "told.jsonl",
      ],
      in: folder,
      environment: ["TELEGRAM_BASE_URL": base, "LARK_BASE_URL": "\(base)/hook/"])
    #expect(bot.wait { _ in service.received.count >= 4 }, "\(bot.said)")
    let kill = try RunningProcess("perpbot", ["risk", "kill", "--flatten"], in: folder)
    #expect(kill.end() == 0)
    #expect(bot.wait(toSay: "Kill switch: flatten by hand"))
    #expect(bot.end() == 0, "\(bot.said)")
    let received = service.received
    let telegram = received.filter { $0.path == "/bot\(token)/sendMessage" }.map(\.body)
    #expect(telegram.first?.hasPrefix(#"{"chat_id":"-42","text":"[A1] <b>Started</b>"#) == true)
    #expect(telegram.contains { $0.contains("<b>Long arb signal</b>") })
    let lark = received.filter { $0.path == "/hook/\(hook)" }.map(\.body)
    #expect(lark.first?.hasPrefix(#"{"msg_type":"text","content":{"text":"Started"#) == true)
    let status = try RunningProcess("perpbot", ["risk", "status"], in: folder)
    #expect(status.end() == 0 && status.result == "flatten: by hand\n")

    let stats = try RunningProcess("perpbot", ["pv", "stats", "logs/arb_BTC_bbo.csv"], in: folder)
    #expect(stats.end() == 0 && stats.result.contains("long spread: p1"))
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where name != ".env" {
      let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
      #expect(text?.contains("made-up") != true, "\(name)")
    }
  }

  @Test("D-23 a balance that is too small: told on both channels, and the end is not 0")
  func insufficientBalance() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let service = try LocalService()
    defer { service.stop() }
    let base = "http://127.0.0.1:\(service.port)"
    let bot = try RunningProcess(
      "perpbot",
      [
        "hedge", "run", "--margin", "50000.01", "--gateway",
        "perpwire serve --stdio --sim --venues paradex,lighter",
      ], in: folder,
      environment: [
        "TELEGRAM_BASE_URL": base, "TELEGRAM_BOT_TOKEN": "1:a", "TELEGRAM_GROUP_ID": "7",
        "LARK_BASE_URL": "\(base)/hook/", "LARK_TOKEN": "b",
      ])
    #expect(bot.end() == 1, "\(bot.said)")
    let text = "Insufficient Paradex balance: 100000 USDC (required: 100000.02 USDC)"
    #expect(bot.said.contains(text))
    for path in ["/bot1:a/sendMessage", "/hook/b"] {
      let told = service.received.contains { $0.path == path && $0.body.contains(text) }
      #expect(told, "\(path)")
    }
    #expect(bot.result.contains(#""bot":"hedge","trades":0"#))
  }

  @Test("C-08 a bot that is told nonsense says what is wrong, and ends with 1")
  func nonsense() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let bot = try RunningProcess(
      "perpbot", ["pv", "run", "--size", "0", "--colour", "red"], in: folder)
    #expect(bot.end() == 1)
    for part in [
      "--size: \"0\" must be above 0", "no setting --colour", "--max-position is missing",
    ] {
      #expect(bot.said.contains(part), "\(bot.said)")
    }
    let missing = try RunningProcess(
      "perpbot", Self.eager + ["--env-file", "nowhere"], in: folder)
    #expect(missing.end() == 1 && missing.said.contains("nowhere: No such file"))
  }

  @Test("S2-31 the logs of all accounts are followed as they grow")
  func watched() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func append(_ name: String, _ text: String) throws {
      let url = folder.appending(path: "cross_hedge_\(name)_activity.log")
      if !FileManager.default.fileExists(atPath: url.path) {
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
      }
      let file = try FileHandle(forWritingTo: url)
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    }
    try append("BTC_A1", "long ago\n")
    let watch = try RunningProcess("perpbot", ["hedge", "watch", "--folder", "."], in: folder)
    #expect(
      watch.wait { watch in
        try? append("BTC_A1", "marker\n")
        return watch.result.contains("BTC_A1  marker\n")
      })
    try append("BTC_A1", "half a ")
    try append("ETH", "whole\n")
    #expect(watch.wait { $0.result.contains("ETH  whole\n") })
    try append("BTC_A1", "line\n")
    #expect(watch.wait { $0.result.contains("BTC_A1  half a line\n") })
    #expect(!watch.result.contains("long ago"))
    watch.signal(SIGKILL)
  }
}
