import PerpCore
import PerpSim
import PerpVenue

extension GRVTSimulator {
  /// Lets the markets run until `now` and tells the subscribers.
  mutating func publish(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in markets.indices
    where exchange.deadline(of: markets[index].market, index) <= now.monotonic {
      var result = Consequences()
      exchange.advance(&markets[index].market, index, to: now, into: &result)
      let reports = publish(result, at: now, into: &actions)
      deliver(reports.map { .report($0) }, at: now, into: &actions)
    }
    for place in feeds.indices where feeds[place].dueAt <= now.monotonic {
      publish(place, at: now, into: &actions)
      setDue(place, at: now)
    }
  }

  /// Trades, and quotes of which every change is wanted. Returns the trades, in the order of the
  /// event's executions.
  mutating func publish(
    _ event: SimulatedMarket.Event, of index: Int, at now: Moment,
    into actions: inout [SimulatorAction]
  ) -> [GRVTWire.Trade] {
    let time = publishedTime(of: event.time, now)
    let mini = markets[index].mini((event.bestBid, event.bestAsk), at: time)
    let trades = markets[index].record(event, at: time)
    record(trades, mini, in: index, at: time)
    for place in feeds.indices where feeds[place].market == index {
      switch feeds[place].selector.stream {
      case .trades:
        for trade in trades { send(trade, of: place, into: &actions) }
      case .miniDeltas where feeds[place].interval == 0:
        guard let change = feeds[place].change(to: mini) else { continue }
        send(change, of: place, into: &actions)
      default: break
      }
    }
    return trades
  }

  private mutating func record(
    _ trades: [GRVTWire.Trade], _ mini: GRVTWire.Mini, in index: Int, at time: Int64
  ) {
    let name = markets[index].name
    for trade in trades {
      markets[index].candles.add(.trade, trade.price, size: trade.size, at: time, of: name)
    }
    for (kind, price) in [
      (.mark, mini.markPrice), (.index, mini.indexPrice), (.middle, mini.midPrice),
    ] as [(GRVTSimulatorCandles.Kind, GRVTWire.Change)] {
      guard let price = price.value else { continue }
      markets[index].candles.add(kind, price, at: time, of: name)
    }
  }

  /// What is published on the grid of a rate.
  private mutating func publish(
    _ place: Int, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let (market, time) = (markets[feeds[place].market], publishedTime(now))
    switch feeds[place].selector.stream {
    case .miniDeltas:
      guard let change = feeds[place].change(to: market.mini(market.best, at: time)) else { return }
      send(change, of: place, into: &actions)
    case .tickerDeltas:
      guard let change = feeds[place].change(to: market.ticker(at: time)) else { return }
      send(change, of: place, into: &actions)
    case .bookDeltas, .improvedBookDeltas:
      let book = market.book(depth: .max, at: time)
      guard let change = feeds[place].change(to: book) else { return }
      send(change, of: place, into: &actions)
    case .candles:
      guard let candle = candles(of: place, 1).last else { return }
      send(candle, of: place, into: &actions)
    default:
      for state in states(of: place, at: time) { send(state, of: place, into: &actions) }
    }
  }

  /// The grid lies on multiples of the rate by the wall clock.
  mutating func setDue(_ place: Int, at now: Moment) {
    let interval = feeds[place].interval
    guard interval > 0 else { return }
    let passed = UInt64(now.wall) * 1_000 % interval
    feeds[place].dueAt = now.monotonic + interval - passed
  }

  // MARK: States

  /// What a new subscriber is told before any change, or all that subscribers are ever told.
  func states(of place: Int, at time: Int64) -> [any GRVTRecord] {
    switch feeds[place].selector.stream {
    case .miniSnapshots, .miniDeltas: [mini(of: place, at: time)]
    case .tickerSnapshots, .tickerDeltas: [ticker(of: place, at: time)]
    case .bookSnapshots, .improvedBookSnapshots, .bookDeltas, .improvedBookDeltas:
      [book(of: place, at: time)]
    case .trades: trades(of: place)
    case .candles: candles(of: place, 5)
    case .account: []
    }
  }

  /// As those know it who follow its changes, or as it is now.
  private func ticker(of place: Int, at time: Int64) -> GRVTWire.Ticker {
    if let known = feeds[place].ticker { return known }
    return markets[feeds[place].market].ticker(at: time)
  }

  private func mini(of place: Int, at time: Int64) -> GRVTWire.Mini {
    if let known = feeds[place].ticker { return known.mini }
    let market = markets[feeds[place].market]
    return market.mini(market.best, at: time)
  }

  private func book(of place: Int, at time: Int64) -> GRVTWire.Book {
    let market = markets[feeds[place].market]
    if let known = feeds[place].book {
      return GRVTWire.Book(
        instrument: market.name, time: time, bids: known.bids, asks: known.asks)
    }
    return market.book(depth: feeds[place].selector.depth, at: time)
  }

  private func trades(of place: Int) -> [GRVTWire.Trade] {
    let limit = Int(feeds[place].selector.form.string) ?? 50
    return Array(markets[feeds[place].market].recentTrades.suffix(limit))
  }

  private func candles(of place: Int, _ count: Int) -> [GRVTWire.Candle] {
    let parts = feeds[place].selector.form.string.split(separator: "-")
    guard parts.count == 2, let minutes = GRVTSimulatorCandles.minutes(of: parts[0]),
      let kind = GRVTSimulatorCandles.Kind(rawValue: String(parts[1]))
    else { return [] }
    return markets[feeds[place].market].candles.latest(count, kind, minutes: minutes)
  }

  // MARK: Frames

  /// To all who want it.
  private mutating func send(
    _ record: any GRVTRecord, of place: Int, into actions: inout [SimulatorAction]
  ) {
    let stream = feeds[place].selector.stream
    let isNumbered =
      stream.isDelta || stream == .candles
      || (stream == .trades && options.settings["trade_numbers"] != "zero")
    var (gateway, global) = (GRVTPlace(stream: stream), GRVTPlace(stream: stream))
    if isNumbered { (gateway, global) = feeds[place].count(&cluster) }
    var frames: [(encoding: GRVTEncoding, isGlobal: Bool, frame: Frame)] = []
    for id in clients.ids {
      guard let client = clients[id],
        let subscription = client.subscriptions.first(where: { $0.feed == place })
      else { continue }
      let isGlobal = subscription.isGlobal
      let made = frames.first { $0.encoding == client.encoding && $0.isGlobal == isGlobal }?.frame
      let frame = made ?? frame(record, of: place, at: isGlobal ? global : gateway, client.encoding)
      if made == nil { frames.append((client.encoding, isGlobal, frame)) }
      actions.append(.send(id, frame))
    }
  }

  func frame(
    _ record: any GRVTRecord, of place: Int, at number: GRVTPlace, _ encoding: GRVTEncoding
  ) -> Frame {
    let selector = feeds[place].selector
    let isPrimary = options.settings["selector"] == "primary"
    let hasExtras = options.settings["extra_fields"] == "yes"
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.put(.stream, text: selector.stream.name)
      writer.put(.selector, text: isPrimary ? selector.instrument.string : selector.text)
      writer.put(.number, number: number.number)
      writer.key(.feed)
      record.write(to: &writer)
      if hasExtras { writer.reopen { $0.put(GRVTName("new_field", "nf9"), text: "surprise") } }
      writer.put(.previousNumber, number: number.previous)
    }
    return Frame(.text, writer.text.array, topic: topic(of: place))
  }

  private func topic(of place: Int) -> Topic? {
    let symbol = markets[feeds[place].market].symbol
    switch feeds[place].selector.stream {
    case .miniSnapshots, .miniDeltas: return Topic(.bbo, symbol)
    case .bookSnapshots, .bookDeltas, .improvedBookSnapshots, .improvedBookDeltas:
      return Topic(.book, symbol)
    case .trades: return Topic(.trade, symbol)
    case .tickerSnapshots, .tickerDeltas: return Topic(.funding, symbol)
    case .candles, .account: return nil
    }
  }
}

extension GRVTSelector {
  /// Levels a side, where the form names them.
  fileprivate var depth: Int {
    form.string.split(separator: "-").last.flatMap { Int($0) } ?? .max
  }
}
