import PerpCore
import PerpSim
import PerpVenue

/// The public REST host, and `/api` of the application's.
extension VariationalSimulator {
  /// So long after the last question a quote counts as what the venue would say.
  private static let givenFor = Nanoseconds.seconds(60)

  static let blockedPage = HTTPResponse(
    status: 403, fields: [HTTPField("Content-Type", "text/html; charset=UTF-8")],
    body: Array("<!DOCTYPE html><html><title>Just a moment...</title></html>".utf8))

  mutating func receive(
    _ request: HTTPRequest, _ id: RequestID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard Self.orderPaths.contains(String(request.path)), request.method == .post,
      !isBlocked("app"), isOwner(request, at: now), desk.rate.take(at: now.monotonic)
    else { return actions.append(.respond(id, respond(to: request, at: now))) }
    carryOut(id, request, at: now, into: &actions)
  }

  private mutating func respond(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    if request.path.hasPrefix("/api/") {
      return isBlocked("app") ? Self.blockedPage : respond(toApplication: request, at: now)
    }
    guard !isBlocked("rest") else { return Self.blockedPage }
    switch (request.method, request.path) {
    case (.get, "/metadata/stats"):
      guard rate.take(at: now.monotonic) else { return Self.tooMany(until: rate.earliest, now) }
      return statistics(at: now)
    case (.get, "/status"):
      return .json {
        $0.append("{")
        $0.put("server_ts_ns", now.wall * 1_000)
        $0.append("}")
      }
    default: return Self.plain(404, "not found")
    }
  }

  mutating func makeStatistics(at now: Moment) {
    statisticsAt = now.monotonic
    for index in markets.indices { markets[index].refresh(at: now, time: publishedTime(now)) }
    let age = options.settings["quote_age_s"].flatMap { Int64($0) } ?? 0
    statistics.listings = markets.map { $0.listing(quoteAge: age * 1_000_000) }
    given = given.filter { now.monotonic - $1.at < Self.givenFor }
  }

  private func statistics(at now: Moment) -> HTTPResponse {
    var response = HTTPResponse.json {
      statistics.write(volume: Decimal(mantissa: 3_626_100_496_156_893, scale: 6), to: &$0)
    }
    let age = (now.monotonic - statisticsAt) / 1_000_000_000
    response.fields.append(HTTPField("Cache-Control", "public, s-maxage=60, max-age=30"))
    response.fields.append(HTTPField("Age", String(age)))
    return response
  }

  // MARK: Quotes

  private mutating func respond(
    toApplication request: HTTPRequest, at now: Moment
  ) -> HTTPResponse {
    switch (request.method, request.path) {
    case (.post, "/api/quotes/indicative"):
      guard isSession(request, at: now) else { return Self.unauthorized }
      return quote(request, at: now)
    case (.post, "/api/quotes/simple"): return quote(request, at: now)
    default:
      guard isOwner(request, at: now) else { return Self.unauthorized }
      guard desk.rate.take(at: now.monotonic) else {
        return Self.tooMany(until: desk.rate.earliest, now)
      }
      return respond(toAccount: request, at: now) ?? Self.plain(404, "not found")
    }
  }

  private static let unauthorized = HTTPResponse.json(status: 401) {
    $0.append(#"{"message":"unauthorized"}"#)
  }

  /// The value of the cookie `vr-token`.
  private func session(of request: HTTPRequest) -> Substring? {
    let cookies = request.fields.filter { $0.name.lowercased() == "cookie" }
      .flatMap { $0.value.split(separator: ";") }
    for cookie in cookies {
      let pair = cookie.split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0].drop(while: { $0 == " " }) == "vr-token" { return pair[1] }
    }
    return nil
  }

  private func isSession(_ request: HTTPRequest, at now: Moment) -> Bool {
    guard let session = session(of: request), !desk.isOver(at: now) else { return false }
    let known = options.settings["session"] ?? ""
    return known.isEmpty || session == known
  }

  /// Whether it is the account's own session, from the wallet that is wanted.
  private func isOwner(_ request: HTTPRequest, at now: Moment) -> Bool {
    guard let session = session(of: request), desk.knows(session: session, at: now) else {
      return false
    }
    let address = request.fields.first { $0.name.lowercased() == "vr-connected-address" }?.value
    return desk.address.isEmpty || address?.lowercased() == desk.address.lowercased()
  }

  private mutating func quote(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard quoteRate.take(at: now.monotonic) else {
      return Self.tooMany(until: quoteRate.earliest, now)
    }
    // The answer to a question is written as the question is: instrument and quantity.
    guard let wish = try? Wish(request.body.span.bytes), let underlying = wish.underlying else {
      return Self.plain(400, Self.missingField("instrument"))
    }
    guard let quantity = wish.quantity else { return Self.plain(400, Self.missingField("qty")) }
    let place = markets.firstIndex { $0.ticker == underlying }
    guard let place, let symbol = markets[place].symbol, let limits = limits(of: place),
      quantity >= limits.min, quantity <= limits.max, quantity.isMultiple(of: limits.step)
    else { return .json(status: 400) { $0.append(#"{"message":"invalid instrument or qty"}"#) } }
    markets[place].refresh(at: now, time: publishedTime(now))
    let pair = markets[place].quote(for: quantity, at: now)
    quotesGiven += 1
    let quote = VariationalWire.Quote(
      id: "simulated-\(quotesGiven)", underlying: underlying, quantity: quantity, bid: pair.bid,
      ask: pair.ask, time: publishedTime(now))
    let facts = QuoteFacts(
      bid: Level(price: pair.bid, size: quantity), ask: Level(price: pair.ask, size: quantity),
      sequence: nil, time: quote.time)
    given[symbol] = (facts, now.monotonic)
    if place < exchange.markets.count {
      desk.forgetOldQuotes(at: now)
      desk.quotes[quote.id ?? ""] = VariationalSimulatorDesk.Quote(
        market: place, quantity: quantity, pair: pair,
        expiresAt: now.monotonic + desk.quoteLife)
    }
    let price = markets[place].price
    return .json {
      quote.write(mark: price.mark, index: price.index ?? price.mark, limits: limits, to: &$0)
    }
  }

  private func limits(of place: Int) -> (min: Decimal, max: Decimal, step: Decimal)? {
    let market = markets[place].listing(quoteAge: 0).market?.market
    return market.map { ($0.minSize, Decimal(1_000_000), $0.lotSize) }
  }

  private struct Wish {
    var underlying: String?
    var quantity: Decimal?

    /// `{"instrument":{"underlying":"ABC",…},"qty":"0.5"}`
    init(_ body: RawSpan) throws(JSONError) {
      var json = JSONReader(body)
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "qty" {
          quantity = try json.decimal()
        } else if key == "instrument" {
          try json.enterObject()
          while let key = try json.nextKey() {
            if key == "underlying" { underlying = try json.string().text } else { try json.skip() }
          }
        } else {
          try json.skip()
        }
      }
      try json.finish()
    }
  }

  // MARK: Shapes of answers

  private static func missingField(_ name: String) -> String {
    "Failed to deserialize the JSON body into the target type: missing field `\(name)` "
      + "at line 1 column 2"
  }

  static func plain(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(
      status: status, fields: [HTTPField("Content-Type", "text/plain; charset=utf-8")],
      body: Array(text.utf8))
  }

  private static func tooMany(until earliest: UInt64, _ now: Moment) -> HTTPResponse {
    var response = plain(429, "Too Many Requests")
    let seconds = (earliest - min(earliest, now.monotonic) + 999_999_999) / 1_000_000_000
    response.fields.append(HTTPField("Retry-After", String(max(1, seconds))))
    return response
  }
}
