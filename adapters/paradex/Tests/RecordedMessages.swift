import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// Messages recorded from the venue, and those of its documents, through the adapter. They are
/// not part of the repository: see the README of the fixtures.
@Suite(
  .enabled(
    if: TestFiles.messages("paradex") != nil,
    "no recorded messages: PERPWIRE_MESSAGES names no directory with paradex-messages.jsonl"))
struct RecordedMessages {
  private static func all() throws -> [RecordedMessage] { try RecordedMessage.all(of: "paradex") }

  @Test("every received message is decoded, or left alone for a reason")
  func outcomes() throws { try RecordedOutcome.table(of: "paradex", RecordedOutcome.paradex) }

  /// A connected session that wants every channel of every market that occurs.
  private static func listening(_ messages: [RecordedMessage]) -> ParadexScript {
    var names: Set<String> = ["BTC-USD-PERP"]
    for message in messages where message.isReceived && !message.isREST {
      if message.isBinary {
        if case .text(let name?)? = (try? FrameFields(message.bytes))?.values["market"] {
          names.insert(name)
        }
      } else if let data = (try? JSONTree(message.bytes))?["params"]?["data"],
        let name = (data["market"] ?? data["symbol"])?.text
      {
        names.insert(name)
      }
    }
    let symbols = names.sorted().compactMap { Symbol($0) }
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets(symbols.map(\.description)))
    script.subscribe(symbols.flatMap { symbol in Channel.allCases.map { Topic($0, symbol) } })
    script.open()
    script.acknowledge()
    script.skip()
    return script
  }

  @Test("each recorded quote comes out as one event with its digits exact")
  func quotes() throws {
    let messages = try Self.all()
    var script = Self.listening(messages)
    var count = 0
    for message in messages where message.isBinary && message.kind == "bbo" {
      if let received = message.received { script.now.wall = received }
      let seen = script.events.count
      script.binary(message.bytes)
      let quotes = script.events[seen...].compactMap { event -> BBO? in
        if case .bbo(let bbo) = event { bbo } else { nil }
      }
      try #require(quotes.count == 1)
      // The integers straight from the bytes: price and size of bid and ask.
      let mantissas = (0..<4).map { Self.integer(message.bytes, at: 24 + $0 * 8) }
      let sides = [quotes[0].bid, quotes[0].ask].flatMap { [$0?.price, $0?.size] }
      #expect(sides == mantissas.map { Decimal(mantissa: $0, scale: 8) })
      #expect(quotes[0].flags == [])
      #expect(quotes[0].source == .bbo)
      count += 1
    }
    print("  \(count) quotes through a live session")
    #expect(count > 0)
    #expect(!script.did().contains { $0.hasPrefix("drift") || $0.hasPrefix("error") })
  }

  private static func integer(_ bytes: [UInt8], at offset: Int) -> Int128 {
    var value: UInt64 = 0
    for byte in bytes[offset..<offset + 8].reversed() { value = value << 8 | UInt64(byte) }
    return Int128(Int64(bitPattern: value))
  }

  @Test("the recorded deltas apply to their snapshot without a gap")
  func book() throws {
    let messages = try Self.all()
    var script = Self.listening(messages)
    let frames = messages.filter { $0.isBinary && $0.kind == "book" }
    var model = BookBuilder()
    for message in frames {
      if let received = message.received { script.now.wall = received }
      script.binary(message.bytes)
      let fields = try FrameFields(message.bytes)
      guard case .text("ETH-USD-PERP")? = fields.values["market"],
        case .integer(let sequence?) = fields.values["seq"],
        case .code(let kind?) = fields.values["pkgType"], let bids = fields.bids,
        let asks = fields.asks
      else { continue }
      let number = Int64(sequence)
      let verdict =
        kind == 0
        ? model.snapshot(bids: bids, asks: asks, sequence: number)
        : model.delta(bids: bids, asks: asks, sequence: number, previous: number - 1)
      #expect(verdict == .applied)
    }
    let lines = script.did()
    #expect(lines.contains("stream book ETH live first_data"))
    #expect(!lines.contains { $0.contains(" gap ") || $0.contains("lagging") })
    let eth = try #require(script.session.feed.markets.first { $0.market.symbol == Venue.eth })
    #expect(eth.builder.book == model.book)
    #expect(eth.builder.sequence == model.sequence)
    #expect(eth.builder.book.flags == [])
    #expect(eth.builder.book.bids.count > 10)
    print(
      "  \(frames.count) book frames; ETH stands at \(model.sequence ?? 0) with "
        + "\(model.book.bids.count) bids, \(model.book.asks.count) asks")
  }

  @Test("market data in JSON come out as events too")
  func texts() throws {
    let messages = try Self.all()
    var count = 0
    for message in messages where message.isReceived && !message.isREST && !message.isBinary {
      var script = Self.listening(messages)
      guard case .decoded(let type)? = try? RecordedOutcome.paradex(message) else {
        script.text(message.text)
        let expected =
          message.isReal || message.text.contains(#""channel""#) ? [] : ["drift  channel"]
        #expect(script.did() == expected, "\(message.text.prefix(200))")
        continue
      }
      script.text(message.text)
      let lines = script.did()
      let word = ["bbo": "bbo ", "trade": "trade ", "book": "book ", "summary": "funding "][type]
      #expect(lines.contains { $0.hasPrefix(word ?? "?") } == (word != nil), "\(lines)")
      #expect(!lines.contains { $0.hasPrefix("drift") || $0.hasPrefix("error decode") })
      if word != nil { count += 1 }
    }
    print("  \(count) messages of market data in JSON through a live session")
  }

  @Test("what the recorded clients sent, ours sends in the same form")
  func requests() throws {
    for message in try Self.all() where !message.isReceived && message.kind == "subscribe" {
      let tree = try JSONTree(message.bytes)
      guard let channel = tree["params"]?["channel"]?.text else { continue }
      let ours = try JSONTree(ParadexChannel.request(1, "subscribe", channel))
      #expect(Set(ours.members.keys) == Set(tree.members.keys))
      for key in ["jsonrpc", "method", "params"] { #expect(ours[key] == tree[key]) }
    }
  }
}

extension RecordedMessages {
  /// Key by key: what our simulator tells of accounts looks like what the venue and its documents
  /// tell.
  @Test("the simulator's private rows have the keys and the kinds of values of the recorded ones")
  func privateShapes() throws {
    var script = try SimulatorScript.loggedIn(["private": "json"])
    try script.place("BUY", "0.5", client: "x")
    let own = try [
      "order": "/orders-history", "fill": "/fills", "balance": "/balance",
      "position": "/positions",
    ].mapValues { try script.request(.get, $0).tree?["results"]?.elements.first }
    let account = try script.request(.get, "/account").tree
    var count = 0
    for message in try Self.all() where message.isReceived && !message.isBinary {
      let tree = try JSONTree(message.bytes)
      guard
        let ours = message.kind == "account" ? account : own[message.kind].flatMap({ $0 })
      else { continue }
      let row =
        tree["params"]?["data"] ?? tree["results"]?.elements.first ?? tree["result"]?["order"]
        ?? tree
      // Only an order that is being modified has it.
      for (key, value) in row.members where key != "request_info" {
        #expect(
          ours[key].map(Self.kind) == Self.kind(value), "\(message.kind): \(key)")
      }
      count += 1
    }
    #expect(count >= 8)
  }

  private static func kind(_ tree: JSONTree) -> String {
    switch tree {
    case .object: "object"
    case .array: "array"
    case .text: "text"
    case .number: "number"
    case .bool: "bool"
    case .null: "null"
    }
  }
}
