import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

extension EdgeXSessionTests {
  @Test("the venue's ping is answered at once with its own time, text or number")
  func pong() {
    var script = EdgeXScript.connected([Self.bbo])
    script.text(#"{"type":"ping","time":"1795132810000"}"#)
    #expect(script.did() == ["send 1 pong 1795132810000"])
    #expect(script.sent.last == Array(#"{"type":"pong","time":"1795132810000"}"#.utf8))
    script.text(#"{"type":"ping","time":1795132820000}"#)
    #expect(script.did() == ["send 1 pong 1795132820000"])
    script.text(#"{"type":"ping","time":"1795132820000"}"#, on: 7)
    #expect(script.did() == [], "of another connection")
  }

  @Test("every 5 s a ping of ours; a pong that comes late shows how late the data are")
  func ping() {
    var script = EdgeXScript.connected([Self.trade])
    script.trades(snapshot: true, [])
    script.skip()
    for beat in 1...8 {
      script.wait(seconds: 5)
      let time = 1_795_132_800_000 + beat * 5_000
      #expect(script.did() == ["send 1 ping \(time)"])
      script.text(#"{"type":"pong","time":"\#(time)"}"#)
    }
    script.wait(seconds: 12)
    script.skip()
    script.text(#"{"type":"pong","time":"1795132845000"}"#)
    #expect(
      script.did().prefix(2) == ["close 1 1001", "stream trade BTC down lagging"])
  }

  @Test("a pong of no use", arguments: ["\"soon\"", "\"-9223372036854775808\"", "null", "1e30"])
  func oddPong(time: String) {
    var script = EdgeXScript.connected([Self.trade])
    script.text(#"{"type":"pong","time":\#(time)}"#)
    #expect(!script.did().contains { $0.hasPrefix("error") })
  }

  @Test("24 s without any message end the connection")
  func silence() {
    var script = EdgeXScript.connected([Self.trade])
    script.answersPings = false
    script.trades(snapshot: true, [])
    script.skip()
    script.wait(seconds: 23)
    #expect(!script.did().contains { $0.hasPrefix("close") })
    script.wait(seconds: 2)
    #expect(
      script.did().prefix(2) == ["close 1 1001", "stream trade BTC down no_pong"])
  }

  @Test("closed as inactive: everything is asked for again, books begin anew")
  func inactive() {
    var script = EdgeXScript.connected([Self.bbo, Self.book])
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.skip()
    script.close(.closed(code: 1000, reason: "session is inactive"))
    #expect(
      script.did() == ["stream bbo BTC down closed_1000", "stream book BTC down closed_1000"])
    script.wait(seconds: 1)
    #expect(script.did() == ["open 2 wss://venue.example/v1/api/v1/public/ws"])
    script.open()
    #expect(
      script.did() == [
        "stream bbo BTC connecting subscribing", "stream book BTC connecting subscribing",
        "send 2 subscribe depth.30000001.15", "send 2 subscribe depth.30000001.200",
      ])
    script.depth(100, 101, "1x2", "")
    #expect(script.did() == [], "a change of a book that was not sent on this connection")
    script.depth(110, 120, snapshot: true, "1x3", "2x2")
    #expect(script.did().last == "bbo BTC 1x3 2x2 seq 120 book")
  }

  @Test("a refusal names its request: that stream is down, and asked for again after 30 s")
  func refused() {
    var script = EdgeXScript.connected([Self.trade])
    script.subscribe([Self.bbo])
    script.skip()
    script.text(
      #"{"type":"error","request":"{\"type\":\"subscribe\",\"channel\":\"depth.30000001.15\"}","#
        + #""content":{"code":"GATEWAY_INVALID_CONTRACT_ID","msg":"invalid contractId"}}"#
    )
    #expect(
      script.did() == [
        "error subscribe unsupported GATEWAY_INVALID_CONTRACT_ID", "stream bbo BTC down refused",
      ])
    script.wait(seconds: 31)
    #expect(
      script.did().filter { $0.contains("depth") } == [
        "send 1 unsubscribe depth.30000001.15", "send 1 subscribe depth.30000001.15",
      ])
  }

  @Test("a sleeping market is not stale as long as REST shows the book that we hold")
  func sleeping() {
    var script = EdgeXScript.connected([Self.bbo])
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.skip()
    for _ in 0..<100 {
      script.wait(milliseconds: 1_000)
      script.answer(
        Venue.depthPath,
        Venue.answer("[\(Venue.depth((90, 100), snapshot: true, "1x1 0.5x1", "2x2"))]"))
      script.text(#"{"type":"ping","time":"1795132810000"}"#)
    }
    #expect(!script.did().contains { $0.hasPrefix("stream") })
  }

  @Test("data that never come: asked for twice more, then another connection")
  func silentSubscription() {
    var script = EdgeXScript.connected([Self.bbo])
    script.skip()
    script.wait(seconds: 7)
    let did = script.did()
    #expect(did.count { $0 == "send 1 subscribe depth.30000001.15" } == 2)
    #expect(did.contains("stream bbo BTC down no_data"))
  }

  @Test("hundreds of topics are subscribed eighty a second")
  func pace() throws {
    let contracts = (0..<100).map { (id: "\(40_000_000 + $0)", base: "C\($0)") }
    var script = EdgeXScript()
    script.start()
    script.answer(Venue.metadataPath, Venue.metadata(contracts))
    script.subscribe(
      try contracts.map { Topic(.trade, try #require(Symbol("\($0.base)-USDC-PERP"))) })
    script.skip()
    script.open()
    #expect(script.did().count == 80)
    script.wait(seconds: 1)
    #expect(script.did().count == 20)
  }

  @Test("garbage is dropped; too much of it ends the connection")
  func garbage() {
    var script = EdgeXScript.connected([Self.bbo])
    script.text("<html>")
    script.text(#"{"type":"quote-event","channel":"depth.30000001.15","content":{"data":7}}"#)
    script.text(
      Venue.event("depth.30000001.15", snapshot: true, [#"{"contractId":"30000001"}"#]))
    script.binary([1, 2, 3])
    #expect(script.did() == Array(repeating: "error decode malformed", count: 4))
    script.text("}")
    #expect(script.did().contains("stream bbo BTC down malformed"))
  }
}
