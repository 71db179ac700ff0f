import PerpCore
import PerpVenue

/// Lighter as a server of recordings has to know it. ("WebSocket reference")
enum LighterServedWire {
  static let wire = ServedWire(
    request: { text in
      let texts = ServedWire.texts(of: ["type", "channel"], in: text)
      guard let channel = texts[1] else { return nil }
      return switch texts[0] {
      case "subscribe": .subscribe(id: "", channels: [channel])
      case "unsubscribe": .unsubscribe(id: "", channels: [channel])
      default: nil
      }
    },
    grant: { request, _, _ in
      // A subscription is answered by its first data.
      guard case .unsubscribe(_, let channels) = request, let channel = channels.first else {
        return nil
      }
      return Frame(
        .text, Array(#"{"type": "unsubscribed", "channel": "\#(told(channel))"}"#.utf8))
    },
    refuse: { _, channel, _ in
      var text = ByteBuffer(capacity: 128)
      text.append(#"{"error":{"code":30005"#)
      text.put("message", text: "Invalid Channel: \(told(channel)) was not recorded")
      text.append("}}")
      return Frame(.text, text.array)
    },
    channel: { frame in
      let texts = ServedWire.texts(of: ["type", "channel"], in: frame.bytes)
      switch texts[0] {
      case "connected", "ping": return ServedWire.everyone
      case "unsubscribed", "pong", "error", nil: return nil
      default: return texts[1].map(asked)
      }
    })

  /// Asked for with a slash, told with a colon.
  private static func told(_ channel: String) -> String {
    String(channel.map { $0 == "/" ? ":" : $0 })
  }

  private static func asked(_ channel: String) -> String {
    String(channel.map { $0 == ":" ? "/" : $0 })
  }
}
