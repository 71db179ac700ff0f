import PerpCore
import PerpSim
import PerpVenue

extension EdgeXSimulator {
  /// Tells what became of the books since the last time, and the trades.
  mutating func publishBooks(into actions: inout [SimulatorAction]) {
    for index in markets.indices {
      guard let update = markets[index].batch(versions) else { continue }
      let contract = markets[index].contract
      if !update.matches.isEmpty {
        send(.trades(contract: contract), update.matches, into: &actions)
      }
      for depth in update.changes {
        send(.depth(contract: contract, levels: Int(depth.level)), [depth], into: &actions)
      }
    }
  }

  /// Once a second: everything that is not told as it happens.
  mutating func publishRows(at now: Moment, into actions: inout [SimulatorAction]) {
    for index in markets.indices { markets[index].sample(at: publishedTime(now)) }
    for id in clients.ids {
      for subscription in clients[id]?.subscriptions ?? []
      where isDue(subscription) {
        let frame = frame(
          subscription.channel, isSnapshot: subscription.isFresh || subscription.channel.isBook,
          at: now)
        actions.append(.send(id, frame))
        markSent(subscription.channel, to: id)
      }
    }
  }

  private func isDue(_ subscription: Subscription) -> Bool {
    switch subscription.channel {
    case .ticker, .kline, .bookTicker(.all), .bookTicker(.allEverySecond): true
    // Seen to be accepted and then to stay silent.
    case .bookTicker(.contract), .metadata, .trades: false
    case .fundingRate: seconds % Self.fundingEvery == 0
    case .depth: snapshotEvery > 0 && seconds % snapshotEvery == 0
    }
  }

  mutating func sendFirst(
    _ channel: EdgeXChannel, to id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    actions.append(.send(id, frame(channel, isSnapshot: true, at: now)))
    markSent(channel, to: id)
  }

  private mutating func markSent(_ channel: EdgeXChannel, to id: ConnectionID) {
    guard let place = clients[id]?.subscriptions.firstIndex(where: { $0.channel == channel })
    else { return }
    clients[id]?.subscriptions[place].isFresh = false
  }

  /// Changes for all who want the channel.
  private mutating func send(
    _ channel: EdgeXChannel, _ rows: [any EdgeXRow], into actions: inout [SimulatorAction]
  ) {
    var frame: Frame?
    for id in clients.ids
    where clients[id]?.subscriptions.contains(where: { $0.channel == channel }) == true {
      let made = frame ?? event(channel, isSnapshot: false, rows)
      frame = made
      actions.append(.send(id, made))
    }
  }

  // MARK: Frames

  /// The state of a channel as of now.
  private func frame(_ channel: EdgeXChannel, isSnapshot: Bool, at now: Moment) -> Frame {
    event(channel, isSnapshot: isSnapshot, rows(of: channel, at: publishedTime(now)))
  }

  private func rows(of channel: EdgeXChannel, at time: Int64) -> [any EdgeXRow] {
    let markets = markets(of: channel)
    switch channel {
    case .depth(_, let levels):
      guard let place = EdgeXChannel.depths.firstIndex(of: levels) else { return [] }
      return markets.map { $0.depth(place) }
    case .trades: return markets.flatMap { $0.recentMatches.reversed() }
    case .ticker: return markets.map { $0.ticker(at: time, isPushed: true) }
    case .bookTicker: return markets.map { $0.bookTicker(at: time) }
    case .fundingRate: return markets.map { $0.funding(at: time) }
    case .kline(let kind, _, let interval):
      return markets.flatMap { $0.candles(kind, interval, limit: 1) }
    case .metadata: return [metadata]
    }
  }

  private func markets(of channel: EdgeXChannel) -> [EdgeXSimulatorMarket] {
    guard let contract = channel.contract else { return markets }
    return indexes[contract].map { [markets[$0]] } ?? []
  }

  private func event(
    _ channel: EdgeXChannel, isSnapshot: Bool, _ rows: [any EdgeXRow]
  ) -> Frame {
    Frame(
      .text, EdgeXWire.event(channel, isSnapshot: isSnapshot, rows, as: generation),
      topic: topic(of: channel))
  }

  /// What faults of one channel strike: quotes are taken from the smaller book.
  private func topic(of channel: EdgeXChannel) -> Topic? {
    guard let index = channel.contract.flatMap({ indexes[$0] }) else { return nil }
    let symbol = markets[index].symbol
    switch channel {
    case .depth(_, let levels): return Topic(levels == 15 ? .bbo : .book, symbol)
    case .bookTicker: return Topic(.bbo, symbol)
    case .trades: return Topic(.trade, symbol)
    case .ticker, .fundingRate: return Topic(.funding, symbol)
    case .kline, .metadata: return nil
    }
  }
}

extension EdgeXChannel {
  fileprivate var isBook: Bool {
    if case .depth = self { true } else { false }
  }
}
