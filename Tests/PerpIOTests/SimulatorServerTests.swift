import Foundation
import PerpCore
import PerpVenue
import Synchronization
import Testing

@testable import PerpIO

@Suite struct SimulatorServerTests {
  /// What a simulator was told, kept where a test can see it.
  private final class Told: Sendable {
    let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
  }

  @Test func theUpgradeCarriesPathAndFields() throws {
    let told = Told()
    let bench = try Bench(
      Venue { input, _ in
        if case .upgrade(_, let request) = input {
          told.add(request.url)
          told.add(request.fields.first { $0.name == "X-Token" }?.value ?? "")
        }
        return false
      })
    bench.open(bench.url + "v1/ws?market=BTC", fields: [HTTPField("X-Token", "abc")])
    bench.wait(for: "opened 1")
    #expect(told.all == ["/v1/ws?market=BTC", "abc"])
  }

  @Test func theFirstSubprotocolOfThoseOfferedIsGranted() throws {
    let bench = try Bench()
    let raw = RawClient(port: bench.server.port)
    raw.say(RawClient.handshake.dropLast(2) + Array("Sec-WebSocket-Protocol: b64, c\r\n\r\n".utf8))
    bench.wait(for: "an answer") { raw.listen().contains("\r\n\r\n") }
    #expect(raw.listen().contains("\r\nSec-WebSocket-Protocol: b64\r\n\r\n"))
  }

  @Test func theSimulatorHearsOfEachEndOnce() throws {
    let told = Told()
    let bench = try Bench(
      Venue { input, actions in
        switch input {
        case .closed(let id): told.add("closed \(id.number)")
        case .text(let id, let bytes):
          switch text(bytes) {
          case "abort": actions.append(.abort(id))
          case "close": actions.append(.close(id, code: 4031, reason: "enough"))
          default: return false
          }
        default: return false
        }
        return true
      })
    for (id, word) in [(1, "abort"), (2, "close"), (3, "none")] {
      bench.open(bench.url, id: id)
      bench.wait(for: "opened \(id)")
      bench.webSockets.send(ConnectionID(id), text: Array(word.utf8))
      if word == "none" { bench.webSockets.close(ConnectionID(3), code: 1001) }
      bench.wait(for: "closed \(id)")
      bench.wait(for: "the simulator") { told.all.count == id }
    }
    #expect(told.all == ["closed 1", "closed 2", "closed 3"])
  }

  @Test func wakeComesAtTheDeadline() throws {
    let told = Told()
    struct Waking: VenueSimulator {
      let told: Told
      var deadline: UInt64?
      mutating func receive(
        _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
      ) {
        switch input {
        case .start: deadline = now.monotonic + 300_000
        case .wake:
          told.add(now.monotonic >= deadline ?? .max ? "due" : "early")
          deadline = told.all.count < 3 ? now.monotonic + 300_000 : nil
        default: break
        }
      }
    }
    let bench = try Bench(Waking(told: told))
    bench.wait(for: "three wakes") { told.all.count == 3 }
    #expect(told.all == ["due", "due", "due"])
  }

  @Test func aSlowReaderIsToldOfAtEveryThousandAndCutOffInTheEnd() throws {
    let told = Told()
    let bench = try Bench(
      Venue { input, actions in
        switch input {
        case .text(let id, _):
          let bytes = [UInt8](repeating: 65, count: 10_000)
          for _ in 0..<10_000 { actions.append(.send(id, Frame(.binary, bytes))) }
        case .backlog(_, let messages): told.add("\(messages)")
        case .closed: told.add("closed")
        default: return false
        }
        return true
      })
    let raw = RawClient(port: bench.server.port)
    raw.say(RawClient.handshake + frame(1, [65], mask: 1))
    bench.wait(for: "the end") { told.all.last == "closed" }
    #expect(told.all.prefix(3) == ["1000", "2000", "3000"])
    #expect(bench.server.counters.queuesOverrun == 1)
  }

  @Test func brokenRequestsAreAnsweredAndTheServerLives() throws {
    let bench = try Bench()
    for (request, status) in [
      ("GARBAGE\r\n\r\n", 400), ("BREW / HTTP/1.1\r\n\r\n", 405),
      ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 413),
      ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
      ("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n: x\r\n\r\n", 400),
    ] {
      let raw = RawClient(port: bench.server.port)
      raw.say(Array(request.utf8))
      bench.wait(for: "an answer") { raw.listen().hasPrefix("HTTP/1.1 \(status) ") }
    }
    bench.connect()
  }

  @Test func requestsInOnePieceAreAnsweredInTheirOrder() throws {
    let bench = try Bench()
    let raw = RawClient(port: bench.server.port)
    raw.say(
      Array("GET /a HTTP/1.1\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi".utf8)
        + Array("GET /c HTTP/1.1\r\nConnection: close\r\n\r\n".utf8))
    bench.wait(for: "three answers") { raw.listen().contains("GET /c ") && raw.isEnded }
    let heard = raw.listen()
    #expect(heard.split(separator: "HTTP/1.1 200 OK").count == 3)
    #expect(heard.contains("\r\n\r\nGET /a HTTP/1.1 200"))
    #expect(heard.contains("\r\n\r\nPOST /b hiHTTP/1.1 200"))
  }

  /// As `nc` and others do when their input is at its end.
  @Test(arguments: [0, 5_000_000])
  func whoHasSaidAllStillGetsTheAnswers(size: Int) throws {
    let bench = try Bench(
      Venue { input, actions in
        guard case .request(let id, let request) = input else { return false }
        let body = [UInt8](repeating: 65, count: size) + Array("end of \(request.url)".utf8)
        actions.append(.respond(id, HTTPResponse(status: 200, body: body)))
        return true
      })
    let raw = RawClient(port: bench.server.port)
    raw.say(Array("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n".utf8))
    raw.finish()
    bench.wait(for: "the end") { raw.listen().hasSuffix("end of /b") && raw.isEnded }
    #expect(raw.listen().contains("end of /a"))
    bench.wait(for: "the server") { bench.server.load == (0, 0) }
  }

  @Test func whatTheClientHasLeftIsForgotten() throws {
    let bench = try Bench(
      Venue { input, actions in
        switch input {
        case .request: return true
        case .text(let id, _): actions.append(.silence(id))
        default: return false
        }
        return true
      })
    let unanswered = RawClient(port: bench.server.port)
    unanswered.say(Array("GET /a HTTP/1.1\r\n\r\n".utf8))
    let silent = RawClient(port: bench.server.port)
    silent.say(RawClient.handshake + frame(1, [65], mask: 1))
    bench.wait(for: "both") { bench.server.load == (2, 1) && silent.listen().contains("101") }
    unanswered.close()
    silent.close()
    bench.wait(for: "none") { bench.server.load == (0, 0) }
  }

  @Test func whoOnlyPingsAndNeverReadsIsCutOff() throws {
    let bench = try Bench()
    let raw = RawClient(port: bench.server.port)
    raw.say(RawClient.handshake)
    let ping = frame(9, [UInt8](repeating: 0, count: 120), mask: 1)
    let pings = Array([[UInt8]](repeating: ping, count: 500).joined())
    var rest = pings[...]
    bench.loop.afterTurn {
      rest = rest.dropFirst(raw.sayWhatFits(Array(rest)))
      if rest.isEmpty { rest = pings[...] }
      bench.loop.soon {}
    }
    bench.loop.soon {}
    bench.wait(for: "the end") { bench.server.counters.queuesOverrun == 1 }
  }

  /// Another implementation than ours at the other end.
  @Test(.enabled("needs node 20 or later") { runsNode() })
  func nodeSpeaksWithIt() throws {
    let bench = try Bench(
      venue { id, text, actions in
        if text == "bye" { return actions.append(.close(id, code: 4031, reason: "so long")) }
        actions.append(.ping(id))
        actions.append(.send(id, Frame(.text, Array("\(text.utf8.count)".utf8))))
      })
    let script = """
      const socket = new WebSocket("ws://127.0.0.1:\(bench.server.port)/")
      const answers = []
      socket.onopen = () => { socket.send("ab"); socket.send("x".repeat(70000)) }
      socket.onmessage = (event) => { if (answers.push(event.data) == 2) socket.send("bye") }
      socket.onclose = (event) => console.log(answers.join(), event.code, event.reason)
      """
    let node = Process()
    node.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    node.arguments = ["node", "--experimental-websocket", "-e", script]
    let output = Pipe()
    node.standardOutput = output
    node.standardError = FileHandle.nullDevice
    try node.run()
    var said = ""
    let watch = bench.loop.watch(output.fileHandleForReading.fileDescriptor, .read) { _ in
      said += String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    }
    bench.wait(for: "node") { said.hasSuffix("\n") }
    watch.cancel()
    #expect(said == "2,70000 4031 so long\n")
  }

  @Test func stopClosesEverything() throws {
    let bench = try Bench()
    bench.connect()
    bench.server.stop()
    #expect(bench.wait(for: "closed 1").hasPrefix("closed 1 lost("))
    bench.open(bench.url, id: 2)
    #expect(bench.wait(for: "closed 2").contains("Connection refused"))
  }

  @Test func aPortInUseIsAnErrorWithItsName() throws {
    let bench = try Bench()
    #expect(throws: TCPListener.Problem.self) {
      try SimulatorServer(Venue(), loop: bench.loop, port: bench.server.port) { _ in }
    }
  }
}

private func runsNode() -> Bool {
  let node = Process()
  node.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  node.arguments = ["node", "--experimental-websocket", "-e", ""]
  node.standardError = FileHandle.nullDevice
  try? node.run()
  node.waitUntilExit()
  return node.terminationStatus == 0
}
