/// How lines are written.
package struct LineStyle: Sendable {
  /// Prices, sizes and rates as JSON numbers with the same digits, for `jq` users.
  package var bareNumbers: Bool
  /// How many older states were conflated away for this reader.
  package var skipped: Int

  package init(bareNumbers: Bool = false, skipped: Int = 0) {
    self.bareNumbers = bareNumbers
    self.skipped = skipped
  }
}

extension ByteBuffer {
  /// Appends the event as one line of the protocol (PROTOCOL.md), LF included.
  ///
  /// `sequence` numbers the lossless lines; market data carry a number of their own. `sent` is
  /// the time of writing, in microseconds since the epoch.
  package mutating func append(
    _ event: borrowing Event, sequence: UInt64, sent: Int64, style: LineStyle
  ) {
    switch event {
    case .bbo(let bbo): append(bbo, sent: sent, style: style)
    case .trade(let trade): append(trade, sent: sent, style: style)
    case .book(let book): append(book, sent: sent, style: style)
    case .funding(let funding): append(funding, sent: sent, style: style)
    case .market(let market): append(market, sent: sent, style: style)
    case .order(let order): append(order, sequence: sequence, sent: sent, style: style)
    case .fill(let fill): append(fill, sequence: sequence, sent: sent, style: style)
    case .position(let position): append(position, sequence: sequence, sent: sent, style: style)
    case .balance(let balance): append(balance, sequence: sequence, sent: sent, style: style)
    case .account(let status): append(status, sequence: sequence, sent: sent)
    case .limits(let use): append(use, sent: sent)
    case .stream(let status): append(status, sequence: sequence, sent: sent)
    case .drift(let drift): append(drift, sent: sent)
    case .error(let report): append(report, sent: sent)
    }
  }

  package mutating func append(_ bbo: borrowing BBO, sent: Int64, style: LineStyle) {
    append(#"{"type":"bbo","mseq":"#)
    append(bbo.header)
    append(bbo.bid, price: #","bid":"#, size: #","bid_size":"#, style)
    append(bbo.ask, price: #","ask":"#, size: #","ask_size":"#, style)
    append(#","venue_seq":""#, quoted: bbo.venueSequence)
    append(#","source":""#)
    append(bbo.source.name)
    append(UInt8(ascii: "\""))
    append(bbo.flags)
    finish(bbo.header, sent: sent, style: style)
  }

  private mutating func append(_ trade: borrowing Trade, sent: Int64, style: LineStyle) {
    append(#"{"type":"trade","mseq":"#)
    append(trade.header)
    if let id = trade.tradeID {
      append(#","trade_id":""#)
      append(escaped: id)
      append(UInt8(ascii: "\""))
    }
    append(#","price":"#, trade.price, style)
    append(#","size":"#, trade.size, style)
    if let side = trade.side { append(side == .buy ? #","side":"buy""# : #","side":"sell""#) }
    if trade.isLiquidation { append(#","liquidation":true"#) }
    finish(trade.header, sent: sent, style: style)
  }

  private mutating func append(_ funding: borrowing Funding, sent: Int64, style: LineStyle) {
    append(#"{"type":"funding","mseq":"#)
    append(funding.header)
    append(#","rate":"#, optional: funding.rate, style)
    append(#","interval_s":"#, optional: funding.intervalSeconds.map(Int64.init))
    append(#","rate_1h":"#, optional: funding.hourlyRate, style)
    append(#","next_ts":"#, optional: funding.nextTime)
    append(#","mark_price":"#, optional: funding.markPrice, style)
    append(#","index_price":"#, optional: funding.indexPrice, style)
    append(#","open_interest":"#, optional: funding.openInterest, style)
    finish(funding.header, sent: sent, style: style)
  }

  private mutating func append(_ market: borrowing Market, sent: Int64, style: LineStyle) {
    append(#"{"type":"market","venue":""#)
    append(market.venue.name)
    append(#"","symbol":""#)
    append(market.symbol.text)
    append(#"","venue_symbol":"#, text: market.venueSymbol)
    append(#","base":"#, text: market.base)
    append(#","quote":"#, text: market.quote)
    append(#","tick_size":"#, market.tickSize, style)
    append(#","lot_size":"#, market.lotSize, style)
    append(#","min_size":"#, market.minSize, style)
    append(#","min_notional":"#, optional: market.minNotional, style)
    append(#","max_leverage":"#, optional: market.maxLeverage, style)
    append(#","status":""#)
    append(market.status.rawValue)
    append(UInt8(ascii: "\""))
    append(skipped: style)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  private mutating func append(
    _ status: borrowing StreamStatus, sequence: UInt64, sent: Int64
  ) {
    append(#"{"type":"stream","seq":"#)
    append(sequence)
    append(#","venue":""#)
    append(status.venue.name)
    append(#"","symbol":""#)
    append(status.topic.symbol.text)
    append(#"","channel":""#)
    append(status.topic.channel.name)
    append(#"","state":""#)
    append(status.state.rawValue)
    append(#"","cause":"#, text: status.cause)
    append(#","age_ms":"#, optional: status.ageMilliseconds.map(Int64.init))
    append(#","limit_ms":"#, optional: status.limitMilliseconds.map(Int64.init))
    append(#","attempt":"#, optional: status.attempt.map(Int64.init))
    append(#","retry_ms":"#, optional: status.retryMilliseconds.map(Int64.init))
    append(#","epoch":"#)
    append(status.epoch)
    append(#","ts":"#)
    append(status.time)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  private mutating func append(_ drift: borrowing Drift, sent: Int64) {
    append(#"{"type":"drift","venue":""#)
    append(drift.venue.name)
    append(#"","channel":"#, text: drift.channel)
    append(#","path":"#, text: drift.path)
    append(#","sample":"#, text: drift.sample)
    append(#","ts":"#)
    append(drift.time)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  private mutating func append(_ report: borrowing ErrorReport, sent: Int64) {
    append(#"{"type":"error""#)
    if let venue = report.venue {
      append(#","venue":""#)
      append(venue.name)
      append(UInt8(ascii: "\""))
    }
    append(#","where":"#, text: report.place)
    append(#","reason":"#, text: report.reason)
    append(#","message":"#, text: report.message)
    if let code = report.venueCode { append(#","venue_code":"#, text: code) }
    append(report.isFatal ? #","fatal":true"# : #","fatal":false"#)
    if let reference = report.reference { append(#","ref":"#, text: reference) }
    append(#","ts":"#)
    append(report.time)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }
}

// MARK: - Parts of lines

extension ByteBuffer {
  @inline(__always)
  mutating func append(_ header: EventHeader) {
    append(header.mseq)
    append(#","venue":""#)
    append(header.venue.name)
    append(#"","symbol":""#)
    append(header.symbol.text)
    append(UInt8(ascii: "\""))
  }

  mutating func finish(_ header: EventHeader, sent: Int64, style: LineStyle) {
    append(skipped: style)
    append(#","ts":"#, optional: header.venueTime)
    append(#","recv_ts":"#)
    append(header.received)
    append(#","send_ts":"#)
    append(sent)
    append("}\n")
  }

  @inline(__always)
  private mutating func append(skipped style: LineStyle) {
    guard style.skipped > 0 else { return }
    append(#","skipped":"#)
    append(Int64(style.skipped))
  }

  /// A side of a quote; an empty side is known to be none and written as null.
  @inline(__always)
  private mutating func append(
    _ level: Level?, price: StaticString, size: StaticString, _ style: LineStyle
  ) {
    guard let level else {
      append(price)
      append("null")
      append(size)
      append("null")
      return
    }
    append(price, level.price, style)
    append(size, level.size, style)
  }

  @inline(__always)
  mutating func append(_ key: StaticString, _ value: Decimal, _ style: LineStyle) {
    append(key)
    append(value, style)
  }

  @inline(__always)
  mutating func append(_ value: Decimal, _ style: LineStyle) {
    if style.bareNumbers {
      append(value)
    } else {
      append(UInt8(ascii: "\""))
      append(value)
      append(UInt8(ascii: "\""))
    }
  }

  mutating func append(_ key: StaticString, optional value: Decimal?, _ style: LineStyle) {
    if let value { append(key, value, style) }
  }

  @inline(__always)
  mutating func append(_ key: StaticString, optional value: Int64?) {
    guard let value else { return }
    append(key)
    append(value)
  }

  /// `key` ends with the opening quote: ids are strings, whatever the venue makes of them.
  @inline(__always)
  mutating func append(_ key: StaticString, quoted value: Int64?) {
    guard let value else { return }
    append(key)
    append(value)
    append(UInt8(ascii: "\""))
  }

  mutating func append(_ flags: QuoteFlags) {
    guard !flags.isEmpty else { return }
    append(#","flags":["#)
    var comma = false
    for (flag, name) in QuoteFlags.names where flags.contains(flag) {
      if comma { append(UInt8(ascii: ",")) }
      append(name)
      comma = true
    }
    append(UInt8(ascii: "]"))
  }

  mutating func append(_ key: StaticString, text: String) {
    append(key)
    append(json: text)
  }
}

extension QuoteFlags {
  fileprivate static var names: [(QuoteFlags, StaticString)] {
    [(.crossed, #""crossed""#), (.locked, #""locked""#), (.lagging, #""lagging""#)]
  }
}

extension BBO.Source {
  fileprivate var name: StaticString {
    switch self {
    case .bbo: "bbo"
    case .book: "book"
    case .ticker: "ticker"
    case .quote: "quote"
    case .poll: "poll"
    }
  }
}

extension Channel {
  package var name: StaticString {
    switch self {
    case .bbo: "bbo"
    case .trade: "trade"
    case .book: "book"
    case .funding: "funding"
    }
  }
}
