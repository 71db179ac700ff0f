import PerpCore
import Testing
import VenueTesting

@testable import Lighter
@testable import PerpVenue

/// Transcripts of the session on pretended time, the venue played by the test.
@Suite struct LighterSessionTests {
  private static let bbo = Topic(.bbo, Venue.btc)
  private static let trade = Topic(.trade, Venue.btc)
  private static let book = Topic(.book, Venue.btc)
  private static let funding = Topic(.funding, Venue.btc)

  @Test("nothing is sent before the venue has greeted; then the first state comes at once")
  func firstQuote() {
    var script = LighterScript()
    script.start()
    #expect(script.did() == ["GET /api/v1/orderBookDetails?filter=perp", "GET /"])
    script.answer("/api/v1/orderBookDetails?filter=perp", Venue.markets)
    #expect(script.did() == [#"markets ["ETH-USDC-PERP", "BTC-USDC-PERP"]"#])
    script.subscribe([Self.bbo])
    script.open()
    #expect(
      script.did() == [
        "stream bbo BTC connecting subscribing", "open 1 wss://venue.example/v1",
      ])
    script.text(Venue.connected)
    #expect(script.did() == ["send 1 subscribe ticker/1", "send 1 subscribe market_stats/1"])
    script.text(Venue.ticker(7, "100.1x2", "100.2x0.5", isFirst: true, at: script.now.wall))
    #expect(
      script.did() == ["stream bbo BTC live first_data", "bbo BTC 100.1x2 100.2x0.5 seq 7 ticker"])
    script.text(Venue.ticker(9, "100.1x1", "", at: script.now.wall))
    #expect(script.did() == ["bbo BTC 100.1x1 - seq 9 ticker"])
    script.text(Venue.ticker(8, "1x1", "2x2", at: script.now.wall))
    #expect(script.did() == [], "an older nonce is no news")
  }

  @Test("a greeting that is lost does not hold us up for ever")
  func noGreeting() {
    var script = LighterScript()
    script.start()
    script.answer("/api/v1/orderBookDetails?filter=perp", Venue.markets)
    script.subscribe([Self.bbo])
    script.open()
    script.wait(seconds: 4)
    #expect(!script.lines.contains { $0.hasPrefix("send") })
    script.wait(seconds: 2)
    #expect(script.lines.contains("send 1 subscribe ticker/1"))
  }

  @Test("a silence is the market's while the statistics tell the same best prices")
  func quiet() {
    var script = LighterScript.connected([Self.bbo])
    let stats = { (bid: String) in
      #"{"channel":"market_stats:1","market_stats":{"symbol":"BTC","market_id":1,"#
        + #""best_bid_price":"\#(bid)","best_ask_price":"101.0"},"#
        + #""timestamp":1795132900125,"type":"update/market_stats"}"#
    }
    script.text(Venue.ticker(7, "100.0x2", "101x0.5", isFirst: true, at: script.now.wall))
    script.skip()
    for _ in 0..<60 {
      script.wait(seconds: 1)
      script.text(stats("100"))
    }
    #expect(!script.did().contains { $0.hasPrefix("stream") })
    for _ in 0..<80 {
      script.wait(seconds: 1)
      script.text(stats("100.5"))
    }
    let lines = script.did()
    #expect(lines.contains("stream bbo BTC stale no_data"))
    #expect(lines.contains("stream bbo BTC down no_data"), "what we hold is known to be wrong")
  }

  @Test("all four channels by their names, slash out and colon in")
  func channels() {
    var script = LighterScript()
    script.start()
    script.answer("/api/v1/orderBookDetails?filter=perp", Venue.markets)
    script.subscribe([Self.bbo, Self.trade, Self.book, Self.funding])
    script.open()
    script.skip()
    script.text(Venue.connected)
    #expect(
      script.did() == [
        "send 1 subscribe ticker/1", "send 1 subscribe market_stats/1", "send 1 subscribe trade/1",
        "send 1 subscribe order_book/1",
      ])
  }

  @Test("books are chained by nonces; a missing one voids the book and renews the subscription")
  func gap() {
    var script = LighterScript.connected([Self.book])
    script.text(Venue.book(10, after: 0, "100x1 99x2", "101x1", isFirst: true))
    script.text(Venue.book(14, after: 10, "100x0.00", "100.5x3"))
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [100x1 99x2] [101x1] seq 10",
        "book BTC delta [100x0.00] [100.5x3] seq 14 after 10",
      ])
    script.text(Venue.book(20, after: 17, "99x5", ""))
    #expect(
      script.did() == [
        "stream book BTC gap sequence", "stream book BTC resync snapshot_requested",
        "send 1 unsubscribe order_book/1", "send 1 subscribe order_book/1",
      ])
    script.text(Venue.book(21, after: 20, "99x6", ""))
    #expect(script.did() == [], "of no use before the state")
    script.text(#"{"type": "unsubscribed", "channel": "order_book:1"}"#)
    script.text(Venue.book(22, after: 0, "99x6", "101x1", isFirst: true))
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [99x6] [101x1] seq 22",
      ])
  }

  @Test("a state replaces the book, whatever their numbers")
  func newState() {
    var script = LighterScript.connected([Self.book])
    script.text(Venue.book(10, after: 0, "100x1", "101x1", isFirst: true))
    script.text(Venue.book(5, after: 0, "98x1", "102x1", isFirst: true))
    #expect(script.did().last == "book BTC snapshot [98x1] [102x1] seq 5")
  }

  @Test("a state that is old, and was sent just now, is not late")
  func oldState() {
    var script = LighterScript.connected([Self.bbo])
    let (now, changed) = (script.now.wall, script.now.wall - 60_000_000)
    let text = Venue.ticker(7, "1x1", "2x1", isFirst: true, at: changed)
    script.text(
      text.replacing("\"timestamp\":\(changed / 1_000)", with: "\"timestamp\":\(now / 1_000)"))
    #expect(script.did().first == "stream bbo BTC live first_data")
  }

  @Test(
    "the end of a subscription counts as answered, also where there was none",
    arguments: [
      #"{"type": "unsubscribed", "channel": "order_book:1"}"#,
      #"{"error":{"code":30002,"message":"Not Subscribed to : order_book:1"}}"#,
    ])
  func ended(text: String) {
    var script = LighterScript.connected([Self.bbo, Self.book])
    script.text(Venue.book(10, after: 0, "100x1", "101x1", isFirst: true))
    script.unsubscribe([Self.book])
    let unanswered = script.session.feed.unanswered.count
    script.text(text)
    #expect(script.session.feed.unanswered.count == unanswered - 1)
  }

  @Test("a message of 2025 has no nonces and is taken as the next")
  func oldBooks() {
    var script = LighterScript.connected([Self.book])
    let old = { (type: String, bids: String) in
      #"{"channel":"order_book:1","offset":5,"order_book":{"code":0,"asks":[],"bids":[\#(bids)],"#
        + #""offset":5},"timestamp":1795132800123,"type":"\#(type)/order_book"}"#
    }
    script.text(old("subscribed", #"{"price":"99","size":"1"}"#))
    script.text(old("update", #"{"price":"99","size":"2"}"#))
    #expect(script.did().last == "book BTC delta [99x2] [] seq 2 after 1")
  }

  @Test("the replay of trades is no news; liquidations are trades, each is told once")
  func trades() {
    var script = LighterScript.connected([Self.trade])
    script.text(Venue.trades([Venue.trade(2, "100.5"), Venue.trade(1, "100")], isFirst: true))
    #expect(script.did() == ["stream trade BTC live first_data"])
    script.text(
      Venue.trades(
        [Venue.trade(4, "101"), Venue.trade(2, "100.5")],
        liquidations: [Venue.trade(3, "99", isMakerAsk: false, type: "liquidation")]))
    #expect(
      script.did() == ["trade BTC sell 0.5@99 liquidation", "trade BTC buy 0.5@101"])
    script.text(
      #"{"channel":"trade:1","liquidation_trades":null,"nonce":9,"#
        + #""trades":null,"type":"update/trade"}"#
    )
    #expect(script.did() == [])
  }

  @Test("rates are percent of an hour, the next settlement is at the full hour")
  func funding() throws {
    var script = LighterScript.connected([Self.funding])
    script.text(
      #"{"channel":"market_stats:1","market_stats":{"symbol":"BTC","market_id":1,"#
        + #""index_price":"90999.8","mark_price":"91000.2","current_funding_rate":"-0.0012","#
        + #""funding_rate":"0.0011","funding_timestamp":1795132800001,"#
        + #""daily_price_low":1856.3},"timestamp":1795132900125,"type":"update/market_stats"}"#)
    #expect(
      script.did() == [
        "stream funding BTC live first_data",
        "funding BTC rate -0.000012 hourly -0.000012 mark 91000.2",
      ])
    guard case .funding(let event)? = script.events.last else {
      Issue.record("no funding")
      return
    }
    #expect(event.nextTime == 1_795_136_400_000_000)
    #expect(event.intervalSeconds == 3_600)
  }

  @Test("a ping every half minute, and the venue's own are answered")
  func pings() {
    var script = LighterScript.connected([Self.bbo])
    script.text(#"{"type":"ping"}"#)
    #expect(script.did() == ["send 1 pong"])
    for nonce in Int64(1)...61 {
      script.text(Venue.ticker(nonce, "1x1", "2x1", at: script.now.wall))
      script.wait(seconds: 1)
    }
    #expect(script.did().count { $0 == "send 1 ping" } == 2)
  }

  @Test("the notice of a shutdown is passed on, so that another connection can take over")
  func shutdown() {
    var script = LighterScript.connected([Self.bbo])
    script.text(#"{"type":"shutdown","close_in_ms":5000}"#)
    #expect(script.did() == ["expiring 1"])
  }

  @Test("no more than 35 unanswered, and no more than 150 messages a minute")
  func limits() {
    var script = LighterScript()
    script.start()
    let rows = (0..<100).map { id in
      #"{"symbol":"A\#(id)","market_id":\#(id),"market_type":"perp","status":"active","#
        + #""supported_size_decimals":4,"supported_price_decimals":2}"#
    }
    script.answer(
      "/api/v1/orderBookDetails?filter=perp",
      #"{"code":200,"order_book_details":[\#(rows.joined(separator: ","))]}"#)
    let symbols = (0..<100).compactMap { Symbol("A\($0)-USDC-PERP") }
    script.subscribe(symbols.flatMap { [Topic(.trade, $0), Topic(.funding, $0)] })
    script.open()
    script.text(Venue.connected)
    #expect(script.sent.count == 35)
    for _ in 0..<50 {
      let messages = script.sent
      script.sent = []
      for message in messages {
        guard let name = (try? JSONTree(message))?["channel"]?.text else { continue }
        let parts = name.split(separator: "/")
        script.text(
          #"{"channel":"\#(parts[0]):\#(parts[1])","nonce":1,"trades":[],"#
            + #""market_stats":{"market_id":1},"#
            + #""timestamp":1795132800123,"type":"subscribed/\#(parts[0])"}"#)
      }
      script.wait(milliseconds: 10)
    }
    let asked = script.lines.count { $0.hasPrefix("send 1 subscribe") }
    #expect(asked == 150)
  }

  @Test("refusals: what names its channel counts as an answer, what does not is noted")
  func refusals() {
    var script = LighterScript.connected([Self.book])
    script.text(#"{"error":{"code":30003,"message":"Already Subscribed to : order_book:1"}}"#)
    script.text(#"{"error":{"code":30005,"message":"Invalid Channel:  (marketId)"}}"#)
    script.text(#"{"type":"error","code":30009,"message":"Too Many Websocket Messages!"}"#)
    #expect(script.did() == [])
    #expect(script.notes.count { $0.text.contains("error 300") } == 2)
  }

  @Test(
    "what cannot be read is dropped and told",
    arguments: [
      "", "{", "[]", "{}", #"{"type":5}"#, #"{"channel":"ticker:1","type":"update/ticker"}"#,
      #"{"channel":"order_book:1","type":"update/order_book","#
        + #""order_book":{"bids":[{"price":"1"}]}}"#,
      #"{"channel":"trade:1","type":"update/trade","trades":[{"trade_id":1}]}"#,
      #"{"channel":"ticker:1","nonce":1,"ticker":{"a":{"price":"NaN","#
        + #""size":"1"},"b":{}},"type":"update/ticker"}"#,
    ])
  func malformed(text: String) {
    var script = LighterScript.connected([Self.bbo])
    script.text(text)
    #expect(script.did() == ["error decode malformed"])
  }

  @Test("of markets, perpetuals are listed, and one row of nonsense costs no other")
  func markets() throws {
    let text =
      #"{"code":200,"order_book_details":[{"symbol":"ETH","market_id":0,"market_type":"perp","#
      + #""status":"active","min_base_amount":"0.0050","min_quote_amount":"10.000000","#
      + #""supported_size_decimals":4,"supported_price_decimals":2,"#
      + #""min_initial_margin_fraction":200,"market_config":{"force_reduce_only":true}},5,"#
      + #"{"symbol":"ETH/USDC","market_id":2048,"market_type":"spot"},"#
      + #"{"symbol":"B D","market_id":3,"market_type":"perp","status":"inactive"}]}"#
    let markets = try LighterMarkets(Array(text.utf8).span.bytes, venue: Lighter.id)
    #expect(markets.unreadable == ["(malformed)", "B D"])
    let market = try #require(markets.listed.first?.market)
    #expect(markets.listed.count == 1 && markets.listed[0].name.string == "0")
    #expect(market.symbol.description == "ETH-USDC-PERP" && market.status == .reduceOnly)
    #expect(market.tickSize.description == "0.01" && market.lotSize.description == "0.0001")
    #expect(market.maxLeverage == Decimal(50) && market.minSize.description == "0.0050")
  }
}
