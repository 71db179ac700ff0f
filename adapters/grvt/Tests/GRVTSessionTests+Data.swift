import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

extension GRVTSessionTests {
  @Test("quotes: changes are merged; those of other prices are signs of life")
  func merging() {
    var script = GRVTScript.connected([Self.bbo])
    script.quote(0, "100.0x1", "101.0x2")
    script.skip()
    script.mini(101, after: 100, #","mark_price":"100.5","index_price":"100.25""#)
    script.mini(102, after: 101, #","best_ask_size":"5.708""#)
    script.mini(103, after: 102, #","last_price":"101.0","last_size":"0.001""#)
    script.mini(104, after: 103, #","best_bid_price":"100.5","best_bid_size":"0.30""#)
    #expect(
      script.did() == [
        "bbo BTC 100.0x1 101.0x5.708 seq 102", "bbo BTC 100.5x0.30 101.0x5.708 seq 104",
      ])
  }

  @Test("a side of the book that became empty, and came back")
  func emptySide() {
    var script = GRVTScript.connected([Self.bbo])
    script.quote(0, "100x1", "101x2")
    script.skip()
    script.mini(101, after: 100, #","best_ask_price":"","best_ask_size":"""#)
    script.mini(102, after: 101, #","best_ask_price":"102","best_ask_size":"7""#)
    script.mini(103, after: 102, #","best_bid_size":"0""#)
    #expect(
      script.did() == [
        "bbo BTC 100x1 - seq 101", "bbo BTC 100x1 102x7 seq 102", "bbo BTC - 102x7 seq 103",
      ])
  }

  @Test("a missing quote: nothing more until a new state, which is asked for at once")
  func missingQuote() {
    var script = GRVTScript.connected([Self.bbo])
    script.quote(0, "100x1", "101x2")
    script.skip()
    script.quote(102, "100x3", "101x2")
    #expect(
      script.did() == [
        "stream bbo BTC gap sequence", "stream bbo BTC resync snapshot_requested",
        "send 1 unsubscribe v1.mini.d BTC_USDT_Perp@0",
        "send 1 subscribe v1.mini.d BTC_USDT_Perp@0",
        #"POST /full/v1/mini {"instrument":"BTC_USDT_Perp"}"#,
      ])
    script.quote(103, "100x4", "101x2")
    #expect(script.did() == [])
    script.acknowledge(first: 104)
    script.quote(0, "100x4", "101x2")
    script.quote(104, "100x5", "101x2")
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 100x4 101x2 seq -1",
        "bbo BTC 100x5 101x2 seq 104",
      ])
  }

  @Test("the acknowledgement is lost: the second subscription proves itself without one")
  func lostAcknowledgement() {
    var script = GRVTScript()
    script.start()
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets)
    script.subscribe([Self.book])
    script.open()
    script.book(0, "100x1", "101x2")
    script.book(55, "100x3", "")
    script.skip()
    script.wait(milliseconds: 2_100)
    #expect(
      script.did() == [
        "send 1 unsubscribe v1.book.d BTC_USDT_Perp@50",
        "send 1 subscribe v1.book.d BTC_USDT_Perp@50",
      ])
    script.book(56, "99x1", "")
    script.book(0, "100x3 99x1", "101x2")
    #expect(script.did() == [], "a change may be missing between the two")
    script.book(57, "", "101x0 102x1")
    script.book(58, "99x0", "")
    script.book(59, "99x1", "")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [100x3] [102x1] seq 58",
        "book BTC delta [99x1] [] seq 59 after 58",
      ])
  }

  @Test("a book: snapshot, changes, repetitions, numbers that fall")
  func books() {
    var script = GRVTScript.connected([Self.book])
    script.book(0, "100x1 99x4", "101x2")
    script.book(101, "99x0", "101x1")
    script.book(101, "99x0", "101x1")
    script.book(102, "", "103x1")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [100x1 99x4] [101x2] seq 100",
        "book BTC delta [99x0] [101x1] seq 101 after 100",
        "book BTC delta [] [103x1] seq 102 after 101",
      ])
    script.book(5, "98x1", "")
    #expect(
      script.did() == [
        "stream book BTC gap sequence", "stream book BTC resync snapshot_requested",
        "send 1 unsubscribe v1.book.d BTC_USDT_Perp@50",
        "send 1 subscribe v1.book.d BTC_USDT_Perp@50",
      ])
  }

  @Test("books of one message each need no numbers")
  func wholeBooks() {
    var script = GRVTScript.connected([Self.book])
    for size in 1...2 {
      script.text(
        Venue.message(
          "v1.book.s", "500-10", 0, after: 0,
          #"{"event_time":"1","instrument":"BTC_USDT_Perp","bids":\#(Venue.levels("1x\(size)")),"#
            + #""asks":[]}"#))
    }
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [1x1] [] seq 0",
        "book BTC snapshot [1x2] [] seq 0",
      ])
  }

  @Test("trades: the past is a sign of life, live ones count from one or not at all")
  func trades() {
    var script = GRVTScript.connected([Self.trade], past: 2)
    script.trade(0, "7-1", "1@100", ago: 60)
    script.trade(0, "7-2", "1@100")
    script.trade(0, "8-1", "2@100")
    script.trade(101, "9-1", "3@100")
    script.trade(101, "9-1", "3@100")
    script.trade(102, "9-2", "4@100")
    #expect(
      script.did() == [
        "stream trade BTC live first_data", "trade BTC buy 2@100", "trade BTC buy 3@100",
        "trade BTC buy 4@100",
      ])
  }

  @Test("trades before the acknowledgement are judged by their time")
  func tradesBeforeAcknowledgement() {
    var script = GRVTScript()
    script.start()
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets)
    script.subscribe([Self.trade])
    script.open()
    script.skip()
    script.wait(milliseconds: 500)
    script.trade(0, "7-1", "1@100", ago: 1)
    script.trade(0, "8-1", "2@100")
    #expect(
      script.did() == ["stream trade BTC live first_data", "trade BTC buy 2@100"])
  }

  @Test("a missing trade is told, and the one that shows it is not lost")
  func missingTrade() {
    var script = GRVTScript.connected([Self.trade])
    script.trade(101, "9-1", "3@100")
    script.skip()
    script.trade(103, "9-3", "5@100")
    #expect(
      script.did() == [
        "trade BTC buy 5@100", "stream trade BTC gap sequence",
        "stream trade BTC resync snapshot_requested",
        "send 1 unsubscribe v1.trade BTC_USDT_Perp@50",
        "send 1 subscribe v1.trade BTC_USDT_Perp@50",
      ])
  }

  @Test("funding: percent, mark and next time from the ticker, by REST at first")
  func funding() throws {
    var script = GRVTScript.connected([Self.funding])
    let feed =
      #"{"event_time":"1795132800123456789","instrument":"BTC_USDT_Perp","mark_price":"100.250","#
      + #""index_price":"100.1","funding_rate":"0.01","funding_interval_hours":8,"#
      + #""open_interest":"12.5","next_funding_time":"1795161600000000000"}"#
    script.answer(
      #"/full/v1/ticker {"instrument":"BTC_USDT_Perp"}"#, #"{"result":\#(feed)}"#)
    script.text(Venue.message("v1.ticker.s", "500", 0, after: 0, feed))
    #expect(
      script.did() == [
        "stream funding BTC live first_data",
        "funding BTC rate 0.0001 hourly 0.0000125 mark 100.250",
        "funding BTC rate 0.0001 hourly 0.0000125 mark 100.250",
      ])
    guard case .funding(let funding)? = script.events.last else { return #expect(Bool(false)) }
    #expect(funding.nextTime == 1_795_161_600_000_000 && funding.intervalSeconds == 28_800)
    #expect(funding.openInterest?.description == "12.5")
    #expect(funding.header.venueTime == 1_795_132_800_123_456)
  }

  @Test("X14 the venue's own quote is crossed or locked", arguments: ["101", "100"])
  func crossed(ask: String) {
    var script = GRVTScript.connected([Self.bbo])
    script.quote(0, "101x1", "\(ask)x1")
    let word = ask == "101" ? "locked" : "crossed"
    let isFlagged = script.did().last == "bbo BTC 101x1 \(ask)x1 seq -1 \(word)"
    evidence("X14", "grvt", isFlagged, ["flagged": 1])
    #expect(isFlagged)
  }

  @Test("a quiet book is confirmed by its best levels, and only by those")
  func quietBook() {
    var script = GRVTScript.connected([Self.bbo, Self.book])
    script.quote(0, "100x1", "101x2")
    script.book(0, "100x1 99x4 98x1", "101x2")
    script.skip()
    let probe = #"/full/v1/book {"instrument":"BTC_USDT_Perp","depth":50}"#
    func answer(_ bids: String) -> String {
      #"{"result":{"event_time":"1","instrument":"BTC_USDT_Perp","bids":\#(Venue.levels(bids)),"#
        + #""asks":\#(Venue.levels("101x2"))}}"#
    }
    for _ in 0..<40 {
      script.wait(milliseconds: 500)
      script.answer(probe, answer("100x1 99x4"))
    }
    #expect(script.did().allSatisfy { !$0.hasPrefix("stream") })
    for _ in 0..<120 {
      script.wait(milliseconds: 500)
      script.answer(probe, answer("100x1 99x5"))
    }
    let states = script.did().filter { $0.hasPrefix("stream") }
    #expect(states.first == "stream book BTC stale no_data")
    #expect(!states.contains("stream bbo BTC stale no_data"))
  }
}
