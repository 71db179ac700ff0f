import Foundation
import PerpCore
import Testing

@Suite("Lines of events")
struct EventLineTests {
  @Test("a quote")
  func bbo() {
    expectLine(
      .bbo(Sample.bbo),
      """
      {"type":"bbo","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","bid":"91234.5",\
      "bid_size":"0.310","ask":"91234.6","ask_size":"1.000","venue_seq":"8812","source":"bbo",\
      "ts":1795100001000000,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
  }

  @Test("a quote with bare numbers, older ones left out, flags and an empty side")
  func bboOptions() {
    var bbo = Sample.bbo
    bbo.ask = nil
    bbo.venueSequence = nil
    bbo.header.venueTime = nil
    bbo.source = .poll
    bbo.flags = [.crossed, .lagging]
    expectLine(
      .bbo(bbo), style: LineStyle(bareNumbers: true, skipped: 3),
      """
      {"type":"bbo","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","bid":91234.5,\
      "bid_size":0.310,"ask":null,"ask_size":null,"source":"poll","flags":["crossed","lagging"],\
      "skipped":3,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
    bbo.bid = nil
    bbo.flags = .locked
    bbo.source = .ticker
    expectLine(
      .bbo(bbo),
      """
      {"type":"bbo","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","bid":null,\
      "bid_size":null,"ask":null,"ask_size":null,"source":"ticker","flags":["locked"],\
      "recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
  }

  @Test("a trade, with an id that needs escapes")
  func trade() {
    expectLine(
      .trade(Sample.trade),
      #"{"type":"trade","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","#
        + #""trade_id":"a\"b\\c\u0001é","price":"91234.5","size":"0.010","side":"sell","#
        + #""liquidation":true,"ts":1795100001000000,"recv_ts":1795100001004100,"#
        + #""send_ts":1795100001004130}"#)
    var trade = Sample.trade
    trade.tradeID = nil
    trade.side = nil
    trade.isLiquidation = false
    expectLine(
      .trade(trade), style: LineStyle(bareNumbers: true),
      """
      {"type":"trade","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","price":91234.5,\
      "size":0.010,"ts":1795100001000000,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
  }

  @Test("a snapshot and a delta of a book")
  func book() {
    var book = Sample.book(levels: 2)
    expectLine(
      .book(book),
      """
      {"type":"book","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","snapshot":true,\
      "bids":[["999999","0.0001"],["999998","0.0002"]],"asks":[["1000000","0.0001"],\
      ["1000001","0.0002"]],"venue_seq":"51","ts":1795100001000000,"recv_ts":1795100001004100,\
      "send_ts":1795100001004130}
      """)
    book.isSnapshot = false
    book.asks = []
    book.bids = [Level(price: Decimal(5), size: .zero)]
    book.previousVenueSequence = 50
    book.flags = .crossed
    expectLine(
      .book(book), style: LineStyle(bareNumbers: true, skipped: 1),
      """
      {"type":"book","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","snapshot":false,\
      "bids":[[5,0]],"asks":[],"venue_seq":"51","prev_venue_seq":"50","flags":["crossed"],\
      "skipped":1,"ts":1795100001000000,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
  }

  @Test("a book of 10,000 levels a side is split, and put together again")
  func largeBook() throws {
    let book = Sample.book(levels: 10_000)
    let lines = Self.lines(.book(book), style: LineStyle(skipped: 2))
    var sides: [String: [[String]]] = [:]
    for (index, line) in lines.enumerated() {
      #expect(line.utf8.count < ByteBuffer.maxLineBytes)
      let object = try #require(Self.object(line))
      #expect(object["part"] as? Int == index + 1 && object["parts"] as? Int == lines.count)
      #expect(object["mseq"] as? Int == 7 && object["snapshot"] as? Bool == true)
      #expect(object["skipped"] as? Int == (index == 0 ? 2 : nil))
      for side in ["bids", "asks"] {
        sides[side, default: []] += try #require(object[side] as? [[String]])
      }
    }
    #expect(lines.count > 2)
    #expect(sides["bids"] == book.bids.map { [$0.price.description, $0.size.description] })
    #expect(sides["asks"] == book.asks.map { [$0.price.description, $0.size.description] })
  }

  @Test("levels of the longest decimals fit as well")
  func longestLevels() {
    let longest = Level(
      price: Decimal(mantissa: -.max, scale: 38), size: Decimal(mantissa: -.max, scale: 38))
    var book = Sample.book(levels: 0)
    book.bids = Array(repeating: longest, count: 3_000)
    for line in Self.lines(.book(book)) { #expect(line.utf8.count < ByteBuffer.maxLineBytes) }
  }

  @Test("funding, with everything and with nothing")
  func funding() {
    expectLine(
      .funding(Sample.funding),
      """
      {"type":"funding","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP","rate":"0.0001",\
      "interval_s":28800,"rate_1h":"0.0000125","next_ts":1795104000000000,\
      "mark_price":"91234.55","index_price":"91230.1","open_interest":"512.5",\
      "ts":1795100001000000,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
    expectLine(
      .funding(Funding(header: Sample.header)),
      """
      {"type":"funding","mseq":7,"venue":"paradex","symbol":"BTC-USD-PERP",\
      "ts":1795100001000000,"recv_ts":1795100001004100,"send_ts":1795100001004130}
      """)
  }

  @Test("a market")
  func market() {
    expectLine(
      .market(Sample.market), style: LineStyle(skipped: 4),
      """
      {"type":"market","venue":"paradex","symbol":"BTC-USD-PERP","venue_symbol":"BTC\\"USD",\
      "base":"BTC","quote":"USD","tick_size":"0.1","lot_size":"0.001","min_size":"0.001",\
      "min_notional":"10","max_leverage":"50","status":"cancel_only","skipped":4,\
      "send_ts":1795100001004130}
      """)
  }

  @Test("the health of a stream")
  func stream() {
    expectLine(
      .stream(Sample.stream),
      """
      {"type":"stream","seq":42,"venue":"paradex","symbol":"BTC-USD-PERP","channel":"book",\
      "state":"stale","cause":"no_data","age_ms":3012,"limit_ms":3000,"attempt":2,\
      "retry_ms":500,"epoch":3,"ts":1795100001004100,"send_ts":1795100001004130}
      """)
    let first = StreamStatus(
      venue: Sample.venue, topic: Topic(.bbo, Sample.symbol), state: .live, cause: "first_data",
      epoch: 1, time: 5)
    expectLine(
      .stream(first),
      """
      {"type":"stream","seq":42,"venue":"paradex","symbol":"BTC-USD-PERP","channel":"bbo",\
      "state":"live","cause":"first_data","epoch":1,"ts":5,"send_ts":1795100001004130}
      """)
  }

  @Test("drift and errors")
  func diagnostics() {
    expectLine(
      .drift(
        Drift(
          venue: Sample.venue, channel: "trades", path: "kind", sample: "{\"a\":\n\t\u{7}1}",
          time: 5)),
      #"{"type":"drift","venue":"paradex","channel":"trades","path":"kind","#
        + #""sample":"{\"a\":\n\t\u00071}","ts":5,"send_ts":1795100001004130}"#)
    expectLine(
      .error(Sample.error),
      """
      {"type":"error","venue":"paradex","where":"subscribe","reason":"unknown_symbol",\
      "message":"no market “X”","venue_code":"-32602","fatal":true,"ts":5,\
      "send_ts":1795100001004130}
      """)
  }

  @Test("negative and extreme integers")
  func integers() {
    var buffer = ByteBuffer()
    for value in [Int64.min, -1, 0, 9, 10, 99, 100, 999_999_999, 1_000_000_000, .max] {
      buffer.clear()
      buffer.append(value)
      #expect(buffer.string == String(value))
    }
    buffer.clear()
    buffer.append(UInt64.max)
    #expect(buffer.string == "18446744073709551615")
  }
}

extension EventLineTests {
  /// The line is as expected to the byte, and both readers of JSON take it.
  private func expectLine(
    _ event: Event, style: LineStyle = LineStyle(), _ expected: String,
    at location: SourceLocation = #_sourceLocation
  ) {
    let lines = Self.lines(event, style: style)
    #expect(lines == [expected], sourceLocation: location)
    for line in lines {
      #expect(JSONCase("line", line).refusal == nil, sourceLocation: location)
      #expect(Self.object(line) != nil, sourceLocation: location)
    }
  }

  private static func lines(_ event: Event, style: LineStyle = LineStyle()) -> [String] {
    var buffer = ByteBuffer()
    buffer.append(event, sequence: 42, sent: Sample.sent, style: style)
    let text = buffer.string
    #expect(text.hasSuffix("\n") && !text.contains("\r"))
    return text.dropLast().components(separatedBy: "\n")
  }

  private static func object(_ line: String) -> [String: Any]? {
    (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
  }
}
