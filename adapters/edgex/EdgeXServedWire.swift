import PerpCore
import PerpVenue

/// edgeX as a server of recordings has to know it. ("WebSocket API", Public WebSocket.)
enum EdgeXServedWire {
  static let wire = ServedWire(
    request: { text in
      guard let request = try? EdgeXRequest(text.span.bytes), let channel = request.channel else {
        return nil
      }
      return switch request.type {
      case "subscribe": .subscribe(id: "", channels: [channel])
      case "unsubscribe": .unsubscribe(id: "", channels: [channel])
      default: nil
      }
    },
    grant: { request, _, _ in
      switch request {
      case .subscribe(_, let channels): answer("subscribed", channels.first ?? "")
      case .unsubscribe(_, let channels): answer("unsubscribed", channels.first ?? "")
      }
    },
    refuse: { _, channel, _ in refusal(of: channel) },
    channel: { frame in
      let texts = ServedWire.texts(of: ["type", "channel"], in: frame.bytes)
      return switch texts[0] {
      case "quote-event": texts[1]
      case "connected", "ping": ServedWire.everyone
      default: nil
      }
    })

  /// `{"type":"subscribed","channel":"depth.30000001.15"}`
  private static func answer(_ type: String, _ channel: String) -> Frame {
    var text = ByteBuffer(capacity: 96)
    text.append("{")
    text.put("type", text: type)
    text.put("channel", text: channel)
    text.append("}")
    return Frame(.text, text.array)
  }

  private static func refusal(of channel: String) -> Frame {
    var text = ByteBuffer(capacity: 160)
    text.append(#"{"type":"error","content":{"#)
    text.put("code", text: "GATEWAY_ERROR")
    text.put("msg", text: "invalid channel : \(channel) was not recorded")
    text.append("}}")
    return Frame(.text, text.array)
  }
}
