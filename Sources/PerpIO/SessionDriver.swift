import PerpCore
import PerpVenue

/// Where topics come from.
package protocol TopicSource: AnyObject {
  func start()
  /// Nothing is told after this.
  func stop()
  func subscribe(_ topics: [Topic])
  func unsubscribe(_ topics: [Topic])
  /// Answered by the topic's state, if there is one.
  func snapshot(_ topic: Topic)
}

/// Runs one session: brings it what happens on the network and in time, and does what it says, in
/// the order in which it says it.
package final class SessionDriver: TopicSource {
  /// What the session tells the program. Called on the loop.
  package struct Outlets {
    /// Takes what is not given to `onQuote`.
    package var onEvent: (borrowing Event) -> Void
    /// Takes quotes on a shorter way; must not call the driver.
    package var onQuote: VenueActions.QuoteSink?
    /// Takes what `snapshot` asked for.
    package var onAnswer: (borrowing Event) -> Void
    package var onMarkets: ([Market]) -> Void
    /// Takes what sessions of accounts want; it may call the driver.
    package var onTrading: (borrowing TradingAction) -> Void
    package var onNote: (Note) -> Void

    package init(
      onEvent: @escaping (borrowing Event) -> Void, onQuote: VenueActions.QuoteSink? = nil,
      onAnswer: @escaping (borrowing Event) -> Void = { _ in },
      onMarkets: @escaping ([Market]) -> Void = { _ in },
      onTrading: @escaping (borrowing TradingAction) -> Void = { _ in },
      onNote: @escaping (Note) -> Void
    ) {
      self.onEvent = onEvent
      self.onQuote = onQuote
      self.onAnswer = onAnswer
      self.onMarkets = onMarkets
      self.onTrading = onTrading
      self.onNote = onNote
    }
  }

  /// The session and the actions it has asked for, together so that one message costs one access.
  private struct State {
    var session: any VenueSession
    var actions: VenueActions
    /// The session's; asked for from outside, it would be copied for the answer.
    var deadline: UInt64?

    mutating func receive(_ input: borrowing VenueInput, at now: Moment) {
      session.receive(input, at: now, into: &actions)
      deadline = session.deadline
    }

    /// Swaps the actions for an empty array with room, so that none is allocated per message.
    mutating func take(_ spare: inout [VenueAction]) -> Bool {
      swap(&actions.list, &spare)
      return !spare.isEmpty
    }
  }

  package private(set) var counters = SessionCounters()
  private let network: Network
  private let outlets: Outlets
  private let recorder: SessionRecorder?
  private var state: State
  private var spare: [VenueAction] = []
  private var isPerforming = false
  private var isStopped = false
  private var timer: Timer?
  private var webSockets: WebSockets?

  package init(
    session: any VenueSession, network: Network, outlets: Outlets,
    recorder: SessionRecorder? = nil
  ) {
    self.network = network
    self.outlets = outlets
    self.recorder = recorder
    var onQuote = outlets.onQuote
    if let recorder, let sink = onQuote {
      onQuote = { quote in
        recorder.said(quote, at: network.loop.now())
        sink(quote)
      }
    }
    state = State(session: session, actions: VenueActions(onQuote: onQuote))
    timer = network.loop.timer { [unowned self] in handle(.wake) }
    webSockets = WebSockets(network: network) { [unowned self] input in handle(input) }
  }

  /// Drops what is open, without the session's goodbye.
  deinit {
    timer?.end()
    webSockets?.abandonAll()
  }

  package func start() { handle(.start) }

  /// The session closes what it has open; nothing comes out of the outlets after this.
  package func stop() {
    guard !isStopped else { return }
    isStopped = true
    state.actions.holdsQuotes = true
    handle(.stop)
    timer?.end()
  }

  package func subscribe(_ topics: [Topic]) { handle(.subscribe(topics)) }
  package func unsubscribe(_ topics: [Topic]) { handle(.unsubscribe(topics)) }
  package func snapshot(_ topic: Topic) { handle(.snapshot(topic)) }
  package func receive(_ input: TradingInput) { handle(.trading(input)) }

  /// Orders that one request to the venue can place.
  package var ordersTogether: Int { state.session.ordersTogether }

  /// How far the venue's clock is from ours.
  package var clock: ClockOffset { state.session.clock }

  private func handle(_ input: borrowing VenueInput) {
    let now = network.loop.now()
    counters.count(input)
    recorder?.given(input, at: now)
    state.receive(input, at: now)
    if !state.actions.list.isEmpty { perform() }
    if !isPerforming, !isStopped { timer?.deadline = state.deadline }
  }

  /// An outlet may call the driver again; what comes of that waits for what was asked before.
  private func perform() {
    guard !isPerforming else { return }
    isPerforming = true
    // What is said in between comes after what is being done.
    state.actions.holdsQuotes = true
    var batch: [VenueAction] = []
    swap(&batch, &spare)
    while state.take(&batch) {
      // Nearly always there is one; taken out, it need not be copied and then destroyed.
      if batch.count == 1, let only = batch.popLast() {
        perform(only)
      } else {
        for index in batch.indices { perform(batch[index]) }
        batch.removeAll(keepingCapacity: true)
      }
    }
    swap(&batch, &spare)
    isPerforming = false
    state.actions.holdsQuotes = isStopped
  }

  private func perform(_ action: borrowing VenueAction) {
    if !isStopped { recorder?.did(action, at: network.loop.now()) }
    switch action {
    case .emit(let event): if !isStopped { outlets.onEvent(event) }
    case .answer(let event): if !isStopped { outlets.onAnswer(event) }
    case .send(let id, let text): webSockets?.send(id, text: text)
    case .open(let id, let request): webSockets?.open(id, request)
    case .ping(let id): webSockets?.ping(id)
    case .close(let id, let code): webSockets?.close(id, code: code)
    case .request(let id, let request): ask(id, request)
    case .markets(let markets): if !isStopped { outlets.onMarkets(markets) }
    case .note(let note): if !isStopped { outlets.onNote(note) }
    case .trading(let action): outlets.onTrading(action)
    case .expiring: break
    }
  }

  private func ask(_ id: RequestID, _ request: HTTPRequest) {
    counters.requests += 1
    network.https.perform(request) { [weak self] result in
      guard let self, !isStopped else { return }
      switch result {
      case .response(let response): handle(.response(id, response))
      case .failed(let failure): handle(.failed(id, failure))
      }
    }
  }
}
