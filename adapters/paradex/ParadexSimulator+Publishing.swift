import PerpCore
import PerpSim
import PerpVenue

extension ParadexSimulator {
  /// Lets the markets run until `now` and tells the subscribers.
  mutating func publish(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in markets.indices
    where exchange.deadline(of: markets[index].market, index) <= now.monotonic {
      var (consequences, told) = (Consequences(), Told())
      exchange.advance(&markets[index].market, index, to: now, into: &consequences)
      tell(consequences, at: now, into: &told)
      told.flush(into: &actions)
    }
    sendDue(at: now, into: &actions)
    guard now.monotonic >= summaryAt else { return }
    summaryAt = now.monotonic + Self.summaryEvery
    sendSummaries(at: now, into: &actions)
  }

  /// A message in each encoding, made when the first client needs it.
  private struct Message {
    let topic: Topic?
    let frame: (UInt16) -> [UInt8]
    let data: (inout ByteBuffer) -> Void
    private var frames: [UInt16: [UInt8]] = [:]
    private var text: [String: [UInt8]] = [:]

    init(
      topic: Topic?, frame: @escaping (UInt16) -> [UInt8],
      data: @escaping (inout ByteBuffer) -> Void
    ) {
      self.topic = topic
      self.frame = frame
      self.data = data
    }

    /// `channel` is what the client subscribed to, which only JSON names.
    mutating func encoded(_ encoding: Encoding, channel: String) -> Frame {
      switch encoding {
      case .sbe(let version):
        let bytes = frames[version] ?? frame(version)
        frames[version] = bytes
        return Frame(.binary, bytes, topic: topic)
      case .json:
        let bytes = text[channel] ?? ParadexSimulator.notification(of: channel, data: data)
        text[channel] = bytes
        return Frame(.text, bytes, topic: topic)
      }
    }
  }

  /// A text message with what `data` appends.
  static func notification(of channel: String, data: (inout ByteBuffer) -> Void) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 1_024)
    buffer.append(#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#)
    buffer.append(json: channel)
    buffer.append(#","data":"#)
    data(&buffer)
    buffer.append("}}\n")
    return buffer.array
  }

  private func topic(_ channel: Channel, _ index: Int) -> Topic {
    Topic(channel, markets[index].symbol)
  }

  mutating func send(
    _ update: ParadexSimulatorMarket.Update, of index: Int, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let name = markets[index].name
    for trade in update.trades {
      var message = Message(
        topic: topic(.trade, index), frame: { trade.frame(version: $0) }, data: trade.write)
      sendToAll(&message, at: now, into: &actions) {
        $0 == .trades(market: name) || $0 == .trades(market: nil)
      }
    }
    for (delta, interactive) in [(update.delta, false), (update.interactiveDelta, true)] {
      var message = Message(
        topic: topic(.book, index), frame: { delta.frame(version: $0) }, data: delta.write)
      sendToAll(&message, at: now, into: &actions) {
        $0 == .bookDeltas(market: name, interactive: interactive)
      }
    }
    for (quote, interactive) in [(update.quote, false), (update.interactiveQuote, true)] {
      guard let quote else { continue }
      var message = Message(
        topic: topic(.bbo, index), frame: { quote.frame(version: $0) }, data: quote.write)
      sendToAll(&message, at: now, into: &actions) {
        $0 == .bbo(market: name, interactive: interactive)
      }
    }
  }

  private mutating func sendToAll(
    _ message: inout Message, at now: Moment, into actions: inout [SimulatorAction],
    where isWanted: (ParadexSimulatorChannel) -> Bool
  ) {
    for id in clients.ids {
      guard let client = clients[id] else { continue }
      for subscription in client.subscriptions where isWanted(subscription.channel) {
        send(
          message.encoded(client.encoding, channel: subscription.name), to: id, at: now,
          into: &actions)
      }
    }
  }

  // MARK: First data, paced snapshots, slow data

  /// Deltas begin with a snapshot; the others wait for the next change.
  mutating func sendFirst(
    _ subscription: Subscription, to id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard case .bookDeltas(let market, let isInteractive) = subscription.channel,
      let index = indexes[market], let client = clients[id]
    else { return }
    var message = self.message(of: markets[index].snapshot(interactive: isInteractive), index)
    send(
      message.encoded(client.encoding, channel: subscription.name), to: id, at: now,
      into: &actions)
  }

  private func message(of book: ParadexWire.Book, _ index: Int) -> Message {
    Message(topic: topic(.book, index), frame: { book.frame(version: $0) }, data: book.write)
  }

  mutating func markDue(_ index: Int) {
    for id in clients.ids {
      for position in clients[id]?.subscriptions.indices ?? 0..<0
      where clients[id]!.subscriptions[position].channel.snapshotMarket == markets[index].name {
        clients[id]!.subscriptions[position].isDue = true
      }
    }
  }

  /// "Top 15, always SNAPSHOT, at most that often, only when changed."
  private mutating func sendDue(at now: Moment, into actions: inout [SimulatorAction]) {
    for id in clients.ids {
      for position in clients[id]?.subscriptions.indices ?? 0..<0 {
        guard let client = clients[id] else { break }
        let subscription = client.subscriptions[position]
        guard subscription.isDue, now.monotonic >= subscription.nextAt,
          case .bookSnapshot(let market, let isInteractive, let pace, let tick) =
            subscription.channel,
          let index = indexes[market]
        else { continue }
        clients[id]!.subscriptions[position].isDue = false
        clients[id]!.subscriptions[position].nextAt =
          now.monotonic + Nanoseconds.milliseconds(pace)
        var message = self.message(
          of: markets[index].snapshot(interactive: isInteractive).top(
            ParadexSnapshotChannel.depth, groupedBy: tick), index)
        send(
          message.encoded(client.encoding, channel: subscription.name), to: id, at: now,
          into: &actions)
      }
    }
  }

  private mutating func sendSummaries(at now: Moment, into actions: inout [SimulatorAction]) {
    let time = publishedTime(now) / 1_000 * 1_000
    for index in markets.indices {
      let name = markets[index].name
      let (summary, funding) = (markets[index].summary(at: time), markets[index].funding(at: time))
      var message = Message(
        topic: topic(.funding, index), frame: { summary.frame(version: $0) }, data: summary.write)
      for id in clients.ids {
        guard let client = clients[id] else { continue }
        for subscription in client.subscriptions
        where
          (subscription.channel == .summary(market: name)
          || subscription.channel == .summary(market: nil))
          && (subscription.markets.isEmpty || subscription.markets.contains(name))
        {
          send(
            message.encoded(client.encoding, channel: subscription.name), to: id, at: now,
            into: &actions)
        }
      }
      message = Message(
        topic: topic(.funding, index), frame: { funding.frame(version: $0) }, data: funding.write)
      sendToAll(&message, at: now, into: &actions) {
        $0 == .funding(market: name) || $0 == .funding(market: nil)
      }
    }
    sendComparison(at: now, time: time, into: &actions)
  }

  /// "Never send template 6 to version 0."
  private mutating func sendComparison(
    at now: Moment, time: Int64, into actions: inout [SimulatorAction]
  ) {
    for market in markets {
      let comparison = ParadexWire.FundingComparison(
        market: market.symbol.text, time: time, updatedAt: time,
        hourlyRate: market.funding(at: time).rate.divided(by: Decimal(8), scale: 12) ?? .zero,
        assetKind: 1, source: 1)
      for id in clients.ids {
        guard let client = clients[id], client.encoding.version >= 1 else { continue }
        for subscription in client.subscriptions {
          guard case .fundingComparison = subscription.channel else { continue }
          send(
            Frame(.binary, comparison.frame(version: client.encoding.version)), to: id, at: now,
            into: &actions)
        }
      }
    }
  }
}

extension ParadexSimulatorChannel {
  /// The market of a paced snapshot.
  fileprivate var snapshotMarket: String? {
    if case .bookSnapshot(let market, _, _, _) = self { market } else { nil }
  }
}

extension ParadexWire.Book {
  /// The best `depth` levels, after joining those that fall on the same multiple of `tick`: bids
  /// are rounded down, asks up.
  func top(_ depth: Int, groupedBy tick: Decimal?) -> ParadexWire.Book {
    var book = self
    if let tick {
      book.bids = Self.grouped(bids, tick, up: false)
      book.asks = Self.grouped(asks, tick, up: true)
    }
    book.bids = Array(book.bids.prefix(depth))
    book.asks = Array(book.asks.prefix(depth))
    return book
  }

  private static func grouped(_ levels: [Level], _ tick: Decimal, up: Bool) -> [Level] {
    var groups: [Level] = []
    for level in levels {
      guard var steps = level.price.divided(by: tick, scale: 0) else { continue }
      if up, !level.price.isMultiple(of: tick) { steps = steps.adding(Decimal(1)) ?? steps }
      guard let price = steps.multiplied(by: tick)?.trimmed else { continue }
      if let last = groups.last, last.price == price {
        groups[groups.count - 1].size = last.size.adding(level.size) ?? last.size
      } else {
        groups.append(Level(price: price, size: level.size))
      }
    }
    return groups
  }
}
