/// Lines of accounts: all but `limits` are lossless, and numbered.
extension ByteBuffer {
  mutating func append(
    _ order: borrowing OrderUpdate, sequence: UInt64, sent: Int64, style: LineStyle
  ) {
    begin(#"{"type":"order","seq":"#, sequence, order.header, order.symbol)
    append(#","client_id":"#, optional: order.clientID?.text)
    append(#","orig_client_id":"#, optional: order.originalClientID?.text)
    append(#","order_id":"#, optional: order.orderID)
    append(#","event":"#, text: order.change.rawValue)
    append(#","status":"#, text: order.status.rawValue)
    if let terms = order.terms { append(terms, style) }
    append(#","filled":"#, optional: order.filled, style)
    append(#","remaining":"#, optional: order.remaining, style)
    append(#","avg_price":"#, optional: order.averagePrice, style)
    append(#","reason":"#, optional: order.reason)
    append(#","venue_code":"#, optional: order.venueCode)
    append(#","venue_message":"#, optional: order.venueMessage)
    append(#","evidence":"#, optional: order.evidence?.rawValue)
    if order.isForeign { append(#","foreign":true"#) }
    if order.isCancelPending { append(#","cancel_pending":true"#) }
    if order.isReplacePending { append(#","replace_pending":true"#) }
    if let flags = order.flags { append(flags) }
    finish(order.header, sent: sent)
  }

  private mutating func append(_ flags: [String]) {
    append(#","flags":["#)
    for (index, flag) in flags.enumerated() { append(index == 0 ? "" : ",", text: flag) }
    append("]")
  }

  private mutating func append(_ terms: OrderTerms, _ style: LineStyle) {
    append(#","side":"#, text: terms.side.rawValue)
    append(#","order_type":"#, text: terms.type.rawValue)
    append(#","tif":"#, optional: terms.timeInForce?.rawValue)
    if terms.isPostOnly { append(#","post_only":true"#) }
    if terms.isReduceOnly { append(#","reduce_only":true"#) }
    append(#","price":"#, optional: terms.price, style)
    append(#","stop_price":"#, optional: terms.stopPrice, style)
    append(#","size":"#, terms.size, style)
  }

  mutating func append(
    _ fill: borrowing Fill, sequence: UInt64, sent: Int64, style: LineStyle
  ) {
    begin(#"{"type":"fill","seq":"#, sequence, fill.header, fill.symbol)
    append(#","client_id":"#, optional: fill.clientID?.text)
    append(#","order_id":"#, optional: fill.orderID)
    append(#","trade_id":"#, optional: fill.tradeID)
    append(#","side":"#, text: fill.side.rawValue)
    append(#","price":"#, fill.price, style)
    append(#","size":"#, fill.size, style)
    append(#","fee":"#, fill.fee, style)
    append(#","fee_asset":"#, text: fill.feeAsset)
    append(#","liquidity":"#, text: fill.liquidity.rawValue)
    if fill.isLiquidation { append(#","liquidation":true"#) }
    append(#","filled":"#, fill.filled, style)
    append(#","remaining":"#, fill.remaining, style)
    finish(fill.header, sent: sent)
  }

  mutating func append(
    _ position: borrowing Position, sequence: UInt64, sent: Int64, style: LineStyle
  ) {
    begin(#"{"type":"position","seq":"#, sequence, position.header, position.symbol)
    append(#","size":"#, position.size, style)
    append(#","entry_price":"#)
    if let price = position.entryPrice { append(price, style) } else { append("null") }
    append(#","mark_price":"#, optional: position.markPrice, style)
    append(#","unrealized_pnl":"#, optional: position.unrealizedPnL, style)
    append(#","liquidation_price":"#, optional: position.liquidationPrice, style)
    append(#","leverage":"#, optional: position.leverage, style)
    append(#","reconciled_from":"#, optional: position.reconciledFrom, style)
    finish(position.header, sent: sent)
  }

  mutating func append(
    _ balance: borrowing Balance, sequence: UInt64, sent: Int64, style: LineStyle
  ) {
    begin(#"{"type":"balance","seq":"#, sequence, balance.header, nil)
    append(#","asset":"#, text: balance.asset)
    append(#","total":"#, balance.total, style)
    append(#","available":"#, balance.available, style)
    append(#","margin_used":"#, optional: balance.marginUsed, style)
    finish(balance.header, sent: sent)
  }

  mutating func append(_ status: borrowing AccountStatus, sequence: UInt64, sent: Int64) {
    begin(#"{"type":"account","seq":"#, sequence, status.header, nil)
    append(#","state":"#, text: status.state.rawValue)
    append(#","cause":"#, text: status.cause)
    append(#","epoch":"#)
    append(status.epoch)
    finish(status.header, sent: sent)
  }

  mutating func append(_ use: borrowing RateUse, sent: Int64) {
    append(#"{"type":"limits","venue":""#)
    append(use.header.venue.name)
    append(#"","account":"#, text: use.header.account)
    append(#","bucket":"#, text: use.bucket)
    append(#","used":"#)
    append(Int64(use.used))
    append(#","limit":"#)
    append(Int64(use.limit))
    append(#","reset_ts":"#, optional: use.reset)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  private mutating func begin(
    _ start: StaticString, _ sequence: UInt64, _ header: AccountHeader, _ symbol: Symbol?
  ) {
    append(start)
    append(sequence)
    append(#","venue":""#)
    append(header.venue.name)
    append(#"","account":"#, text: header.account)
    append(#","symbol":"#, optional: symbol?.text)
  }

  private mutating func finish(_ header: AccountHeader, sent: Int64) {
    append(#","ts":"#, optional: header.venueTime)
    append(#","recv_ts":"#, optional: header.received)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  private mutating func append(_ key: StaticString, optional text: ShortText?) {
    guard let text else { return }
    append(key)
    append(UInt8(ascii: "\""))
    append(escaped: text)
    append(UInt8(ascii: "\""))
  }

  private mutating func append(_ key: StaticString, optional text: String?) {
    if let text { append(key, text: text) }
  }
}
