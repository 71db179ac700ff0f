import PerpCore
import PerpVenue

// MARK: - What clients want to read

extension Gateway {
  /// The topics a selection means, or why it means none. Of a venue that is not named, only what
  /// it has is meant; a venue that is named must have all.
  struct Meaning {
    var topics: [VenueTopic] = []
    var wildcards: [(venue: VenueID, channel: Channel)] = []
    /// Venues whose markets are not known yet.
    var unknown: [VenueID] = []
  }

  func meaning(of selection: Command.Selection) throws(Refusal) -> Meaning {
    var meaning = Meaning()
    var misses: [MarketName: String] = [:]
    var hits: Set<MarketName> = []
    let channels = selection.channels ?? Channel.allCases
    let chosen = venues.filter { selection.venues?.contains($0.id) ?? true }
    for venue in chosen {
      let offered = channels.filter { venue.channels.contains($0) }
      if selection.venues != nil, selection.channels != nil,
        let missing = channels.first(where: { !venue.channels.contains($0) })
      {
        throw Refusal(
          Refusal.refused, "unsupported", "\(venue.id) has no channel \(missing.rawValue)")
      }
      for name in selection.names ?? [.all] {
        if name == .all { meaning.wildcards += offered.map { (venue.id, $0) } }
        guard let markets = markets[venue.id] else {
          if !meaning.unknown.contains(venue.id) { meaning.unknown.append(venue.id) }
          continue
        }
        switch name.resolve(in: markets, of: venue.id) {
        case .success(let symbols):
          hits.insert(name)
          for channel in offered {
            meaning.topics += symbols.map { VenueTopic(venue.id, Topic(channel, $0)) }
          }
        case .failure(let unresolved):
          if selection.venues != nil || misses[name] == nil { misses[name] = unresolved.message }
        }
      }
    }
    let miss = misses.first { selection.venues != nil || !hits.contains($0.key) }
    if let miss, selection.venues != nil || meaning.unknown.isEmpty {
      throw Refusal(Refusal.refused, "unknown_symbol", miss.value)
    }
    return meaning
  }

  // MARK: Subscribe

  func subscribe(
    _ client: Client, id: String, _ selection: Command.Selection, _ view: Command.View,
    at now: Moment
  ) {
    let entry = Deferred(
      client: client.id, id: id, selection: selection, view: view,
      deadline: now.monotonic + limits.marketsWait)
    // Asked for again, it need not wait twice.
    deferred.removeAll { $0.isAnswered && $0.client == client.id && $0.selection == selection }
    guard deferred.count(where: { $0.client == client.id }) < limits.deferred else {
      let text = "\(limits.deferred) subscriptions wait for markets already"
      return refuse(client, id, Refusal(Refusal.refused, "venue_down", text), at: now)
    }
    guard let waiting = settle(entry, at: now) else { return }
    if !waiting.isAnswered { mustWake(by: waiting.deadline) }
    deferred.append(waiting)
  }

  /// Subscribes to what is known, and answers when all is or the time is up. What still waits is
  /// returned.
  private func settle(_ entry: Deferred, at now: Moment) -> Deferred? {
    guard let client = clients[entry.client], client.isActive else { return nil }
    do throws(Refusal) {
      let meaning = try meaning(of: entry.selection)
      let isLate = now.monotonic >= entry.deadline
      guard meaning.unknown.isEmpty || isLate || entry.isAnswered else { return entry }
      let new = meaning.topics.filter { client.subscriptions[$0] == nil }
      guard client.subscriptions.count + new.count <= limits.topics else {
        throw Refusal(
          Refusal.refused, "max_size", "a client may subscribe to \(limits.topics) topics")
      }
      if !entry.isAnswered {
        reply(to: client, entry.id, at: now) { line in
          line.put("subscribed", Int64(meaning.topics.count))
          if !meaning.unknown.isEmpty { line.put("waiting", names: meaning.unknown) }
        }
      }
      for wildcard in meaning.wildcards {
        let wish = Wildcard(venue: wildcard.venue, channel: wildcard.channel, view: entry.view)
        client.wildcards.removeAll { $0.venue == wish.venue && $0.channel == wish.channel }
        client.wildcards.append(wish)
      }
      add(meaning.topics, to: client, entry.view, at: now)
      guard !meaning.unknown.isEmpty else { return nil }
      var waiting = entry
      waiting.isAnswered = true
      return waiting
    } catch {
      if entry.isAnswered {
        let report = ErrorReport(
          venue: nil, place: "subscribe", reason: error.reason, message: error.message,
          reference: entry.id, time: now.wall)
        client.outlet.put(.error(report), at: now)
        touched(client, at: now)
      } else {
        refuse(client, entry.id, error, at: now)
      }
      return nil
    }
  }

  /// Looks again at the subscriptions that wait for markets.
  func answerDeferred(at now: Moment) {
    let waiting = deferred
    deferred = []
    for entry in waiting {
      if let still = settle(entry, at: now) { deferred.append(still) }
    }
  }

  /// Markets that were listed since.
  func expand(_ client: Client, _ venue: VenueID, at now: Moment) {
    let symbols = markets[venue]?.symbols ?? []
    for wildcard in client.wildcards where wildcard.venue == venue {
      let topics = symbols.map { VenueTopic(venue, Topic(wildcard.channel, $0)) }
      let new = topics.filter { client.subscriptions[$0] == nil }
      add(
        Array(new.prefix(max(0, limits.topics - client.subscriptions.count))), to: client,
        wildcard.view, at: now)
    }
  }

  private func add(
    _ wanted: [VenueTopic], to client: Client, _ view: Command.View, at now: Moment
  ) {
    var fresh: [VenueID: [Topic]] = [:]
    topicChanges += wanted.count
    client.subscriptions.reserveCapacity(client.subscriptions.count + wanted.count)
    for topic in wanted {
      if let known = client.subscriptions[topic] {
        let isOther = known.view.depth != view.depth
        settle(known, at: now)
        known.shared.wake(known)
        known.view = view
        if isOther, topic.topic.channel == .book { client.outlet.expectSnapshot(of: topic) }
        continue
      }
      if topic.topic.channel == .book { client.outlet.expectSnapshot(of: topic) }
      let known = topics[topic]
      let shared = known ?? SharedTopic(topic)
      let subscription = Subscription(client, shared, view)
      client.subscriptions[topic] = subscription
      shared.add(subscription)
      if known != nil {
        catchUp(client, on: shared, at: now)
      } else {
        topics[topic] = shared
        fresh[topic.venue, default: []].append(topic.topic)
      }
    }
    for venue in venues {
      if let topics = fresh[venue.id] { actions.append(.subscribe(venue.id, topics)) }
    }
    requestSnapshots(for: client)
  }

  /// What others know of the topic already.
  private func catchUp(_ client: Client, on topic: SharedTopic, at now: Moment) {
    if let status = topic.status, status.sequence < client.next {
      line.clear()
      line.append(status.line, isRepeated: true)
      client.outlet.put(lossless: line.bytes)
      touched(client, at: now)
    }
    tellNewest(of: topic, to: client, at: now)
  }

  /// The state as it came; of a stream that is stale by now it says so.
  private func tellNewest(of topic: SharedTopic, to client: Client, at now: Moment) {
    guard var event = topic.newest else { return }
    if let subscription = client.subscriptions[topic.name] { settle(subscription, at: now) }
    if topic.state == .stale, case .bbo(var bbo) = event {
      bbo.flags.insert(.lagging)
      event = .bbo(bbo)
    }
    client.outlet.put(answer: event, at: now)
    touched(client, at: now)
  }

  // MARK: Unsubscribe, snapshot

  /// How many of the client's topics a selection names.
  func unsubscribe(
    _ client: Client, _ selection: Command.Selection, at now: Moment
  ) -> Int {
    client.wildcards.removeAll { wildcard in
      (selection.venues?.contains(wildcard.venue) ?? true)
        && (selection.channels?.contains(wildcard.channel) ?? true)
        && (selection.names?.contains(.all) ?? true)
    }
    deferred.removeAll { $0.client == client.id && $0.isAnswered && $0.selection == selection }
    let chosen = subscriptions(of: client, in: selection)
    settleResting(of: client, at: now)
    drop(chosen)
    return chosen.count
  }

  func snapshot(_ client: Client, _ selection: Command.Selection) -> [VenueTopic] {
    subscriptions(of: client, in: selection).map(\.topic).filter { $0.topic.channel != .trade }
  }

  /// After the reply: the states come.
  func send(_ wanted: [VenueTopic], to client: Client, at now: Moment) {
    topicChanges += wanted.count
    for name in wanted {
      if name.topic.channel == .book {
        client.outlet.expectSnapshot(of: name)
      } else if let topic = topics[name] {
        tellNewest(of: topic, to: client, at: now)
      }
    }
    requestSnapshots(for: client)
  }

  private func subscriptions(
    of client: Client, in selection: Command.Selection
  ) -> [Subscription] {
    client.subscriptions.values.filter { subscription in
      let (venue, topic) = (subscription.topic.venue, subscription.topic.topic)
      return (selection.venues?.contains(venue) ?? true)
        && (selection.channels?.contains(topic.channel) ?? true)
        && (selection.names?.contains { $0.matches(topic.symbol) } ?? true)
    }
    .sorted { $0.topic < $1.topic }
  }

  private func drop(_ subscriptions: [Subscription]) {
    for subscription in subscriptions {
      subscription.client.subscriptions[subscription.topic] = nil
      subscription.client.outlet.forget(subscription.topic)
    }
    release(subscriptions)
  }

  /// Of a client that is told nothing more.
  func dropAll(of client: Client, at now: Moment) {
    settleResting(of: client, at: now)
    client.resting = []
    let subscriptions = client.subscriptions
    client.subscriptions = [:]
    release(subscriptions.values)
  }

  /// The last reader of a topic ends its subscription.
  private func release(_ subscriptions: some Collection<Subscription>) {
    var unread: [VenueID: [Topic]] = [:]
    topicChanges += subscriptions.count
    for subscription in subscriptions {
      let shared = subscription.shared
      subscription.forgetWaiting()
      shared.remove(subscription)
      guard shared.readers.isEmpty, !shared.isWatched else { continue }
      unread[shared.name.venue, default: []].append(shared.name.topic)
      topics[shared.name] = nil
    }
    for venue in venues {
      if let topics = unread[venue.id] { actions.append(.unsubscribe(venue.id, topics)) }
    }
  }
}

extension MarketName {
  func matches(_ symbol: Symbol) -> Bool {
    switch self {
    case .all: true
    case .symbol(let name): name == symbol
    case .base(let base): base.lowercased() == symbol.base.lowercased()
    }
  }
}
