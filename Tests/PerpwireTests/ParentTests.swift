import Foundation
import Testing

/// C4: however a parent ends, the gateway it has spawned does not outlive it.
@Suite(.ownThread) struct ParentTests {
  enum Language: String, CaseIterable, Sendable {
    case python, node

    /// Spawns the gateway, says hello, writes the gateway's number and waits.
    var program: (path: String, script: String) {
      let command = #"["serve", "--stdio", "--sim", "--venues", "paradex"]"#
      let hello =
        #"'{"id":1,"method":"hello","params":{"beat_ms":500,"parent_pid":' + PID + '}}\n'"#
      switch self {
      case .python:
        return (
          "/usr/bin/env",
          """
          import os, subprocess, sys, threading, time
          p = subprocess.Popen(["\(Program.path)"] + \(command), stdin=-1, stdout=-1)
          p.stdin.write((\(hello.replacingOccurrences(of: "PID", with: "str(os.getpid())")))
            .encode())
          p.stdin.flush()
          p.stdout.readline()
          print(p.pid, flush=True)
          threading.Thread(target=lambda: [None for _ in p.stdout], daemon=True).start()
          ends = sys.argv[1] == "input"
          for i in range(600):
            if ends and i == 5: p.stdin.close()
            if not p.stdin.closed:
              p.stdin.write(b'{"id":2,"method":"beat"}\\n')
              p.stdin.flush()
            time.sleep(0.1)
          """
        )
      case .node:
        return (
          "/usr/bin/env",
          """
          const { spawn } = require("child_process");
          const p = spawn("\(Program.path)", \(command), { stdio: ["pipe", "pipe", "inherit"] });
          p.stdin.on("error", () => {});
          p.stdin.write(\(hello.replacingOccurrences(of: "PID", with: "process.pid")));
          p.stdout.once("data", () => { console.log(p.pid); p.stdout.resume(); });
          let i = 0;
          setInterval(() => {
            if (process.argv[1] === "input" && i++ === 5) p.stdin.end();
            if (!p.stdin.writableEnded) p.stdin.write('{"id":2,"method":"beat"}\\n');
          }, 100);
          """
        )
      }
    }

    var command: [String] {
      self == .python ? ["python3", "-c"] : ["node", "-e"]
    }
  }

  enum Fate: String, CaseIterable, Sendable { case killed, stopped, ended, input }

  @Test(arguments: Language.allCases, Fate.allCases)
  func theGatewayEndsWithItsParent(language: Language, fate: Fate) async throws {
    let (path, script) = language.program
    let parent = try Program(language.command + [script, fate.rawValue], of: path)
    var gateway: pid_t = 0
    for await line in parent.lines {
      gateway = pid_t(line) ?? 0
      break
    }
    try #require(gateway > 0)
    pass(seconds: 0.3)
    if fate != .input { #expect(isAlive(gateway)) }
    switch fate {
    case .killed: parent.send(SIGKILL)
    case .stopped: parent.send(SIGSTOP)
    case .ended: parent.send(SIGTERM)
    case .input: break
    }
    let start = ContinuousClock.now
    while isAlive(gateway), ContinuousClock.now - start < .seconds(10) { pass(seconds: 0.01) }
    let took = ContinuousClock.now - start
    #expect(took < .seconds(2), "it took \(took)")
    parent.send(SIGKILL)
    _ = await parent.end()
    let milliseconds = Int(took / .milliseconds(1))
    print(
      #"{"evid":"C4","ok":\#(took < .seconds(2)),"parent":"\#(language)","fate":"\#(fate)","#
        + #""gone_ms":\#(milliseconds)}"#)
  }

  /// Cron and systemd give /dev/null: no input to come is no request to stop.
  @Test func streamAndSocketWorkWithoutInput() async throws {
    let stream = try await Shell.run(
      "\(Program.path) stream --sim paradex:BTC --count 20 < /dev/null | tail -1")
    #expect(stream.status == 0 && stream.lines.count == 1)
    let folder = TestFolder()
    let program = try Program(
      ["serve", "--socket", folder.file("s"), "--sim", "--venues", "paradex"],
      input: .file("/dev/null"))
    let client = try SocketClient(folder.file("s"))
    pass(seconds: 0.3)
    #expect(try client.ask(1, "ping").fields["result"] != nil)
    program.send(SIGTERM)
    #expect(await program.end().status == 0)
  }

  /// Gone, or only waiting to be buried.
  private func isAlive(_ pid: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
      return false
    }
    return !text.contains(") Z ")
  }
}
