import PerpCore
import PerpSim
import PerpVenue

/// The WebSocket path `/prices`.
extension VariationalSimulator {
  /// What a client asks for.
  private struct Wish {
    var isSubscription = true
    var instruments: [Instrument] = []
  }

  private struct Instrument {
    var underlying: String?
    var type: String?
    var asset: String?
    var kind: String?
    var interval: Int64?
  }

  mutating func receive(
    text: RawSpan, from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    // Claims of a session are not known here, and the status of markets is told unasked.
    guard let client = clients[id], client.path == .prices else { return }
    guard let wish = try? Self.wish(text) else {
      return close(id, saying: .unexpectedFormat, into: &actions)
    }
    guard let keys = wish.instruments.allOrNone(Self.key) else {
      return close(id, saying: .invalidInstrument, into: &actions)
    }
    let unsupported = (options.settings["unsupported"] ?? "").split(separator: ",")
    for key in keys {
      let index = markets.firstIndex { $0.key == key && !unsupported.contains($0.ticker[...]) }
      guard let index else {
        say(.unsupportedInstrument(key), to: id, into: &actions)
        continue
      }
      clients[id]?.subscriptions.removeAll { $0.index == index }
      guard wish.isSubscription else { continue }
      // "First tick after 0.2 to 1.1 s."
      let delay = Nanoseconds.milliseconds(200 + random.below(900))
      clients[id]?.subscriptions.append((index, now.monotonic + delay))
    }
    if clients[id]?.subscriptions.isEmpty == true {
      close(id, saying: .noSubscriptions, into: &actions)
    }
  }

  mutating func sendPrices(
    to id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    for place in clients[id]?.subscriptions.indices ?? 0..<0 {
      guard let (index, due) = clients[id]?.subscriptions[place], due <= now.monotonic else {
        continue
      }
      clients[id]?.subscriptions[place].nextAt = now.monotonic + Nanoseconds.seconds(1)
      markets[index].refresh(at: now, time: publishedTime(now))
      var text = ByteBuffer(capacity: 512)
      markets[index].price.write(to: &text)
      let topic = markets[index].symbol.map { Topic(.funding, $0) }
      actions.append(.send(id, Frame(.text, text.array, topic: topic)))
    }
  }

  // MARK: Wishes

  /// `{"action":"subscribe","instruments":[{…}]}`; anything else throws.
  private static func wish(_ text: RawSpan) throws(JSONError) -> Wish {
    var wish = Wish()
    var action: String?
    var json = JSONReader(text)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "action" {
        action = try json.string().text
      } else if key == "instruments" {
        try json.enterArray()
        while try json.nextElement() { wish.instruments.append(try instrument(&json)) }
      } else {
        try json.skip()
      }
    }
    try json.finish()
    guard action == "subscribe" || action == "unsubscribe" else { throw json.error(.wrongType) }
    wish.isSubscription = action == "subscribe"
    return wish
  }

  private static func instrument(_ json: inout JSONReader) throws(JSONError) -> Instrument {
    var instrument = Instrument()
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      switch name {
      case "underlying": instrument.underlying = try json.string().text
      case "instrument_type": instrument.type = try json.string().text
      case "settlement_asset": instrument.asset = try json.string().text
      case "kind": instrument.kind = try json.string().text
      case "funding_interval_s": instrument.interval = try json.integer()
      default: try json.skip()
      }
    }
    let types = ["perpetual_future", "perpetual_rwa_future", "perpetual_cfd", "swap"]
    guard let type = instrument.type, types.contains(type) else { throw json.error(.wrongType) }
    return instrument
  }

  private static let codes = ["equity": "EQY", "index": "IDX", "commodity": "CMD", "etf": "ETF"]

  /// Nil for what fails the whole request, such as another interval in the name of a future.
  private static func key(_ instrument: Instrument) -> String? {
    guard let underlying = instrument.underlying, let asset = instrument.asset else { return nil }
    let code = instrument.kind.flatMap { codes[$0] }
    switch (instrument.type, code, instrument.interval) {
    case ("perpetual_future", nil, VariationalInstrument.nominalInterval?):
      return "P-\(underlying)-\(asset)-\(VariationalInstrument.nominalInterval)"
    case ("perpetual_rwa_future", let code?, nil): return "P-RWA/\(code)-\(underlying)-\(asset)"
    case ("swap", let code?, let interval?), ("perpetual_cfd", let code?, let interval?):
      return "C-\(code)-\(underlying)-\(asset)-\(interval)"
    default: return nil
    }
  }
}

extension Array {
  /// Nil if one is nil.
  fileprivate func allOrNone<Result>(_ transform: (Element) -> Result?) -> [Result]? {
    let results = compactMap(transform)
    return results.count == count ? results : nil
  }
}
