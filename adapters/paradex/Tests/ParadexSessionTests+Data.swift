import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

extension ParadexSessionTests {
  @Test("old and repeated quotes are dropped")
  func oldQuotes() {
    var script = ParadexScript.connected([Self.bbo])
    script.bbo(7, "1x1", "2x2")
    script.skip()
    script.bbo(7, "1x1", "2x2")
    script.bbo(5, "1x9", "2x9")
    #expect(script.did() == [])
    script.bbo(8, "1x3", "2x2")
    #expect(script.did() == ["bbo BTC 1x3 2x2 seq 8"])
  }

  @Test("crossed and locked quotes say so")
  func crossed() {
    var script = ParadexScript.connected([Self.bbo, Self.book])
    script.bbo(7, "3x1", "2x2")
    script.bbo(8, "2.0x1", "2x2")
    script.bbo(9, "1x1", "2x2")
    script.book(5, snapshot: true, "1x1", "2x2")
    script.book(6, "2x1", "")
    script.book(7, "3x1", "")
    #expect(
      script.did().filter { !$0.hasPrefix("stream") } == [
        "bbo BTC 3x1 2x2 seq 7 crossed", "bbo BTC 2x1 2x2 seq 8 locked", "bbo BTC 1x1 2x2 seq 9",
        "book BTC snapshot [1x1] [2x2] seq 5", "book BTC delta [2x1] [] seq 6 after 5 locked",
        "book BTC delta [3x1] [] seq 7 after 6 crossed",
      ])
  }

  @Test("events of one stream are numbered without a hole")
  func numbering() {
    var script = ParadexScript.connected([Self.bbo])
    for sequence in 1...5 { script.bbo(Int64(sequence), "1x\(sequence)", "2x2") }
    let numbers = script.events.compactMap { event -> UInt64? in
      if case .bbo(let bbo) = event { bbo.header.mseq } else { nil }
    }
    #expect(numbers == [1, 2, 3, 4, 5])
  }

  @Test("a book: snapshot, deltas, empty deltas that only count, a snapshot in mid-stream")
  func book() {
    var script = ParadexScript.connected([Self.book])
    script.book(4, "9x9", "")
    #expect(script.did() == [], "no delta before a snapshot")
    script.book(5, snapshot: true, "1x1 0.9x4", "2x2")
    script.book(6, "", "")
    script.book(7, "", "")
    script.book(8, "0.9x0", "2x1")
    script.book(8, "7x7", "")
    script.book(2, "7x7", "")
    script.book(20, snapshot: true, "1.5x1", "1.6x2")
    script.book(21, "1.4x1", "")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [1x1 0.9x4] [2x2] seq 5",
        "book BTC delta [0.9x0] [2x1] seq 8 after 5",
        "book BTC snapshot [1.5x1] [1.6x2] seq 20",
        "book BTC delta [1.4x1] [] seq 21 after 20",
      ])
  }

  @Test("a gap: nothing more of the book until a new snapshot, which is asked for at once")
  func gap() {
    var script = ParadexScript.connected([Self.book, Self.bbo])
    script.book(5, snapshot: true, "1x1", "2x2")
    script.bbo(5, "1x1", "2x2")
    script.skip()
    script.book(7, "1x5", "")
    #expect(
      script.did() == [
        "stream book BTC gap sequence", "stream book BTC resync snapshot_requested",
        "send 1 unsubscribe order_book.BTC-USD-PERP.deltas",
        "send 1 subscribe order_book.BTC-USD-PERP.deltas",
      ])
    script.book(8, "1x6", "")
    script.bbo(8, "1x6", "2x2")
    script.snapshot(Self.book)
    #expect(script.did() == ["bbo BTC 1x6 2x2 seq 8"])
    script.book(9, snapshot: true, "1x6", "2x2")
    script.book(10, "1x7", "")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [1x6] [2x2] seq 9",
        "book BTC delta [1x7] [] seq 10 after 9",
      ])
  }

  @Test("two gaps while the new subscription still waits its turn: it is not lost")
  func gapsInARow() throws {
    let names = (0..<48).map { "C\($0)-USD-PERP" }
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets(["BTC-USD-PERP"] + names))
    let trades = try names.map { Topic(.trade, try #require(Symbol($0))) }
    script.subscribe([Self.book] + trades)
    script.open()
    script.skip()
    // The fiftieth message in 100 ms ends the subscription, the next must wait.
    script.book(5, snapshot: true, "1x1", "2x2")
    script.book(7, "1x5", "")
    #expect(script.did().last == "send 1 unsubscribe order_book.BTC-USD-PERP.deltas")
    script.book(8, snapshot: true, "1x1", "2x2")
    script.book(10, "1x5", "")
    script.wait(milliseconds: 200)
    #expect(script.did().last == "send 1 subscribe order_book.BTC-USD-PERP.deltas")
  }

  @Test("a snapshot that does not come is asked for again, then the connection is renewed")
  func lostSnapshot() {
    var script = ParadexScript.connected([Self.book])
    script.book(5, snapshot: true, "1x1", "2x2")
    script.book(7, "1x5", "")
    script.skip()
    script.wait(seconds: 3)
    #expect(
      script.did() == [
        "send 1 unsubscribe order_book.BTC-USD-PERP.deltas",
        "send 1 subscribe order_book.BTC-USD-PERP.deltas",
      ])
    script.wait(seconds: 2)
    script.skip()
    script.wait(milliseconds: 1_100)
    #expect(script.did().prefix(2) == ["close 1 1001", "stream book BTC down no_data"])
  }

  @Test("a book beyond the limit is given up, and tried again after half a minute")
  func hugeBook() {
    var script = ParadexScript.connected([Self.book])
    let side = (1...BookBuilder.maxLevels + 1).map { "\($0)x1" }.joined(separator: " ")
    script.book(5, snapshot: true, "", side)
    #expect(
      script.did() == [
        "stream book BTC down too_large", "send 1 unsubscribe order_book.BTC-USD-PERP.deltas",
      ])
    script.wait(seconds: 29)
    #expect(script.did() == [])
    script.wait(seconds: 2)
    script.book(9, snapshot: true, "1x1", "2x2")
    #expect(
      script.did() == [
        "stream book BTC connecting subscribing",
        "send 1 unsubscribe order_book.BTC-USD-PERP.deltas",
        "send 1 subscribe order_book.BTC-USD-PERP.deltas", "stream book BTC live first_data",
        "book BTC snapshot [1x1] [2x2] seq 9",
      ])
  }

  @Test("trades: the taker's side, liquidations, and none twice")
  func trades() {
    var script = ParadexScript.connected([Self.trade])
    let trades = [
      Venue.trade("1790187959762201709277900001", "83894.04692005", "0.1", at: script.now.wall),
      Venue.trade(
        "1790187959762201709277900002", "5", "0.2", side: .sell, kind: .liquidation,
        at: script.now.wall),
      Venue.trade("1790187959762201709277900003", "6", "1", side: nil, at: script.now.wall),
    ]
    for trade in trades + trades { script.binary(trade.frame(version: 2)) }
    #expect(
      script.did() == [
        "stream trade BTC live first_data", "trade BTC buy 0.1@83894.04692005",
        "trade BTC sell 0.2@5 liquidation", "trade BTC ? 1@6",
      ])
    script.binary(trades[0].frame(version: 1))
    #expect(script.did() == [], "the short id tells them apart in version 1 as well")
    script.close(.lost("reset"))
    script.wait(seconds: 1)
    script.open()
    script.skip()
    script.binary(trades[2].frame(version: 2))
    #expect(script.did() == [], "nor after a new connection")
  }

  @Test("funding: summary and funding data make one event")
  func funding() throws {
    var script = ParadexScript.connected([Self.funding])
    let market = Venue.btc.text
    let data = ParadexWire.Funding(
      market: market, time: script.now.wall, sequence: 0,
      rate: try #require(Decimal("0.0008")), index: nil, createdAt: script.now.wall, premium: nil,
      rate8h: nil, periodHours: 4, impactPremiumRate: nil)
    script.binary(data.frame(version: 2))
    script.answer(
      "/markets/summary?market=BTC-USD-PERP",
      #"{"results":[{"symbol":"BTC-USD-PERP","mark_price":"1.5","funding_rate":"0.1","#
        + #""created_at":1795132800000}]}"#)
    var unknown = data
    unknown.periodHours = 0
    script.binary(unknown.frame(version: 2))
    #expect(
      script.did() == [
        "stream funding BTC live first_data", "funding BTC rate 0.0008 hourly 0.0002 mark -",
        "funding BTC rate 0.0008 hourly 0.0002 mark 1.5",
        "funding BTC rate 0.0008 hourly 0.0002 mark 1.5",
      ], "a period of 0 is none, and the one stated before stands")
  }

  @Test("frozen time stamps: every quote says so, until the venue's clock goes on")
  func lagging() {
    var script = ParadexScript.connected([Self.bbo, Self.book])
    script.bbo(7, "1x1", "2x2")
    script.book(7, snapshot: true, "1x1", "2x2")
    let frozen = script.now.wall
    script.skip()
    script.wait(milliseconds: 500)
    for sequence in Int64(8)...17 {
      script.wait(seconds: 1)
      script.binary(
        Venue.bbo(sequence, "1x\(sequence)", "2x2", at: frozen).frame(version: 2))
      script.binary(
        Venue.book(sequence, "1x\(sequence)", "", at: frozen).frame(version: 2))
    }
    let lines = script.did()
    #expect(lines.filter { $0.hasPrefix("stream bbo") } == ["stream bbo BTC stale lagging"])
    #expect(lines.filter { $0.hasPrefix("stream book") } == ["stream book BTC stale lagging"])
    #expect(lines.filter { $0.hasPrefix("bbo") && $0.hasSuffix(" lagging") }.count == 6)
    #expect(lines.filter { $0.hasPrefix("book") && $0.hasSuffix(" lagging") }.count == 6)
    script.snapshot(Self.bbo)
    script.snapshot(Self.book)
    #expect(
      script.did() == [
        "answer bbo BTC 1x17 2x2 seq 17 lagging",
        "answer book BTC snapshot [1x17] [2x2] seq 17 lagging",
      ])
    script.bbo(18, "1x1", "2x2")
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 18"])
  }

  @Test("a venue whose clock is an hour ahead or behind is not late", arguments: [-3_600, 3_600])
  func skewedClock(_ seconds: Int) {
    let skew = Int64(seconds) * 1_000_000
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.answer("/system/time", #"{"server_time":"\#((script.now.wall + skew) / 1_000)"}"#)
    script.subscribe([Self.bbo])
    script.open()
    script.skip()
    let fresh = Venue.bbo(7, "1x1", "2x2", at: script.now.wall + skew)
    script.binary(fresh.frame(version: 2))
    let old = Venue.bbo(8, "1x1", "2x2", at: script.now.wall + skew - 6_000_000)
    script.binary(old.frame(version: 2))
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 7", "stream bbo BTC stale lagging",
        "bbo BTC 1x1 2x2 seq 8 lagging",
      ])
  }

  @Test("times and sequences of any 64 bits do not trap")
  func hostileNumbers() {
    let numbers: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
    for skew in numbers {
      var script = ParadexScript()
      script.start()
      script.answer("/markets", Venue.markets)
      script.answer("/system/time", #"{"server_time":"\#(skew / 1_000)"}"#)
      script.subscribe([Self.bbo, Self.trade, Self.book, Self.funding])
      script.open()
      for time in numbers {
        for sequence in numbers {
          script.binary(Venue.bbo(sequence, "1x1", "2x2", at: time).frame(version: 2))
          for isSnapshot in [true, false] {
            script.binary(
              Venue.book(sequence, snapshot: isSnapshot, "1x1", "2x2", at: time).frame(version: 2))
          }
          var trade = Venue.trade("1", "1", "1", at: time)
          (trade.sequence, trade.lowID) = (sequence, time)
          script.binary(trade.frame(version: 2))
        }
        script.text(
          Venue.notification(
            "funding_data.BTC-USD-PERP",
            #"{"market":"BTC-USD-PERP","funding_rate":"0.1","created_at":\#(time / 1_000),"#
              + #""funding_period_hours":\#(time)}"#))
      }
      script.wait(seconds: 5)
      #expect(script.events.count > 7)
    }
  }

  @Test("a venue that still speaks JSON is understood as well")
  func json() {
    var script = ParadexScript.connected(
      [Self.bbo, Self.trade, Self.book, Self.funding], settings: ["encoding": "json"])
    #expect(
      script.lines.contains("open 1 wss://venue.example/v1"))
    let time = script.now.wall / 1_000
    script.text(
      Venue.notification(
        "bbo.BTC-USD-PERP",
        #"{"market":"BTC-USD-PERP","bid":"1.10","bid_size":"3","ask":"","ask_size":"","#
          + #""seq_no":7,"last_updated_at":\#(time)}"#))
    for (type, sequence, changes) in [
      ("s", 5, #""inserts":[{"side":"BUY","price":"1","size":"2"}],"updates":[],"deletes":[]"#),
      ("d", 6, #""inserts":[],"updates":[],"deletes":[{"side":"BUY","price":"1","size":"0"}]"#),
      ("d", 8, #""inserts":[],"updates":[],"deletes":[]"#),
    ] {
      script.text(
        Venue.notification(
          "order_book.BTC-USD-PERP.deltas",
          #"{"seq_no":\#(sequence),"market":"BTC-USD-PERP","last_updated_at":\#(time),"#
            + #""update_type":"\#(type)",\#(changes)}"#))
    }
    script.text(
      Venue.notification(
        "trades.BTC-USD-PERP",
        #"{"id":"9","market":"BTC-USD-PERP","side":"SELL","size":"1","price":"2.50","#
          + #""created_at":\#(time),"trade_type":"FILL"}"#))
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1.10x3 - seq 7",
        "stream book BTC live first_data", "book BTC snapshot [1x2] [] seq 5",
        "book BTC delta [1x0] [] seq 6 after 5", "stream book BTC gap sequence",
        "stream book BTC resync snapshot_requested",
        "send 1 unsubscribe order_book.BTC-USD-PERP.deltas",
        "send 1 subscribe order_book.BTC-USD-PERP.deltas", "stream trade BTC live first_data",
        "trade BTC sell 1@2.50",
      ])
  }

  @Test("what is new is told once and does no harm; known channels of others are not news")
  func drift() {
    var script = ParadexScript.connected([Self.bbo])
    var frame = Venue.bbo(7, "1x1", "2x2", at: script.now.wall).frame(version: 2)
    frame.insert(contentsOf: [1, 2, 3, 4, 5, 6, 7, 8], at: 56)
    frame[0] += 8
    script.binary(frame)
    script.binary([0, 0, 99, 0, 1, 0, 2, 0])
    script.binary([0, 0, 99, 0, 1, 0, 2, 0])
    script.text(Venue.notification("weather.BTC-USD-PERP", "{}"))
    script.text(Venue.notification("orders.BTC-USD-PERP", #"{"id":"1"}"#))
    script.text(Venue.notification("account", "{}"))
    script.text(
      Venue.notification(
        "bbo.BTC-USD-PERP",
        Venue.quote(
          Venue.bbo(8, "1x1", "2x2", at: script.now.wall)
        ).replacing("{", with: #"{"mood":"bright","#)))
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 7",
        "drift template 2 root block of 56 bytes", "drift sbe template 99",
        "drift weather.BTC-USD-PERP channel", "bbo BTC 1x1 2x2 seq 8", "drift json bbo.mood",
      ])
  }
}
