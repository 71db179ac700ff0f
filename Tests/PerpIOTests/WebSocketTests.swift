import PerpVenue
import Testing

@testable import PerpIO

@Suite struct WebSocketTests {
  /// The example of RFC 6455, section 1.3.
  @Test func acceptanceOfTheSampleKey() {
    #expect(
      WebSocketHandshake.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==")
        == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test func messagesGoBothWays() throws {
    let bench = try Bench()
    bench.connect()
    bench.send("hello")
    bench.wait(for: "text 1 hello")
    bench.webSockets.ping(ConnectionID(1))
    bench.wait(for: "pong 1")
    bench.webSockets.close(ConnectionID(1), code: 1000)
    bench.wait(for: "closed 1")
    #expect(
      bench.log == [
        "opened 1", "text 1 hello", "pong 1", #"closed 1 closed(code: 1000, reason: "")"#,
      ])
  }

  @Test func fiveMegabytesArriveWhole() throws {
    let big = [UInt8]((0..<5_000_000).map { UInt8(ascii: "a") + UInt8($0 % 26) })
    let bench = try Bench(venue { id, _, actions in actions.append(.send(id, Frame(.text, big))) })
    bench.connect()
    bench.send("go")
    bench.wait(for: "text 1 5000000 B")
    #expect(bench.messages == [big])
  }

  @Test func messageBeyondTheCapClosesWith1009() throws {
    let bench = try Bench()
    bench.connect(maxMessageBytes: 10)
    bench.send("0123456789")
    bench.wait(for: "text 1 0123456789")
    bench.send("0123456789x")
    #expect(
      bench.wait(for: "closed 1")
        == #"closed 1 violation(code: 1009, "message longer than 10 bytes")"#)
  }

  @Test(arguments: [400, 401, 403, 429, 503])
  func refusedUpgradeTellsTheStatus(status: Int) throws {
    let bench = try Bench(
      Venue { input, actions in
        guard case .upgrade(let id, _) = input else { return false }
        actions.append(.refuse(id, HTTPResponse(status: status, body: Array("no".utf8))))
        return true
      })
    bench.open(bench.url)
    #expect(bench.wait(for: "closed 1") == "closed 1 refused(status: \(status))")
  }

  @Test(arguments: [1000, 1001, 1008, 1011, 1012, 1013, 4031])
  func venuesCloseCodeArrives(code: Int) throws {
    let bench = try Bench(
      venue { id, _, actions in actions.append(.close(id, code: code, reason: "so it is")) })
    bench.connect()
    bench.send("go")
    #expect(
      bench.wait(for: "closed 1") == #"closed 1 closed(code: \#(code), reason: "so it is")"#)
  }

  @Test func closeWithoutACodeIs1005AndWithoutAHandshakeIsLost() throws {
    let bench = try Bench(
      venue { id, text, actions in
        actions.append(.close(id, code: text == "a" ? 1005 : 1006, reason: ""))
      })
    bench.connect()
    bench.send("a")
    #expect(bench.wait(for: "closed 1") == #"closed 1 closed(code: 1005, reason: "")"#)
    bench.open(bench.url, id: 2)
    bench.wait(for: "opened 2")
    bench.webSockets.send(ConnectionID(2), text: Array("b".utf8))
    #expect(bench.wait(for: "closed 2") == #"closed 2 lost("end of stream")"#)
  }
}
