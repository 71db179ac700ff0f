import PerpCore
import PerpVenue

/// GRVT as a server of recordings has to know it. ("Market Data WebSocket Streams")
///
/// A channel is a stream and a selector, `v1.mini.d BTC_USDT_Perp@0`; a client's answers are in the
/// spelling of its request.
enum GRVTServedWire {
  static let wire = ServedWire(
    request: { text in
      guard let request = try? GRVTRequest(text.span.bytes) else { return nil }
      let channels = request.selectors.map { "\(request.stream) \($0)" }
      let id = "\(encoding(of: text).rawValue) \(request.id.map { "\($0)" } ?? "")"
      return switch request.method {
      case "subscribe": .subscribe(id: id, channels: channels)
      case "unsubscribe": .unsubscribe(id: id, channels: channels)
      default: nil
      }
    },
    grant: { request, messages, _ in grant(request, messages) },
    refuse: { id, channel, _ in refusal(of: channel, to: id) },
    channel: { Envelope($0.bytes)?.channel })

  /// Of data, `{"stream":"v1.mini.d","selector":"BTC_USDT_Perp@0","sequence_number":"7","feed":…}`.
  private struct Envelope {
    var stream: String?
    var selector: String?
    var number: Int64 = 0

    /// Nil for answers.
    init?(_ bytes: [UInt8]) {
      var json = JSONReader(bytes.span.bytes)
      do throws(JSONError) {
        try json.enterObject()
        while let key = try json.nextKey() {
          if key == .version { return nil }
          if key == .stream, try json.peek() == .string {
            stream = try json.string().text
          } else if key == .selector, try json.peek() == .string {
            selector = try json.string().text
          } else if key == .number, try json.peek() == .string {
            number = Int64(try json.string().text) ?? 0
          } else {
            try json.skip()
          }
        }
      } catch {
        return nil
      }
    }

    var channel: String? {
      guard let stream, let selector else { return nil }
      return "\(stream) \(selector)"
    }
  }

  private static func encoding(of text: [UInt8]) -> GRVTEncoding {
    ServedWire.texts(of: ["method"], in: text)[0] == nil ? .lite : .full
  }

  /// The spelling and the number of the request that is answered.
  private static func origin(_ id: String) -> (encoding: GRVTEncoding, number: Int64?) {
    let parts = id.split(separator: " ")
    return (
      parts.first.flatMap { GRVTEncoding(rawValue: String($0)) } ?? .full,
      parts.dropFirst().first.flatMap { Int64($0) }
    )
  }

  private static func grant(_ request: ServedWire.Request, _ messages: ServedWire.Messages) -> Frame
  {
    let (id, channels, isSubscription) =
      switch request {
      case .subscribe(let id, let channels): (id, channels, true)
      case .unsubscribe(let id, let channels): (id, channels, false)
      }
    let stream = String(channels.first?.split(separator: " ").first ?? "")
    let selectors = channels.compactMap { $0.split(separator: " ").last.map(String.init) }
    let numbers = channels.map { messages($0).compactMap { Envelope($0.bytes)?.number } }
    let (encoding, number) = origin(id)
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.put(.version, text: "2.0")
      writer.object(.result) { writer in
        writer.put(.stream, text: stream)
        writer.put(.subscribed, texts: isSubscription ? selectors : [])
        writer.put(.unsubscribed, texts: isSubscription ? [] : selectors)
        guard isSubscription else { return }
        // States have no number; they come before the first change.
        let firsts = numbers.map { $0.first { $0 > 0 } ?? 1 }
        writer.put(.snapshotCounts, integers: numbers.map { $0.first == 0 ? 1 : 0 })
        writer.put(.firstNumbers, numbers: firsts)
        writer.put(.latestNumbers, numbers: firsts.map { $0 - 1 })
      }
      if let number { writer.put(.id, integer: number) }
      writer.put(.method, text: isSubscription ? "subscribe" : "unsubscribe")
    }
    return Frame(.text, writer.text.array)
  }

  private static func refusal(of channel: String, to id: String) -> Frame {
    let (encoding, number) = origin(id)
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.put(.version, text: "2.0")
      writer.object(.error) { writer in
        writer.put(.code, integer: 3_000)
        writer.put(.message, text: "\(channel) was not recorded")
      }
      if let number { writer.put(.id, integer: number) }
      writer.put(.method, text: "subscribe")
    }
    return Frame(.text, writer.text.array)
  }
}
