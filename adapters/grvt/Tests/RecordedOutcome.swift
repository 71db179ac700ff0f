import PerpCore
import VenueTesting

@testable import GRVT

extension RecordedOutcome {
  /// What GRVT's decoders make of a message.
  static func grvt(_ message: RecordedMessage) throws -> RecordedOutcome {
    isStream(message) ? try stream(message) : try rest(message)
  }

  /// Lines do not say where they come from: messages of the WebSocket have an envelope.
  static func isStream(_ message: RecordedMessage) -> Bool {
    guard !message.isREST, let tree = try? JSONTree(message.bytes) else { return false }
    let keys = ["jsonrpc", "j", "feed", "f", "subs", "unsubs", "code", "c"]
    return keys.contains { tree[$0] != nil }
  }

  private static func stream(_ message: RecordedMessage) throws -> RecordedOutcome {
    var decoder = GRVTDecoder()
    let decoded = try decoder.decode(message.bytes.span.bytes)
    let drift = decoder.unknown.isEmpty ? "" : ", drift \(decoder.unknown)"
    switch decoded {
    case .acknowledged(let answer) where answer.stream == nil:
      return .unused("answer to a call of the account")
    case .acknowledged(let answer):
      guard !answer.subscribed.isEmpty || !answer.unsubscribed.isEmpty else {
        return .failed("an answer of nothing")
      }
      return .decoded("answer" + drift)
    case .refused(_, let code, _): return .decoded("refusal \(code)" + drift)
    case .mini: return .decoded("mini" + drift)
    case .book: return .decoded("book" + drift)
    case .trade: return .decoded("trade" + drift)
    case .ticker: return .decoded("ticker" + drift)
    case .candle: return .decoded("candle, of no channel of ours" + drift)
    case .account: return .unused("stream of an account")
    case .other(let stream): return .failed("unknown stream \(stream)")
    }
  }

  /// Answers to what market data do not ask.
  private static let unasked = [
    "account", "auth", "builder", "bulk", "cancel", "cancel_ack", "cancel_on_disconnect",
    "cancel_status", "currency", "fill", "funding_payment", "leverage", "margin", "order",
    "order_ack", "order_state", "position", "transfer",
  ]

  private static func rest(_ message: RecordedMessage) throws -> RecordedOutcome {
    if unasked.contains(message.kind) { return .unused("REST answer that is not asked for") }
    var unknown: [String] = []
    let body = message.bytes.span.bytes
    switch message.kind {
    case "market":
      let (markets, unreadable) = try GRVTREST.instruments(body, venue: GRVT.id, &unknown)
      guard unreadable.isEmpty, !markets.isEmpty else { return .failed("rows \(unreadable)") }
    case "bbo": _ = try GRVTREST.object(GRVTWire.Mini.self, body, &unknown)
    case "ticker": _ = try GRVTREST.object(GRVTWire.Ticker.self, body, &unknown)
    case "book": _ = try GRVTREST.object(GRVTWire.Book.self, body, &unknown)
    case "trade": try expectRows(GRVTWire.Trade.self, body, &unknown)
    case "candle": try expectRows(GRVTWire.Candle.self, body, &unknown)
    case "funding": try expectRows(GRVTWire.Funding.self, body, &unknown)
    default: return .failed("no rule for \(message.kind)")
    }
    return .decoded("REST \(message.kind)" + (unknown.isEmpty ? "" : ", drift \(unknown)"))
  }

  private static func expectRows<Record: GRVTRecord>(
    _ type: Record.Type, _ body: RawSpan, _ unknown: inout [String]
  ) throws {
    if try GRVTREST.list(type, body, &unknown).isEmpty { throw NoRows() }
  }

  private struct NoRows: Error {}
}
