import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

/// The simulator's wire, as a stranger's client would see it.
@Suite struct EdgeXSimulatorTests {
  private static func connected(_ settings: [String: String] = [:]) -> SimulatorScript {
    var venue = SimulatorScript(settings)
    venue.start()
    venue.connect(1)
    return venue
  }

  @Test("greeting, grant, whole book, changes; the end of it is granted as well")
  func life() throws {
    var venue = Self.connected()
    #expect(try venue.messages(1).map { $0["type"]?.text } == ["connected"])
    #expect(try venue.messages(1)[0]["sid"]?.text?.count == 36)
    venue.skip()
    venue.subscribe("depth.30000001.15", 1)
    var messages = try venue.messages(1)
    #expect(messages.map { $0["type"]?.text } == ["subscribed", "quote-event"])
    #expect(
      messages[0]["request"]?.text == #"{"type":"subscribe","channel":"depth.30000001.15"}"#)
    #expect(messages[1]["content"]?["dataType"]?.text == "Snapshot")
    venue.wait(seconds: 1)
    messages = try venue.events(1)
    #expect(messages.count > 5)
    #expect(messages.dropFirst().allSatisfy { $0["content"]?["dataType"]?.text == "changed" })
    venue.text(#"{"type":"unsubscribe","channel":"depth.30000001.15"}"#, 1)
    venue.skip()
    venue.wait(seconds: 1)
    #expect(try venue.messages(1).isEmpty)
  }

  @Test("a book of 15 levels stays one, and each change starts as it should", arguments: [0, 1])
  func windows(step: Int64) throws {
    var venue = Self.connected(step == 0 ? [:] : ["depth_versions": "next"])
    venue.subscribe("depth.30000001.15", 1)
    venue.wait(seconds: 30)
    var book = Book()
    var last: Int128?
    var removed = 0
    for event in try venue.events(1) {
      let row = try #require(event["content"]?["data"]?.elements.first)
      let start = row["startVersion"]?.decimal?.mantissa
      if let last { #expect(start == last + Int128(step)) }
      last = row["endVersion"]?.decimal?.mantissa
      for (key, side) in [("bids", Side.buy), ("asks", .sell)] {
        for level in row[key]?.elements ?? [] {
          let price = try #require(level["price"]?.decimal)
          let size = try #require(level["size"]?.decimal)
          if size.isZero { removed += 1 }
          let isKnown = book.set(Level(price: price, size: size), on: side)
          #expect(isKnown)
        }
      }
      #expect(book.bids.count == 15 && book.asks.count == 15)
    }
    let truth = try #require(venue.simulator.book(of: Venue.btc))
    #expect(Array(truth.bids.prefix(15)) == book.bids && last == Int128(truth.sequence))
    #expect(removed > 50)
  }

  @Test("whole books in mid-stream, where the setting asks for them")
  func unaskedSnapshots() throws {
    var venue = Self.connected(["snapshot_every": "3"])
    venue.subscribe("depth.30000001.200", 1)
    venue.wait(seconds: 10)
    let kinds = try venue.events(1).map { $0["content"]?["dataType"]?.text }
    #expect(kinds.count { $0 == "Snapshot" } == 4)
  }

  @Test("pings on round times; who never pongs is inactive after a minute")
  func heartbeat() throws {
    var venue = Self.connected()
    venue.connect(2)
    venue.wait(seconds: 7)
    #expect(try venue.messages(1).last?["time"]?.text == "1795132810000")
    for _ in 0..<5 {
      venue.wait(seconds: 10)
      venue.text(#"{"type":"pong","time":"1"}"#, 2)
    }
    let pings = try venue.messages(1).filter { $0["type"]?.text == "ping" }
    #expect(
      pings.compactMap { $0["time"]?.decimal }.allSatisfy { $0.isMultiple(of: Decimal(10_000)) })
    venue.skip()
    venue.wait(seconds: 4)
    #expect(
      venue.actions.contains(.close(ConnectionID(1), code: 1000, reason: "session is inactive")))
    #expect(
      !venue.actions.contains { if case .close(ConnectionID(2), _, _) = $0 { true } else { false } }
    )
    venue.text(#"{"type":"ping","time":"77"}"#, 2)
    #expect(try venue.messages(2).last == JSONTree(Array(#"{"type":"pong","time":"77"}"#.utf8)))
  }

  @Test("refusals say of what and why; five of them end the connection")
  func refusals() throws {
    var venue = Self.connected()
    for text in [
      #"{"type":"subscribe","channel":"depth.99.15"}"#,
      #"{"type":"subscribe","channel":"trade.30000001"}"#, #"{"type":"dance"}"#, "hello",
    ] { venue.text(text, 1) }
    let errors = try venue.messages(1).dropFirst()
    #expect(
      errors.map { $0["content"]?["code"]?.text } == [
        "GATEWAY_INVALID_CONTRACT_ID", "GATEWAY_ERROR", "INVALID_MESSAGE_TYPE",
        "UNRECOGNIZED_MESSAGE",
      ])
    #expect(errors.first?["content"]?["msg"]?.text == "invalid contractId : 99")
    #expect(errors.last?["request"]?.text == "hello")
    venue.text("again", 1)
    #expect(venue.actions.contains { if case .close = $0 { true } else { false } })
    venue.skip()
    venue.text(#"{"type":"ping","time":"1"}"#, 1)
    #expect(venue.actions.isEmpty)
  }

  @Test("all tickers come with the next second, then every second, each row whole")
  func tickers() throws {
    var venue = Self.connected()
    venue.subscribe("ticker.all.1s", 1)
    venue.subscribe("bookTicker.all.1s", 1)
    #expect(try venue.events(1).isEmpty)
    venue.wait(seconds: 3)
    let events = try venue.events(1)
    #expect(
      events.map { $0["content"]?["dataType"]?.text } == [
        "Snapshot", "Snapshot", "changed", "changed", "changed", "changed",
      ])
    let count = venue.simulator.markets.count
    #expect(events.allSatisfy { $0["content"]?["data"]?.elements.count == count })
  }

  @Test("the quote of one contract is told once and never again, as on the venue")
  func silentQuotes() throws {
    var venue = Self.connected()
    venue.subscribe("bookTicker.30000001", 1)
    venue.wait(seconds: 5)
    #expect(try venue.events(1).count == 1)
  }

  @Test("a new subscriber is told of recent trades, newest first, and then of each once")
  func trades() throws {
    var venue = Self.connected()
    venue.subscribe("trades.30000001", 1)
    venue.wait(seconds: 20)
    let live = try venue.events(1).dropFirst().flatMap {
      $0["content"]?["data"]?.elements.compactMap { $0["ticketId"]?.text } ?? []
    }
    #expect(live.count > 20 && Set(live).count == live.count)
    venue.connect(2)
    venue.subscribe("trades.30000001", 2)
    let replay = try venue.events(2)[0]["content"]?["data"]?.elements.compactMap {
      $0["ticketId"]?.text
    }
    #expect(replay == Array(live.suffix(50).reversed()))
  }

  @Test("REST: one envelope for everything, lists empty rather than errors")
  func rest() throws {
    var venue = Self.connected()
    venue.wait(seconds: 70)
    func data(_ path: String) -> JSONTree? {
      let answer = venue.get("/api/v2/public/\(path)")
      #expect(answer?["code"]?.text == "SUCCESS" && answer?["traceId"]?.text?.count == 32)
      return answer?["data"]
    }
    let time = data("meta/getServerTime")
    #expect(time?["timeMillis"]?.text == "1795132873000")
    #expect(data("meta/getMetaData")?["contractList"]?.elements.count ?? 0 >= 8)
    #expect(data("quote/getTicker?contractId=30000001")?.elements.count == 1)
    for path in ["quote/getTicker", "quote/getTicker?contractId=30000001,30000002"] {
      #expect(data(path)?.elements.count == 0)
    }
    let depth = data("quote/getDepth?contractId=30000001&level=200")?.elements.first
    #expect(depth?["bids"]?.elements.count ?? 0 > 15)
    #expect(data("quote/getDepth?contractId=7&level=15")?.elements.count == 0)
    #expect(
      data("funding/getLatestFundingRate?contractId=30000001,30000002,5")?.elements.count == 2)
    let candles = data(
      "quote/getKline?contractId=30000001&klineType=MINUTE_1&priceType=LAST_PRICE&size=10")
    #expect(candles?["dataList"]?.elements.count == 2)
    #expect(data("quote/getMarketStatus?contractId=30000001")?["status"] == .bool(true))
    let refusal = venue.get("/api/v2/private/account/getAccountAsset")
    #expect(refusal?["code"]?.text == "GATEWAY_HEADER_REQUIRED")
    let none = venue.get("/api/v2/public/quote/getTickerSummary")
    #expect(none == nil)
  }

  @Test("the private channel wants headers; other paths do not exist")
  func otherPaths() {
    var venue = Self.connected()
    venue.skip()
    venue.connect(2, "/api/v1/private/ws?accountId=1&timestamp=2")
    venue.connect(3, "/ws")
    let statuses = venue.actions.compactMap { action -> Int? in
      if case .refuse(_, let response) = action { response.status } else { nil }
    }
    #expect(statuses == [400, 404])
  }

  @Test("the legacy system: ids, names, words and paths of its own")
  func legacy() throws {
    var venue = Self.connected(["generation": "v1"])
    venue.subscribe("depth.30000001.15", 1)
    #expect(try venue.messages(1).last?["content"]?["code"]?.text == "INVALID_CONTRACT_ID")
    #expect(try venue.messages(1).last?["request"] == nil)
    venue.subscribe("depth.10000001.15", 1)
    let row = try venue.events(1)[0]["content"]?["data"]?.elements[0]
    #expect(row?["depthType"]?.text == "Snapshot" && row?["contractName"]?.text == "BTCUSD")
    let none = venue.get("/api/v2/public/meta/getMetaData")
    #expect(none == nil)
    let data = venue.get("/api/v1/public/meta/getMetaData")?["data"]
    #expect(data?["contractList"]?.elements[0]["starkExResolution"] != nil)
  }

  @Test("the same seed says the same, another seed something else")
  func repeatable() {
    func frames(_ seed: UInt64) -> [SimulatorAction] {
      var venue = SimulatorScript(seed: seed)
      venue.start()
      venue.connect(1)
      for channel in ["depth.30000001.200", "trades.30000002", "ticker.all"] {
        venue.subscribe(channel, 1)
      }
      venue.wait(seconds: 3)
      return venue.actions
    }
    #expect(frames(1) == frames(1))
    #expect(frames(1) != frames(2))
  }

  @Test("the legacy session gets on with the legacy venue under faults")
  func legacyRun() throws {
    let symbols = ["BTC-USD-PERP", "ETH-USD-PERP"].compactMap { Symbol($0) }
    var run = try FaultRun(
      .edgeX, "drop@5s+20s%1,abort@30s", symbols: symbols, settings: ["generation": "v1"])
    run.run(to: 60)
    #expect(run.isAllLive && run.isSound && run.oracle.booksCompared > 300)
  }
}
