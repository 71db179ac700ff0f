import PerpCore

/// A question on its way, with all on whose behalf it is asked.
struct Asked: Equatable, Sendable {
  var question: AccountQuestion
  /// The tracker's, to be told what was found; none of positions and balances.
  var queries: [OrderQuery]
  /// Of the page that is asked for.
  var page: String?
  /// What earlier pages told.
  var found: [TradingFact] = []
  var pages = 0
}

/// Questions that wait for their turn: no faster than the venue allows, and one at a time of those
/// that are about everything, so that the answers to many orders' questions are one.
struct AccountQuestions: Sendable {
  /// More pages than this are given up.
  static let maxPages = 100

  private var waiting: [Asked] = []
  /// Of which the first pages are there: they go on before anything else begins.
  private var begun: [Asked] = []
  private var isOut: Set<Kind> = []
  private var pausedUntil: UInt64 = 0
  private var mayAskAt: UInt64 = 0

  private enum Kind: Hashable {
    case openOrders, history, fills, positions, balances
  }

  /// When something may be asked, on the monotonic clock.
  var deadline: UInt64? {
    !begun.isEmpty || waiting.contains { isFree($0.question) } ? max(pausedUntil, mayAskAt) : nil
  }

  mutating func add(_ question: AccountQuestion) {
    guard !waiting.contains(where: { $0.question == question }) else { return }
    waiting.append(Asked(question: question, queries: []))
  }

  mutating func add(_ query: OrderQuery, about order: OrderSubject?) {
    switch query.kind {
    case .order:
      guard let order else { return }
      waiting.append(Asked(question: .order(order), queries: [query]))
    case .openOrders:
      join(query) {
        $0.question == .openOrders
      } with: { _ in
        .openOrders
      }
    case .history:
      join(query) {
        if case .history = $0.question { true } else { false }
      } with: {
        .history(since: $0)
      }
    case .fills:
      join(query) {
        if case .fills = $0.question { true } else { false }
      } with: {
        .fills(since: $0)
      }
    }
  }

  /// Adds it to one of its kind that waits, or as a new one.
  private mutating func join(
    _ query: OrderQuery, _ isSameKind: (Asked) -> Bool, with make: (Int64) -> AccountQuestion
  ) {
    guard let index = waiting.firstIndex(where: isSameKind) else {
      return waiting.append(Asked(question: make(query.since), queries: [query]))
    }
    waiting[index].queries.append(query)
    let since = waiting[index].queries.map(\.since).min() ?? query.since
    waiting[index].question = make(since)
  }

  mutating func next(at now: UInt64, in window: inout RollingWindow) -> Asked? {
    let index = waiting.firstIndex { isFree($0.question) }
    guard now >= pausedUntil, !begun.isEmpty || index != nil else { return nil }
    guard window.take(at: now) else {
      mayAskAt = window.earliest
      return nil
    }
    guard begun.isEmpty, let index else { return begun.removeFirst() }
    let asked = waiting.remove(at: index)
    if let kind = Self.kind(of: asked.question) { isOut.insert(kind) }
    return asked
  }

  /// The next page waits for its turn too.
  mutating func goOn(with asked: Asked) { begun.append(asked) }

  mutating func ended(_ asked: Asked) {
    if let kind = Self.kind(of: asked.question) { isOut.remove(kind) }
  }

  mutating func pause(until time: UInt64) { pausedUntil = max(pausedUntil, time) }

  private func isFree(_ question: AccountQuestion) -> Bool {
    Self.kind(of: question).map { !isOut.contains($0) } ?? true
  }

  private static func kind(of question: AccountQuestion) -> Kind? {
    switch question {
    case .order: nil
    case .openOrders: .openOrders
    case .history: .history
    case .fills: .fills
    case .positions: .positions
    case .balances: .balances
    }
  }
}

extension TradingSession {
  /// Puts the questions that may be put now.
  mutating func askWhatMay(at now: Moment, into actions: inout VenueActions) {
    guard phase == .signedIn else { return }
    while let asked = questions.next(at: now.monotonic, in: &questionWindow) {
      ask(asked, at: now, into: &actions)
    }
  }

  private mutating func ask(
    _ asked: Asked, at now: Moment, into actions: inout VenueActions
  ) {
    do throws(TradingProblem) {
      switch try dialect.write(asked.question, page: asked.page, at: now) {
      case .request(let request):
        let id = newID()
        pending[id] = .question(asked)
        actions.append(.request(id, request))
      case .impossible:
        // The next question of the tracker's round has the answer.
        questions.ended(asked)
        for query in asked.queries {
          track(.found(query, .orders([])), at: now, into: &actions)
        }
      }
    } catch {
      unanswered(asked, at: now, into: &actions)
    }
  }

  mutating func answered(
    _ asked: Asked, _ response: HTTPResponse, at now: Moment, into actions: inout VenueActions
  ) {
    var asked = asked
    var page: AnswerPage
    do throws(TradingProblem) {
      page = try dialect.read(response, answering: asked.question, at: now, into: &asked.found)
    } catch {
      unanswered(asked, at: now, into: &actions)
      switch error {
      case .expired where phase == .signedIn: signIn(at: now, into: &actions)
      case .again(let text): undecodable(text, at: now, into: &actions)
      default: break
      }
      return
    }
    if let next = page.next, asked.pages < AccountQuestions.maxPages {
      asked.page = next
      asked.pages += 1
      return questions.goOn(with: asked)
    }
    questions.ended(asked)
    conclude(asked, covering: page.next == nil ? page.covering : nil, at: now, into: &actions)
  }

  private mutating func conclude(
    _ asked: Asked, covering: ClosedRange<Int64>?, at now: Moment,
    into actions: inout VenueActions
  ) {
    var positions: [PositionReport] = []
    var orders: [OrderReport] = []
    var fills: [FillReport] = []
    var others: [TradingFact] = []
    for fact in asked.found {
      switch fact {
      case .position(let report): positions.append(report)
      case .order(let report): orders.append(report)
      case .fill(let report): fills.append(report)
      default: others.append(fact)
      }
    }
    take(others, at: now, into: &actions)
    if asked.question == .positions {
      holdings.take(all: positions, at: now, into: &actions)
      if holdings.isDoubtful {
        let soon = now.monotonic + Nanoseconds.seconds(2)
        lookDue = min(lookDue ?? soon, soon)
      }
    } else {
      for report in positions { holdings.take(answered: report, at: now, into: &actions) }
    }
    let isAboutFills = if case .fills = asked.question { true } else { false }
    // Others came beside what was asked for: they are told before the orders that include them.
    if !isAboutFills { take(fills.map { .fill($0) }, at: now, into: &actions) }
    if asked.queries.isEmpty { take(orders.map { .order($0) }, at: now, into: &actions) }
    for query in asked.queries {
      let findings: OrderFindings =
        query.kind == .fills ? .fills(fills) : .orders(orders, covering: covering)
      track(.found(query, findings), at: now, into: &actions)
    }
  }

  /// It was not answered, or not by what could be read.
  mutating func unanswered(_ asked: Asked, at now: Moment, into actions: inout VenueActions) {
    questions.ended(asked)
    for query in asked.queries { track(.found(query, .nothingHeard), at: now, into: &actions) }
    if asked.queries.isEmpty, isStanding {
      let soon = now.monotonic + Nanoseconds.seconds(2)
      lookDue = min(lookDue ?? soon, soon)
    }
  }
}
