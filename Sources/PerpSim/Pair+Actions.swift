import PerpCore
import PerpVenue

/// What the two ends want of their transports.
extension Pair {
  /// Messages that wait are told in round numbers of this.
  private static let backlogStep = 1_000

  mutating func perform(_ action: VenueAction) {
    switch action {
    case .open(let id, let request): open(id, request)
    case .send(let id, let text):
      if canSessionSend(on: id) { sendUp(.text(text), on: id) }
    case .ping(let id):
      if canSessionSend(on: id) { sendUp(.ping, on: id) }
    case .close(let id, _): close(id)
    case .request(let id, let request): self.request(id, request)
    case .trading(.keep): tellSession(.trading(.kept(true)))
    case .markets, .emit, .answer, .note, .expiring, .trading: break
    }
  }

  mutating func perform(_ action: SimulatorAction) {
    switch action {
    case .accept(let id):
      if links[id]?.isKnownToSimulator == true { sendDown(.opened, on: id) }
    case .refuse(let id, let response):
      guard links[id]?.isKnownToSimulator == true else { break }
      links[id]?.isKnownToSimulator = false
      sendDown(.closed(.refused(status: response.status)), on: id)
      forgetIfOver(id)
    case .send(let id, let frame): send(frame, on: id)
    case .ping(let id):
      if canSimulatorSend(on: id) { sendDown(.ping, on: id) }
    case .close(let id, let code, let reason):
      endBySimulator(id, .closed(code: code, reason: reason))
    case .abort(let id): endBySimulator(id, .lost("connection reset"))
    case .silence(let id):
      links[id]?.isSilent = true
      links[id]?.isKnownToSimulator = false
      forgetIfOver(id)
    case .respond(let known, let response):
      // What a session asked that has ended is answered to nobody.
      guard known.number > formerRequests else { break }
      let id = RequestID(known.number - formerRequests)
      queue.add(.answer(id, response), at: now.monotonic + draw(options.restLatency))
    case .note(let note): simulatorNotes.append(note)
    }
  }

  // MARK: The session's

  private mutating func open(_ id: ConnectionID, _ request: WebSocketRequest) {
    guard links[id] == nil else {
      failure = "the session used connection number \(id.number) twice"
      return
    }
    links[id] = PairLink(request: request, outage: outages)
    guard !isNetworkDown else {
      queue.add(
        .toSession(id, .ended(.unreachable("network is down"))),
        at: now.monotonic + draw(options.openDelay))
      return
    }
    let upgrade = HTTPRequest(.get, Self.target(of: request.url), fields: request.fields)
    sendUp(.upgrade(upgrade), on: id, delay: options.openDelay)
  }

  private mutating func close(_ id: ConnectionID) {
    guard let link = links[id], !link.isClosing, !link.isOverForSession else { return }
    links[id]?.isClosing = true
    let reason: CloseReason =
      link.isOpen
      ? .closed(code: 1005, reason: "") : .unreachable("given up before it was open")
    queue.add(.toSession(id, .ended(reason)), at: now.monotonic + draw(options.latency))
    if isLost(link) {
      queue.add(.toSimulator(id, .closed), at: now.monotonic + options.vanishedAfter)
    } else {
      sendUp(.closed, on: id)
    }
  }

  private mutating func request(_ id: RequestID, _ request: HTTPRequest) {
    guard pending[id] == nil else {
      failure = "the session used request number \(id.number) twice"
      return
    }
    requests += 1
    pending[id] = Pending(serial: requests, outage: outages)
    let arrival = now.monotonic + draw(options.restLatency)
    guard !isNetworkDown else {
      queue.add(.failure(id, .notSent("network is down")), at: arrival)
      return
    }
    var sent = request
    sent.url = Self.target(of: request.url)
    queue.add(.request(id, sent, outage: outages), at: arrival)
    queue.add(
      .timeout(id, serial: requests),
      at: now.monotonic + Nanoseconds.milliseconds(request.timeoutMilliseconds))
  }

  private func canSessionSend(on id: ConnectionID) -> Bool {
    guard let link = links[id] else { return false }
    return link.isOpen && !link.isClosing && !link.isOverForSession
  }

  /// Path and query of `scheme://authority/path?query`.
  static func target(of url: String) -> String {
    let authority = url.split(separator: "//", maxSplits: 1).last ?? ""
    guard let slash = authority.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
    let target = authority[slash...]
    return target.hasPrefix("?") ? "/\(target)" : String(target)
  }

  // MARK: The simulator's

  /// The network resets the oldest connection that stands; the others live on.
  package mutating func resetOldest() {
    let oldest = links.filter { $1.isOpen && !$1.isOverForSession && !$1.isEndedBySimulator }
      .keys.min { $0.number < $1.number }
    if let oldest { endBySimulator(oldest, .lost("connection reset")) }
  }

  private mutating func send(_ frame: Frame, on id: ConnectionID) {
    guard canSimulatorSend(on: id), let link = links[id] else { return }
    guard isLost(link) else { return sendDown(.frame(frame), on: id) }
    let backlog = link.backlog + 1
    links[id]?.backlog = backlog
    if backlog.isMultiple(of: Self.backlogStep) {
      queue.add(.toSimulator(id, .backlog(backlog)), at: now.monotonic)
    }
  }

  /// A closing handshake ends when the session's side has answered it, a reset at once.
  private mutating func endBySimulator(_ id: ConnectionID, _ reason: CloseReason) {
    guard canSimulatorSend(on: id), let link = links[id] else { return }
    links[id]?.isEndedBySimulator = true
    sendDown(.closed(reason), on: id)
    let isReset = if case .lost = reason { true } else { false }
    if isReset || isLost(link) { queue.add(.toSimulator(id, .closed), at: now.monotonic) }
  }

  private func canSimulatorSend(on id: ConnectionID) -> Bool {
    guard let link = links[id] else { return false }
    return link.isKnownToSimulator && !link.isEndedBySimulator
  }

  // MARK: The way

  /// Whether an outage of the network has cut the connection.
  func isLost(_ link: PairLink) -> Bool { link.outage != outages }

  mutating func draw(_ range: ClosedRange<UInt64>) -> UInt64 {
    range.lowerBound + UInt64(random.below(Int(range.upperBound - range.lowerBound) + 1))
  }

  mutating func sendUp(
    _ message: Upstream, on id: ConnectionID, delay: ClosedRange<UInt64>? = nil
  ) {
    guard let tail = links[id]?.upstreamTail else { return }
    let arrival = max(tail, now.monotonic + draw(delay ?? options.latency))
    links[id]?.upstreamTail = arrival
    queue.add(.toSimulator(id, message), at: arrival)
  }

  mutating func sendDown(_ message: Downstream, on id: ConnectionID) {
    guard let link = links[id], !isLost(link) else { return }
    let arrival = max(link.downstreamTail, now.monotonic + draw(options.latency))
    links[id]?.downstreamTail = arrival
    queue.add(.toSession(id, message), at: arrival)
  }

  mutating func forgetIfOver(_ id: ConnectionID) {
    if links[id]?.isOver == true { links[id] = nil }
  }
}
