import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

extension EdgeXSessionTests {
  @Test("a book: whole, changed, changed in nothing, repeated, whole again")
  func book() {
    var script = EdgeXScript.connected([Self.book])
    func depth(
      _ start: Int64, _ end: Int64, snapshot: Bool = false, _ bids: String, _ asks: String
    ) {
      script.depth(start, end, snapshot: snapshot, bids, asks, levels: 200)
    }
    depth(1, 4, "9x9", "")
    #expect(script.did() == [], "no change before a whole book")
    depth(90, 100, snapshot: true, "1x1 0.9x4", "2x2")
    depth(100, 115, "", "")
    depth(115, 130, "0.9x0.000 1x3", "2x1")
    depth(115, 130, "7x7", "")
    depth(20, 40, "7x7", "")
    depth(20, 40, snapshot: true, "7x7", "8x8")
    depth(120, 200, snapshot: true, "1.5x1", "1.6x2")
    depth(200, 201, "1.4x1", "")
    #expect(
      script.did() == [
        "stream book BTC live first_data", "book BTC snapshot [1x1 0.9x4] [2x2] seq 100",
        "book BTC delta [1x3 0.9x0.000] [2x1] seq 130 after 100",
        "book BTC snapshot [1.5x1] [1.6x2] seq 200", "book BTC delta [1.4x1] [] seq 201 after 200",
      ])
  }

  @Test("a gap: nothing more until a whole book, which is asked for at once")
  func gap() {
    var script = EdgeXScript.connected([Self.bbo, Self.book])
    script.depth(90, 100, snapshot: true, "1x1", "2x2", levels: 200)
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.skip()
    script.depth(110, 120, "1x5", "", levels: 200)
    #expect(
      script.did() == [
        "stream book BTC gap sequence", "stream book BTC resync snapshot_requested",
        "send 1 unsubscribe depth.30000001.200", "send 1 subscribe depth.30000001.200",
      ])
    script.depth(120, 125, "1x6", "", levels: 200)
    script.acknowledge()
    #expect(script.did() == [])
    script.depth(100, 103, "1x2", "")
    script.depth(120, 130, snapshot: true, "1x7", "2x2", levels: 200)
    #expect(
      script.did() == [
        "bbo BTC 1x2 2x2 seq 103 book", "stream book BTC live first_data",
        "book BTC snapshot [1x7] [2x2] seq 130",
      ])
  }

  @Test("a missing change of a single version is a gap too")
  func smallGap() {
    var script = EdgeXScript.connected([Self.bbo])
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.depth(100, 103, "1x2", "")
    script.skip()
    script.depth(104, 110, "1x3", "")
    #expect(script.did().first == "stream bbo BTC gap sequence")
  }

  @Test("the other numbering is learnt from the second book that begins so")
  func otherNumbering() {
    var script = EdgeXScript.connected([Self.bbo])
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.depth(101, 110, "1x2", "")
    script.depth(120, 130, snapshot: true, "1x3", "2x2")
    script.skip()
    script.depth(131, 140, "1x4", "")
    script.depth(141, 150, "1x5", "")
    #expect(script.did() == ["bbo BTC 1x4 2x2 seq 140 book", "bbo BTC 1x5 2x2 seq 150 book"])
    script.depth(160, 170, "1x6", "")
    #expect(script.did().first == "stream bbo BTC gap sequence")
  }

  @Test("a quote is told when the best levels change, an empty side as none")
  func quotes() {
    var script = EdgeXScript.connected([Self.bbo])
    script.depth(90, 100, snapshot: true, "1x1 0.9x1", "2x2")
    script.skip()
    script.depth(100, 101, "0.9x5", "")
    script.depth(101, 102, "", "")
    #expect(script.did() == [])
    script.depth(102, 103, "", "2x0")
    script.depth(103, 104, "3x1", "2.5x1")
    #expect(
      script.did() == ["bbo BTC 1x1 - seq 103 book", "bbo BTC 3x1 2.5x1 seq 104 crossed book"])
  }

  @Test("trades: what a snapshot repeats is a sign of life, no news")
  func trades() {
    var script = EdgeXScript.connected([Self.trade])
    let time = script.now.wall
    let first = Venue.trade("0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913", "100", "0.50", at: time)
    script.trades(snapshot: true, [first])
    #expect(script.did() == ["stream trade BTC live first_data"])
    let second = Venue.trade(
      "0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e914", "100.0", "2", buyerIsMaker: true, at: time)
    let third = Venue.trade("7", "101", "3", at: time)
    script.trades([first, second, third])
    script.trades([third])
    #expect(script.did() == ["trade BTC sell 2@100.0", "trade BTC buy 3@101"])
    guard case .trade(let trade)? = script.events.first(where: { Transcript.isTrade($0) }) else {
      Issue.record("no trade")
      return
    }
    #expect(trade.tradeID?.string == "0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e914")
    #expect(trade.header.venueTime == time)
  }

  @Test("a snapshot without a single trade shows that the stream lives")
  func noTrades() {
    var script = EdgeXScript.connected([Self.trade])
    script.trades(snapshot: true, [])
    #expect(script.did() == ["stream trade BTC live first_data"])
    script.close(.lost("reset"))
    script.wait(seconds: 2)
    script.open()
    script.skip()
    script.trades(snapshot: true, [])
    #expect(script.did() == ["stream trade BTC live first_data"])
  }

  @Test("funding from the ticker, of one market or of all; a price of 0 is none")
  func funding() throws {
    var script = EdgeXScript.connected([Self.funding])
    script.text(Venue.event("ticker.30000001", [Venue.ticker(rate: "-0.0004", mark: "100.25")]))
    let all = ["30000002", "30000001", "30000009"].map {
      Venue.ticker($0, rate: "0.0008", mark: "0")
    }
    script.text(Venue.event("ticker.all.1s", all))
    #expect(
      script.did() == [
        "stream funding BTC live first_data", "funding BTC rate -0.0004 hourly -0.0001 mark 100.25",
        "funding BTC rate 0.0008 hourly 0.0002 mark 100.25",
      ])
    guard case .funding(let funding)? = script.events.last else { return }
    #expect(funding.nextTime == 1_795_147_200_000_000 && funding.intervalSeconds == 14_400)
    #expect(funding.indexPrice == Decimal("99.5") && funding.openInterest == Decimal("12.5"))
  }

  @Test("the first funding comes by REST; an empty answer says nothing")
  func firstFunding() {
    var script = EdgeXScript.connected([Self.funding])
    script.answer(Venue.tickerPath, Venue.answer("[]"))
    #expect(script.did() == [])
    script = EdgeXScript.connected([Self.funding])
    script.answer(Venue.tickerPath, Venue.answer("[\(Venue.ticker(rate: "0.0004", mark: "7"))]"))
    #expect(script.did().last == "funding BTC rate 0.0004 hourly 0.0001 mark 7")
  }

  @Test("what this version does not know is told once and costs nothing")
  func drift() {
    var script = EdgeXScript.connected([Self.bbo])
    let row = Venue.depth((90, 100), snapshot: true, "1x1", "2x2")
    let strange = row.dropLast() + #","colour":"blue"}"#
    script.text(Venue.event("depth.30000001.15", snapshot: true, [String(strange)]))
    script.text(Venue.event("depth.30000001.15", snapshot: true, [String(strange)]))
    script.text(Venue.event("weather.30000001", [#"{"sun":1}"#]))
    script.text(#"{"type":"horn","volume":11}"#)
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 100 book",
        "drift public depth.colour", "drift type or channel weather.30000001",
        "drift type or channel horn", "drift public envelope.volume",
      ])
  }

  @Test("rows of channels and contracts that nobody asked for change nothing")
  func strangers() {
    var script = EdgeXScript.connected([Self.bbo, Self.trade, Self.funding])
    script.depth(9, 10, snapshot: true, "1x1", "2x2", levels: 200)
    script.depth(9, 10, snapshot: true, "1x1", "2x2", of: Venue.eth)
    script.text(Venue.event("bookTicker.all.1s", [#"{"contractId":"30000001"}"#]))
    script.text(Venue.event("fundingRate.all", [#"{"contractId":"30000001"}"#]))
    script.text(Venue.event("kline.LAST_PRICE.30000001.DAY_1", [#"{"contractId":"30000001"}"#]))
    script.text(Venue.event("metadata", [#"{"coinList":[]}"#]))
    script.text(#"{"type":"trade-event","content":{"event":"Snapshot","version":9}}"#)
    #expect(script.did() == [])
  }
}

extension Transcript {
  fileprivate static func isTrade(_ event: Event) -> Bool {
    if case .trade = event { true } else { false }
  }
}
