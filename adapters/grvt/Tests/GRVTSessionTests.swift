import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// Transcripts of the session against the venue's words.
@Suite struct GRVTSessionTests {
  static let bbo = Topic(.bbo, Venue.btc)
  static let trade = Topic(.trade, Venue.btc)
  static let book = Topic(.book, Venue.btc)
  static let funding = Topic(.funding, Venue.btc)

  @Test("from the start to the first data")
  func beginning() {
    var script = GRVTScript()
    script.start()
    #expect(
      script.did() == [#"POST /full/v1/all_instruments {"is_active":true}"#, "GET /time"])
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets)
    script.subscribe([Self.bbo, Self.trade, Self.book, Self.funding])
    #expect(
      script.did() == [
        #"markets ["BTC-USDT-PERP", "ETH-USDT-PERP"]"#, "stream bbo BTC connecting subscribing",
        "stream trade BTC connecting subscribing", "stream book BTC connecting subscribing",
        "stream funding BTC connecting subscribing", "open 1 wss://venue.example/v1/ws/full",
      ])
    script.open()
    #expect(
      script.did() == [
        "send 1 subscribe v1.mini.d BTC_USDT_Perp@0", "send 1 subscribe v1.trade BTC_USDT_Perp@50",
        "send 1 subscribe v1.book.d BTC_USDT_Perp@50",
        "send 1 subscribe v1.ticker.s BTC_USDT_Perp@500",
        #"POST /full/v1/mini {"instrument":"BTC_USDT_Perp"}"#,
        #"POST /full/v1/ticker {"instrument":"BTC_USDT_Perp"}"#,
      ])
    script.acknowledge()
    #expect(script.did() == [], "an acknowledgement is no data")
    script.quote(0, "100x1", "101x2")
    script.book(0, "100x1", "101x2")
    script.trade(101, "5-1", "0.02@100.5")
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 100x1 101x2 seq -1",
        "stream book BTC live first_data", "book BTC snapshot [100x1] [101x2] seq 100",
        "stream trade BTC live first_data", "trade BTC buy 0.02@100.5",
      ])
  }

  @Test("settings: the short spelling, other rates, the other book, numbers of the whole venue")
  func settings() {
    var script = GRVTScript(settings: [
      "encoding": "lite", "quote_rate": "50", "book_rate": "100",
      "book_stream": "v1.rpi.book.d", "ticker_rate": "5000", "sequence": "global",
    ])
    script.start()
    script.answer(#"/lite/v1/all_instruments {"ia":true}"#, Venue.markets)
    script.subscribe([Self.bbo, Self.book, Self.funding])
    script.open()
    #expect(
      Array(script.did().suffix(6)) == [
        "open 1 wss://venue.example/v1/ws/lite",
        "send 1 subscribe v1.mini.d BTC_USDT_Perp@50 global",
        "send 1 subscribe v1.rpi.book.d BTC_USDT_Perp@100 global",
        "send 1 subscribe v1.ticker.s BTC_USDT_Perp@5000 global",
        #"POST /lite/v1/mini {"i":"BTC_USDT_Perp"}"#,
        #"POST /lite/v1/ticker {"i":"BTC_USDT_Perp"}"#,
      ])
  }

  @Test("a connection that is lost: down, then everything anew; old numbers mean nothing")
  func reconnection() {
    var script = GRVTScript.connected([Self.bbo, Self.book])
    script.quote(0, "100x1", "101x2")
    script.book(0, "100x1", "101x2")
    script.quote(101, "100x3", "101x2")
    script.skip()
    script.close(.closed(code: 1006, reason: ""))
    #expect(
      script.did() == ["stream bbo BTC down closed_1006", "stream book BTC down closed_1006"])
    script.wait(seconds: 1)
    script.open()
    script.acknowledge(first: 7)
    script.skip()
    script.quote(0, "90x1", "91x2")
    script.book(0, "90x1", "91x2")
    script.quote(7, "90x3", "91x2")
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 90x1 91x2 seq -1",
        "stream book BTC live first_data", "book BTC snapshot [90x1] [91x2] seq 6",
        "bbo BTC 90x3 91x2 seq 7",
      ])
  }

  @Test("the venue needs no heartbeat; silence is answered with pings of the protocol")
  func heartbeat() {
    var script = GRVTScript.connected([Self.trade])
    script.answersPings = false
    script.wait(seconds: 4)
    #expect(!script.did().contains { $0.hasPrefix("ping") || $0.hasPrefix("send") })
    script.wait(seconds: 30)
    let lines = script.did()
    #expect(lines.contains("ping 1"))
    #expect(lines.contains("stream trade BTC down no_pong"))
    #expect(!lines.contains { $0.hasPrefix("send") })
  }

  @Test(
    "refusals: the code tells why, and it is tried again after half a minute",
    arguments: [
      (3000, "unknown_symbol"), (1006, "rate_limited"), (1002, "venue_down"),
      (1000, "auth"), (3030, "unsupported"),
    ])
  func refusal(code: Int, reason: String) {
    var script = GRVTScript()
    script.start()
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets)
    script.subscribe([Self.book])
    script.open()
    script.skip()
    script.text(
      #"{"jsonrpc":"2.0","error":{"code":\#(code),"message":"No"},"id":1,"method":"subscribe"}"#)
    #expect(
      script.did() == ["error subscribe \(reason) \(code)", "stream book BTC down refused"])
    script.wait(milliseconds: 30_100)
    #expect(script.did().suffix(2).last == "send 1 subscribe v1.book.d BTC_USDT_Perp@50")
  }

  @Test("an error that answers nothing of ours is a note")
  func strayError() {
    var script = GRVTScript.connected([Self.book])
    script.text(#"{"jsonrpc":"2.0","error":{"code":1003,"message":"malformed syntax"}}"#)
    #expect(script.did() == [])
    #expect(script.notes.last?.text.contains("error 1003") == true)
  }

  @Test("what nobody knows is told once; what is of no use is left alone; what is broken dropped")
  func oddMessages() {
    var script = GRVTScript.connected([Self.bbo])
    for _ in 0..<2 {
      script.text(Venue.message("v2.mini", "0", 1, after: 0, "{}"))
      script.mini(0, #","new_field":"x","best_bid_price":"1","best_bid_size":"1""#)
    }
    script.text(Venue.message("v1.order", "0", 1, after: 0, #"{"order_id":"0x00"}"#))
    script.text(
      Venue.message(
        "v1.candle", "CI_1_M-TRADE", 0, after: 0,
        #"{"open_time":"1","close_time":"2","open":"1","close":"1","high":"1","low":"1","#
          + #""volume_b":"0.0","volume_q":"0.0","trades":0,"instrument":"BTC_USDT_Perp"}"#))
    #expect(
      script.did() == [
        "drift stream v2.mini", "stream bbo BTC live first_data", "bbo BTC 1x1 - seq -1",
        "drift public mini.new_field",
      ])
    script.text("<html>busy</html>")
    #expect(script.did() == ["error decode malformed"])
  }

  @Test("unsubscribing ends what nobody needs, and the last one the connection")
  func unsubscribing() {
    var script = GRVTScript.connected([Self.bbo, Self.book])
    script.unsubscribe([Self.book])
    #expect(script.did() == ["send 1 unsubscribe v1.book.d BTC_USDT_Perp@50"])
    script.book(0, "1x1", "2x2")
    #expect(script.did() == [])
    script.unsubscribe([Self.bbo])
    #expect(script.did() == ["send 1 unsubscribe v1.mini.d BTC_USDT_Perp@0", "close 1 1000"])
  }
}
