import PerpCore
import PerpVenue

extension EdgeXSimulator {
  mutating func receive(
    text: RawSpan, from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard clients[id] != nil else { return }
    let echo = String(copying: text)
    guard let request = try? EdgeXRequest(text) else {
      return refuse(
        echo, "UNRECOGNIZED_MESSAGE", "unrecognized message", id, at: now, into: &actions)
    }
    switch request.type {
    case "subscribe" where clients[id]?.isPrivate != true:
      subscribe(request, echo, id, at: now, into: &actions)
    case "unsubscribe":
      let name = request.channel ?? ""
      let channel = EdgeXChannel(text: name)
      clients[id]?.subscriptions.removeAll { $0.channel == channel }
      acknowledge("unsubscribed", name, nil, id, into: &actions)
    case "ping":
      let time = request.time ?? ShortText()
      actions.append(.send(id, Frame(.text, EdgeXRequest.beat("pong", time: time))))
    // Whatever time it says: a pong that nobody asked for counts as well.
    case "pong": clients[id]?.lastPong = now.monotonic
    default:
      refuse(
        echo, "INVALID_MESSAGE_TYPE", "invalid message type : \(request.type)", id, at: now,
        into: &actions)
    }
  }

  /// Once more for what is subscribed already: the venue begins anew.
  private mutating func subscribe(
    _ request: EdgeXRequest, _ echo: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let name = request.channel ?? ""
    guard let channel = EdgeXChannel(text: name) else {
      return refuse(
        echo, "GATEWAY_ERROR", "invalid channel : \(name)", id, at: now, into: &actions)
    }
    if let contract = channel.contract, indexes[contract] == nil {
      let isOld = generation == .v1
      return refuse(
        echo, isOld ? "INVALID_CONTRACT_ID" : "GATEWAY_INVALID_CONTRACT_ID",
        "invalid contractId\(isOld ? ":" : " : ")\(contract.string)", id, at: now, into: &actions)
    }
    clients[id]?.subscriptions.removeAll { $0.channel == channel }
    clients[id]?.subscriptions.append(Subscription(channel: channel))
    acknowledge("subscribed", name, echo, id, into: &actions)
    // These first come with the next second.
    if channel == .ticker(.allEverySecond) || channel == .bookTicker(.allEverySecond) { return }
    sendFirst(channel, to: id, at: now, into: &actions)
  }

  private mutating func acknowledge(
    _ type: String, _ channel: String, _ echo: String?, _ id: ConnectionID,
    into actions: inout [SimulatorAction]
  ) {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    text.put("type", text: type)
    text.put("channel", text: channel)
    if let echo { text.put("request", text: echo) }
    text.append("}")
    actions.append(.send(id, Frame(.text, text.array)))
  }

  /// The legacy system does not say what it refuses.
  private mutating func refuse(
    _ echo: String, _ code: String, _ message: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    text.put("type", text: "error")
    if generation == .v2 { text.put("request", text: echo) }
    text.put("content")
    text.append("{")
    text.put("code", text: code)
    text.put("msg", text: message)
    text.append("}}")
    actions.append(.send(id, Frame(.text, text.array)))
    clients[id]?.errors += 1
    if let errors = clients[id]?.errors, errors >= Self.maxErrors {
      close(id, code: 1008, reason: "too many errors", into: &actions)
    }
  }
}
