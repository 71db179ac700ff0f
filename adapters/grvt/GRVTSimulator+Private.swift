import PerpCore
import PerpSim
import PerpVenue

/// The private streams ("Trading WebSocket Streams").
extension GRVTSimulator {
  private static let owner = GRVTSimulatorDesk.owner
  private static let streams: Set<String> = [
    "v1.order", "v1.state", "v1.fill", "v1.position", "v1.cancel",
  ]

  // MARK: Subscriptions

  mutating func subscribeAccount(
    _ request: GRVTRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) throws(GRVTFailure) {
    guard let session = clients[id]?.session, desk.isValid(session, at: now) else {
      throw .unauthenticated
    }
    guard Self.streams.contains(request.stream) else { throw .notFound }
    guard !request.selectors.isEmpty else { throw .malformed }
    var (places, data): ([Int], [Frame]) = ([], [])
    for text in request.selectors {
      places.append(feed(of: request.stream, try market(in: text)))
    }
    var answer = GRVTAcknowledgement(id: request.id)
    for (place, text) in zip(places, request.selectors) {
      if clients[id]?.accountFeeds.contains(place) == false {
        clients[id]?.accountFeeds.append(place)
      }
      let states = states(of: place)
      data += states.map { frame(.position($0), of: place, 0, after: 0, id, at: now) }
      answer.subscribed.append(text)
      answer.snapshotCounts.append(Int64(states.count))
      answer.firstNumbers.append(desk.feeds[place].number + 1)
      answer.latestNumbers.append(desk.feeds[place].number)
    }
    send(answer, "subscribe", of: request.stream, with: data, to: id, at: now, into: &actions)
  }

  mutating func unsubscribeAccount(
    _ request: GRVTRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) throws(GRVTFailure) {
    var answer = GRVTAcknowledgement(id: request.id)
    for text in request.selectors {
      let place = feed(of: request.stream, try market(in: text))
      guard clients[id]?.accountFeeds.contains(place) == true else { continue }
      clients[id]?.accountFeeds.removeAll { $0 == place }
      answer.unsubscribed.append(text)
    }
    send(answer, "unsubscribe", of: request.stream, with: [], to: id, at: now, into: &actions)
  }

  /// `<sub account>` or `<sub account>-<instrument>`; returns the market, if it names one.
  private func market(in text: String) throws(GRVTFailure) -> Int? {
    guard !text.contains("@") else { throw .secondaryCount }
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard UInt64(parts[0]) != nil else { throw .subAccountFormat }
    guard parts[0] == GRVTSimulatedAccount.subAccount else { throw .unauthorized }
    guard parts.count == 2 else { return nil }
    guard let index = ShortText(parts[1]).flatMap({ indexes[$0] }) else { throw .instrument }
    return index
  }

  private mutating func feed(of stream: String, _ market: Int?) -> Int {
    if let place = desk.feeds.firstIndex(where: { $0.stream == stream && $0.market == market }) {
      return place
    }
    let number = Int64(random.below(1_000))
    desk.feeds.append(GRVTSimulatorDesk.Feed(stream: stream, market: market, number: number))
    return desk.feeds.count - 1
  }

  /// Positions that are open; other streams begin without a state.
  private func states(of place: Int) -> [ExchangePosition] {
    let feed = desk.feeds[place]
    guard feed.stream == "v1.position" else { return [] }
    return markets.indices.filter { feed.market == nil || feed.market == $0 }
      .compactMap { exchange.position(of: Self.owner, market: $0) }.filter { !$0.size.isZero }
  }

  // MARK: What happens

  /// Tells the public what an operation brought about, and returns what the account is to be told.
  mutating func publish(
    _ result: Consequences, at now: Moment, into actions: inout [SimulatorAction]
  ) -> [GRVTSimulatorDesk.Report] {
    let published = result.published.map {
      publish($0.event, of: $0.market, at: now, into: &actions)
    }
    return result.events.compactMap { event in
      switch event {
      // Taken is no state: it is told once it comes to the book, or does not.
      case .order(let order, .accepted):
        if order.placement.isLiquidation {
          desk.orders[order.number] = GRVTSimulatorOrder(
            liquidating: order, markets[order.market].name)
        }
        return nil
      case .balance: return nil
      case .order(let order, _): return .order(order)
      case .position(let position): return .position(position)
      case .fill(let fill):
        let trade = published[fill.event][fill.execution].id
        desk.note(trade, of: fill.number)
        return .fill(fill, trade: trade)
      }
    }
  }

  mutating func liquidate(at now: Moment, into actions: inout [SimulatorAction]) {
    var result = Consequences()
    for index in markets.indices {
      exchange.liquidateAll(in: &markets[index].market, index, at: now, into: &result)
    }
    let reports = publish(result, at: now, into: &actions)
    deliver(reports.map { .report($0) }, at: now, into: &actions)
  }

  mutating func deliver(
    _ deliveries: [GRVTSimulatorDesk.Delivery], at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    for delivery in deliveries {
      switch delivery {
      case .action(let action): actions.append(action)
      case .report(let report): tell(report, at: now, into: &actions)
      }
    }
  }

  private mutating func tell(
    _ report: GRVTSimulatorDesk.Report, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    for place in desk.feeds.indices where report.concerns(desk.feeds[place]) {
      let number = desk.feeds[place].number + 1
      desk.feeds[place].number = number
      for id in clients.ids where clients[id]?.accountFeeds.contains(place) == true {
        actions.append(
          .send(id, frame(report, of: place, number, after: number - 1, id, at: now)))
      }
    }
  }

  /// What is due by itself: held answers, cancels that found nothing, the countdown.
  mutating func serveAccount(at now: Moment, into actions: inout [SimulatorAction]) {
    var due: [GRVTSimulatorDesk.Delivery] = []
    desk.held.release(at: now, into: &due)
    for cancel in desk.cancels where cancel.until <= now.monotonic {
      due.append(.report(.cancelExpired(clientID: cancel.clientID, isDuplicate: false)))
    }
    desk.cancels.removeAll { $0.until <= now.monotonic }
    if let countdown = desk.countdownDue, countdown <= now.monotonic {
      desk.countdownDue = nil
      var result = Consequences()
      for index in markets.indices {
        exchange.cancelAll(
          of: Self.owner, cause: .disconnected, in: &markets[index].market, index, at: now,
          into: &result)
      }
      due += publish(result, at: now, into: &actions).map { .report($0) }
    }
    deliver(due, at: now, into: &actions)
    expireSessions(at: now, into: &actions)
  }

  // MARK: Messages

  private func frame(
    _ report: GRVTSimulatorDesk.Report, of place: Int, _ number: Int64, after previous: Int64,
    _ id: ConnectionID, at now: Moment
  ) -> Frame {
    let feed = desk.feeds[place]
    var writer = GRVTWriter(clients[id]?.encoding ?? .full)
    let account = GRVTSimulatedAccount.subAccount
    writer.object { writer in
      writer.put(.stream, text: feed.stream)
      writer.put(
        .selector, text: feed.market.map { "\(account)-\(markets[$0].name.string)" } ?? account)
      writer.put(.number, number: number)
      writer.key(.feed)
      write(report, of: feed.stream, at: publishedTime(now), to: &writer)
      if options.settings["extra_fields"] == "yes" {
        writer.reopen { $0.put(GRVTName("new_field", "nf9"), text: "surprise") }
      }
      writer.put(.previousNumber, number: previous)
    }
    return Frame(.text, writer.text.array)
  }

  private func write(
    _ report: GRVTSimulatorDesk.Report, of stream: String, at time: Int64,
    to writer: inout GRVTWriter
  ) {
    switch report {
    case .order(let order) where stream == "v1.state":
      writer.object { writer in
        writer.put(.orderID, text: order.name)
        writer.put(.clientOrderID, text: order.clientID ?? "")
        writer.key(.orderState)
        GRVTSimulatorOrderState(order).write(to: &writer)
      }
    case .order(let order): write(order, to: &writer)
    case .fill(let fill, let trade): write(fill, trade: trade, to: &writer)
    case .position(let position): write(position, at: time, to: &writer)
    case .cancelExpired(let clientID, let isDuplicate):
      writer.object { writer in
        writer.put(.subAccount, text: GRVTSimulatedAccount.subAccount)
        writer.put(.clientOrderID, text: clientID)
        writer.put(.orderID, text: "0x00")
        writer.put(.reason, text: "UNSPECIFIED")
        writer.put(.updateTime, number: time)
        writer.put(.cancelStatus, text: isDuplicate ? "DROPPED_DUPLICATE" : "EXPIRED")
      }
    }
  }

  func write(_ order: ExchangeOrder, to writer: inout GRVTWriter) {
    guard let request = desk.orders[order.number] else { return writer.object { _ in } }
    request.write(
      id: order.name, createdAt: order.createdAt * 1_000, GRVTSimulatorOrderState(order),
      to: &writer)
  }

  func write(_ fill: ExchangeFill, trade: ShortText, to writer: inout GRVTWriter) {
    let market = markets[fill.market]
    let rate =
      fill.fee.multiplied(by: Decimal(100))
      .flatMap { fee in
        fill.price.multiplied(by: fill.size).flatMap { fee.divided(by: $0, scale: 3) }
      }
    writer.object { writer in
      writer.put(.eventTime, number: fill.time * 1_000)
      writer.put(.subAccount, text: GRVTSimulatedAccount.subAccount)
      writer.put(.instrument, market.name)
      writer.put(.isBuyer, fill.side == .buy)
      writer.put(.isTaker, fill.liquidity == .taker)
      writer.put(.size, fill.size.spelt)
      writer.put(.price, fill.price.spelt)
      writer.put(.markPrice, market.market.markPrice.spelt)
      writer.put(.indexPrice, market.market.indexPrice.spelt)
      writer.put(.interestRate, Decimal.zero.spelt)
      writer.put(.forwardPrice, Decimal.zero.spelt)
      writer.put(.realizedPnL, fill.realizedPnL.spelt)
      writer.put(.fee, fill.fee.spelt)
      writer.put(.feeRate, rate?.spelt)
      writer.put(.tradeID, trade)
      writer.put(.orderID, text: fill.orderName)
      writer.put(.venue, text: "ORDERBOOK")
      writer.put(.isLiquidation, fill.isLiquidation)
      writer.put(.clientOrderID, text: fill.clientID ?? "")
      writer.put(.fillSigner, text: desk.signer?.hex ?? "")
      writer.put(.broker, text: "UNSPECIFIED")
      writer.put(.isRPI, false)
      writer.put(.fillBuilder, text: "0x00")
      writer.put(.fillBuilderFeeRate, text: "0.0")
      writer.put(.fillBuilderFee, text: "0")
      writer.put(.feeCurrency, text: "USDT")
    }
  }

  func write(_ position: ExchangePosition, at time: Int64, to writer: inout GRVTWriter) {
    let total = position.unrealizedPnL.adding(position.realizedPnL) ?? .zero
    writer.object { writer in
      writer.put(.eventTime, number: max(position.updatedAt * 1_000, time))
      writer.put(.subAccount, text: GRVTSimulatedAccount.subAccount)
      writer.put(.instrument, markets[position.market].name)
      writer.put(.size, position.size.spelt)
      writer.put(.notional, position.mark.multiplied(by: position.size)?.spelt)
      writer.put(.entryPrice, (position.entryPrice ?? .zero).spelt)
      writer.put(.exitPrice, Decimal.zero.spelt)
      writer.put(.markPrice, position.mark.spelt)
      writer.put(.unrealizedPnL, position.unrealizedPnL.spelt)
      writer.put(.realizedPnL, position.realizedPnL.spelt)
      writer.put(.totalPnL, total.spelt)
      writer.put(.returnOnInvestment, Decimal.zero.spelt)
      writer.put(.quoteIndexPrice, text: "1.0")
      writer.put(.liquidationPrice, Decimal.zero.spelt)
      writer.put(.leverage, position.leverage.spelt)
      writer.put(.cumulativeFee, position.fees.spelt)
      writer.put(.cumulativeFunding, Decimal.zero.spelt)
      writer.put(.marginType, text: "CROSS")
    }
  }
}

extension GRVTSimulatorDesk.Report {
  func concerns(_ feed: GRVTSimulatorDesk.Feed) -> Bool {
    switch self {
    case .order(let order):
      (feed.stream == "v1.order" || feed.stream == "v1.state")
        && (feed.market == nil || feed.market == order.market)
    case .fill(let fill, _):
      feed.stream == "v1.fill" && (feed.market == nil || feed.market == fill.market)
    case .position(let position):
      feed.stream == "v1.position" && (feed.market == nil || feed.market == position.market)
    case .cancelExpired: feed.stream == "v1.cancel" && feed.market == nil
    }
  }
}
