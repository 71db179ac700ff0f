import PerpCore

extension MarketDataFeed {
  mutating func ask(_ question: Question, at now: Moment, into actions: inout VenueActions) {
    let market = question.market.map { markets[$0].market }
    guard !areQuestionsBarred, let request = dialect.request(question, of: market) else { return }
    lastRequest += 1
    requests[RequestID(lastRequest)] = (question, now)
    actions.append(.request(RequestID(lastRequest), request))
  }

  mutating func receive(
    _ response: HTTPResponse, to question: Question, sent: Moment, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard !dialect.bars(response) else { return barQuestions(response, at: now, into: &actions) }
    guard response.status == 200 else {
      let floor = Self.pause(response)
      questions.pause(until: now.monotonic + floor)
      return failed(
        question, "HTTP status \(response.status)", floor: floor, at: now, into: &actions)
    }
    var unknown: [String] = []
    do throws(JSONError) {
      let market = question.market.map { markets[$0].market }
      let answer = try dialect.read(
        response.body.span.bytes, answering: question, of: market, unknown: &unknown)
      receive(answer, to: question, sent: sent, at: now, into: &actions)
    } catch {
      failed(question, "the answer \(error)", at: now, into: &actions)
    }
    for path in unknown {
      drift.found(channel: "rest", path: path, sample: "", at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ answer: Answer, to question: Question, sent: Moment, at now: Moment,
    into actions: inout VenueActions
  ) {
    switch answer {
    case .markets(let listed, let unreadable):
      learn(listed, unreadable, at: now, into: &actions)
    case .clock(let time, let resolution):
      clock.measured(sent: sent, received: now, venue: time, resolution: resolution)
    case .quote(let quote):
      guard let index = question.market, let quote else { return }
      if question == .probe(index) {
        markets[index].probed(quote, sent: sent)
        deadlines.bring(.health, forwardTo: now.monotonic + 1)
      } else if isReady {
        markets[index].prime(quote, at: now, into: &actions)
        deadlines.bring(.health, forwardTo: markets[index].bbo?.health.deadline ?? .max)
      }
    case .levels(let bids, let asks):
      guard let index = question.market, question == .probe(index) else { return }
      markets[index].probed(bids: bids, asks: asks, sent: sent)
      deadlines.bring(.health, forwardTo: now.monotonic + 1)
    case .funding(let facts):
      guard let index = question.market, let facts else { return }
      markets[index].receive(facts, at: now, into: &actions)
    case .refused(let cause): failed(question, cause, at: now, into: &actions)
    }
  }

  mutating func receive(
    _ failure: HTTPFailure, to question: Question, at now: Moment,
    into actions: inout VenueActions
  ) {
    switch failure {
    case .notSent(let cause), .noAnswer(let cause):
      failed(question, cause, at: now, into: &actions)
    }
  }

  /// Nanoseconds without further questions: whoever goes on asking after these is banned.
  private static func pause(_ response: HTTPResponse) -> UInt64 {
    guard response.status == 429 || response.status == 403 else { return 0 }
    let usual = response.status == 403 ? 180 : 60
    let wanted = response.field("retry-after").flatMap { Int($0) } ?? usual
    return Nanoseconds.seconds(min(max(wanted, 1), 3_600))
  }

  /// Only the markets are indispensable; the rest shows in the health of the streams.
  private mutating func failed(
    _ question: Question, _ cause: String, floor: UInt64 = 0, at now: Moment,
    into actions: inout VenueActions
  ) {
    guard question == .markets else {
      if question == .clock {
        let again = max(floor, Self.clockRetryAfter)
        deadlines.bring(.clock, forwardTo: now.monotonic + again)
      }
      actions.append(.note(Note(.debug, "\(dialect.venue): \(question) failed: \(cause)")))
      return
    }
    let delay = backoff.fail(floor: max(floor, limits.marketsRetryAfter))
    deadlines.bring(.markets, forwardTo: now.monotonic + delay)
    let url = dialect.request(.markets, of: nil)?.url ?? ""
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: dialect.venue, place: "markets", reason: "venue_down",
            message: "cannot read the markets from \(url): \(cause); "
              + "next attempt in \(delay / 1_000_000) ms", time: now.wall))))
  }

  private mutating func learn(
    _ listed: [ListedMarket], _ unreadable: [String], at now: Moment,
    into actions: inout VenueActions
  ) {
    backoff.succeed()
    deadlines[.markets] = now.monotonic + limits.marketsEvery
    for name in unreadable {
      drift.found(
        channel: "markets", path: "row of \(name)", sample: "", at: now, into: &actions)
    }
    for row in listed {
      if let index = indexes[row.name] {
        markets[index].market = row.market
      } else {
        indexes.insert(row.name, at: markets.count)
        indexesBySymbol[row.market.symbol] = markets.count
        markets.append(MarketState(market: row.market))
      }
    }
    actions.append(.markets(listed.map(\.market)))
  }
}
