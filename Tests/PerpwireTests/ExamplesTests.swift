import Foundation
import Testing

/// What `examples/` offers runs against simulated venues.
@Suite(.ownThread) struct ExamplesTests {
  private static func run(_ command: String) async throws -> Program.Ending {
    let program = try Program(
      ["-c", "cd \(Kit.root)/examples && \(command)"], of: "/bin/sh",
      environment: ["PERPWIRE": Program.path])
    return await program.end()
  }

  /// As it stands in the README, all of it at once.
  @Test(.enabled(if: Tool.areHere(["jq", "socat"]), "needs jq and socat"))
  func clientOfTheSocket() async throws {
    let readme = try String(contentsOfFile: "\(Kit.root)/README.md", encoding: .utf8)
    let recipe = try #require(
      readme.components(separatedBy: "```sh\n").map { $0.components(separatedBy: "```")[0] }
        .first { $0.contains("UNIX-CONNECT") })
    let folder = TestFolder()
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let gateway = URL(fileURLWithPath: Program.path).deletingLastPathComponent().path
    let ending = try await Program(
      ["-c", "\(recipe)\nkill $!; wait"], of: "/bin/sh",
      environment: ["HOME": folder.path, "PATH": "\(gateway):\(path)"]
    ).end()
    #expect(ending.status == 0 && ending.lines.count > 10, "\(ending.errors)")
    #expect(ending.lines.contains { $0.hasPrefix(#"["paradex","9"#) })
  }

  /// As systemd reads them, and with little left that the service may do.
  @Test(.enabled(if: Tool.areHere(["systemd-analyze"]), "needs systemd-analyze"))
  func theUnits() async throws {
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
  @Test(.enabled(if: Tool.areHere(["python3"]), "needs python3"))
  func systemdStartsAndWatchesIt() async throws {
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
      child.terminate(); end = child.wait()
      print(end, [json.loads(line)["reason"] for line in lines if '"bye"' in line])
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
}
