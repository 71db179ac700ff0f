import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// What is written is read back, in both spellings, and what is hostile is refused.
@Suite struct GRVTWireTests {
  static let encodings: [GRVTEncoding] = [.full, .lite]

  private static func decimal(_ text: String) throws -> Decimal { try #require(Decimal(text)) }

  private static func decode(_ text: String) throws -> (GRVTMessage, unknown: [String]) {
    var decoder = GRVTDecoder()
    let bytes = Array(text.utf8)
    return (try decoder.decode(bytes.span.bytes), decoder.unknown)
  }

  private static func name() throws -> ShortText { try #require(ShortText("BTC_USDT_Perp")) }

  private static func mini() throws -> GRVTWire.Mini {
    var mini = GRVTWire.Mini(instrument: try name(), time: 1_795_132_800_123_456_789)
    mini.bidPrice = .value(try decimal("91000.10"))
    mini.bidSize = .value(try decimal("0.25"))
    mini.askPrice = .gone
    mini.lastPrice = .value(try decimal("0"))
    mini.indexPrice = .value(try decimal("90999.123456789"))
    return mini
  }

  private static func ticker() throws -> GRVTWire.Ticker {
    var ticker = GRVTWire.Ticker(mini: try mini())
    ticker.fundingRate = .value(try decimal("-0.0034"))
    ticker.openInterest = .value(try decimal("1914.093886738"))
    ticker.buyVolumeBase = .value(try decimal("1.1"))
    ticker.sellVolumeBase = .value(try decimal("2.2"))
    ticker.buyVolumeQuote = .value(try decimal("3.3"))
    ticker.sellVolumeQuote = .value(try decimal("4.4"))
    ticker.highPrice = .value(try decimal("5.5"))
    ticker.lowPrice = .gone
    ticker.nextFundingTime = 1_795_161_600_000_000_000
    return ticker
  }

  private static func records() throws -> [any GRVTRecord] {
    let level = Level(price: try decimal("91000.10"), size: try decimal("0"))
    return [
      try mini(), try ticker(),
      GRVTWire.Book(
        instrument: try name(), time: 1_795_132_800_150_000_000, bids: [level], asks: []),
      GRVTWire.Trade(
        instrument: try name(), time: 1, isTakerBuyer: false, size: try decimal("0.020"),
        price: try decimal("91000.4"), markPrice: nil, indexPrice: try decimal("1"),
        interestRate: nil, forwardPrice: nil, id: try #require(ShortText("73808524-2")),
        venue: .requestForQuote, isRPI: true),
      GRVTWire.Candle(
        instrument: try name(), openTime: 60, closeTime: 120, open: try decimal("1"),
        close: try decimal("2"), high: try decimal("3"), low: try decimal("0.5"),
        volumeBase: try decimal("4"), volumeQuote: try decimal("5"), trades: 6),
      GRVTWire.Funding(
        instrument: try name(), rate: try decimal("0.01"), time: 5, markPrice: try decimal("7"),
        rateAverage: try decimal("0.02"), intervalHours: 8),
      GRVTInstrument(
        name: try name(), hash: "0x030501", base: "BTC", quote: "USDT", kind: "PERPETUAL",
        venues: ["ORDERBOOK"], settlementPeriod: "PERPETUAL", baseDecimals: 9, quoteDecimals: 6,
        tickSize: try decimal("0.1"), minSize: try decimal("0.001"), createTime: 17,
        maxPositionSize: try decimal("1000.0"), fundingIntervalHours: 8,
        fundingRateCap: try decimal("0.75"), fundingRateFloor: try decimal("-0.75"),
        minNotional: try decimal("100.0")),
    ]
  }

  private static func text(_ record: any GRVTRecord, _ encoding: GRVTEncoding) -> [UInt8] {
    var writer = GRVTWriter(encoding)
    record.write(to: &writer)
    return writer.text.array
  }

  private static func readBack<Record: GRVTRecord>(
    _ record: Record, _ encoding: GRVTEncoding
  ) throws -> Bool {
    let bytes = text(record, encoding)
    var unknown: [String] = []
    var json = JSONReader(bytes.span.bytes)
    let copy = try Record(&json, &unknown)
    try json.finish()
    #expect(unknown == [])
    return copy == record && text(copy, encoding) == bytes
  }

  @Test("every record is read back as it was, to the digit", arguments: encodings)
  func roundTrip(encoding: GRVTEncoding) throws {
    for record in try Self.records() { #expect(try Self.readBack(record, encoding)) }
  }

  @Test("short names are never longer than three bytes, and stand where they should")
  func spelling() throws {
    for record in try Self.records() {
      for key in try JSONTree(Self.text(record, .lite)).members.keys { #expect(key.count <= 3) }
      for key in try JSONTree(Self.text(record, .full)).members.keys { #expect(key.count > 2) }
    }
    let lite = try JSONTree(Self.text(try Self.ticker(), .lite))
    #expect(lite["fr2"]?.text == "-0.0034" && lite["bb"]?.text == "91000.10")
    #expect(lite["ba"]?.text == "" && lite["ba1"] == nil)
    #expect(lite["lp"]?.text == "0" && lite["lp1"]?.text == "" && lite["hp"]?.text == "5.5")
    #expect(["bv", "sv", "bv1", "sv1"].map { lite[$0]?.text } == ["1.1", "2.2", "3.3", "4.4"])
  }

  @Test("data in either spelling; the feed may come before its stream")
  func feeds() throws {
    let (first, unknown) = try Self.decode(
      #"{"stream":"v1.mini.d","selector":"BTC_USDT_Perp@0","sequence_number":"7","#
        + #""feed":{"instrument":"BTC_USDT_Perp","event_time":"1795132800123456789","#
        + #""best_ask_size":"5.70","best_bid_price":""},"prev_sequence_number":"6"}"#)
    guard case .mini(let mini, let place) = first else { return #expect(Bool(false), "\(first)") }
    #expect(place == GRVTPlace(stream: .miniDeltas, number: 7, previous: 6))
    #expect(mini.askSize.value?.description == "5.70")
    #expect(mini.bidPrice == .gone && mini.bidSize == .unchanged)
    #expect(mini.time == 1_795_132_800_123_456_789)
    #expect(unknown == [])
    let (second, _) = try Self.decode(
      #"{"f":{"i":"BTC_USDT_Perp","et":"1795132800123456789","ba1":"5.70","bb":""},"#
        + #""ps":"6","sn":"7","s1":"BTC_USDT_Perp@0","s":"v1.mini.d"}"#)
    #expect(second == first)
  }

  @Test("answers: numbers as text or as numbers, in either spelling and in the older form")
  func answers() throws {
    var expected = GRVTAcknowledgement(id: 3, stream: .bookDeltas, subscribed: ["A@50", "B@50"])
    expected.snapshotCounts = [1, 2]
    expected.firstNumbers = [8, 9]
    for text in [
      #"{"jsonrpc":"2.0","result":{"stream":"v1.book.d","subs":["A@50","B@50"],"unsubs":[],"#
        + #""num_snapshots":[1,2],"first_sequence_number":["8","9"]},"id":3,"method":"subscribe"}"#,
      #"{"j":"2.0","r":{"s":"v1.book.d","s1":["A@50","B@50"],"u":[],"ns":[1,2],"fs":[8,9]},"#
        + #""i":3,"m":"subscribe"}"#,
      #"{"request_id":3,"stream":"v1.book.d","subs":["A@50","B@50"],"unsubs":[],"#
        + #""num_snapshots":[1,2],"first_sequence_number":[8,9]}"#,
    ] {
      let (message, unknown) = try Self.decode(text)
      #expect(message == .acknowledged(expected))
      #expect(unknown == [])
    }
  }

  @Test("refusals in all their forms")
  func refusals() throws {
    for text in [
      #"{"jsonrpc":"2.0","error":{"code":3000,"message":"Instrument is invalid"},"id":1,"#
        + #""method":"subscribe"}"#,
      #"{"j":"2.0","e":{"c":3000,"m":"Instrument is invalid"},"i":1,"m":"subscribe"}"#,
      #"{"request_id":1,"code":3000,"message":"Instrument is invalid","status":400}"#,
      #"{"ri":1,"c":3000,"m":"Instrument is invalid","s":400}"#,
    ] {
      #expect(
        try Self.decode(text).0 == .refused(id: 1, code: 3000, message: "Instrument is invalid"))
    }
    let bare = #"{"code":1002,"message":"Internal Server Error","status":500}"#
    #expect(
      try Self.decode(bare).0 == .refused(id: nil, code: 1002, message: "Internal Server Error"))
  }

  @Test("what is unknown is named and does no harm")
  func unknown() throws {
    let (message, unknown) = try Self.decode(
      #"{"stream":"v1.trade","selector":"BTC_USDT_Perp@50","sequence_number":"0","hint":[1],"#
        + #""feed":{"event_time":"5","instrument":"BTC_USDT_Perp","is_taker_buyer":true,"#
        + #""size":"1","price":"2","trade_id":"3-1","venue":"AUCTION","mood":{"a":null}},"#
        + #""prev_sequence_number":"0"}"#)
    guard case .trade(let trade, _) = message else { return #expect(Bool(false), "\(message)") }
    #expect(trade.venue == nil)
    #expect(unknown == ["envelope.hint", "trade.venue AUCTION", "trade.mood"])
    let other = #"{"stream":"v9.new","selector":"x","sequence_number":"1","feed":[]}"#
    #expect(try Self.decode(other).0 == .other(stream: "v9.new"))
    let account =
      #"{"stream":"v1.order","selector":"1","sequence_number":"1","feed":{"order_id":"0x00"}}"#
    #expect(try Self.decode(account).0 == .account)
  }

  @Test(
    "what cannot be meant is refused",
    arguments: [
      "{}", "[]", "ping", #"{"id":1}"#, #"{"stream":"v1.mini.d"}"#,
      #"{"stream":"v1.mini.d","feed":{"instrument":"B"},"sequence_number":"1"}"#,
      #"{"stream":"v1.mini.d","feed":{"event_time":"1"},"sequence_number":"1","#
        + #""prev_sequence_number":"0"}"#,
      #"{"stream":"v1.mini.d","feed":{"instrument":"B","best_bid_price":"1e"},"#
        + #""sequence_number":"1","prev_sequence_number":"0"}"#,
      #"{"stream":"v1.mini.d","feed":{"instrument":"B"},"sequence_number":"1.5","#
        + #""prev_sequence_number":"0"}"#,
      #"{"stream":"v1.book.d","feed":{"instrument":"B","bids":[{"price":"1"}],"asks":[]},"#
        + #""sequence_number":"1","prev_sequence_number":"0"}"#,
      #"{"stream":"v1.book.d","feed":{"instrument":"B","bids":[{"price":"1","size":"-1"}]},"#
        + #""sequence_number":"1","prev_sequence_number":"0"}"#,
      #"{"stream":"v1.mini.d","feed":{"instrument":"B","event_time":"99999999999999999999"},"#
        + #""sequence_number":"1","prev_sequence_number":"0"}"#,
    ])
  func hostile(text: String) { #expect(throws: JSONError.self) { try Self.decode(text) } }

  @Test("a request is read back as it was", arguments: encodings)
  func requests(encoding: GRVTEncoding) throws {
    let request = GRVTRequest(
      id: 4_294_967_295, method: "subscribe", stream: "v1.mini.d",
      selectors: ["BTC_USDT_Perp@0", "ETH_USDT_Perp@0"], usesGlobalSequence: true)
    #expect(try GRVTRequest(request.text(encoding).span.bytes) == request)
    let expected =
      encoding == .full
      ? #"{"jsonrpc":"2.0","method":"subscribe","params":{"stream":"v1.mini.d","#
        + #""selectors":["BTC_USDT_Perp@0","ETH_USDT_Perp@0"],"#
        + #""use_global_sequence_number":true},"id":4294967295}"#
      : #"{"j":"2.0","m":"subscribe","p":{"s":"v1.mini.d","#
        + #""s1":["BTC_USDT_Perp@0","ETH_USDT_Perp@0"],"ug":true},"i":4294967295}"#
    #expect(String(decoding: request.text(encoding), as: UTF8.self) == expected)
  }

  @Test("markets: perpetuals only, a bad row costs no other, whole numbers also as text")
  func markets() throws {
    let rows = [
      #"{"instrument":"BTC_USDT_Perp","base":"BTC","quote":"USDT","kind":"PERPETUAL","#
        + #""tick_size":"0.1","min_size":"0.001","funding_interval_hours":"8","#
        + #""min_notional":"100.0","base_decimals":"9","novelty":1}"#,
      #"{"instrument":"BTC_USDT_Fut_20Oct23","base":"BTC","quote":"USDT","kind":"FUTURE","#
        + #""tick_size":"0.1","min_size":"0.001"}"#,
      #"{"i":"KPEPE_USDT_Perp","b":"KPEPE","q":"USDT","k":"PERPETUAL","v":["RFQ"],"ts":"0.1","#
        + #""ms":"10"}"#,
      #"{"instrument":"X_USDT_Perp","base":"X","quote":"USDT","kind":"PERPETUAL","#
        + #""tick_size":"0","min_size":"0.001"}"#,
      #"{"instrument":7}"#,
    ]
    let body = Array(#"{"result":[\#(rows.joined(separator: ","))]}"#.utf8)
    var unknown: [String] = []
    let (markets, unreadable) = try GRVTREST.instruments(
      body.span.bytes, venue: GRVT.id, &unknown)
    #expect(markets.map(\.name.string) == ["BTC_USDT_Perp", "KPEPE_USDT_Perp"])
    #expect(markets.map(\.market.symbol.description) == ["BTC-USDT-PERP", "KPEPE-USDT-PERP"])
    #expect(markets.map(\.market.status) == [.open, .quotesOnly])
    let btc = try #require(markets.first?.market)
    #expect(btc.lotSize.description == "0.001" && btc.minNotional?.description == "100.0")
    #expect(btc.fundingIntervalSeconds == 28_800 && btc.venueSymbol == "BTC_USDT_Perp")
    #expect(unreadable == ["X_USDT_Perp", "(malformed)"])
    #expect(unknown == ["instrument.novelty"])
  }

  @Test("rates are percent: an hour of 0.01 in eight is 0.0000125")
  func funding() throws {
    var ticker = try Self.ticker()
    ticker.fundingRate = .value(try Self.decimal("0.01"))
    ticker.fundingIntervalHours = 8
    #expect(ticker.facts.rate == Decimal("0.0001"))
    #expect(ticker.facts.intervalSeconds == 28_800)
    #expect(ticker.facts.time == 1_795_132_800_123_456)
    #expect(ticker.facts.nextTime == 1_795_161_600_000_000)
  }
}
