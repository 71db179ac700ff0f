import PerpCore
import VenueTesting

@testable import Paradex

extension RecordedOutcome {
  /// What Paradex's decoders make of a message.
  static func paradex(_ message: RecordedMessage) throws -> RecordedOutcome {
    try message.isREST
      ? rest(message) : (message.isBinary ? frame(message) : text(message))
  }

  private static func frame(_ message: RecordedMessage) throws -> RecordedOutcome {
    var frame = try ParadexFrame(message.bytes.span.bytes)
    _ = try FrameFields(message.bytes)
    switch frame.template {
    case .bbo: _ = try ParadexWire.BBO(&frame)
    case .trade: _ = try ParadexWire.Trade(&frame)
    case .book: _ = try ParadexWire.Book(&frame)
    case .summary: _ = try ParadexWire.Summary(&frame)
    case .funding: _ = try ParadexWire.Funding(&frame)
    case .fundingComparison, .order, .fill, .position, .account, .heartbeat, .subscribed:
      return .unused("template \(frame.template.rawValue) is of no channel of ours")
    }
    guard frame.unreadBlockBytes == 0 else { return .failed("unknown fields") }
    return .decoded("\(frame.template)")
  }

  private static func text(_ message: RecordedMessage) throws -> RecordedOutcome {
    var decoder = ParadexTextDecoder()
    let decoded = try decoder.decode(message.bytes.span.bytes)
    guard decoder.unknown.isEmpty else { return .failed("unknown \(decoder.unknown)") }
    switch decoded {
    case .acknowledged: return .decoded("acknowledgement")
    case .refused(_, let code, _): return .decoded("refusal \(code)")
    case .bbo: return .decoded("bbo")
    case .trade: return .decoded("trade")
    case .book: return .decoded("book")
    case .summary: return .decoded("summary")
    case .funding: return .decoded("funding")
    case .other(let channel) where ParadexChannel.isOther(channel):
      return .unused("private channel \(channel.prefix { $0 != "." })")
    case .other("") where !message.isReal: return .unused("made up, names no channel")
    case .other(let channel): return .failed("unknown channel \(channel)")
    }
  }

  /// Answers to questions that market data do not ask.
  private static let unasked = [
    "balance", "fill", "liquidation", "onboarding", "order", "order_batch", "position", "system",
    "system_config", "transfer",
  ]

  private static func rest(_ message: RecordedMessage) throws -> RecordedOutcome {
    if unasked.contains(message.kind) { return .unused("REST answer that is not asked for") }
    var unknown: [String] = []
    var json = JSONReader(message.bytes.span.bytes)
    switch message.kind {
    case "market":
      let (markets, unreadable) = try ParadexREST.markets(
        message.bytes.span.bytes, venue: Paradex.id)
      guard unreadable.isEmpty, !markets.isEmpty else { return .failed("rows \(unreadable)") }
    case "summary":
      guard try !ParadexREST.summaries(message.bytes.span.bytes, &unknown).isEmpty else {
        return .failed("no rows")
      }
    case "bbo": _ = try ParadexREST.bbo(message.bytes.span.bytes, &unknown)
    case "book": _ = try ParadexWire.Book(&json, &unknown)
    case "trade": _ = try ParadexWire.Trade(&json, &unknown)
    case "funding":
      guard try rows(&json, { _ = try ParadexWire.Funding(&$0, &unknown) }) > 0 else {
        return .failed("no rows")
      }
    default: return .failed("no rule for REST \(message.kind)")
    }
    return unknown.isEmpty ? .decoded("\(message.kind)") : .failed("unknown \(unknown)")
  }

  private static func rows(
    _ json: inout JSONReader, _ body: (inout JSONReader) throws -> Void
  ) throws -> Int {
    var count = 0
    try json.enterObject()
    while let key = try json.nextKey() {
      guard key == "results" else {
        try json.skip()
        continue
      }
      try json.enterArray()
      while try json.nextElement() {
        try body(&json)
        count += 1
      }
    }
    try json.finish()
    return count
  }
}
