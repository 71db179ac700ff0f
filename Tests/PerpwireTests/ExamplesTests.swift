import Foundation
import Testing

/// What `examples/` offers runs against simulated venues.
@Suite(.ownThread) struct ExamplesTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  private static func run(_ command: String) async throws -> Program.Ending {
    let program = try Program(
      ["-c", "cd \(root)/examples && \(command)"], of: "/bin/sh",
      environment: ["PERPWIRE": Program.path])
    return await program.end()
  }

  private static func has(_ tool: String) async throws -> Bool {
    try await run("command -v \(tool)").status == 0
  }

  @Test func theSpreadOfEveryQuote() async throws {
    guard try await Self.has("jq") else { return }
    let example = try await Self.run("shell/spread.sh --sim paradex:BTC --count 30")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.count >= 25)
    for line in example.lines {
      let cells = line.split(separator: "\t")
      #expect(cells.count == 5 && cells[1] == "BTC-USD-PERP")
      #expect(Double(cells[4]).map { $0 > 0 } == true)
    }
  }

  @Test func theHealthOfTheFeeds() async throws {
    guard try await Self.has("jq") else { return }
    let example = try await Self.run(
      "shell/health.sh --sim paradex:BTC --duration 4 --quiet --fault abort@1s")
    #expect(example.status == 0)
    #expect(example.lines.contains { $0.hasSuffix("bbo down: closed_1006") })
    #expect(example.lines.last?.hasSuffix("bbo live: first_data") == true)
  }

  @Test func theBestOfAllVenues() async throws {
    guard try await Self.has("node") else { return }
    let example = try await Self.run("node node/best.mjs BTC --sim | head -20")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.count == 20)
    for line in example.lines {
      let cells = line.split(separator: " ", omittingEmptySubsequences: true)
      #expect(cells.count == 6 && Double(cells[1]) != nil && Double(cells[3]) != nil)
    }
  }

  /// Both sides are restarted again and again; every line is printed, once.
  @Test func goingOnWhereOneWas() async throws {
    guard try await Self.has("python3") else { return }
    let folder = TestFolder()
    let serve =
      "\(Program.path) serve --quiet --sim --venues paradex --socket \(folder.file("s")) "
      + "--journal \(folder.file("j"))"
    let follow = "python3 python/resume.py \(folder.file("s")) \(folder.file("state"))"
    let example = try await Self.run(
      """
      for round in 1 2 3; do
        \(serve) & gateway=$!
        timeout 1 \(follow); timeout 1 \(follow)
        kill -9 $gateway
      done
      """)
    let numbers = try example.events().compactMap { $0[number: "seq"] }
    #expect(numbers.count >= 6, "\(example.errors)")
    #expect(numbers == Array((numbers.first ?? 0)..<(numbers.first ?? 0) + numbers.count))
  }

  /// As systemd reads them, and with little left that the service may do.
  @Test func theUnits() async throws {
    guard try await Self.has("systemd-analyze") else { return }
    let folder = TestFolder()
    let units = try await Self.run(
      """
      cp systemd/* \(folder.path) && cd \(folder.path) &&
      sed -i 's|/usr/bin/perpwire|\(Program.path)|' perpwire.service &&
      systemd-analyze verify ./perpwire.service ./perpwire.socket &&
      systemd-analyze security --offline=true --threshold=15 ./perpwire.service
      """)
    #expect(units.status == 0 && units.errors == "", "\(units.errors)")
  }

  /// Socket, readiness, signs of life and the end, by the protocol of systemd.
  @Test func systemdStartsAndWatchesIt() async throws {
    guard try await Self.has("python3") else { return }
    let folder = TestFolder()
    let script = """
      import json, os, socket, subprocess, sys
      path, notify = sys.argv[1] + "/s", sys.argv[1] + "/n"
      listener = socket.socket(socket.AF_UNIX); listener.bind(path); listener.listen()
      states = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); states.bind(notify)
      states.settimeout(10)
      client = socket.socket(socket.AF_UNIX); client.connect(path)
      client.sendall(b'{"id":1,"method":"ping"}\\n')
      # The child takes descriptor 3 and sets LISTEN_PID to its own number, as systemd does.
      os.environ.update(NOTIFY_SOCKET=notify, WATCHDOG_USEC="400000", LISTEN_FDS="1")
      start = 'LISTEN_PID=$$ exec "$0" serve --sim --venues paradex --quiet 3<&"$1"'
      child = subprocess.Popen(
        ["sh", "-c", start, os.environ["PERPWIRE"], str(listener.fileno())],
        pass_fds=[listener.fileno()])
      lines = client.makefile()
      print(json.loads(next(lines))["type"], json.loads(next(lines))["id"])
      print([states.recv(99).decode().split("\\n")[0] for _ in range(3)])
      child.terminate(); print(child.wait(), [json.loads(line)["reason"] for line in lines])
      while (last := states.recv(99).decode()) == "WATCHDOG=1": pass
      print(last, os.path.exists(path))
      """
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder.file("x.py")))
    let result = try await Self.run("python3 \(folder.file("x.py")) \(folder.path)")
    #expect(
      result.lines == [
        "hello 1", "['READY=1', 'WATCHDOG=1', 'WATCHDOG=1']", "0 ['terminated']",
        "STOPPING=1 True",
      ], "\(result.errors)")
  }

  @Test func theNewestQuotes() async throws {
    guard try await Self.has("python3") else { return }
    let example = try await Self.run(
      "python3 python/quotes.py --sim --duration 2")
    #expect(example.status == 0 && example.errors == "")
    #expect(example.lines.allSatisfy { $0.contains(" spread ") })
    // Bitcoin and ether of every venue.
    let venues = Dictionary(grouping: example.lines) { $0.prefix { $0 != " " } }
    #expect(venues["paradex"]?.count == 2 && venues.values.allSatisfy { $0.count == 2 })
  }
}
