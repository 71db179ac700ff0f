import Foundation
import RegexBuilder
import Testing

@Suite(.ownThread) struct ObservationTests {
  @Test func metricsAndHealthAreTold() async throws {
    let folder = TestFolder()
    let (path, status, file) = (folder.file("s.sock"), folder.file("m.sock"), folder.file("m.prom"))
    let program = try Program([
      "serve", "--socket", path, "--sim", "--venues", "paradex,lighter", "--metrics",
      "unix:\(status)", "--metrics-file", file, "--record", folder.file("r.sqlite"),
    ])
    let client = try SocketClient(path)
    _ = try client.ask(1, "subscribe", #"{"channels":["bbo","book"],"symbols":["BTC"]}"#)
    for venue in ["paradex", "lighter"] {
      _ = try client.line { $0.type == "book" && $0["venue"] == venue }
      _ = try client.line { $0.type == "bbo" && $0["venue"] == venue }
    }
    #expect(try get("/healthz", status).body == "ok\n")
    let ready = try get("/readyz", status)
    #expect(ready.status == 200 && ready.body.contains(#""ready":true"#), "\(ready.body)")
    #expect(ready.body.contains(#"{"venue":"lighter","markets":20,"streams":{"live":2}}"#))

    let page = try Exposition(try get("/metrics", status).body)
    #expect(page.value("perpwire_clients") == 1)
    #expect(page.value("perpwire_streams", ["venue": "paradex", "state": "live"]) == 2)
    #expect(page.value("perpwire_session_up", ["venue": "lighter"]) == 1)
    #expect(page.value("perpwire_messages_received_total", ["venue": "paradex"]) > 2)
    #expect(page.value("perpwire_lossless_lines_total") >= 4)
    #expect(page.value("perpwire_recording_dropped_total") == 0)
    #expect(page.value("process_open_fds") > 10)
    let documented = try documentedMetrics()
    #expect(page.names == documented, "what is written, and what METRICS.md names")
    #expect(try Exposition(String(contentsOfFile: file, encoding: .utf8)).names == documented)

    program.send(SIGSTOP)
    defer { program.send(SIGCONT) }
    #expect(throws: (any Error).self) { try get("/healthz", status) }
    program.send(SIGCONT)
    program.send(SIGTERM)
    #expect(await program.end().status == 0)
    let replayed = try await Program.run("replay", folder.file("r.sqlite"), "--speed", "max")
    #expect(try replayed.events().last?["reason"] == "terminated")
    try await expectValid(replayed.output)
  }

  @Test func aVenueThatIsAwayIsNotReady() async throws {
    let folder = TestFolder()
    let status = folder.file("m.sock")
    let program = try Program([
      "serve", "--socket", folder.file("s.sock"), "--venues", "paradex", "--endpoint",
      "paradex.rest=http://127.0.0.1:1", "--endpoint", "paradex.ws=ws://127.0.0.1:1",
      "--metrics", "unix:\(status)",
    ])
    let answer = try get("/readyz", status)
    #expect(answer.status == 503)
    #expect(answer.body.hasPrefix(#"{"ready":false,"venues":[{"venue":"paradex","markets":0"#))
    #expect(try get("/nothing", status).status == 404)
    #expect(try get("/metrics", status, method: "DELETE").status == 405)
    #expect(try get("no path", status).status == 400)
    program.send(SIGTERM)
    #expect(await program.end().status == 0)
  }

  @Test(arguments: [
    ("0.0.0.0:9464", 73, "0.0.0.0 is no loopback address"),
    ("example.org:80", 73, "example.org is no loopback address"),
    ("9464", 64, "'9464' is no HOST:PORT"),
    ("127.0.0.1:99999", 64, "is no HOST:PORT"),
    ("unix:/no/such/m.sock", 73, "make it with mkdir"),
  ])
  func whereItMayListen(place: String, status: Int, message: String) async throws {
    let folder = TestFolder()
    let ending = try await Program.run(
      "serve", "--socket", folder.file("s.sock"), "--sim", "--metrics", place)
    #expect(ending.status == Int32(status))
    #expect(ending.errors.contains(message), "\(ending.errors)")
  }

  @Test func theDashboardAsksForWhatThereIs() throws {
    let text = try String(
      contentsOf: root.appending(path: "examples/grafana/perpwire.json"), encoding: .utf8)
    let board = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect((board["panels"] as? [[String: Any]])?.count ?? 0 >= 8)
    let known = try documentedMetrics()
    let asked = text.matches(of: /(?:perpwire|process)_[a-z_]+/).map { String($0.output) }
    #expect(asked.count >= 8)
    for name in asked {
      let base = name.replacing(/_(?:bucket|sum|count)$/, with: "")
      #expect(known.contains(name) || known.contains(base), "\(name)")
    }
  }

  // MARK: Parts

  private var root: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  private func documentedMetrics() throws -> Set<String> {
    let text = try String(
      contentsOf: root.appending(path: "Sources/PerpGateway/METRICS.md"), encoding: .utf8)
    return Set(text.matches(of: /\n\| `([a-z_]+)/).map { String($0.output.1) })
  }

  private func get(
    _ path: String, _ socket: String, method: String = "GET"
  ) throws -> (status: Int, body: String) {
    let client = try SocketClient(socket)
    var limit = timeval(tv_sec: 2, tv_usec: 0)
    setsockopt(
      client.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    client.say("\(method) \(path) HTTP/1.1\r\nHost: x\r\n\r")
    guard let head = client.next() else { throw SocketClient.Gone() }
    let status = try #require(Int(head.split(separator: " ")[1]))
    while let line = client.next(), line != "\r" {}
    var body = ""
    while let line = client.next() { body += line + "\n" }
    return (status, body)
  }
}

/// A page of metrics, held against the rules of Prometheus' text format as `promtool check metrics`
/// does.
private struct Exposition {
  struct Wrong: Error { let line: String }

  private(set) var names: Set<String> = []
  private var samples: [String: Double] = [:]

  init(_ text: String) throws {
    var (name, kind, help) = ("", "", "")
    var lastBucket = 0.0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if let match = line.wholeMatch(of: /# HELP ([a-z_]+) (\S.+)/) {
        name = String(match.output.1)
        help = String(match.output.2)
        guard names.insert(name).inserted else { throw Wrong(line: "twice: \(line)") }
      } else if let match = line.wholeMatch(of: /# TYPE ([a-z_]+) (counter|gauge|histogram)/) {
        kind = String(match.output.2)
        guard match.output.1 == name, !help.isEmpty, (kind == "counter") == name.hasSuffix("_total")
        else { throw Wrong(line: String(line)) }
      } else {
        let labels = /\{(?:[a-z_]+="[^"\\\n]*",?)+\}/
        let pattern = Regex {
          Capture { /[a-z_]+?/ }
          Capture { Optionally { /_bucket|_sum|_count/ } }
          Optionally { labels }
          " "
          Capture { /-?[0-9]+(?:\.[0-9]+)?/ }
        }
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.output.3),
          match.output.1 + (kind == "histogram" ? "" : match.output.2) == name,
          kind != "histogram" || !match.output.2.isEmpty, kind == "gauge" || value >= 0
        else { throw Wrong(line: String(line)) }
        let key = String(line.prefix { $0 != " " })
        guard samples.updateValue(value, forKey: key) == nil else { throw Wrong(line: key) }
        if match.output.2 == "_bucket" {
          if key.contains(#"le="+Inf""#) { continue }
          guard value >= lastBucket || key.contains(#"le="0.0000"#) else { throw Wrong(line: key) }
          lastBucket = value
        } else {
          lastBucket = 0
        }
        if match.output.2 == "_count", samples["\(name)_bucket{le=\"+Inf\"}"] != value {
          throw Wrong(line: String(line))
        }
      }
    }
    guard text.hasSuffix("\n") else { throw Wrong(line: "the last line has no end") }
  }

  func value(_ name: String, _ labels: [String: String] = [:]) -> Double {
    samples.first { key, _ in
      key.prefix { $0 != "{" } == name
        && labels.allSatisfy { key.contains("\($0.key)=\"\($0.value)\"") }
    }?.value ?? -1
  }
}
