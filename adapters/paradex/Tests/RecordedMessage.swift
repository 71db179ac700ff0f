import PerpCore

@testable import Paradex

/// One line of `paradex-messages.jsonl`.
struct RecordedMessage {
  var kind: String
  var isReceived: Bool
  var isREST: Bool
  var isBinary: Bool
  var isReal: Bool
  /// When it was read from the socket, in microseconds; nil where the recording does not say.
  var received: Int64?
  var bytes: [UInt8]

  init?(_ line: [UInt8]) {
    guard let tree = try? JSONTree(line), let kind = tree["kind"]?.text,
      let direction = tree["direction"]?.text, let transport = tree["transport"]?.text,
      let encoding = tree["encoding"]?.text, let raw = tree["raw"]?.text,
      let bytes = encoding == "base64" ? TestFiles.bytes(base64: raw) : Array(raw.utf8)
    else { return nil }
    self.kind = kind
    self.bytes = bytes
    isReceived = direction == "recv"
    isREST = transport == "rest"
    isBinary = encoding == "base64"
    isReal = tree["real"] == .bool(true)
    received = (tree["recv_ns"]?.text).flatMap { Int64($0) }.map { $0 / 1_000 }
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What became of a recorded message in the adapter.
enum RecordedOutcome: Equatable {
  /// Read as market data or as an answer, into this type.
  case decoded(String)
  /// Not read, and why that is right.
  case unused(String)
  case failed(String)

  init(_ message: RecordedMessage) {
    do {
      self =
        try message.isREST
        ? Self.rest(message) : (message.isBinary ? Self.frame(message) : Self.text(message))
    } catch {
      self = .failed("\(error)")
    }
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
