import PerpCore
import PerpSim
import PerpVenue

extension LighterSimulator {
  /// Tickers and trades, as they happen.
  func send(
    _ update: LighterSimulatorMarket.Update, of index: Int, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let market = markets[index]
    if var ticker = update.ticker {
      ticker.sentAt = publishedTime(now)
      send(
        .one(.ticker, index: index), Topic(.bbo, market.symbol), into: &actions
      ) { ticker.message(market.base, market.digits) }
    }
    if !update.prints.isEmpty {
      send(.one(.trade, index: index), Topic(.trade, market.symbol), into: &actions) {
        LighterWire.Trades.message(
          market.name, isFirst: false, nonce: nonce, update.prints, market.digits)
      }
    }
  }

  /// What has changed in the books since the last time.
  mutating func sendBooks(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in markets.indices {
      guard let update = markets[index].batch(nonce: nonce) else { continue }
      offset += 1 + Int64(random.below(7))
      let (market, offset, time) = (markets[index], offset, publishedTime(now))
      send(.one(.book, index: index), Topic(.book, market.symbol), into: &actions) {
        update.message(offset: offset, sentAt: time, market.digits)
      }
    }
  }

  func sendStats(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in markets.indices {
      let topic = Topic(.funding, markets[index].symbol)
      send(.one(.stats, index: index), topic, into: &actions) {
        stats(.one(.stats, index: index), isFirst: false, at: now)
      }
    }
    send(.allStats, nil, into: &actions) { stats(.allStats, isFirst: false, at: now) }
    send(.height, nil, into: &actions) { heightMessage(isFirst: false, at: now) }
  }

  private func send(
    _ channel: Channel, _ topic: Topic?, into actions: inout [SimulatorAction],
    _ make: () -> [UInt8]
  ) {
    var frame: Frame?
    for id in clients.ids where clients[id]?.channels.contains(channel) == true {
      let made = frame ?? Frame(.text, make(), topic: topic)
      frame = made
      actions.append(.send(id, made))
    }
  }

  /// Every subscription begins with the state.
  func sendFirst(
    _ channel: Channel, to id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let bytes: [UInt8]
    var topic: Topic?
    switch channel {
    case .allStats: bytes = stats(channel, isFirst: true, at: now)
    case .height: bytes = heightMessage(isFirst: true, at: now)
    case .one(let family, let index):
      let market = markets[index]
      switch family {
      case .ticker:
        var ticker = market.ticker
        (ticker.isFirst, ticker.sentAt) = (true, publishedTime(now))
        bytes = ticker.message(market.base, market.digits)
        topic = Topic(.bbo, market.symbol)
      case .trade:
        bytes = LighterWire.Trades.message(
          market.name, isFirst: true, nonce: nonce, market.recentPrints, market.digits)
        topic = Topic(.trade, market.symbol)
      case .book:
        bytes = market.snapshot.message(
          offset: offset, sentAt: publishedTime(now), market.digits)
        topic = Topic(.book, market.symbol)
      case .stats:
        bytes = stats(channel, isFirst: true, at: now)
        topic = Topic(.funding, market.symbol)
      }
    }
    actions.append(.send(id, Frame(.text, bytes, topic: topic)))
  }

  // MARK: Messages of all markets

  private func stats(_ channel: Channel, isFirst: Bool, at now: Moment) -> [UInt8] {
    var text = ByteBuffer(capacity: 1_024)
    text.append("{")
    if case .one(_, let index) = channel {
      text.put("channel", text: "market_stats:\(markets[index].name.string)")
      text.put("market_stats")
      markets[index].writeStats(to: &text)
    } else {
      text.put("channel", text: "market_stats:all")
      text.put("market_stats")
      text.append("{")
      for (index, market) in markets.enumerated() {
        if index > 0 { text.append(",") }
        text.append(json: market.name.string)
        text.append(":")
        market.writeStats(to: &text)
      }
      text.append("}")
    }
    text.put("timestamp", publishedTime(now) / 1_000)
    text.put("type", text: isFirst ? "subscribed/market_stats" : "update/market_stats")
    text.append("}")
    return text.array
  }

  private func heightMessage(isFirst: Bool, at now: Moment) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.append("{")
    text.put("channel", text: "height")
    text.put("height", height)
    text.put("timestamp", publishedTime(now) / 1_000)
    text.put("type", text: isFirst ? "subscribed/height" : "update/height")
    text.append("}")
    return text.array
  }
}

extension LighterSimulatorMarket {
  /// Day statistics are numbers, the rest is text.
  func writeStats(to text: inout ByteBuffer) {
    let mark = market.markPrice
    text.append("{")
    text.put("symbol", text: base)
    text.put("market_id", id)
    text.put("index_price", digits.price(market.indexPrice))
    text.put("mark_price", digits.price(mark))
    if let bid = market.bestBid, let ask = market.bestAsk {
      text.put("best_ask_price", digits.price(ask.price))
      text.put("best_bid_price", digits.price(bid.price))
    }
    text.put("open_interest", market.openInterest.multiplied(by: mark)?.rescaled(to: 6) ?? .zero)
    text.put("funding_clamp_small", text: "0.0500")
    text.put("funding_clamp_big", text: "4.0000")
    text.put("last_trade_price", digits.price(market.lastExecution?.price ?? mark))
    text.put("current_funding_rate", fundingRate.rescaled(to: 4) ?? fundingRate)
    text.put("funding_rate", settledRate)
    text.put("funding_timestamp", settledAt / 1_000 + 1)
    text.put("daily_quote_token_volume")
    text.append(market.volume.trimmed)
    text.put("base_interest_rate", text: "0.0100")
    text.append("}")
  }
}
