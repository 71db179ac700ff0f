import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// Messages recorded from the venue, and those of its documents, through the adapter. They are
/// not part of the repository: see the README of the fixtures.
@Suite(
  .enabled(
    if: TestFiles.messages("grvt") != nil,
    "no recorded messages: PERPWIRE_MESSAGES names no directory with grvt-messages.jsonl"))
struct RecordedMessages {
  private static func all() throws -> [RecordedMessage] { try RecordedMessage.all(of: "grvt") }

  @Test("every received message is decoded, or left alone for a reason")
  func outcomes() throws { try RecordedOutcome.table(of: "grvt", RecordedOutcome.grvt) }

  /// The names of all perpetuals that occur.
  private static func instruments(_ messages: [RecordedMessage]) -> [String] {
    var names: Set<String> = []
    for message in messages where message.isReceived {
      let tree = try? JSONTree(message.bytes)
      let feed = tree?["feed"] ?? tree?["f"]
      if let name = (feed?["instrument"] ?? feed?["i"])?.text { names.insert(name) }
    }
    return names.filter { $0.hasSuffix("_USDT_Perp") }.sorted()
  }

  /// A connected session that wants every channel of every market that occurs.
  private static func listening(_ bases: [String]) throws -> GRVTScript {
    var script = GRVTScript()
    script.start()
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets(bases))
    let symbols = try bases.map { try #require(Symbol("\($0)-USDT-PERP")) }
    script.subscribe(symbols.flatMap { symbol in Channel.allCases.map { Topic($0, symbol) } })
    script.open()
    script.acknowledge(first: 1)
    script.skip()
    return script
  }

  @Test("each message of market data comes out of a live session as an event, digits exact")
  func events() throws {
    let messages = try Self.all()
    let bases = Self.instruments(messages).map { String($0.prefix { $0 != "_" }) }
    var counts: [String: Int] = [:]
    for message in messages where message.isReceived && RecordedOutcome.isStream(message) {
      var script = try Self.listening(bases)
      guard case .decoded(let type) = try RecordedOutcome.grvt(message),
        let tree = try? JSONTree(message.bytes), let feed = tree["feed"] ?? tree["f"]
      else { continue }
      script.now.wall = Self.time(of: feed) ?? script.now.wall
      script.text(message.text)
      let events = script.events.filter { if case .stream = $0 { false } else { true } }
      let text = "\(message.text.prefix(200))"
      #expect(!script.did().contains { $0.hasPrefix("error") }, "\(text)")
      switch events.first {
      case .bbo(let bbo):
        #expect(bbo.bid?.price == (feed["best_bid_price"] ?? feed["bb"])?.decimal)
        #expect(bbo.ask?.size == (feed["best_ask_size"] ?? feed["ba1"])?.decimal)
        counts["bbo", default: 0] += 1
      case .trade(let trade):
        #expect(trade.price == (feed["price"] ?? feed["p"])?.decimal)
        #expect(trade.tradeID?.string == (feed["trade_id"] ?? feed["ti"])?.text)
        counts["trade", default: 0] += 1
      case .book(let book):
        #expect(book.bids.count == (feed["bids"] ?? feed["b"])?.elements.count)
        counts["book", default: 0] += 1
      case .funding(let funding):
        let percent = (feed["funding_rate"] ?? feed["fr2"])?.decimal
        #expect(funding.rate?.multiplied(by: Decimal(100)) == percent)
        counts["funding", default: 0] += 1
      default:
        // Changes without their state, and candles, which are of no channel.
        #expect(
          type.hasPrefix("candle") || tree["stream"]?.text?.hasSuffix(".d") == true, "\(text)")
      }
    }
    print("  through a live session: \(counts.sorted { $0.key < $1.key })")
    for kind in ["bbo", "trade", "book", "funding"] { #expect(counts[kind] ?? 0 > 0) }
  }

  private static func time(of feed: JSONTree) -> Int64? {
    (feed["event_time"] ?? feed["et"])?.text.flatMap { Int64($0) }.map { $0 / 1_000 }
  }

  @Test("what the recorded clients sent, ours sends in the same form")
  func requests() throws {
    var count = 0
    for message in try Self.all() where !message.isReceived && message.kind == "subscribe" {
      let tree = try JSONTree(message.bytes)
      guard tree["jsonrpc"] != nil else { continue }
      let request = try GRVTRequest(message.bytes.span.bytes)
      #expect(try JSONTree(request.text(.full)) == tree)
      count += 1
    }
    #expect(count > 0)
  }

  @Test("what is asked by REST is asked in the words of the documents")
  func questions() throws {
    let messages = try Self.all().filter { !$0.isReceived }
    let options = SessionOptions(endpoints: Endpoints(ws: "", rest: ""), seed: 1)
    let dialect = GRVTDialect(options: options)
    var unknown: [String] = []
    let rows = Array(Venue.markets.utf8)
    let market = try GRVTREST.instruments(rows.span.bytes, venue: GRVT.id, &unknown)
      .markets.first?.market
    for (question, kind) in [(Question.markets, "market"), (.probe(0), "book")] {
      let request = try #require(dialect.request(question, of: kind == "book" ? market : nil))
      let body = try JSONTree(request.body)
      #expect(
        messages.contains { $0.kind == kind && (try? JSONTree($0.bytes)) == body }, "\(kind)")
    }
  }
}
