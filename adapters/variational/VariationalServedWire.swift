import PerpCore
import PerpVenue

/// Variational as a server of recordings has to know it: `{"action":"subscribe","instruments":[]}`
/// is answered by prices alone, each with its channel.
enum VariationalServedWire {
  static let wire = ServedWire(
    request: { text in
      guard let fields = try? JSONFields(text.span.bytes) else { return nil }
      let channels = (fields.objects("instruments") ?? []).compactMap(channel(of:))
      return switch fields.text("action") {
      case "subscribe": .subscribe(id: "", channels: channels)
      case "unsubscribe": .unsubscribe(id: "", channels: channels)
      default: nil
      }
    },
    grant: { _, _, _ in nil },
    refuse: { _, channel, _ in
      var text = ByteBuffer(capacity: 128)
      text.append("{")
      text.put("error", text: "unsupported instrument: \(channel) was not recorded")
      text.append("}")
      return Frame(.text, text.array)
    },
    channel: { frame in
      let texts = ServedWire.texts(of: ["channel", "type"], in: frame.bytes)
      return texts[0] ?? (texts[1] == "heartbeat" ? ServedWire.everyone : nil)
    })

  /// `instrument_price:P-BTC-USDC-3600`
  private static func channel(of instrument: JSONFields) -> String? {
    guard let base = instrument.text("underlying"), let quote = instrument.text("settlement_asset"),
      let interval = instrument.text("funding_interval_s")
    else { return nil }
    return "instrument_price:P-\(base)-\(quote)-\(interval)"
  }
}
