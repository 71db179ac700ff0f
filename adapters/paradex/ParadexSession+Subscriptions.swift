import PerpCore
import PerpVenue

extension ParadexSession {
  mutating func subscribe(_ topics: [Topic], at now: Moment, into actions: inout [VenueAction]) {
    for topic in topics {
      guard let index = indexes[topic.symbol.text] else {
        actions.append(.emit(.error(Self.unknown(topic, at: now))))
        continue
      }
      guard markets[index][topic.channel] == nil else { continue }
      var stream = Stream(
        venue: Paradex.id, topic: topic, policy: Self.healthPolicy(topic.channel))
      stream.report(cause: "subscribing", at: now, into: &actions)
      if connection.isOpen {
        stream.adopt(epoch: connection.epoch)
        subscriptions.append(Subscription(index: index, channel: topic.channel, isWanted: true))
      }
      markets[index][topic.channel] = stream
    }
    if connection.state == .idle, wantsAnything {
      connection.open(at: now.monotonic, into: &actions)
    }
    drainQueues(at: now, into: &actions)
  }

  mutating func unsubscribe(_ topics: [Topic], at now: Moment, into actions: inout [VenueAction]) {
    for topic in topics {
      guard let index = indexes[topic.symbol.text], markets[index][topic.channel] != nil else {
        continue
      }
      markets[index][topic.channel] = nil
      markets[index].forgetData(of: topic.channel)
      subscriptions.removeAll { $0.index == index && $0.channel == topic.channel }
      if connection.isOpen {
        subscriptions.append(Subscription(index: index, channel: topic.channel, isWanted: false))
      }
    }
    drainQueues(at: now, into: &actions)
    // The venue closes a connection without subscriptions with code 4031.
    guard !wantsAnything else { return }
    connection.shut(into: &actions)
    forgetPending()
  }

  private var wantsAnything: Bool {
    markets.contains { market in Channel.allCases.contains { market[$0] != nil } }
  }

  private static func unknown(_ topic: Topic, at now: Moment) -> ErrorReport {
    ErrorReport(
      venue: Paradex.id, place: "subscribe", reason: "unknown_symbol",
      message: "paradex has no market \(topic.symbol); `perpwire markets paradex` lists them",
      time: now.wall)
  }

  static func healthPolicy(_ channel: Channel) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    switch channel {
    case .bbo: policy.canBeProbed = true
    case .book:
      policy.canBeProbed = true
      policy.answersAtOnce = true
    case .trade:
      policy.isQuietByNature = true
      policy.shortest = Nanoseconds.seconds(10)
      policy.longest = Nanoseconds.seconds(600)
    case .funding:
      // The pace is not documented; rows were seen 15 s apart.
      policy.shortest = Nanoseconds.seconds(60)
      policy.longest = Nanoseconds.seconds(300)
      policy.retryAfter = Nanoseconds.seconds(30)
    }
    return policy
  }

  mutating func drainQueues(at now: Moment, into actions: inout [VenueAction]) {
    while connection.isOpen, let next = subscriptions.next(at: now.monotonic) {
      send(next, at: now, into: &actions)
    }
    while let question = questions.next(at: now.monotonic) {
      ask(question, at: now, into: &actions)
    }
    setTimers()
  }

  private mutating func send(
    _ subscription: Subscription, at now: Moment, into actions: inout [VenueAction]
  ) {
    let market = markets[subscription.index]
    for name in ParadexChannel.names(subscription.channel, market.market.venueSymbol) {
      lastMessage += 1
      unanswered[lastMessage] = (subscription, now.monotonic)
      actions.append(
        .send(
          connection.id,
          ParadexChannel.request(
            lastMessage, subscription.isWanted ? "subscribe" : "unsubscribe", name)))
    }
    guard subscription.isWanted else { return }
    markets[subscription.index][subscription.channel]?.health.requested(at: now.monotonic)
    deadlines.bring(.health, forwardTo: now.monotonic)
    switch subscription.channel {
    case .bbo: questions.append(.quote(index: subscription.index))
    case .funding: questions.append(.summary(index: subscription.index))
    case .trade, .book: break
    }
  }

  /// Ends the subscription and starts it anew. The venue refuses a second one of the same name.
  mutating func resubscribe(_ index: Int, _ channel: Channel) {
    // Whatever waits of the same topic would come between the two, and what was not answered so
    // far need not be repeated as well.
    subscriptions.removeAll { $0.index == index && $0.channel == channel }
    unanswered = unanswered.filter {
      $1.subscription.index != index || $1.subscription.channel != channel
    }
    subscriptions.append(Subscription(index: index, channel: channel, isWanted: false))
    subscriptions.append(Subscription(index: index, channel: channel, isWanted: true))
  }

  mutating func acknowledged(_ id: Int64) { unanswered[id] = nil }

  mutating func refused(
    _ id: Int64, code: Int64, message: String, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard let subscription = unanswered.removeValue(forKey: id)?.subscription else {
      actions.append(.note(Note(.warning, "paradex: error \(code): \(message)")))
      return
    }
    guard subscription.isWanted,
      let stream = markets[subscription.index][subscription.channel]
    else { return }
    guard stream.health.state != .live else {
      // Data are flowing: the refusal was of a second subscription to the same.
      actions.append(.note(Note(.notice, "paradex refused \(stream.topic), live: \(message)")))
      return
    }
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: Paradex.id, place: "subscribe",
            reason: code == 42_901 ? "rate_limited" : "unsupported",
            message: "paradex refused \(stream.topic): \(message)", venueCode: String(code),
            time: now.wall))))
    markets[subscription.index][subscription.channel]!.enter(
      .down, cause: "refused", at: now, into: &actions)
    deadlines.bring(.refused, forwardTo: now.monotonic + Self.retryRefusedAfter)
  }

  static let retryRefusedAfter = Nanoseconds.seconds(30)

  mutating func retryRefused(at now: Moment, into actions: inout [VenueAction]) {
    guard connection.isOpen else { return }
    for index in markets.indices {
      for channel in Channel.allCases where markets[index][channel]?.health.state == .down {
        markets[index][channel]!.enter(
          .connecting, cause: "subscribing", at: now, into: &actions)
        resubscribe(index, channel)
      }
    }
  }

  /// What is known of a topic whose data flow; they may be late, and then it says so.
  mutating func snapshot(_ topic: Topic, at now: Moment, into actions: inout [VenueAction]) {
    guard let index = indexes[topic.symbol.text],
      let state = markets[index][topic.channel]?.health.state, state == .live || state == .stale
    else { return }
    switch topic.channel {
    case .bbo:
      guard let quote = markets[index].quote else { return }
      markets[index].emit(
        quote, source: .bbo, isLate: state == .stale, at: now, into: &actions)
    case .book:
      markets[index].emitBook(isLate: state == .stale, at: now, into: &actions)
    case .funding: markets[index].emitFunding(venueTime: nil, at: now, into: &actions)
    case .trade: break
    }
  }
}

/// The venue's channels, spelt exactly: some wrong spellings are granted and then stay silent.
enum ParadexChannel {
  static func names(_ channel: Channel, _ market: String) -> [String] {
    switch channel {
    case .bbo: ["bbo.\(market)"]
    case .trade: ["trades.\(market)"]
    case .book: ["order_book.\(market).deltas"]
    case .funding: ["funding_data.\(market)", "markets_summary.\(market)"]
    }
  }

  /// `{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{"channel":"bbo.BTC-USD-PERP"}}`
  static func request(_ id: Int64, _ method: StaticString, _ channel: String) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.append(#"{"jsonrpc":"2.0","id":"#)
    text.append(id)
    text.append(#","method":""#)
    text.append(method)
    text.append(#"","params":{"channel":"#)
    text.append(json: channel)
    text.append("}}")
    return text.array
  }

  /// Channels of the venue that we have no use for; a message of theirs is no surprise. All but
  /// the last two are private.
  static let others = [
    "account", "balance_events", "block_trades", "fills", "funding_payments", "mmp", "orders",
    "positions", "rfq", "tradebusts", "transaction", "transfers", "markets",
    "funding_rate_comparison",
  ]

  static func isOther(_ name: String) -> Bool {
    others.contains(String(name.prefix { $0 != "." }))
  }
}
