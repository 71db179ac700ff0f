import PerpCore
import VenueTesting

@testable import EdgeX

extension RecordedOutcome {
  /// What edgeX's decoders make of a message.
  static func edgeX(_ message: RecordedMessage) throws -> RecordedOutcome {
    if isPrivate(message.kind) { return .unused("private") }
    switch message.line["shape"]?.text {
    case "message": return try text(message)
    case "data-record": return try record(message)
    default: return try rest(message)
    }
  }

  private static func isPrivate(_ kind: String) -> Bool {
    ["account", "balance", "fill", "order", "position", "transfer", "withdraw", "deposit"].contains
    {
      kind == $0 || kind.hasPrefix("\($0)-")
    } || kind == "funding-settlement"
  }

  private static func text(_ message: RecordedMessage) throws -> RecordedOutcome {
    var decoder = EdgeXDecoder()
    let decoded = try decoder.decode(message.bytes.span.bytes)
    guard decoder.unknown.isEmpty else { return .failed("unknown \(decoder.unknown)") }
    switch decoded {
    case .connected: return .decoded("greeting")
    case .ping: return .decoded("ping")
    case .pong: return .decoded("pong")
    case .acknowledged(_, let isWanted): return .decoded(isWanted ? "grant" : "end")
    case .refused(let channel, let code, _):
      return .decoded("refusal \(code) of \(channel?.name ?? "something")")
    case .depth(let rows): return outcome("depth", rows.count)
    case .trades(let rows, _, _): return outcome("trades", rows.count)
    case .tickers(let rows): return outcome("tickers", rows.count)
    case .bookTickers(let rows): return outcome("book tickers", rows.count)
    case .fundings(let rows): return outcome("funding rates", rows.count)
    case .candles(let rows): return outcome("candles", rows.count)
    case .metadata: return .unused("metadata are read by REST")
    case .account: return .unused("private")
    case .other(let name): return .failed("unknown \(name)")
    }
  }

  private static func outcome(_ type: String, _ count: Int) -> RecordedOutcome {
    count > 0 ? .decoded(type) : .failed("no rows of \(type)")
  }

  /// One row, cut out of a message or an answer.
  private static func record(_ message: RecordedMessage) throws -> RecordedOutcome {
    var unknown: [String] = []
    var json = JSONReader(message.bytes.span.bytes)
    try readRow(message, &json, &unknown)
    try json.finish()
    return unknown.isEmpty ? .decoded("row of \(message.kind)") : .failed("unknown \(unknown)")
  }

  private static func readRow(
    _ message: RecordedMessage, _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) {
    switch message.kind {
    case "book": _ = try EdgeXWire.Depth(&json, isSnapshot: nil, &unknown)
    case "trade": _ = try EdgeXWire.Trade(&json, &unknown)
    case "bbo": _ = try EdgeXWire.BookTicker(&json, &unknown)
    case "ticker": _ = try EdgeXWire.Ticker(&json, &unknown)
    case "funding": _ = try EdgeXWire.Funding(&json, &unknown)
    case "kline": _ = try EdgeXWire.Candle(&json, &unknown)
    case "market" where message.text.contains(#""contractId""#): _ = try EdgeXContract(&json)
    case "market": _ = try EdgeXCoin(&json)
    default: unknown.append("kind \(message.kind)")
    }
  }

  private static func rest(_ message: RecordedMessage) throws -> RecordedOutcome {
    let answer = try EdgeXREST(message.bytes.span.bytes)
    if let failure = answer.failure {
      return message.kind == "error" ? .decoded("failure") : .failed(failure)
    }
    var unknown: [String] = []
    switch message.kind {
    case "time": _ = try answer.serverTime()
    case "market":
      let metadata = try answer.metadata(EdgeX.id)
      guard !metadata.markets.isEmpty, metadata.unreadable == withoutCoins(message) else {
        return .failed("contracts \(metadata.unreadable)")
      }
    case "book": _ = try answer.depth(&unknown)
    case "ticker": _ = try answer.tickers(&unknown)
    case "funding", "kline":
      guard try page(answer.data, message, &unknown) > 0 else { return .failed("no rows") }
    default: return .failed("no rule for REST \(message.kind)")
    }
    return unknown.isEmpty ? .decoded("answer of \(message.kind)") : .failed("unknown \(unknown)")
  }

  /// Contracts of an example of the documents whose coins it does not list.
  private static func withoutCoins(_ message: RecordedMessage) -> [String] {
    let data = (try? JSONTree(message.bytes))?["data"]
    let coins = data?["coinList"]?.elements.compactMap { $0["coinId"]?.text } ?? []
    let contracts = data?["contractList"]?.elements ?? []
    return contracts.filter { !coins.contains($0["baseCoinId"]?.text ?? "") }
      .compactMap { $0["contractName"]?.text }
  }

  /// The rows of `{"dataList":[…],"nextPageOffsetData":"…"}`, or of a bare list.
  private static func page(
    _ data: RawSpan, _ message: RecordedMessage, _ unknown: inout [String]
  ) throws(JSONError) -> Int {
    var json = JSONReader(data)
    var count = 0
    if try json.peek() == .array {
      try json.enterArray()
      while try json.nextElement() {
        try readRow(message, &json, &unknown)
        count += 1
      }
      return count
    }
    try json.enterObject()
    while let key = try json.nextKey() {
      guard key == "dataList" else {
        try json.skip()
        continue
      }
      try json.enterArray()
      while try json.nextElement() {
        try readRow(message, &json, &unknown)
        count += 1
      }
    }
    return count
  }
}
