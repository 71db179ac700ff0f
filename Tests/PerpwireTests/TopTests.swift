import Foundation
import Testing

@Suite(.ownThread) struct TopTests {
  private static func cells(_ line: String) -> [String] {
    line.split(separator: " ").map(String.init)
  }

  @Test("--once prints one table when every stream is live, and ends")
  func once() async throws {
    let run = try await Program.run("top", "--once", "--sim", "paradex:BTC", "paradex:ETH")
    #expect(run.status == 0 && run.errors == "")
    #expect(!run.output.contains("\u{1B}"))
    #expect(run.lines.count == 3)
    #expect(
      run.lines[0].hasPrefix("ASSET  VENUE    SYMBOL"), "\(run.lines[0])")
    for (line, asset) in zip(run.lines.dropFirst(), ["BTC", "ETH"]) {
      let row = Self.cells(line)
      #expect(row.prefix(3) == [asset, "paradex", "\(asset)-USD-PERP"])
      #expect(try #require(Double(row[3])) < #require(Double(row[4])))
      #expect(row.last == "live")
    }
  }

  @Test("one asset of two venues is compared where both have quotes to trade on")
  func crossing() async throws {
    let run = try await Program.run(
      "top", "--once", "--sim", "paradex:BTC", "variational:BTC", "--set",
      "variational.quotes=BTC=0.01",
      environment: ["PERPWIRE_VARIATIONAL_SESSION": "made-up"])
    #expect(run.status == 0)
    let tables = run.output.components(separatedBy: "\n\n")
    try #require(tables.count == 2)
    let rows = tables[1].split(separator: "\n").map { Self.cells(String($0)) }
    #expect(rows[0] == ["ASSET", "BUY", "ON", "AT", "SELL", "ON", "AT", "SPREAD", "BP"])
    try #require(rows.count == 2 && rows[1].count == 6)
    #expect(Set([rows[1][1], rows[1][3]]) == ["paradex", "variational"])
    #expect(!run.output.contains("made-up"))
    // Quotes of its statistics are no offer.
    let polled = try await Program.run("top", "--once", "--sim", "paradex:BTC", "variational:BTC")
    #expect(polled.lines.count == 3)
    #expect(polled.lines.last.map(Self.cells)?.suffix(2) == ["poll", "live"])
  }

  @Test("what does not come in time is shown as missing; nothing at all is a failure")
  func timeout() async throws {
    let blocked = ["--sim-set", "variational.blocked=app", "--set", "variational.quotes=BTC=1"]
    let run = try await Program(
      ["top", "--once", "--timeout", "2", "--sim", "paradex:BTC", "variational:BTC"] + blocked,
      environment: ["PERPWIRE_VARIATIONAL_SESSION": "made-up"]
    ).end()
    #expect(run.status == 0)
    #expect(
      run.lines.map { Self.cells($0).suffix(2).joined(separator: " ") }.dropFirst() == [
        "bbo live", "down blocked",
      ])
    #expect(run.errors.contains("refuses your session") && !run.errors.contains("made-up"))
    let none = try await Program(
      ["top", "--once", "--timeout", "1", "--sim", "variational:BTC"] + blocked,
      environment: ["PERPWIRE_VARIATIONAL_SESSION": "made-up"]
    ).end()
    #expect(none.status == 69)
    #expect(none.errors.contains("no quote came from any venue"))
  }

  @Test("without a terminal tables follow each other, without control codes")
  func piped() async throws {
    let program = try Program(["top", "--sim", "paradex:BTC", "--interval", "100"])
    var headings = 0
    for await line in program.lines where line.hasPrefix("ASSET") {
      headings += 1
      if headings == 5 { break }
    }
    program.send(SIGINT)
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "")
    #expect(!ending.output.contains("\u{1B}"))
    #expect(ending.output.components(separatedBy: "\n\nASSET").count >= 5)
  }

  @Test("a reader that has gone ends it")
  func readerGone() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let program = try Program(
      ["top", "--sim", "paradex:BTC", "--interval", "100"], output: .descriptor(ends[1]))
    close(ends[1])
    var byte: UInt8 = 0
    #expect(read(ends[0], &byte, 1) == 1)
    close(ends[0])
    #expect(await program.end().status == 0)
  }

  /// `script` (bsdutils) brings a terminal along, `timeout` (coreutils) the Ctrl-C.
  @Test(
    "on a terminal each table replaces the one before, and the cursor comes back",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func terminal() async throws {
    let command = "\(Program.path) top --sim paradex:BTC --interval 100"
    let run = try await Program(
      ["-qec", "timeout --foreground --preserve-status -s INT 3 \(command)", "/dev/null"],
      of: "/usr/bin/script"
    ).end()
    #expect(run.status == 0)
    let tables = run.output.components(separatedBy: "\u{1B}[HASSET")
    #expect(tables.count > 5)
    #expect(tables[0].hasSuffix("\u{1B}[2J\u{1B}[?25l"))
    #expect(tables.dropFirst().allSatisfy { $0.contains("\u{1B}[K") && $0.contains("\u{1B}[J") })
    #expect(run.output.hasSuffix("\u{1B}[?25h"))
  }
}
