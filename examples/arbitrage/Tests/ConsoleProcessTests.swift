import Bot
import Foundation
import Testing

/// The console of the real program over a real socket.
@Suite("Console processes", .serialized) struct ConsoleProcessTests {
  private func serve(
    _ port: UInt16, in folder: URL, _ arguments: [String] = []
  ) throws -> (process: RunningProcess, token: String) {
    let process = try RunningProcess(
      "perpbot",
      ["zarb", "serve", "--web-port", "\(port)", "--gateway", "none", "--symbols", "BTC-PERP"]
        + ["--min-samples", "5", "--timezone", "UTC", "--market-api-require-warmup=false"]
        + arguments, in: folder)
    #expect(process.wait(toSay: "?token="), "\(process.said)")
    let token = process.said.components(separatedBy: "?token=").last?.prefix { $0.isHexDigit }
    return (process, String(token ?? ""))
  }

  @Test("S1-93 pages, API and stream of the program, for whoever has the token")
  func console() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try LocalClient.freePort()
    let (process, token) = try serve(port, in: folder)
    #expect(token.count == 64)
    for page in ["/", "/market", "/trade", "/api-config", "/app.js", "/app.css"] {
      let reply = LocalClient.ask(port, "GET", page)
      #expect(reply.hasPrefix("HTTP/1.1 200"), "\(page): \(reply.prefix(80))")
      #expect(reply.contains("Content-Security-Policy: default-src 'self'"))
    }
    #expect(LocalClient.ask(port, "GET", "/nothing").hasPrefix("HTTP/1.1 404"))
    #expect(LocalClient.ask(port, "GET", "/api/symbols").hasPrefix("HTTP/1.1 401"))
    let foreign = LocalClient.ask(
      port, "POST", "/api/engine/start", token: token, body: "{}",
      headers: ["Origin: http://evil.example"])
    #expect(foreign.hasPrefix("HTTP/1.1 403"))
    let large = String(repeating: " ", count: 70_000)
    #expect(
      LocalClient.ask(port, "POST", "/api/mode", token: token, body: large)
        .hasPrefix("HTTP/1.1 413"))
    #expect(
      process.wait { _ in
        LocalClient.ask(port, "POST", "/api/engine/start", token: token, body: "{}")
          .contains("\"ok\":true")
      })
    let stream = try #require(LocalClient(port: port))
    stream.send(
      "GET /ws/stream?token=\(token) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\n"
        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    let told = stream.read { $0.contains(#"{"type":"symbol""#) }
    #expect(told.hasPrefix("HTTP/1.1 101") && told.contains(#"{"type":"snapshot""#))
    #expect(told.contains(#"{"type":"symbol""#))
    process.signal(SIGTERM)
    #expect(process.end() == 0, "\(process.said)")
    #expect(process.result.hasPrefix(#"{"bot":"zarb","trades":0"#))
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where !name.hasSuffix(".err") {
      let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
      #expect(text?.contains(token) != true, "\(name)")
    }
  }

  @Test("S1-55 database and tables outlive the program, S1-82 so do credentials, for it alone")
  func storage() throws {
    let folder = try RunningProcess.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = try LocalClient.freePort()
    let (first, token) = try serve(port, in: folder)
    let secret = "made-up-secret-of-a-test"
    let saved = LocalClient.ask(
      port, "POST", "/api/credentials", token: token, body: "{\"grvt\":{\"api_key\":\"\(secret)\"}}"
    )
    #expect(saved.contains("****test") && !saved.contains(secret))
    _ = LocalClient.ask(port, "POST", "/api/mode", token: token, body: #"{"mode":"zero_wear"}"#)
    #expect(
      first.wait { _ in
        LocalClient.ask(port, "POST", "/api/engine/start", token: token, body: "{}")
          .contains("\"ok\":true")
      })
    #expect(
      first.wait { _ in
        LocalClient.ask(port, "GET", "/api/symbols", token: token).contains(#""status":"running""#)
      })
    first.signal(SIGKILL)
    _ = first.end()
    let (second, other) = try serve(port, in: folder)
    #expect(other != token)
    let events = LocalClient.ask(port, "GET", "/api/events", token: other)
    #expect(events.components(separatedBy: "Mode zero_wear").count == 2, "\(events)")
    let rows = LocalClient.ask(port, "GET", "/api/symbols", token: other)
    #expect(rows.contains(#""symbol":"BTC-PERP""#) && !rows.contains(#""paradex_mid":null"#))
    #expect(
      LocalClient.ask(port, "GET", "/api/credentials/status", token: other).contains("****test"))
    second.signal(SIGTERM)
    #expect(second.end() == 0, "\(second.said)")
    let table = try String(
      contentsOf: folder.appending(path: "data/csv/symbol_snapshots.csv"), encoding: .utf8)
    #expect(table.hasPrefix("updated_at,symbol,status,signal,spread_bps,zscore,net_position,"))
    let file = folder.appending(path: "credentials/grvt_api_key").path
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == secret)
  }

  /// As `script/console-check` does: it reads, changes, starts, stops, flattens, and is refused.
  @Test(
    "E3 a browser uses the three pages",
    .enabled(if: Self.isBrowserHere, "needs `script/bootstrap console`"))
  func browser() throws {
    let check = Process()
    check.executableURL = Self.root.appending(path: "script/console-check")
    check.arguments = ["--perpbot", RunningProcess.programs.appending(path: "perpbot").path]
    let output = Pipe()
    (check.standardOutput, check.standardError) = (output, output)
    try check.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    check.waitUntilExit()
    #expect(check.terminationStatus == 0, "\(said)")
    #expect(said.contains("17 of 17 are as they should be"))
  }

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static let isBrowserHere = [
    "/usr/bin/chromium", "/usr/bin/chromedriver", "/usr/lib/python3/dist-packages/selenium",
  ].allSatisfy { FileManager.default.fileExists(atPath: $0) }
}
