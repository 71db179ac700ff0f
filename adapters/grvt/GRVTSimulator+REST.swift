import PerpCore
import PerpVenue

/// What a client posts. `{"instrument":"BTC_USDT_Perp","depth":50}`
private struct Query {
  var instrument: ShortText?
  var number: Int64?
  var isActive: Bool?
  var kinds: [String]?
  var bases: [String]?
  var quotes: [String]?
  var interval = ""
  var kind = ""
  var start: Int64?
  var end: Int64?

  /// Names that mean something else elsewhere are told apart by their values.
  init(_ body: RawSpan) throws(JSONError) {
    var json = JSONReader(body)
    try json.enterObject()
    while let key = try json.nextKey() {
      let kindOfValue = try json.peek()
      if key == .instrument {
        instrument = try json.shortText()
      } else if key == .depth || key == .limit {
        number = try json.integer()
      } else if key == .isActive {
        isActive = try json.bool()
      } else if key == .instrumentKind, kindOfValue == .array {
        kinds = try Self.texts(&json)
      } else if key == .base, kindOfValue == .array {
        bases = try Self.texts(&json)
      } else if key == .quote, kindOfValue == .array {
        quotes = try Self.texts(&json)
      } else if key == .interval {
        interval = try json.string().text
      } else if key == .kind {
        kind = try json.string().text
      } else if key == .startTime {
        start = try json.optionalInteger()
      } else if key == .endTime {
        end = try json.optionalInteger()
      } else {
        try json.skip()
      }
    }
    try json.finish()
  }

  private static func texts(_ json: inout JSONReader) throws(JSONError) -> [String] {
    var texts: [String] = []
    try json.enterArray()
    while try json.nextElement() { texts.append(try json.string().text) }
    return texts
  }

  func allows(_ instrument: GRVTInstrument) -> Bool {
    kinds?.contains(instrument.kind) != false && bases?.contains(instrument.base) != false
      && quotes?.contains(instrument.quote) != false
  }
}

extension GRVTSimulator {
  /// Every call but that for the time is a POST of JSON.
  mutating func respond(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    if request.path == "/time" {
      return .json { text in
        text.append("{")
        text.put("server_time", now.wall / 1_000)
        text.append("}")
      }
    }
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 3, let encoding = GRVTEncoding(rawValue: parts[0]), parts[1] == "v1"
    else { return HTTPResponse(status: 404) }
    guard request.method == .post else { return HTTPResponse(status: 405) }
    guard requests?.take(at: now.monotonic) != false else {
      return Self.failure(.rateLimited, encoding)
    }
    let type = request.fields.first { $0.name.lowercased() == "content-type" }?.value ?? ""
    guard type.hasPrefix("application/json"),
      let query = try? Query(request.body.span.bytes)
    else { return Self.failure(.malformed, encoding) }
    do throws(GRVTFailure) {
      return try answer(parts[2], query, encoding, at: now)
    } catch {
      return Self.failure(error, encoding)
    }
  }

  private func answer(
    _ route: String, _ query: Query, _ encoding: GRVTEncoding, at now: Moment
  ) throws(GRVTFailure) -> HTTPResponse {
    switch route {
    case "all_instruments", "instruments":
      let limit = Int(max(0, min(100_000, query.number ?? 500)))
      let rows = markets.map(\.instrument).filter(query.allows)
      return Self.list(route == "instruments" ? Array(rows.prefix(limit)) : rows, encoding)
    case "currency": return currencies(encoding)
    default: break
    }
    guard let index = query.instrument.flatMap({ indexes[$0] }) else {
      throw ["book", "margin_rules"].contains(route) ? .instrument : .notFound
    }
    let (market, time) = (markets[index], publishedTime(now))
    switch route {
    case "instrument": return Self.object(market.instrument, encoding)
    case "mini": return Self.object(market.mini(market.best, at: time), encoding)
    case "ticker": return Self.object(market.ticker(at: time), encoding)
    case "book":
      guard let depth = query.number, [10, 50, 100, 500].contains(depth) else { throw .depth }
      return Self.object(market.book(depth: Int(depth), at: time), encoding)
    case "trade", "trade_history":
      let rows = market.recentTrades.reversed().filter {
        $0.time >= query.start ?? .min && $0.time <= query.end ?? .max
      }
      let next = route == "trade" ? nil : ""
      return Self.list(rows.prefix(Self.limit(query)), next: next, encoding)
    case "kline": return try candles(of: market, query, encoding)
    case "funding": return Self.list([market.funding(at: time)], next: "", encoding)
    case "margin_rules": return marginRules(of: market, encoding)
    default: throw .notFound
    }
  }

  /// Newest first.
  private func candles(
    of market: GRVTSimulatorMarket, _ query: Query, _ encoding: GRVTEncoding
  ) throws(GRVTFailure) -> HTTPResponse {
    guard let minutes = GRVTSimulatorCandles.minutes(of: query.interval) else {
      throw .candleInterval
    }
    guard let kind = GRVTSimulatorCandles.Kind(rawValue: query.kind) else { throw .candleKind }
    let rows = market.candles.latest(Self.limit(query), kind, minutes: minutes).reversed()
    return Self.list(rows, next: "", encoding)
  }

  private static func limit(_ query: Query) -> Int { Int(max(1, min(1_000, query.number ?? 500))) }

  private func currencies(_ encoding: GRVTEncoding) -> HTTPResponse {
    Self.json(encoding) { writer in
      writer.object { writer in
        let rows =
          [("USDT", Int64(6))]
          + markets.map {
            ($0.instrument.base, $0.instrument.baseDecimals ?? 9)
          }
        writer.list(.result, rows.enumerated()) { row, writer in
          writer.object { writer in
            writer.put(.id, integer: Int64(row.offset + 3))
            writer.put(.symbol, text: row.element.0)
            writer.put(.balanceDecimals, integer: row.element.1)
            let zeros = String(repeating: "0", count: Int(row.element.1))
            writer.put(.quantityMultiplier, text: "1\(zeros)")
          }
        }
      }
    }
  }

  /// One bracket, and no `result` around it.
  private func marginRules(
    of market: GRVTSimulatorMarket, _ encoding: GRVTEncoding
  ) -> HTTPResponse {
    let leverage = Decimal(market.market.profile.maxLeverage)
    let initial = Decimal(1).divided(by: leverage, scale: 4) ?? .zero
    return Self.json(encoding) { writer in
      writer.object { writer in
        writer.put(.instrument, market.name)
        writer.put(.maxPositionSize, market.instrument.maxPositionSize)
        writer.list(.riskBrackets, [initial]) { initial, writer in
          writer.object { writer in
            writer.put(.tier, integer: 1)
            writer.put(.notionalFloor, .zero)
            writer.put(.maintenanceRate, initial.divided(by: Decimal(2), scale: 4)?.trimmed)
            writer.put(.initialRate, initial.trimmed)
            writer.put(.maxLeverage, integer: Int64(market.market.profile.maxLeverage))
            writer.put(.maintenanceAmount, .zero)
          }
        }
      }
    }
  }

  // MARK: Shapes of answers

  private static func object(_ record: some GRVTRecord, _ encoding: GRVTEncoding) -> HTTPResponse {
    json(encoding) { writer in
      writer.object { writer in
        writer.key(.result)
        record.write(to: &writer)
      }
    }
  }

  private static func list<Record: GRVTRecord>(
    _ records: some Sequence<Record>, next: String? = nil, _ encoding: GRVTEncoding
  ) -> HTTPResponse {
    json(encoding) { writer in
      writer.object { writer in
        writer.list(.result, records) { $0.write(to: &$1) }
        if let next { writer.put(.next, text: next) }
      }
    }
  }

  /// `{"request_id":1,"code":1003,"message":"…","status":400}`
  static func failure(_ failure: GRVTFailure, _ encoding: GRVTEncoding) -> HTTPResponse {
    json(encoding, status: failure.status) { writer in
      writer.object { writer in
        writer.put(.requestID, integer: 1)
        writer.put(.code, integer: failure.rawValue)
        writer.put(.message, text: failure.text)
        writer.put(.status, integer: Int64(failure.status))
      }
    }
  }

  private static func json(
    _ encoding: GRVTEncoding, status: Int = 200, _ write: (inout GRVTWriter) -> Void
  ) -> HTTPResponse {
    var writer = GRVTWriter(encoding, capacity: 4_096)
    write(&writer)
    let body = writer.text.array
    return .json(status: status) { $0.append(body) }
  }
}
