import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Lighter

/// Messages recorded from the venue, and those of its documents, through the adapter. They are not
/// part of the repository.
@Suite(
  .enabled(
    if: TestFiles.messages("lighter") != nil,
    "no recorded messages: PERPWIRE_MESSAGES names no directory with lighter-messages.jsonl"))
struct RecordedMessages {
  /// Of private channels, and of what is not asked for.
  private static let unused = [
    "account", "candle", "fill", "height", "nonce", "order", "position", "tx_ack",
  ]

  @Test("every received message is decoded, or left alone for a reason")
  func outcomes() throws {
    try RecordedOutcome.table(of: "lighter") { message in
      let tree = try JSONTree(message.bytes)
      if Self.unused.contains(message.kind) { return .unused("private, or not asked for") }
      let bytes = message.bytes
      // Answers by REST have no type.
      if tree["type"] == nil, tree["error"] == nil {
        return try Self.answer(tree, bytes)
      }
      var decoder = LighterDecoder()
      let decoded = try decoder.decode(bytes.span.bytes)
      guard decoder.unknown.isEmpty else { return .failed("unknown \(decoder.unknown)") }
      switch decoded {
      case .ticker: return .decoded("ticker")
      case .book: return .decoded("book")
      case .trades: return .decoded("trades")
      case .stats: return .decoded("stats")
      case .unsubscribed: return .decoded("unsubscribed")
      case .connected, .ping, .pong, .shutdown: return .decoded("control")
      case .refused(let code, _): return .decoded("refusal \(code)")
      case .other(let name) where name.hasPrefix("spot_"): return .unused("spot")
      case .other(let name): return .failed("unknown \(name)")
      }
    }
  }

  private static func answer(_ tree: JSONTree, _ bytes: [UInt8]) throws -> RecordedOutcome {
    if tree["order_books"] != nil || tree["order_book_details"] != nil {
      let markets = try LighterMarkets(bytes.span.bytes, venue: Lighter.id)
      guard markets.unreadable.isEmpty, !markets.listed.isEmpty else {
        return .failed("rows \(markets.unreadable)")
      }
      return .decoded("markets")
    }
    if tree["code"] != nil, tree["message"] != nil { return .decoded("refusal") }
    if tree["bids"] != nil || tree["trades"] != nil || tree["funding_rates"] != nil
      || tree["asset_details"] != nil
    {
      return .unused("REST answer that is not asked for")
    }
    return .failed("no rule for \(tree.members.keys.sorted())")
  }

  @Test("the recorded changes of a book apply to their snapshot without a gap")
  func books() throws {
    var script = LighterScript()
    script.start()
    let row = { (symbol: String, id: Int) in
      #"{"symbol":"\#(symbol)","market_id":\#(id),"market_type":"perp","status":"active","#
        + #""supported_size_decimals":1,"supported_price_decimals":5}"#
    }
    script.answer(
      "/api/v1/orderBookDetails?filter=perp",
      #"{"code":200,"order_book_details":[\#(row("CRV", 36))]}"#)
    let crv = try #require(Symbol("CRV-USDC-PERP"))
    script.subscribe([Topic(.book, crv)])
    script.open()
    script.text(Venue.connected)
    script.skip()
    let messages = try RecordedMessage.all(of: "lighter").filter {
      $0.isReceived && $0.text.contains(#""order_book:36""#)
    }
    for message in messages { script.text(message.bytes) }
    let lines = script.did()
    #expect(lines.count { $0.hasPrefix("book CRV") } == messages.count)
    #expect(!lines.contains { $0.contains("gap") || $0.contains("error") })
    print("  \(messages.count) book messages of CRV, \(lines.count) events")
  }
}
