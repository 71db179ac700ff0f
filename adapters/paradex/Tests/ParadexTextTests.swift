import PerpCore
import Testing

@testable import Paradex

/// The JSON forms: what is written is read back equal, times being whole milliseconds there.
@Suite struct ParadexTextTests {
  private static func inMilliseconds(_ time: Int64) -> Int64 { time / 1_000 * 1_000 }

  private static func decode(_ channel: String, _ data: String) throws -> ParadexMessage {
    let bytes = Array(Venue.notification(channel, data).utf8)
    var decoder = ParadexTextDecoder()
    let message = try decoder.decode(bytes.span.bytes)
    #expect(decoder.unknown == [])
    return message
  }

  private static func text(_ write: (inout ByteBuffer) -> Void) -> String {
    var buffer = ByteBuffer()
    write(&buffer)
    return buffer.string
  }

  @Test("quotes")
  func bbo() throws {
    var random = Random(seed: 1)
    for _ in 0..<500 {
      var bbo = ParadexWireTests.bbo(&random)
      bbo.time = Self.inMilliseconds(bbo.time)
      let text = Self.text { bbo.write(to: &$0) }
      #expect(try Self.decode("bbo.BTC-USD-PERP", text) == .bbo(bbo))
    }
  }

  @Test("trades")
  func trade() throws {
    var random = Random(seed: 2)
    for number in 0..<500 {
      var trade = ParadexWireTests.trade(&random)
      trade.createdAt = Self.inMilliseconds(trade.createdAt)
      (trade.time, trade.sequence) = (nil, nil)
      trade.side = trade.side ?? .buy
      trade.kind = trade.kind ?? .fill
      trade.id = ShortText("17901879597622017092779\(10_000 + number)")
      trade.lowID = trade.id.flatMap { ParadexWire.lowID($0.string) }
      let text = Self.text { trade.write(to: &$0) }
      #expect(try Self.decode("trades.ALL", text) == .trade(trade))
    }
  }

  @Test("books, in the channel's form and in that of REST")
  func book() throws {
    var random = Random(seed: 3)
    for _ in 0..<500 {
      var book = ParadexWireTests.book(&random)
      book.time = Self.inMilliseconds(book.time)
      (book.bestBid, book.bestAsk, book.bestBidAPI, book.bestAskAPI) = (nil, nil, nil, nil)
      book.relativeSpread = nil
      let prices = (0..<20).map { Decimal($0 + 1) }
      book.bids = Self.distinct(book.bids, prices.reversed())
      book.asks = Self.distinct(book.asks, prices)
      let text = Self.text { book.write(to: &$0) }
      #expect(try Self.decode("order_book.BTC-USD-PERP.deltas", text) == .book(book))
      var pairs = book
      pairs.isSnapshot = true
      let bytes = Array(Self.text { book.writePairs(to: &$0) }.utf8)
      var json = JSONReader(bytes.span.bytes)
      var unknown: [String] = []
      #expect(try ParadexWire.Book(&json, &unknown) == pairs)
      #expect(unknown == [])
    }
  }

  /// The same sizes at prices that are in order and differ, as a book's do.
  private static func distinct(_ levels: [Level], _ prices: [Decimal]) -> [Level] {
    zip(levels, prices).map { Level(price: $1, size: $0.size) }
  }

  @Test("summaries and funding")
  func funding() throws {
    var random = Random(seed: 4)
    for _ in 0..<500 {
      var summary = ParadexWireTests.summary(&random)
      summary.time = Self.inMilliseconds(summary.time)
      summary.sequence = nil
      summary.optionFields = []
      (summary.forwardRate, summary.riskFreeRate, summary.fundingRatePrecise) = (nil, nil, nil)
      summary.settlementTWAPEstimate = nil
      let text = Self.text { summary.write(to: &$0) }
      #expect(try Self.decode("markets_summary", text) == .summary(summary))

      var funding = ParadexWireTests.funding(&random)
      funding.createdAt = Self.inMilliseconds(funding.createdAt)
      (funding.time, funding.sequence, funding.impactPremiumRate) = (funding.createdAt, nil, nil)
      let row = Self.text { funding.write(to: &$0) }
      #expect(try Self.decode("funding_data.BTC-USD-PERP", row) == .funding(funding))
    }
  }

  @Test("answers: ids of either kind, members in any order, a newline at the end")
  func answers() throws {
    let cases: [(String, ParadexMessage)] = [
      (
        #"{"usOut":5,"result":{"channel":"c"},"usIn":4,"id":7,"jsonrpc":"2.0","usDiff":1}"#
          + "\n", .acknowledged(id: 7, serverTime: 5)
      ),
      (#"{"id":"7","result":{}}"#, .acknowledged(id: nil, serverTime: nil)),
      (
        #"{"id":9007199254740993,"result":{}}"#,
        .acknowledged(id: 9_007_199_254_740_993, serverTime: nil)
      ),
      (
        #"{"id":2,"error":{"code":-32600,"message":"invalid subscribe request","data":"why"}}"#,
        .refused(id: 2, code: -32_600, message: "invalid subscribe request: why")
      ),
      (
        #"{"error":{"message":"no","code":42901,"data":{"x":1}},"id":null}"#,
        .refused(id: nil, code: 42_901, message: "no")
      ),
      (
        #"{"params":{"data":{"a":[1]},"channel":"orders.ALL"},"method":"subscription"}"#,
        .other(channel: "orders.ALL")
      ),
    ]
    for (text, expected) in cases {
      let bytes = Array(text.utf8)
      var decoder = ParadexTextDecoder()
      #expect(try decoder.decode(bytes.span.bytes) == expected)
      #expect(decoder.unknown == [])
    }
  }

  @Test("data before the name of their channel wait for it")
  func dataFirst() throws {
    var random = Random(seed: 6)
    var bbo = ParadexWireTests.bbo(&random)
    bbo.time = Self.inMilliseconds(bbo.time)
    let data = Self.text { bbo.write(to: &$0) }
    let text =
      #"{"method":"subscription","params":{"data":\#(data),"channel":"bbo.BTC-USD-PERP"}}"#
    let bytes = Array(text.utf8)
    var decoder = ParadexTextDecoder()
    #expect(try decoder.decode(bytes.span.bytes) == .bbo(bbo))
  }

  @Test(
    "what is no message is an error",
    arguments: [
      "", "{", "[]", "null", "{}", #"{"id":1}"#, #"{"id":1.5,"result":{}}"#,
      #"{"id":1,"result":{}}x"#, #"{"params":{"channel":"bbo.X","data":{}}}"#,
      #"{"params":{"channel":"trades.X","data":{"market":"X","price":"NaN","size":"1"}}}"#,
      #"{"id":1,"error":{"code":99999999999999999999}}"#,
    ])
  func malformed(_ text: String) {
    let bytes = Array(text.utf8)
    var decoder = ParadexTextDecoder()
    #expect(throws: JSONError.self) { try decoder.decode(bytes.span.bytes) }
  }
}
