import PerpCore
import PerpVenue

/// Paradex as a server of recordings has to know it.
enum ParadexServedWire {
  static let wire = ServedWire(
    request: { request($0) },
    grant: { request, _, now in grant(request, at: now) },
    refuse: {
      answer(
        to: $0, #""error":{"code":-32600,"message":"invalid subscribe request","data":"#,
        "\($1) was not recorded", "}", at: $2)
    },
    channel: { $0.kind == .text ? textChannel($0.bytes) : frameChannel($0.bytes) },
    derive: { ParadexSnapshotChannel($0) })

  private static func request(_ text: [UInt8]) -> ServedWire.Request? {
    guard let request = try? ParadexSimulator.ControlRequest(text.span.bytes),
      let channel = request.channel
    else { return nil }
    return switch request.method {
    case "subscribe": .subscribe(id: request.id, channels: [channel])
    case "unsubscribe": .unsubscribe(id: request.id, channels: [channel])
    default: nil
    }
  }

  private static func grant(_ request: ServedWire.Request, at now: Moment) -> Frame? {
    switch request {
    case .subscribe(let id, let channels), .unsubscribe(let id, let channels):
      channels.first.map { answer(to: id, #""result":{"channel":"#, $0, "}", at: now) }
    }
  }

  /// With the server's times, in microseconds: received, spent, sent.
  private static func answer(
    to id: String, _ head: StaticString, _ text: String, _ tail: StaticString, at now: Moment
  ) -> Frame {
    var json = ByteBuffer(capacity: 256)
    json.append(#"{"jsonrpc":"2.0","id":"#)
    json.append(id)
    json.append(",")
    json.append(head)
    json.append(json: text)
    json.append(tail)
    json.append(#","usIn":"#)
    json.append(now.wall)
    json.append(#","usDiff":0,"usOut":"#)
    json.append(now.wall)
    json.append("}\n")
    return Frame(.text, json.array)
  }

  /// `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"bbo.BTC-USD-PERP",…}}`
  private static func textChannel(_ text: [UInt8]) -> String? {
    var json = JSONReader(text.span.bytes)
    do throws(JSONError) {
      try json.enterObject()
      while let key = try json.nextKey() {
        guard key == "params", try json.peek() == .object else {
          try json.skip()
          continue
        }
        try json.enterObject()
        while let key = try json.nextKey() {
          if key == "channel" { return try json.string().text }
          try json.skip()
        }
      }
    } catch {
      return nil
    }
    return nil
  }

  /// A binary frame bears no name; these are those that we subscribe to.
  private static func frameChannel(_ bytes: [UInt8]) -> String? {
    do throws(ParadexFrame.Failure) {
      var frame = try ParadexFrame(bytes.span.bytes)
      return switch frame.template {
      case .bbo: "bbo.\(try ParadexWire.BBO(&frame).market.string)"
      case .trade: "trades.\(try ParadexWire.Trade(&frame).market.string)"
      case .book: "order_book.\(try ParadexWire.Book(&frame).market.string).deltas"
      case .summary: "markets_summary.\(try ParadexWire.Summary(&frame).market.string)"
      case .funding: "funding_data.\(try ParadexWire.Funding(&frame).market.string)"
      default: nil
      }
    } catch {
      return nil
    }
  }
}
