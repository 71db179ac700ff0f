import PerpCore
import PerpVenue

extension ParadexSession {
  mutating func ask(_ purpose: Purpose, at now: Moment, into actions: inout [VenueAction]) {
    let path: String
    switch purpose {
    case .markets: path = "/markets"
    case .clock: path = "/system/time"
    case .quote(let index), .probe(let index): path = "/bbo/\(markets[index].market.venueSymbol)"
    case .summary(let index):
      path = "/markets/summary?market=\(markets[index].market.venueSymbol)"
    }
    lastRequest += 1
    requests[RequestID(lastRequest)] = (purpose, now)
    actions.append(
      .request(RequestID(lastRequest), HTTPRequest(.get, options.endpoints.rest + path)))
  }

  mutating func receive(
    _ response: HTTPResponse, to purpose: Purpose, sent: Moment, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    guard response.status == 200 else {
      let floor = Self.pause(response)
      questions.pause(until: now.monotonic + floor)
      return failed(
        purpose, "HTTP status \(response.status)", floor: floor, at: now, into: &actions)
    }
    var unknown: [String] = []
    do throws(JSONError) {
      let body = response.body.span.bytes
      switch purpose {
      case .markets:
        let (markets, unreadable) = try ParadexREST.markets(body, venue: Paradex.id)
        learn(markets, unreadable, at: now, into: &actions)
      case .clock:
        clock.measured(
          sent: sent, received: now, venue: try ParadexREST.serverTime(body),
          resolution: 1_000)
      case .quote(let index):
        prime(index, try ParadexREST.bbo(body, &unknown), at: now, into: &actions)
      case .probe(let index):
        probed(index, try ParadexREST.bbo(body, &unknown), sent: sent, at: now)
      case .summary(let index):
        for row in try ParadexREST.summaries(body, &unknown) {
          guard indexes[row.market] == index, markets[index].funding != nil else { continue }
          markets[index].summary = row
          markets[index].emitFunding(venueTime: row.time, at: now, into: &actions)
        }
      }
    } catch {
      failed(purpose, "the answer \(error)", at: now, into: &actions)
    }
    for path in unknown {
      drift.found(channel: "rest", path: path, sample: "", at: now, into: &actions)
    }
  }

  mutating func receive(
    _ failure: HTTPFailure, to purpose: Purpose, at now: Moment, into actions: inout [VenueAction]
  ) {
    switch failure {
    case .notSent(let cause), .noAnswer(let cause):
      failed(purpose, cause, at: now, into: &actions)
    }
  }

  /// Nanoseconds without further questions: whoever goes on asking after these is banned.
  private static func pause(_ response: HTTPResponse) -> UInt64 {
    guard response.status == 429 || response.status == 403 else { return 0 }
    let wanted = response.field("retry-after").flatMap { Int($0) } ?? 60
    return Nanoseconds.seconds(min(max(wanted, 1), 3_600))
  }

  /// Only the markets are indispensable; the rest shows in the health of the streams.
  private mutating func failed(
    _ purpose: Purpose, _ cause: String, floor: UInt64 = 0, at now: Moment,
    into actions: inout [VenueAction]
  ) {
    guard purpose == .markets else {
      if purpose == .clock {
        let again = max(floor, Self.clockRetryAfter)
        deadlines.bring(.clock, forwardTo: now.monotonic + again)
      }
      actions.append(.note(Note(.debug, "paradex: \(purpose) failed: \(cause)")))
      return
    }
    let delay = backoff.fail(floor: max(floor, Nanoseconds.milliseconds(200)))
    deadlines.bring(.markets, forwardTo: now.monotonic + delay)
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: Paradex.id, place: "markets", reason: "venue_down",
            message: "cannot read the markets from \(options.endpoints.rest): \(cause); "
              + "next attempt in \(delay / 1_000_000) ms", time: now.wall))))
  }

  private mutating func learn(
    _ rows: [Market], _ unreadable: [String], at now: Moment, into actions: inout [VenueAction]
  ) {
    backoff.succeed()
    deadlines[.markets] = now.monotonic + Self.marketsEvery
    for name in unreadable {
      drift.found(
        channel: "markets", path: "row of \(name)", sample: "", at: now, into: &actions)
    }
    for row in rows {
      guard let name = ShortText(row.venueSymbol) else { continue }
      if let index = indexes[name] {
        markets[index].market = row
      } else {
        indexes[name] = markets.count
        markets.append(MarketState(market: row))
      }
    }
    actions.append(.markets(rows))
  }

  /// A first quote, unless the channel has been faster.
  private mutating func prime(
    _ index: Int, _ quote: ParadexWire.BBO, at now: Moment, into actions: inout [VenueAction]
  ) {
    guard markets[index].quote == nil, markets[index].bbo != nil, connection.isOpen,
      indexes[quote.market] == index
    else { return }
    _ = markets[index].bbo!.data(venueTime: nil, at: now, into: &actions)
    markets[index].quote = quote
    markets[index].emit(quote, source: .poll, isLate: false, at: now, into: &actions)
    deadlines.bring(.health, forwardTo: markets[index].bbo!.health.deadline)
  }
}
