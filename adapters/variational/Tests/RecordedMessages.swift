import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

/// Messages recorded from the venue, and those of unofficial documents, through the adapter. They
/// are not part of the repository: see the README of the fixtures.
@Suite(
  .enabled(
    if: TestFiles.messages("variational") != nil,
    "no recorded messages: PERPWIRE_MESSAGES names no directory with variational-messages.jsonl"))
struct RecordedMessages {
  @Test("every received message is decoded, or left alone for a reason")
  func outcomes() throws {
    try RecordedOutcome.table(of: "variational", RecordedOutcome.variational)
  }

  @Test("marks and indexes come out as events with their digits exact")
  func prices() throws {
    var count = 0
    for message in try RecordedMessage.all(of: "variational") where message.kind == "mark" {
      let pricing = try JSONTree(message.bytes)["pricing"]
      let channel = try JSONTree(message.bytes)["channel"]?.text ?? ""
      let isPerpetual = channel.hasPrefix("instrument_price:P-") && channel.hasSuffix("-3600")
      let ticker = channel.split(separator: "-").dropFirst().first.map(String.init) ?? ""
      var script = VariationalScript()
      script.start()
      script.answer(
        "/metadata/stats",
        Venue.statistics([Venue.listing(isPerpetual ? ticker : "BTC", mark: 1, at: 0)]))
      script.subscribe([Topic(.funding, Venue.symbol(isPerpetual ? ticker : "BTC"))])
      script.open()
      script.text(message.bytes)
      let events = script.events.compactMap { event -> Funding? in
        if case .funding(let funding) = event { funding } else { nil }
      }
      #expect(events.count == (isPerpetual ? 1 : 0), "\(channel)")
      #expect(!script.lines.contains { $0.hasPrefix("drift") || $0.hasPrefix("error") })
      guard let event = events.first else { continue }
      #expect(event.markPrice?.description == pricing?["price"]?.text)
      #expect(event.indexPrice?.description == pricing?["underlying_price"]?.text)
      count += 1
    }
    print("  \(count) prices through a live session")
  }

  @Test("recorded statistics make markets and quotes")
  func statistics() throws {
    for message in try RecordedMessage.all(of: "variational") where message.kind == "market" {
      var script = VariationalScript()
      script.start()
      script.answer("/metadata/stats", message.text)
      let perpetuals = script.session.feed.markets.map(\.market.symbol)
      #expect(!perpetuals.isEmpty)
      script.subscribe(perpetuals.map { Topic(.bbo, $0) })
      let quotes = script.lines.count { $0.hasPrefix("bbo ") }
      print("  \(perpetuals.count) markets, \(quotes) quotes of 1,000 USDC")
      #expect(!script.lines.contains { $0.hasPrefix("drift") || $0.hasPrefix("error") })
    }
  }

  @Test("what the recorded clients sent, ours sends in the same form")
  func requests() throws {
    for message in try RecordedMessage.all(of: "variational")
    where !message.isReceived && message.kind == "subscribe" {
      var script = VariationalScript.subscribed([Topic(.funding, Venue.btc)])
      script.open()
      let sent = try JSONTree(try #require(script.sent.first))
      let recorded = try JSONTree(message.bytes)
      #expect(Set(sent.members.keys) == Set(recorded.members.keys))
      if recorded["instruments"] == sent["instruments"] { return }
      print("  another selection: \(message.text)")
    }
  }
}

extension RecordedOutcome {
  static func variational(_ message: RecordedMessage) throws -> RecordedOutcome {
    var unknown: [String] = []
    let bytes = message.bytes.span.bytes
    switch message.kind {
    case "market":
      let statistics = try VariationalREST.statistics(bytes, &unknown)
      guard statistics.unreadable.isEmpty else { return .failed("\(statistics.unreadable)") }
      return decoded("statistics", unknown)
    case "quote":
      _ = try VariationalREST.quote(bytes, &unknown)
      return decoded("quote", unknown)
    case "clock", "time", "status":
      _ = try VariationalREST.serverTime(bytes)
      return .decoded("time")
    case "mark", "heartbeat", "error": return try text(message)
    case "market_status": return .unused("of a path that is not opened: futures do not close")
    case "funding": return .unused("the application's forecast, which is not asked for")
    case "auth", "order", "order_ack", "position", "account", "trade", "transfer", "config":
      return .unused("of an account")
    default: return .failed("no rule for \(message.kind)")
    }
  }

  private static func text(_ message: RecordedMessage) throws -> RecordedOutcome {
    var decoder = VariationalDecoder()
    switch try decoder.decode(message.bytes.span.bytes) {
    case .price: return decoded("price", decoder.unknown)
    case .heartbeat: return decoded("heartbeat", decoder.unknown)
    case .notice(let notice): return .decoded("\(notice)")
    case .other(let name): return .failed("unknown \(name)")
    }
  }

  private static func decoded(_ type: String, _ unknown: [String]) -> RecordedOutcome {
    unknown.isEmpty ? .decoded(type) : .failed("unknown \(unknown)")
  }
}
