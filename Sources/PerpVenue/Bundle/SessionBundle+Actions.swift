import PerpCore

extension SessionBundle {
  /// Does what a lane wants done; tells of it what is news.
  mutating func pass(
    _ action: VenueAction, from lane: Int, at now: Moment, into actions: inout VenueActions
  ) {
    guard let index = place(of: lane) else { return }
    switch action {
    case .emit(let event): tell(event, from: lane, at: now, into: &actions)
    case .answer(let event):
      if isAnswering {
        answer(event, into: &actions)
      } else {
        tell(event, from: lane, at: now, into: &actions)
      }
    case .send(let id, let text): actions.append(.send(lanes[index].outer(id), text))
    case .open(let id, let request): actions.append(.open(lanes[index].outer(id), request))
    case .ping(let id): actions.append(.ping(lanes[index].outer(id)))
    case .close(let id, let code): actions.append(.close(lanes[index].outer(id), code: code))
    case .request(let id, let request): actions.append(.request(lanes[index].outer(id), request))
    case .trading: break
    case .expiring(let id):
      actions.append(.expiring(lanes[index].outer(id)))
      renew(lane, at: now, into: &actions)
    case .markets(let markets):
      if index == 0 { actions.append(.markets(markets)) }
      guard !lanes[index].isReady else { return }
      lanes[index].isReady = true
      let topics = lanes[index].topics.sorted { $0.description < $1.description }
      if !topics.isEmpty { give(index, .subscribe(topics), at: now, into: &actions) }
    case .note: actions.append(action)
    }
  }

  private mutating func tell(
    _ event: Event, from lane: Int, at now: Moment, into actions: inout VenueActions
  ) {
    switch event {
    case .bbo(var bbo):
      let topic = Topic(.bbo, bbo.header.symbol)
      guard streams[topic]?.receive(bbo, from: lane) == .pass else { return }
      bbo.header.mseq = streams[topic]!.number()
      actions.emit(bbo)
    case .trade(var trade):
      let topic = Topic(.trade, trade.header.symbol)
      guard streams[topic]?.receive(trade, from: lane) == .pass else { return }
      trade.header.mseq = streams[topic]!.number()
      actions.append(.emit(.trade(trade)))
    case .book(var update):
      let topic = Topic(.book, update.header.symbol)
      switch streams[topic]?.receive(update, from: lane) ?? .drop {
      case .drop: break
      case .needsSnapshot:
        guard let index = place(of: lane) else { return }
        give(index, .snapshot(topic), at: now, into: &actions)
      case .pass:
        update.header.mseq = streams[topic]!.number()
        actions.append(.emit(.book(update)))
      }
    case .funding(var funding):
      let topic = Topic(.funding, funding.header.symbol)
      guard streams[topic]?.receive(funding, from: lane) == .pass else { return }
      funding.header.mseq = streams[topic]!.number()
      actions.append(.emit(.funding(funding)))
    case .stream(let status):
      let connection = ConnectionID(Int(status.epoch))
      guard let index = place(of: lane),
        let change = streams[status.topic]?.receive(
          status, from: lane, epoch: epochs[lanes[index].outer(connection)] ?? 0)
      else { return }
      follow(change, of: status.topic, at: now, into: &actions)
    case .error(let report):
      if report.place == "decode" || isFirstHand(lane) { actions.append(.emit(event)) }
    // The private streams of an account are not raced: one session has them.
    case .order, .fill, .position, .balance, .account, .limits: actions.append(.emit(event))
    case .drift, .market:
      if isFirstHand(lane) { actions.append(.emit(event)) }
    }
  }

  /// Repeats what was told last, if the lane that was heard last still stands there.
  private func answer(_ event: Event, into actions: inout VenueActions) {
    switch event {
    case .bbo(var bbo):
      guard let stream = streams[Topic(.bbo, bbo.header.symbol)] else { return }
      bbo.header.mseq = stream.mseq
      actions.append(.answer(.bbo(bbo)))
    case .book(var update):
      guard let stream = streams[Topic(.book, update.header.symbol)],
        stream.sequence == update.venueSequence
      else { return }
      update.header.mseq = stream.mseq
      actions.append(.answer(.book(update)))
    case .funding(var funding):
      guard let stream = streams[Topic(.funding, funding.header.symbol)] else { return }
      funding.header.mseq = stream.mseq
      actions.append(.answer(.funding(funding)))
    case .trade, .market, .order, .fill, .position, .balance, .account, .limits, .stream, .drift,
      .error:
      break
    }
  }

  /// Whether what the lane says of the venue is not what another says as well.
  private func isFirstHand(_ lane: Int) -> Bool {
    lanes.contains { $0.id == lane && $0.copy == 0 && $0.predecessor == nil }
  }

  mutating func follow(
    _ change: MergedStream.Change, of topic: Topic, at now: Moment,
    into actions: inout VenueActions
  ) {
    if let status = change.status { actions.append(.emit(.stream(status))) }
    guard change.isNewlyLed, let leader = streams[topic]?.leader, let index = place(of: leader)
    else { return }
    give(index, .snapshot(topic), at: now, into: &actions)
  }
}
