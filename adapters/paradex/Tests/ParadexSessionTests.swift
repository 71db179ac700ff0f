import PerpCore
import Testing
import VenueTesting

@testable import Paradex
@testable import PerpVenue

/// Transcripts of the session on pretended time, the venue played by the test.
@Suite struct ParadexSessionTests {
  static let bbo = Topic(.bbo, Venue.btc)
  static let trade = Topic(.trade, Venue.btc)
  static let book = Topic(.book, Venue.btc)
  static let funding = Topic(.funding, Venue.btc)

  @Test("from the start to the first quote")
  func firstQuote() {
    var script = ParadexScript()
    script.start()
    #expect(script.did() == ["GET /markets", "GET /system/time"])
    script.answer("/markets", Venue.markets)
    script.answer("/system/time", #"{"server_time":"1795132800000"}"#)
    #expect(script.did() == [#"markets ["BTC-USD-PERP", "ETH-USD-PERP"]"#])
    script.subscribe([Self.bbo])
    #expect(
      script.did() == [
        "stream bbo BTC connecting subscribing",
        "open 1 wss://venue.example/v1?sbeSchemaId=1&sbeSchemaVersion=2",
      ])
    script.open()
    #expect(script.did() == ["send 1 subscribe bbo.BTC-USD-PERP", "GET /bbo/BTC-USD-PERP"])
    script.acknowledge()
    #expect(script.did() == [], "an acknowledgement is no data")
    script.bbo(7, "100.1x2", "100.2x0.5")
    #expect(
      script.did() == ["stream bbo BTC live first_data", "bbo BTC 100.1x2 100.2x0.5 seq 7"])
    script.bbo(9, "100.1x1", nil)
    #expect(script.did() == ["bbo BTC 100.1x1 - seq 9"])
  }

  @Test("a quiet market gets its first quote by REST, and the channel goes on from there")
  func primedQuote() {
    var script = ParadexScript.connected([Self.bbo])
    script.answer("/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(7, "1x1", "2x2", at: script.now.wall)))
    #expect(
      script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 7 poll"])
    script.bbo(6, "1x9", "2x9")
    script.bbo(8, "1x3", "2x2")
    #expect(script.did() == ["bbo BTC 1x3 2x2 seq 8"])
  }

  @Test("a REST quote that comes after the channel's is of no use")
  func latePrime() {
    var script = ParadexScript.connected([Self.bbo])
    script.bbo(9, "1x3", "2x2")
    script.skip()
    script.answer("/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(7, "1x1", "2x2", at: script.now.wall)))
    #expect(script.did() == [])
  }

  @Test("all four channels of a market by their exact names")
  func channels() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo, Self.trade, Self.book, Self.funding])
    script.skip()
    script.open()
    #expect(
      script.did().filter { $0.hasPrefix("send") } == [
        "send 1 subscribe bbo.BTC-USD-PERP", "send 1 subscribe trades.BTC-USD-PERP",
        "send 1 subscribe order_book.BTC-USD-PERP.deltas",
        "send 1 subscribe funding_data.BTC-USD-PERP",
        "send 1 subscribe markets_summary.BTC-USD-PERP",
      ])
  }

  @Test("requests are JSON-RPC with rising ids")
  func requestText() {
    #expect(
      String(
        decoding: ParadexChannel.request(3, "subscribe", "bbo.BTC-USD-PERP"), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":3,"method":"subscribe","params":{"channel":"bbo.BTC-USD-PERP"}}"#
    )
    let script = ParadexScript.connected([Self.bbo, Self.trade])
    #expect(script.session.feed.lastMessage == 2)
  }

  @Test("a topic of a market that does not exist is refused, the others are not")
  func unknownSymbol() throws {
    var script = ParadexScript.connected([Self.bbo])
    let unknown = try #require(Symbol("NOPE-USD-PERP"))
    script.subscribe([Topic(.bbo, unknown), Self.trade])
    #expect(
      script.did() == [
        "error subscribe unknown_symbol", "stream trade BTC connecting subscribing",
        "send 1 subscribe trades.BTC-USD-PERP",
      ])
    script.unsubscribe([Topic(.bbo, unknown)])
    script.snapshot(Topic(.bbo, unknown))
    #expect(script.did() == [])
  }

  @Test("subscribing to what is subscribed changes nothing")
  func subscribedTwice() {
    var script = ParadexScript.connected([Self.bbo])
    script.subscribe([Self.bbo])
    #expect(script.did() == [])
  }

  @Test("ending the last topic closes the connection, a new one opens another")
  func lastTopic() {
    var script = ParadexScript.connected([Self.bbo, Self.trade])
    script.unsubscribe([Self.trade])
    #expect(script.did() == ["send 1 unsubscribe trades.BTC-USD-PERP"])
    script.unsubscribe([Self.bbo])
    #expect(script.did() == ["send 1 unsubscribe bbo.BTC-USD-PERP", "close 1 1000"])
    script.closed(1, .closed(code: 1000, reason: ""))
    script.wait(seconds: 100)
    #expect(script.did() == [])
    script.subscribe([Self.bbo])
    #expect(
      script.did() == [
        "stream bbo BTC connecting subscribing",
        "open 2 wss://venue.example/v1?sbeSchemaId=1&sbeSchemaVersion=2",
      ])
  }

  @Test("what an ended topic held is not there when it is wanted again")
  func forgotten() {
    var script = ParadexScript.connected([Self.bbo, Self.trade, Self.book])
    script.bbo(7, "1x1", "2x2")
    script.book(7, snapshot: true, "1x1", "2x2")
    script.unsubscribe([Self.bbo, Self.book])
    script.bbo(8, "1x1", "2x2")
    script.book(8, "1x5", "")
    script.subscribe([Self.bbo, Self.book])
    script.skip()
    script.snapshot(Self.bbo)
    script.snapshot(Self.book)
    script.book(9, "1x6", "")
    #expect(script.did() == [])
    script.bbo(3, "1x3", "2x3")
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x3 2x3 seq 3"])
  }

  @Test("hundreds of topics are subscribed fifty in 100 ms; ending them all leaves nothing behind")
  func manyTopics() throws {
    let names = (0..<120).map { "C\($0)-USD-PERP" }
    let topics = try names.map { Topic(.trade, try #require(Symbol($0))) }
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets(names))
    script.answer("/system/time", #"{"server_time":"1795132800000"}"#)
    script.subscribe(topics)
    script.skip()
    script.open()
    #expect(script.did().count == 50)
    script.wait(milliseconds: 100)
    #expect(script.did().count == 50)
    script.wait(milliseconds: 100)
    #expect(script.did().count == 20)
    script.wait(milliseconds: 100)
    script.unsubscribe(topics)
    #expect(script.did().last == "close 1 1000")
    // The rest of the queue must not keep the session awake.
    script.wait(seconds: 60)
    #expect(script.did() == [])
  }

  @Test("the state of a topic on request: a quote, a whole book, funding, never a trade")
  func snapshots() {
    var script = ParadexScript.connected([Self.bbo, Self.trade, Self.book, Self.funding])
    for topic in [Self.bbo, Self.trade, Self.book, Self.funding] { script.snapshot(topic) }
    #expect(script.did() == [], "nothing is known yet")
    script.bbo(7, "1x1", "2x2")
    script.book(7, snapshot: true, "1x1 0.5x9", "2x2")
    script.book(8, "1x5", "")
    script.answer(
      "/markets/summary?market=BTC-USD-PERP",
      #"{"results":[{"symbol":"BTC-USD-PERP","mark_price":"1.5","funding_rate":"0.0008","#
        + #""created_at":1795132800000}]}"#)
    script.skip()
    for topic in [Self.bbo, Self.trade, Self.book, Self.funding] { script.snapshot(topic) }
    #expect(
      script.did() == [
        "answer bbo BTC 1x1 2x2 seq 7", "answer book BTC snapshot [1x5 0.5x9] [2x2] seq 8",
        "answer funding BTC rate 0.0008 hourly 0.0001 mark 1.5",
      ])
    script.close(.lost("reset"))
    script.skip()
    for topic in [Self.bbo, Self.trade, Self.book, Self.funding] { script.snapshot(topic) }
    #expect(script.did() == [], "what was known before the connection broke is not offered")
  }

  @Test("after stop nothing happens any more, whatever still comes")
  func stop() {
    var script = ParadexScript.connected([Self.bbo, Self.book])
    script.bbo(7, "1x1", "2x2")
    script.skip()
    script.stop()
    #expect(script.did() == ["close 1 1000"])
    #expect(script.session.deadline == nil)
    script.answer("/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(9, "1x1", "2x2", at: 0)))
    script.bbo(8, "1x1", "2x2")
    script.subscribe([Self.trade])
    script.closed(1, .closed(code: 1000, reason: ""))
    script.wait(seconds: 3_600)
    #expect(script.did() == [])
    #expect(script.session.deadline == nil)
  }
}
