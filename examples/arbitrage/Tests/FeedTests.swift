import Bot
import PerpCore
import Testing

/// Row C-15, and the lines that bots read and say.
@Suite("The gateway's lines") struct FeedTests {
  private static let listing = Listing("paradex", Symbol("BTC-USD-PERP")!)
  private static let market = #""venue":"paradex","symbol":"BTC-USD-PERP""#
  private let start = Moment(monotonic: 1_000_000_000_000, wall: 0)

  private static func quote(_ more: String = "") -> String {
    #"{"type":"bbo",\#(market),"bid":"100","bid_size":"1","ask":"101","ask_size":"2","#
      + #""recv_ts":7\#(more)}"#
  }

  private static func stream(_ state: String) -> String {
    #"{"type":"stream",\#(market),"channel":"bbo","state":"\#(state)","cause":"x"}"#
  }

  private func view(_ lines: [String]) throws -> MarketView {
    var view = MarketView()
    for line in lines { view.note(try GatewayLine(Array(line.utf8)), at: start) }
    return view
  }

  @Test("C-15 a sound quote of a live stream may be traded on, with the time it was read at")
  func liveQuote() throws {
    let view = try view([Self.stream("live"), Self.quote()])
    let quote = try #require(view.quote(Self.listing, at: start))
    #expect(quote.bid == decimal("100") && quote.askSize == decimal("2") && quote.received == 7)
  }

  private static let useless: [[String]] = [
    [quote()], [stream("live")], [stream("live"), quote(), stream("stale")],
    [stream("live"), quote(#","flags":["crossed"]"#)],
    [stream("live"), quote(), stream("down")],
    [stream("live"), quote().replacing("\"101\"", with: "\"100\"")],
    [stream("live"), quote().replacing("\"101\"", with: "null")],
  ]

  @Test("C-15 any other may not", arguments: useless.indices)
  func uselessQuotes(index: Int) throws {
    #expect(try view(Self.useless[index]).quote(Self.listing, at: start) == nil)
  }

  @Test("C-15 what a silent gateway said is not believed any more")
  func silence() throws {
    var view = try view([Self.stream("live"), Self.quote()])
    let before = start.advanced(by: MarketView.silenceLimit - 1)
    #expect(view.quote(Self.listing, at: before) != nil)
    #expect(view.quote(Self.listing, at: before.advanced(by: 1)) == nil)
    view.disconnect()
    #expect(view.quote(Self.listing, at: start) == nil)
  }

  @Test("replies and refusals are told apart")
  func answers() throws {
    guard case .reply(4, let result) = try Self.line(#"{"id":4,"result":{"status":"pending"}}"#)
    else { throw JSONError(cause: .wrongType, offset: 0) }
    #expect(result.text("status") == "pending")
    let refusal = try Self.line(
      #"{"id":5,"error":{"code":-32010,"message":"no","data":{"reason":"below_min"}}}"#)
    guard case .refusal(5, let why) = refusal else { throw JSONError(cause: .wrongType, offset: 0) }
    #expect(why.reason == "below_min" && why.message == "no")
  }

  @Test("of a trade is read for how much it was, and who took and when where the venue says so")
  func trades() throws {
    func trade(_ members: String) throws -> TradeLine? {
      let line = try Self.line(#"{"type":"trade",\#(Self.market),\#(members),"recv_ts":9}"#)
      return if case .trade(let trade) = line { trade } else { nil }
    }
    #expect(
      try trade(#""price":"100.5","size":"2","side":"sell","ts":7"#)
        == TradeLine(Self.listing, price: decimal("100.5"), side: .sell, time: 7))
    #expect(
      try trade(#""price":"100.5","size":"2""#)
        == TradeLine(Self.listing, price: decimal("100.5")))
    #expect(throws: JSONError.self) { try trade(#""size":"2""#) }
  }

  @Test(
    "a line that is none is refused, one that is new is passed over",
    arguments: [
      (#"{"type":"bbo","venue":"paradex"}"#, false), ("nonsense", false), ("{}", false),
      (#"{"type":"order","venue":"paradex"}"#, false), (#"{"type":"weather"}"#, true),
    ])
  func strangeLines(text: String, isRead: Bool) {
    #expect(((try? Self.line(text)) != nil) == isRead)
  }

  @Test("commands are what the protocol has")
  func commands() {
    let ticket = OrderTicket(
      Self.listing, clientID: "arb_1_a", side: .buy, size: decimal("0.001"),
      price: decimal("69000.5"), timeInForce: .ioc, isReduceOnly: true)
    #expect(
      Self.text(.place(ticket))
        == #"{"id":3,"method":"order.place","params":{\#(Self.market),"client_id":"arb_1_a","#
        + #""side":"buy","order_type":"limit","size":"0.001","price":"69000.5","tif":"ioc","#
        + #""reduce_only":true}}"# + "\n")
    let market = OrderTicket(
      Self.listing, clientID: "arb_1_b", side: .sell, size: decimal("1"), maxSlippage: 50)
    #expect(
      Self.text(.place(market)).hasSuffix(
        #""order_type":"market","size":"1","max_slippage_bps":50}}"# + "\n"))
    #expect(
      Self.text(.subscribe(Self.listing))
        == #"{"id":3,"method":"subscribe","params":{"channels":["bbo"],"#
        + #""symbols":["BTC-USD-PERP"],"venues":["paradex"]}}"# + "\n")
    #expect(Self.text(.status) == #"{"id":3,"method":"status","params":{}}"# + "\n")
  }

  private static func text(_ command: GatewayCommand) -> String {
    String(decoding: command.line(id: 3), as: UTF8.self)
  }

  private static func line(_ text: String) throws -> GatewayLine {
    try GatewayLine(Array(text.utf8))
  }

  @Test("books are put together of snapshots in parts and of changes, and gone with their stream")
  func books() throws {
    func line(_ members: String) throws -> GatewayLine {
      let start = #"{"type":"book","venue":"paradex","symbol":"BTC-USD-PERP","#
      return try GatewayLine(Array((start + members + "}").utf8))
    }
    var view = MarketView()
    let now = Moment(monotonic: 1, wall: 1)
    view.note(
      try line(
        #""snapshot":true,"bids":[["100","2"],["99","1"]],"asks":[["101","3"]],"#
          + #""part":1,"parts":2"#),
      at: now)
    view.note(
      try line(#""snapshot":true,"bids":[],"asks":[["102","4"]],"part":2,"parts":2"#), at: now)
    view.note(
      try line(#""snapshot":false,"bids":[["99","0"],["98","5"]],"asks":[["101","1.5"]]"#), at: now)
    let listing = Listing("paradex", Symbol("BTC-USD-PERP")!)
    let book = try #require(view.book(listing))
    #expect(book.bids.map(\.price) == [Decimal(100), Decimal(98)])
    #expect(book.asks.map(\.size) == [decimal("1.5"), Decimal(4)])
    view.note(.stream(listing, channel: "book", state: "gap", cause: "sequence"), at: now)
    #expect(view.book(listing) == nil)
  }
}
