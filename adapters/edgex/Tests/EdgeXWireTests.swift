import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

@Suite struct EdgeXWireTests {
  private static func decode(
    _ text: String
  ) throws -> (message: EdgeXMessage, unknown: [String]) {
    let bytes = Array(text.utf8)
    var decoder = EdgeXDecoder()
    let message = try decoder.decode(bytes.span.bytes)
    return (message, decoder.unknown)
  }

  private static func roundTrip(
    _ channel: EdgeXChannel, _ row: any EdgeXRow, as generation: EdgeXGeneration = .v2
  ) throws -> EdgeXMessage {
    let bytes = EdgeXWire.event(channel, isSnapshot: true, [row, row], as: generation)
    let (message, unknown) = try decode(String(decoding: bytes, as: UTF8.self))
    #expect(unknown.isEmpty)
    return message
  }

  @Test("what the simulator writes, the session reads", arguments: [EdgeXGeneration.v1, .v2])
  func roundTrips(generation: EdgeXGeneration) throws {
    var random = Random(seed: 9)
    let options = SimulatorOptions(
      seed: 3, eventsPerSecond: 500, settings: ["generation": generation.rawValue])
    var markets = EdgeXSimulatorMarket.list(options, random: &random)
    var now = Moment(monotonic: 1_000, wall: 1_795_132_800_000_000)
    for index in markets.indices {
      markets[index].start(at: now)
      now = now.advanced(by: Nanoseconds.seconds(120))
      var events: [SimulatedMarket.Event] = []
      markets[index].market.advance(to: now, into: &events)
      for event in events { markets[index].take(event, at: now.wall) }
      let batch = markets[index].batch(.same)
      let update = try #require(batch)
      markets[index].sample(at: now.wall)
      let (market, id) = (markets[index], markets[index].contract)
      for (place, change) in update.changes.enumerated() {
        let channel = EdgeXChannel.depth(contract: id, levels: EdgeXChannel.depths[place])
        #expect(try Self.roundTrip(channel, change, as: generation) == .depth([change, change]))
        let whole = market.depth(place)
        #expect(try Self.roundTrip(channel, whole, as: generation) == .depth([whole, whole]))
      }
      for match in update.matches.prefix(5) {
        #expect(
          try Self.roundTrip(.trades(contract: id), match)
            == .trades([match.trade, match.trade], of: id, isSnapshot: true))
      }
      let ticker = market.ticker(at: now.wall, isPushed: true)
      #expect(try Self.roundTrip(.ticker(.all), ticker) == .tickers([ticker, ticker]))
      let best = market.bookTicker(at: now.wall)
      #expect(try Self.roundTrip(.bookTicker(.all), best) == .bookTickers([best, best]))
      let funding = market.funding(at: now.wall)
      #expect(
        try Self.roundTrip(.fundingRate(.all), funding, as: generation)
          == .fundings([funding, funding]))
      for candle in market.candles(.mark, .hour4, limit: 1) {
        let channel = EdgeXChannel.kline(.mark, contract: id, .hour4)
        #expect(try Self.roundTrip(channel, candle) == .candles([candle, candle]))
      }
    }
  }

  @Test("strings or numbers, objects or pairs, any case, any order of members and levels")
  func variants() throws {
    let usual = try Self.decode(
      Venue.event(
        "depth.30000001.15", snapshot: true,
        [Venue.depth((7, 9), snapshot: true, "100.10x2 99x1", "100.2x0.5 101x3")])
    ).message
    let odd = try Self.decode(
      #"{"content":{"data":[{"bids":[[99,1],["100.10",2]],"depthType":"snapshot","#
        + #""asks":[{"size":3,"price":101},{"price":"100.2","size":"0.5"}],"endVersion":9,"#
        + #""contractId":30000001,"startVersion":7,"contractName":"BTCUSDC"}],"#
        + #""dataType":"SNAPSHOT","channel":"depth.30000001.15"},"#
        + #""channel":"depth.30000001.15","type":"quote-event"}"#
    ).message
    #expect(odd == usual)
    guard case .depth(let rows) = odd else { return }
    #expect(rows[0].bids[0].price.description == "100.10")
  }

  @Test("a row says itself whether it is whole; the message only if the row is silent")
  func kinds() throws {
    func isSnapshot(_ outer: String, _ own: String) throws -> Bool? {
      let row = #"{"contractId":"1","startVersion":"1","endVersion":"2"\#(own)}"#
      let (message, unknown) = try Self.decode(
        #"{"type":"quote-event","channel":"depth.1.15","content":{"dataType":"\#(outer)","#
          + #""data":[\#(row)]}}"#)
      guard case .depth(let rows) = message, unknown.isEmpty else { return nil }
      return rows[0].isSnapshot
    }
    for word in ["CHANGED", "changed", "Changed", "cHANGED"] {
      #expect(try isSnapshot(word, "") == false)
      #expect(try isSnapshot("Snapshot", #","depthType":"\#(word)""#) == false)
    }
    for word in ["SNAPSHOT", "Snapshot", "snapshot"] {
      #expect(try isSnapshot(word, "") == true)
      #expect(try isSnapshot("changed", #","depthType":"\#(word)""#) == true)
    }
    #expect(throws: JSONError.self) { try isSnapshot("Sideways", "") }
  }

  @Test("control messages, those of older systems too")
  func control() throws {
    #expect(try Self.decode(#"{"sid":"a","type":"connected","time":"5"}"#).message == .connected)
    #expect(
      try Self.decode(
        #"{"sid":"a","type":"connected","channel":null,"request":null,"content":null}"#
      ).message == .connected)
    #expect(
      try Self.decode(#"{"type":"unsubscribed","channel":"ticker.all.1s"}"#).message
        == .acknowledged(.ticker(.allEverySecond), isWanted: false))
    #expect(
      try Self.decode(#"{"type":"error","request":"nonsense","content":{"code":"X","msg":"y"}}"#)
        .message == .refused(nil, code: "X", message: "y"))
    #expect(throws: JSONError.self) { try Self.decode(#"{"type":"ping"}"#) }
    #expect(throws: JSONError.self) { try Self.decode(#"{"channel":"metadata"}"#) }
    #expect(throws: JSONError.self) { try Self.decode(#"{"type":"quote-event"}"#) }
  }

  @Test(
    "channel names come out as they went in",
    arguments: [
      "depth.30000001.15", "depth.30000001.200", "trades.30000001", "ticker.30000001",
      "ticker.all", "ticker.all.1s", "bookTicker.30000001", "bookTicker.all", "bookTicker.all.1s",
      "fundingRate.30000001", "fundingRate.all", "metadata",
      "kline.LAST_PRICE.30000001.MINUTE_1", "kline.BID1_PRICE.1.MONTH_1",
    ])
  func channels(name: String) {
    #expect(EdgeXChannel(text: name)?.name == name)
  }

  @Test(
    "other names are none",
    arguments: [
      "", "depth", "depth.", "depth.1", "depth.1.", "depth.1.20", "depth..15", "depth.1.15.1",
      "trades", "trades.", "trades.1.2", "ticker.", "ticker.all.2s", "ticker.1.2", "trade.1",
      "kline.LAST_PRICE.1.1m", "kline.LAST_PRICE..DAY_1", "kline.X.1.DAY_1", "metadata.1",
      "tickers.all",
    ])
  func noChannels(name: String) { #expect(EdgeXChannel(text: name) == nil) }

  @Test("an empty side is none, whichever way it is written")
  func emptySides() throws {
    let (message, _) = try Self.decode(
      Venue.event(
        "bookTicker.all.1s",
        [
          #"{"contractId":"1","bestBidPrice":"0","bestBidSize":"0","bestAskPrice":"5","#
            + #""bestAskSize":"1","time":"0"}"#,
          #"{"contractId":"2","bestBidPrice":"4","bestBidSize":"2","bestAskPrice":""}"#,
        ]))
    guard case .bookTickers(let rows) = message else {
      Issue.record("not read")
      return
    }
    #expect(rows[0].bid == nil && rows[0].ask?.price == Decimal(5) && rows[0].time == nil)
    #expect(rows[1].bid?.size == Decimal(2) && rows[1].ask == nil)
  }

  @Test("nothing hostile traps: a hundred thousand mutilated messages")
  func mutilated() throws {
    var random = Random(seed: 2_026)
    let texts =
      EdgeXSamples.all.prefix(3).map { $0.make(1, 1_795_132_800_000_000).bytes } + [
        Array(Venue.event("ticker.all", [Venue.ticker(rate: "1", mark: "2")]).utf8),
        Array(Venue.metadata.utf8),
      ]
    let spice = Array(#"{}[]",:0123456789.eE-+\u00"#.utf8)
    var readable = 0
    for round in 0..<100_000 {
      var bytes = texts[round % texts.count]
      for _ in 0...random.below(4) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = spice[random.below(spice.count)]
        case 1: bytes.remove(at: place)
        default: bytes.insert(spice[random.below(spice.count)], at: place)
        }
      }
      var decoder = EdgeXDecoder()
      if (try? decoder.decode(bytes.span.bytes)) != nil { readable += 1 }
      if let answer = try? EdgeXREST(bytes.span.bytes) { _ = try? answer.metadata(EdgeX.id) }
    }
    #expect((1..<100_000).contains(readable))
  }
}
