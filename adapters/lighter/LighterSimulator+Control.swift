import PerpCore
import PerpVenue

/// One message of a client. `{"type":"subscribe","channel":"order_book/1"}`
private struct ControlRequest {
  private(set) var type = ""
  private(set) var channel = ""
  private(set) var auth = ""

  init(_ text: RawSpan) throws(JSONError) {
    var json = JSONReader(text)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "type" {
        type = try json.string().text
      } else if key == "channel" {
        channel = try json.string().text
      } else if key == "auth" {
        auth = try json.string().text
      } else {
        try json.skip()
      }
    }
    try json.finish()
  }
}

extension LighterSimulator {
  mutating func receive(
    text: RawSpan, from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard clients[id] != nil else { return }
    clients[id]?.heardAt = now.monotonic
    let request = try? ControlRequest(text)
    // "Order messages not counted."
    guard
      request?.type == "jsonapi/sendtx"
        || clients[id]?.messages.take(at: now.monotonic) == true
    else { return refuse(30_009, "Too Many Websocket Messages!", id, into: &actions) }
    guard let request else { return refuse(30_000, "Invalid Json", id, into: &actions) }
    switch request.type {
    case "ping": actions.append(.send(id, Frame(.text, LighterRequest.pong)))
    case "pong": break
    case "subscribe": subscribe(request, id, at: now, into: &actions)
    case "unsubscribe": unsubscribe(request.channel, id, into: &actions)
    case "jsonapi/sendtx" where clients[id]?.isReadOnly == false:
      send(transaction: text, from: id, at: now, into: &actions)
    case "jsonapi/sendtx", "jsonapi/sendtxbatch":
      refuse(30_006, "not supported", id, into: &actions)
    default: refuse(30_001, "Invalid Type", id, into: &actions)
    }
  }

  private mutating func subscribe(
    _ request: ControlRequest, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let name = request.channel
    let parts = name.split(separator: "/").map(String.init)
    if let family = parts.first, family.hasPrefix("account_") || family == "user_stats" {
      do throws(LighterSimulatorRefusal) {
        try subscribe(private: name, auth: request.auth, id, at: now, into: &actions)
      } catch {
        refuse(error.code, error.message, id, into: &actions)
      }
      return
    }
    switch parsed(parts) {
    case .failure(let refusal): refuse(30_005, refusal.text, id, into: &actions)
    case .success(let channel):
      guard let channels = clients[id]?.channels else { return }
      guard !channels.contains(channel) else {
        return refuse(30_003, "Already Subscribed to : \(Self.told(name))", id, into: &actions)
      }
      guard channels.count < Self.maxSubscriptions else {
        return refuse(23_001, "Too Many Subscriptions!", id, into: &actions)
      }
      clients[id]?.channels.append(channel)
      sendFirst(channel, to: id, at: now, into: &actions)
    }
  }

  private mutating func unsubscribe(
    _ name: String, _ id: ConnectionID, into actions: inout [SimulatorAction]
  ) {
    let told = Self.told(name)
    if clients[id]?.privateChannels.removeValue(forKey: name) != nil {
      let text = #"{"type": "unsubscribed", "channel": "\#(told)"}"#
      return actions.append(.send(id, Frame(.text, Array(text.utf8))))
    }
    guard case .success(let channel) = parsed(name.split(separator: "/").map(String.init)),
      let place = clients[id]?.channels.firstIndex(of: channel)
    else { return refuse(30_002, "Not Subscribed to : \(told)", id, into: &actions) }
    clients[id]?.channels.remove(at: place)
    // With blanks, as the venue writes this one.
    let text = #"{"type": "unsubscribed", "channel": "\#(told)"}"#
    actions.append(.send(id, Frame(.text, Array(text.utf8))))
  }

  private struct Refusal: Error {
    let text: String
  }

  private func parsed(_ parts: [String]) -> Result<Channel, Refusal> {
    if parts == ["height"] { return .success(.height) }
    guard parts.count == 2, let family = LighterChannel.Family(rawValue: parts[0]) else {
      return .failure(Refusal(text: "Invalid Channel"))
    }
    if family == .stats, parts[1] == "all" { return .success(.allStats) }
    guard let index = ShortText(parts[1]).flatMap({ indexes[$0] }) else {
      return .failure(Refusal(text: "Invalid Channel:  (marketId)"))
    }
    return .success(.one(family, index: index))
  }

  /// Asked for with a slash, told with a colon.
  static func told(_ name: String) -> String {
    String(name.map { $0 == "/" ? ":" : $0 })
  }

  /// Neither channel nor id: the client must find out by itself what was refused.
  func refuse(
    _ code: Int64, _ message: String, _ id: ConnectionID, into actions: inout [SimulatorAction]
  ) {
    var text = ByteBuffer(capacity: 128)
    text.append(#"{"error":{"#)
    text.append("\"code\":")
    text.append(code)
    text.put("message", text: message)
    text.append("}}")
    actions.append(.send(id, Frame(.text, text.array)))
  }
}
