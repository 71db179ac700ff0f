import PerpCore

extension MarketDataFeed {
  mutating func subscribe(_ topics: [Topic], at now: Moment, into actions: inout VenueActions) {
    for topic in topics {
      guard let index = indexesBySymbol[topic.symbol],
        !dialect.wireChannels(of: topic.channel).isEmpty
      else {
        actions.append(.emit(.error(refusal(of: topic, at: now))))
        continue
      }
      guard markets[index][topic.channel] == nil else { continue }
      var stream = Stream(
        venue: dialect.venue, topic: topic, policy: dialect.healthPolicy(of: topic.channel))
      if isConnectionBarred {
        stream.bar(at: now, into: &actions)
      } else {
        stream.report(cause: "subscribing", at: now, into: &actions)
      }
      if isReady { stream.adopt(epoch: connection.epoch) }
      markets[index][topic.channel] = stream
      if isReady { request(topic.channel, of: index) }
    }
    if connection.state == .idle, wantsAnything, !isConnectionBarred {
      connection.open(at: now.monotonic, into: &actions)
    }
    drainQueues(at: now, into: &actions)
  }

  mutating func unsubscribe(_ topics: [Topic], at now: Moment, into actions: inout VenueActions) {
    for topic in topics {
      guard let index = indexesBySymbol[topic.symbol], markets[index][topic.channel] != nil else {
        continue
      }
      markets[index][topic.channel] = nil
      markets[index].forgetData(of: topic.channel)
      let wires = dialect.wireChannels(of: topic.channel) + dialect.companions(of: topic.channel)
      for wire in wires where !isNeeded(wire, by: index) {
        subscriptions.removeAll { $0.index == index && $0.channel == wire }
        guard markets[index].subscribed & wire.bit != 0 else { continue }
        markets[index].subscribed &= ~wire.bit
        subscriptions.append(Subscription(index: index, channel: wire, isWanted: false))
      }
    }
    drainQueues(at: now, into: &actions)
    // A connection without subscriptions is of no use, and some venues close it.
    guard !wantsAnything else { return }
    connection.shut(into: &actions)
    forgetPending()
  }

  private var wantsAnything: Bool {
    markets.contains { market in Channel.allCases.contains { market[$0] != nil } }
  }

  private func isNeeded(_ wire: WireChannel, by index: Int) -> Bool {
    Channel.allCases.contains {
      markets[index][$0] != nil
        && (dialect.wireChannels(of: $0) + dialect.companions(of: $0)).contains(wire)
    }
  }

  /// Our channels that wait for this one.
  func channels(of wire: WireChannel, in index: Int) -> [Channel] {
    Channel.allCases.filter {
      markets[index][$0] != nil && dialect.wireChannels(of: $0).contains(wire)
    }
  }

  private func refusal(of topic: Topic, at now: Moment) -> ErrorReport {
    let isListed = indexesBySymbol[topic.symbol] != nil
    return ErrorReport(
      venue: dialect.venue, place: "subscribe",
      reason: isListed ? "unsupported" : "unknown_symbol",
      message: isListed
        ? "\(dialect.venue) has no channel \(topic.channel.rawValue); `perpwire venues` lists them"
        : "\(dialect.venue) has no market \(topic.symbol); "
          + "`perpwire markets \(dialect.venue)` lists them",
      time: now.wall)
  }

  /// Asks for what a channel is made of. What flows already for another channel is asked for anew,
  /// because data begin with a state of which only the first message tells.
  mutating func request(_ channel: Channel, of index: Int) {
    for wire in dialect.wireChannels(of: channel) {
      if markets[index].subscribed & wire.bit == 0 {
        subscribe(index, wire)
      } else if !subscriptions.contains(where: { $0.index == index && $0.channel == wire }) {
        resubscribe(index, wire)
      }
    }
    for wire in dialect.companions(of: channel)
    where markets[index].subscribed & wire.bit == 0 {
      subscribe(index, wire)
    }
  }

  private mutating func subscribe(_ index: Int, _ wire: WireChannel) {
    markets[index].subscribed |= wire.bit
    subscriptions.append(Subscription(index: index, channel: wire, isWanted: true))
  }

  package mutating func drainQueues(at now: Moment, into actions: inout VenueActions) {
    while isReady, unanswered.count < limits.maxUnanswered,
      let next = subscriptions.next(at: now.monotonic)
    {
      send(next, at: now, into: &actions)
    }
    while let question = questions.next(at: now.monotonic) {
      ask(question, at: now, into: &actions)
    }
    setTimers()
  }

  private mutating func send(
    _ subscription: Subscription, at now: Moment, into actions: inout VenueActions
  ) {
    lastMessage += 1
    unanswered.append((lastMessage, subscription, now.monotonic))
    let request = SubscriptionRequest(
      channel: subscription.channel, market: markets[subscription.index].market,
      isWanted: subscription.isWanted)
    actions.append(.send(connection.id, dialect.message(request, id: lastMessage)))
    deadlines.bring(.health, forwardTo: now.monotonic)
    guard subscription.isWanted else { return }
    for channel in channels(of: subscription.channel, in: subscription.index) {
      markets[subscription.index][channel]?.health.requested(at: now.monotonic)
      switch channel {
      case .bbo: questions.append(.quote(subscription.index))
      case .funding: questions.append(.funding(subscription.index))
      case .trade, .book: break
      }
    }
  }

  /// Ends the subscriptions of a channel and starts them anew, with the companions that it lacks.
  mutating func resubscribe(_ index: Int, _ channel: Channel) {
    for wire in dialect.wireChannels(of: channel) { resubscribe(index, wire) }
    for wire in dialect.companions(of: channel) where markets[index].subscribed & wire.bit == 0 {
      markets[index].subscribed |= wire.bit
      resubscribe(index, wire)
    }
  }

  /// Venues refuse a second subscription of the same name.
  private mutating func resubscribe(_ index: Int, _ wire: WireChannel) {
    // Whatever waits of the same name would come between the two, and what was not answered so
    // far need not be repeated as well.
    subscriptions.removeAll { $0.index == index && $0.channel == wire }
    unanswered.removeAll { $0.subscription.index == index && $0.subscription.channel == wire }
    subscriptions.append(Subscription(index: index, channel: wire, isWanted: false))
    subscriptions.append(Subscription(index: index, channel: wire, isWanted: true))
  }

  /// What is known of a topic whose data flow; they may be late, and then it says so.
  func snapshot(_ topic: Topic, at now: Moment, into actions: inout VenueActions) {
    guard let index = indexesBySymbol[topic.symbol],
      let state = markets[index][topic.channel]?.health.state, state == .live || state == .stale
    else { return }
    let isLate = state == .stale
    let event: Event? =
      switch topic.channel {
      case .bbo: markets[index].repeatedQuote(isLate: isLate, at: now)
      case .book: markets[index].repeatedBook(isLate: isLate, at: now)
      case .funding: markets[index].repeatedFunding(at: now)
      case .trade: nil
      }
    if let event { actions.append(.answer(event)) }
  }
}

// MARK: - Answers

extension MarketDataFeed {
  /// The venue has granted, or ended, the subscription whose message had this id. False when
  /// nobody waits for it any more, as for the answer to a subscription that was renewed since.
  @discardableResult
  package mutating func acknowledged(
    _ id: Int64, at now: Moment, into actions: inout VenueActions
  ) -> Bool {
    guard let place = unanswered.firstIndex(where: { $0.id == id }) else { return false }
    unanswered.remove(at: place)
    drainQueues(at: now, into: &actions)
    return true
  }

  /// The same for venues whose answers name the channel.
  package mutating func acknowledged(
    _ channel: WireChannel, of index: Int, isWanted: Bool, at now: Moment,
    into actions: inout VenueActions
  ) {
    let subscription = Subscription(index: index, channel: channel, isWanted: isWanted)
    if let place = unanswered.firstIndex(where: { $0.subscription == subscription }) {
      unanswered.remove(at: place)
    }
    drainQueues(at: now, into: &actions)
  }

  /// The venue has refused the message with this id. `reason` is one of the protocol's words.
  package mutating func refused(
    _ id: Int64, reason: String = "unsupported", code: String, message: String, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard let place = unanswered.firstIndex(where: { $0.id == id }) else {
      actions.append(.note(Note(.warning, "\(dialect.venue): error \(code): \(message)")))
      return
    }
    refused(place, reason: reason, code: code, message: message, at: now, into: &actions)
  }

  /// The same for venues whose refusals name the channel.
  package mutating func refused(
    _ channel: WireChannel, of index: Int, reason: String = "unsupported", code: String,
    message: String, at now: Moment, into actions: inout VenueActions
  ) {
    let place = unanswered.firstIndex {
      $0.subscription.index == index && $0.subscription.channel == channel
    }
    guard let place else {
      actions.append(.note(Note(.warning, "\(dialect.venue): error \(code): \(message)")))
      return
    }
    refused(place, reason: reason, code: code, message: message, at: now, into: &actions)
  }

  private mutating func refused(
    _ place: Int, reason: String, code: String, message: String, at now: Moment,
    into actions: inout VenueActions
  ) {
    let subscription = unanswered.remove(at: place).subscription
    guard subscription.isWanted else { return }
    for channel in channels(of: subscription.channel, in: subscription.index) {
      guard let stream = markets[subscription.index][channel] else { continue }
      guard stream.health.state != .live else {
        // Data are flowing: the refusal was of a second subscription to the same.
        let text = "\(dialect.venue) refused \(stream.topic), live: \(message)"
        actions.append(.note(Note(.notice, text)))
        continue
      }
      actions.append(
        .emit(
          .error(
            ErrorReport(
              venue: dialect.venue, place: "subscribe", reason: reason,
              message: "\(dialect.venue) refused \(stream.topic): \(message)", venueCode: code,
              time: now.wall))))
      markets[subscription.index][channel]!.enter(
        .down, cause: "refused", at: now, into: &actions)
      deadlines.bring(.refused, forwardTo: now.monotonic + limits.retryRefusedAfter)
    }
    drainQueues(at: now, into: &actions)
  }

  mutating func retryRefused(at now: Moment, into actions: inout VenueActions) {
    guard isReady else { return }
    for index in markets.indices {
      for channel in Channel.allCases where markets[index][channel]?.health.state == .down {
        markets[index][channel]!.enter(
          .connecting, cause: "subscribing", at: now, into: &actions)
        resubscribe(index, channel)
      }
    }
  }
}
