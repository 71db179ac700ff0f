import PerpCore
import Testing

@Suite("Lines of accounts")
struct AccountLineTests {
  private let header = AccountHeader(venue: VenueID("paradex"), account: "p1")
  private let heard = AccountHeader(
    venue: VenueID("lighter"), account: "a1", venueTime: 1_795_100_000_000_000,
    received: 1_795_100_000_021_000)

  private func line(_ event: Event, style: LineStyle = LineStyle()) -> String {
    var buffer = ByteBuffer()
    buffer.append(event, sequence: 43, sent: 7, style: style)
    return buffer.string
  }

  private func decimal(_ text: String) -> Decimal { Decimal(text)! }

  @Test("an order that was just placed")
  func pending() {
    let terms = OrderTerms(
      side: .sell, type: .limit, timeInForce: .gtc, price: decimal("91240.0"),
      size: decimal("0.010"), isPostOnly: true)
    let update = OrderUpdate(
      header: header, symbol: Symbol("BTC-USD-PERP")!, clientID: ClientOrderID("m-1"),
      orderID: nil, change: .pendingNew, status: .pending, terms: terms, filled: .zero,
      remaining: decimal("0.010"))
    #expect(
      line(.order(update)) == """
        {"type":"order","seq":43,"venue":"paradex","account":"p1","symbol":"BTC-USD-PERP",\
        "client_id":"m-1","event":"pending_new","status":"pending","side":"sell",\
        "order_type":"limit","tif":"gtc","post_only":true,"price":"91240.0","size":"0.010",\
        "filled":"0","remaining":"0.010","send_ts":7}

        """)
  }

  @Test("an order with all there is to say, with bare numbers")
  func everything() {
    let terms = OrderTerms(
      side: .buy, type: .takeProfitMarket, timeInForce: .ioc, stopPrice: decimal("3.50"),
      size: decimal("2"), isReduceOnly: true)
    let update = OrderUpdate(
      header: heard, symbol: Symbol("ETH-USDC-PERP")!, clientID: ClientOrderID("n"),
      orderID: ShortText("28\"1"), change: .restated, status: .cancelled, terms: terms,
      originalClientID: ClientOrderID("o"), filled: decimal("1.0"), remaining: .zero,
      averagePrice: decimal("3.49"), reason: "user", venueCode: "21\"", venueMessage: "a\nb",
      evidence: .restHistory, isForeign: true, isCancelPending: true, isReplacePending: true,
      flags: ["A", "B\""])
    #expect(
      line(.order(update), style: LineStyle(bareNumbers: true)) == #"""
        {"type":"order","seq":43,"venue":"lighter","account":"a1","symbol":"ETH-USDC-PERP",\#
        "client_id":"n","orig_client_id":"o","order_id":"28\"1","event":"restated",\#
        "status":"cancelled","side":"buy","order_type":"take_profit_market","tif":"ioc",\#
        "reduce_only":true,"stop_price":3.50,"size":2,"filled":1.0,"remaining":0,\#
        "avg_price":3.49,"reason":"user","venue_code":"21\"","venue_message":"a\nb",\#
        "evidence":"rest_history","foreign":true,"cancel_pending":true,"replace_pending":true,\#
        "flags":["A","B\""],\#
        "ts":1795100000000000,"recv_ts":1795100000021000,"send_ts":7}

        """#)
  }

  @Test("a fill")
  func fill() {
    var fill = Fill(
      header: heard, symbol: Symbol("ETH-USDC-PERP")!, tradeID: ShortText("889")!,
      clientID: ClientOrderID("h-7"), orderID: ShortText("281474976")!, side: .buy,
      price: decimal("3000.10"), size: decimal("0.0500"), fee: decimal("-0.10"), feeAsset: "USDC",
      liquidity: .maker, filled: decimal("0.0500"), remaining: decimal("0.0000"))
    #expect(
      line(.fill(fill)) == """
        {"type":"fill","seq":43,"venue":"lighter","account":"a1","symbol":"ETH-USDC-PERP",\
        "client_id":"h-7","order_id":"281474976","trade_id":"889","side":"buy",\
        "price":"3000.10","size":"0.0500","fee":"-0.10","fee_asset":"USDC","liquidity":"maker",\
        "filled":"0.0500","remaining":"0.0000","ts":1795100000000000,\
        "recv_ts":1795100000021000,"send_ts":7}

        """)
    fill.isLiquidation = true
    #expect(line(.fill(fill)).contains(#""liquidity":"maker","liquidation":true,"filled""#))
  }

  @Test("a position and a balance")
  func holdings() {
    let symbol = Symbol("ETH-USDC-PERP")!
    #expect(
      line(.position(Position(header: header, symbol: symbol, size: .zero, entryPrice: nil))) == """
        {"type":"position","seq":43,"venue":"paradex","account":"p1","symbol":"ETH-USDC-PERP",\
        "size":"0","entry_price":null,"send_ts":7}

        """)
    let short = Position(
      header: header, symbol: symbol, size: decimal("-1.50"), entryPrice: decimal("3000.0"),
      markPrice: decimal("2999"), unrealizedPnL: decimal("1.5"), liquidationPrice: decimal("4000"),
      leverage: decimal("10"))
    #expect(
      line(.position(short)) == """
        {"type":"position","seq":43,"venue":"paradex","account":"p1","symbol":"ETH-USDC-PERP",\
        "size":"-1.50","entry_price":"3000.0","mark_price":"2999","unrealized_pnl":"1.5",\
        "liquidation_price":"4000","leverage":"10","send_ts":7}

        """)
    let balance = Balance(
      header: header, asset: "USDC", total: decimal("10.50"), available: decimal("9"),
      marginUsed: decimal("1.50"))
    #expect(
      line(.balance(balance)) == """
        {"type":"balance","seq":43,"venue":"paradex","account":"p1","asset":"USDC",\
        "total":"10.50","available":"9","margin_used":"1.50","send_ts":7}

        """)
  }

  @Test("a client order id is 1 to 36 of its alphabet")
  func clientOrderID() {
    for good in ["a", "Z_-09", String(repeating: "x", count: 36)] {
      #expect(ClientOrderID(good)?.description == good)
    }
    for bad in ["", "a b", "é", "a.b", String(repeating: "x", count: 37)] {
      #expect(ClientOrderID(bad) == nil)
    }
  }

  @Test("orders do not make quotes larger")
  func size() {
    // Of a quote, the largest of the direct cases, and the case itself.
    #expect(MemoryLayout<Event>.size <= MemoryLayout<BBO>.size + 8)
  }
}
