import PerpCore
import PerpVenue

extension ParadexSimulator {
  /// One request of a client. `{"jsonrpc":"2.0","id":1,"method":"subscribe",
  /// "params":{"channel":"bbo.BTC-USD-PERP"}}`
  struct ControlRequest {
    /// As it stood in the request: a number or a string, quotes included.
    var id = "0"
    var method = ""
    var channel: String?
    /// For the scoped form of `markets_summary`, and its edits.
    var markets: [String] = []
    var added: [String] = []
    var removed: [String] = []

    init(_ text: RawSpan) throws(JSONError) {
      var json = JSONReader(text)
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "id" {
          id = String(copying: try json.raw())
        } else if key == "method" {
          method = try json.string().text
        } else if key == "params", try json.peek() == .object {
          try json.enterObject()
          while let key = try json.nextKey() {
            switch key.text {
            case "channel": channel = try json.string().text
            case "markets": markets = try Self.strings(&json)
            case "add": added = try Self.strings(&json)
            case "remove": removed = try Self.strings(&json)
            default: try json.skip()
            }
          }
        } else {
          try json.skip()
        }
      }
      try json.finish()
    }

    static func strings(_ json: inout JSONReader) throws(JSONError) -> [String] {
      var texts: [String] = []
      try json.enterArray()
      while try json.nextElement() { texts.append(try json.string().text) }
      return texts
    }
  }
}

extension ParadexSimulator {
  mutating func receive(
    text: RawSpan, from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let request: ControlRequest
    do throws(JSONError) {
      request = try ControlRequest(text)
    } catch {
      return refuse("null", -32_700, "Parse error", nil, id, at: now, into: &actions)
    }
    switch request.method {
    case "subscribe": subscribe(request, id, at: now, into: &actions)
    case "unsubscribe": unsubscribe(request, id, at: now, into: &actions)
    case "modify_subscription": modify(request, id, at: now, into: &actions)
    case "auth": logIn(request, text, id, at: now, into: &actions)
    case "order.create", "order.create_batch", "order.modify", "order.cancel",
      "order.cancel_batch", "order.cancel_all", "order.cancel_on_disconnect":
      trade(request, text, id, at: now, into: &actions)
    default:
      refuse(request.id, -32_601, "method does not exist", nil, id, at: now, into: &actions)
    }
  }

  private mutating func subscribe(
    _ request: ControlRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let name = request.channel, let client = clients[id] else {
      return refuse(request.id, -32_602, "Invalid parameters", nil, id, at: now, into: &actions)
    }
    let channel: ParadexSimulatorChannel
    switch ParadexSimulatorChannel.parse(name, symbols: Set(indexes.keys)) {
    case .granted(let parsed): channel = parsed
    case .silent:
      // Granted and never served, as the venue does with two misspellings of the interactive BBO.
      clients[id]?.silentNames.insert(name)
      return grant(request.id, ["channel": name], id, at: now, into: &actions)
    case .denied: return subscribePrivately(request, name, id, at: now, into: &actions)
    case .refused(let why): return refuse(request.id, why, id, at: now, into: &actions)
    }
    guard !client.subscriptions.contains(where: { $0.name == name }) else {
      return refuse(request.id, "already subscribed to \(name)", id, at: now, into: &actions)
    }
    if let market = channel.bookMarket,
      let other = client.subscriptions.first(where: { $0.channel.bookMarket == market }),
      client.encoding != .json
    {
      return refuse(
        request.id, "\(name) cannot share an SBE session with \(other.name)", id, at: now,
        into: &actions)
    }
    let subscription = Subscription(name: name, channel: channel, markets: request.markets)
    clients[id]?.subscriptions.append(subscription)
    // The acknowledgement races with the first data.
    if random.chance(1, in: 2) {
      grant(request.id, ["channel": name], id, at: now, into: &actions)
      sendFirst(subscription, to: id, at: now, into: &actions)
    } else {
      sendFirst(subscription, to: id, at: now, into: &actions)
      grant(request.id, ["channel": name], id, at: now, into: &actions)
    }
  }

  private mutating func unsubscribe(
    _ request: ControlRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let name = request.channel else {
      return refuse(request.id, -32_602, "Invalid parameters", nil, id, at: now, into: &actions)
    }
    if clients[id]?.privateChannels.removeValue(forKey: name) != nil {
      clients[id]?.idleSince = now.monotonic
    } else if clients[id]?.silentNames.remove(name) == nil {
      guard let position = clients[id]?.subscriptions.firstIndex(where: { $0.name == name }) else {
        return refuse(request.id, "not subscribed to \(name)", id, at: now, into: &actions)
      }
      clients[id]?.subscriptions.remove(at: position)
      clients[id]?.idleSince = now.monotonic
    }
    grant(request.id, ["channel": name], id, at: now, into: &actions)
  }

  private mutating func subscribePrivately(
    _ request: ControlRequest, _ name: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let client = clients[id], client.token != nil else {
      return refuse(request.id, 40_300, "permission denied", nil, id, at: now, into: &actions)
    }
    guard let channel = ParadexSimulatorPrivateChannel(name, markets: Set(indexes.keys)) else {
      return refuse(request.id, "invalid channel", id, at: now, into: &actions)
    }
    guard client.privateChannels[name] == nil else {
      return refuse(request.id, "already subscribed to \(name)", id, at: now, into: &actions)
    }
    clients[id]?.privateChannels[name] = channel
    grant(request.id, ["channel": name], id, at: now, into: &actions)
  }

  private mutating func modify(
    _ request: ControlRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let name = request.channel,
      let position = clients[id]?.subscriptions.firstIndex(where: {
        $0.name == name && !$0.markets.isEmpty
      })
    else {
      return refuse(request.id, -32_602, "Invalid parameters", nil, id, at: now, into: &actions)
    }
    clients[id]?.subscriptions[position].markets.removeAll { request.removed.contains($0) }
    clients[id]?.subscriptions[position].markets += request.added
    grant(request.id, ["channel": name], id, at: now, into: &actions)
  }

  // MARK: Answers. Every text frame of the venue ends with a newline.

  mutating func grant(
    _ requestID: String, _ result: KeyValuePairs<StaticString, String>, _ id: ConnectionID,
    at now: Moment, into actions: inout [SimulatorAction]
  ) {
    answer(requestID, id, at: now, into: &actions) { text in
      text.append("{")
      for (key, value) in result { text.put(key, text: value) }
      text.append("}")
    }
  }

  mutating func answer(
    _ requestID: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction], result: (inout ByteBuffer) -> Void
  ) {
    var text = ByteBuffer(capacity: 256)
    text.append(#"{"jsonrpc":"2.0","id":"#)
    text.append(requestID)
    text.append(#","result":"#)
    result(&text)
    finish(&text, id, at: now, into: &actions)
  }

  /// "invalid subscribe request", with what is wrong as its data.
  private mutating func refuse(
    _ requestID: String, _ detail: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    refuse(
      requestID, -32_600, "invalid subscribe request", detail, id, at: now, into: &actions)
  }

  mutating func refuse(
    _ requestID: String, _ code: Int64, _ message: String, _ detail: String?, _ id: ConnectionID,
    at now: Moment, into actions: inout [SimulatorAction]
  ) {
    var text = ByteBuffer(capacity: 256)
    text.append(#"{"jsonrpc":"2.0","id":"#)
    text.append(requestID)
    text.append(#","error":{"#)
    text.put("code", code)
    text.put("message", text: message)
    if let detail { text.put("data", text: detail) }
    text.append("}")
    finish(&text, id, at: now, into: &actions)
  }

  /// Adds the server's times, in microseconds: received, spent, sent.
  private mutating func finish(
    _ text: inout ByteBuffer, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let spent = Int64(20 + random.below(120))
    text.put("usIn", now.wall - spent)
    text.put("usDiff", spent)
    text.put("usOut", now.wall)
    text.append("}\n")
    send(Frame(.text, text.array), to: id, at: now, into: &actions)
  }
}
