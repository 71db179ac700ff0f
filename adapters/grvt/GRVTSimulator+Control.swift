import PerpCore
import PerpVenue

extension GRVTSimulator {
  mutating func receive(
    text: RawSpan, from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard clients[id] != nil else { return }
    // The official web client sends the word `ping` and takes the refusal for a sign of life.
    guard let request = try? GRVTRequest(text) else {
      return refuse(nil, .malformed, id, into: &actions)
    }
    guard clients[id]?.requests?.take(at: now.monotonic) != false else {
      return refuse(request, .rateLimited, id, into: &actions)
    }
    do throws(GRVTFailure) {
      switch request.method {
      case "subscribe": try subscribe(request, id, at: now, into: &actions)
      case "unsubscribe": try unsubscribe(request, id, at: now, into: &actions)
      case let method where method.hasPrefix("v1/") || method.hasPrefix("v2/"):
        call(method, text, request, on: id, at: now, into: &actions)
      default: throw .malformed
      }
    } catch {
      refuse(request, error, id, into: &actions)
    }
  }

  private mutating func subscribe(
    _ request: GRVTRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) throws(GRVTFailure) {
    guard let stream = GRVTStream(request.stream) else { throw .notFound }
    if stream == .account { return try subscribeAccount(request, id, at: now, into: &actions) }
    guard !request.selectors.isEmpty else { throw .malformed }
    var selectors: [GRVTSelector] = []
    for text in request.selectors { selectors.append(try selector(text, of: stream)) }
    var answer = GRVTAcknowledgement(id: request.id, stream: stream)
    var data: [Frame] = []
    for selector in selectors {
      let place = place(of: selector, at: now)
      answer.unsubscribed += replace(selector, id)
      clients[id]?.subscriptions.append(
        Subscription(feed: place, isGlobal: request.usesGlobalSequence))
      let states = states(of: place, at: publishedTime(now))
      data += states.map {
        frame($0, of: place, at: GRVTPlace(stream: stream), clients[id]?.encoding ?? .full)
      }
      let last = request.usesGlobalSequence ? feeds[place].globalNumber : feeds[place].number
      answer.subscribed.append(selector.text)
      answer.snapshotCounts.append(Int64(states.count))
      answer.firstNumbers.append(last + 1)
      answer.latestNumbers.append(last)
    }
    send(
      answer, "subscribe", of: stream.name, with: data, to: id, at: now, into: &actions)
  }

  /// Of one instrument a stream is sent in one form only; returns what it was before, if another.
  private mutating func replace(_ selector: GRVTSelector, _ id: ConnectionID) -> [String] {
    let old = (clients[id]?.subscriptions ?? []).first {
      let other = feeds[$0.feed].selector
      return other.stream == selector.stream && other.instrument == selector.instrument
    }
    guard let old else { return [] }
    clients[id]?.subscriptions.removeAll { $0 == old }
    let replaced = feeds[old.feed].selector
    return replaced == selector ? [] : [replaced.text]
  }

  private mutating func unsubscribe(
    _ request: GRVTRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) throws(GRVTFailure) {
    guard let stream = GRVTStream(request.stream) else { throw .notFound }
    if stream == .account { return try unsubscribeAccount(request, id, at: now, into: &actions) }
    var answer = GRVTAcknowledgement(id: request.id, stream: stream)
    for text in request.selectors {
      let selector = try selector(text, of: stream)
      guard let place = places[selector],
        let index = clients[id]?.subscriptions.firstIndex(where: { $0.feed == place })
      else { continue }
      clients[id]?.subscriptions.remove(at: index)
      answer.unsubscribed.append(selector.text)
    }
    actions.append(.send(id, frame(of: answer, "unsubscribe", stream.name, to: id)))
  }

  /// A feed is there from its first subscriber on.
  private mutating func place(of selector: GRVTSelector, at now: Moment) -> Int {
    if let place = places[selector] { return place }
    let market = indexes[selector.instrument] ?? 0
    feeds.append(
      GRVTSimulatorFeed(
        selector, market: market, of: markets[market], at: publishedTime(now),
        number: randomNumber(), cluster: cluster))
    places[selector] = feeds.count - 1
    setDue(feeds.count - 1, at: now)
    return feeds.count - 1
  }

  // MARK: Selectors

  private func selector(
    _ text: String, of stream: GRVTStream
  ) throws(GRVTFailure) -> GRVTSelector {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw .selectorFormat }
    guard !parts[0].contains("-") else { throw .primaryCount }
    guard let name = ShortText(parts[0]), indexes[name] != nil else { throw .instrument }
    let form = parts[1].split(separator: "-", omittingEmptySubsequences: false)
    switch stream {
    case .bookSnapshots, .improvedBookSnapshots:
      guard form.count == 2 else { throw .secondaryCount }
      try check(rate: form[0], of: stream)
      guard ["10", "50", "100", "500"].contains(form[1]) else { throw .depth }
    case .trades:
      guard form.count == 1 else { throw .secondaryCount }
      guard let limit = Int(form[0]), (1...1_000).contains(limit) else { throw .limitRange }
      guard [50, 200, 500, 1_000].contains(limit) else { throw .limitValue }
    case .candles:
      guard form.count == 2 else { throw .secondaryCount }
      guard GRVTSimulatorCandles.minutes(of: form[0]) != nil else { throw .candleInterval }
      guard GRVTSimulatorCandles.Kind(rawValue: String(form[1])) != nil else { throw .candleKind }
    default:
      guard form.count == 1 else { throw .secondaryCount }
      try check(rate: form[0], of: stream)
    }
    return GRVTSelector(stream, name, String(parts[1]))
  }

  private func check(rate: Substring, of stream: GRVTStream) throws(GRVTFailure) {
    guard let rate = Int(rate), stream.rates.contains(rate) else { throw .rate }
  }

  // MARK: Answers

  /// Nothing orders an answer and the first data.
  mutating func send(
    _ answer: GRVTAcknowledgement, _ method: String, of stream: String, with data: [Frame],
    to id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let frame = frame(of: answer, method, stream, to: id)
    let delay = options.settings["ack_delay"].flatMap { Int($0) } ?? 0
    let isFirst = random.chance(1, in: 2) && delay == 0
    if isFirst { actions.append(.send(id, frame)) }
    actions += data.map { .send(id, $0) }
    if delay > 0 {
      let dueAt = now.monotonic + Nanoseconds.milliseconds(delay)
      lateAnswers.append(LateAnswer(client: id, frame: frame, dueAt: dueAt))
    } else if !isFirst {
      actions.append(.send(id, frame))
    }
  }

  private func frame(
    of answer: GRVTAcknowledgement, _ method: String, _ stream: String, to id: ConnectionID
  ) -> Frame {
    var writer = GRVTWriter(clients[id]?.encoding ?? .full)
    answer.write(method, of: stream, to: &writer)
    return Frame(.text, writer.text.array)
  }

  private func refuse(
    _ request: GRVTRequest?, _ failure: GRVTFailure, _ id: ConnectionID,
    into actions: inout [SimulatorAction]
  ) {
    var writer = GRVTWriter(clients[id]?.encoding ?? .full)
    writer.object { writer in
      writer.put(.version, text: "2.0")
      writer.object(.error) { writer in
        writer.put(.code, integer: failure.rawValue)
        writer.put(.message, text: failure.text)
      }
      if let id = request?.id { writer.put(.id, integer: id) }
      if let method = request?.method { writer.put(.method, text: method) }
    }
    actions.append(.send(id, Frame(.text, writer.text.array)))
  }
}

extension GRVTAcknowledgement {
  /// As the venue writes it. The answer to an end has no more than its name and what was ended.
  func write(_ method: String, of stream: String, to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.version, text: "2.0")
      writer.object(.result) { writer in
        writer.put(.stream, text: stream)
        let isSubscription = method == "subscribe"
        if isSubscription { writer.put(.subscribed, texts: subscribed) }
        writer.put(.unsubscribed, texts: unsubscribed)
        guard isSubscription else { return }
        writer.put(.snapshotCounts, integers: snapshotCounts.map { Int($0) })
        writer.put(.firstNumbers, numbers: firstNumbers)
        writer.put(.latestNumbers, numbers: latestNumbers)
      }
      if let id { writer.put(.id, integer: id) }
      writer.put(.method, text: method)
    }
  }
}
