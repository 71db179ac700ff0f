import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// What is read of orders, fills, positions and balances.
@Suite struct GRVTAccountRowsTests {
  static let now = Moment(monotonic: 0, wall: 1_795_132_800_000_000)

  static func instruments() throws -> GRVTInstruments {
    var (instruments, unknown) = (GRVTInstruments(), [String]())
    let rows = Array(Venue.markets(["BTC", "ETH"]).utf8)
    for row in try GRVTREST.list(GRVTInstrument.self, rows.span.bytes, &unknown) {
      instruments.add(row)
    }
    return instruments
  }

  private static func order(
    _ status: String, _ reason: String = "UNSPECIFIED", traded: String = "0.0",
    id: String = "0x0101010503a1b2c30000000066000001", trigger: String = "",
    instrument: String = "BTC_USDT_Perp"
  ) throws -> OrderReport? {
    let text =
      #"{"order_id":"\#(id)","sub_account_id":"8312704915528173","is_market":false,"#
      + #""time_in_force":"GOOD_TILL_TIME","post_only":true,"reduce_only":false,"legs":[{"#
      + #""instrument":"\#(instrument)","size":"0.02","limit_price":"91000.0","#
      + #""is_buying_asset":false}],"metadata":{"client_order_id":"9300000000000000001""#
      + #"\#(trigger)},"#
      + #""state":{"status":"\#(status)","reject_reason":"\#(reason)","book_size":["0.01"],"#
      + #""traded_size":["\#(traded)"],"update_time":"1795132800000000123","#
      + #""avg_fill_price":["90999.5"]}}"#
    let fields = try #require(GRVTFields(Array(text.utf8), .full))
    return OrderReport(grvt: fields, try instruments(), .webSocket, at: now)
  }

  @Test(
    "the states of an order",
    arguments: [
      ("PENDING", "UNSPECIFIED", OrderReport.State.pending, nil),
      ("OPEN", "UNSPECIFIED", .working, nil), ("FILLED", "UNSPECIFIED", .filled, nil),
      ("REJECTED", "FAIL_POST_ONLY", .rejected, "post_only_cross"),
      ("REJECTED", "BELOW_MARGIN", .rejected, "no_margin"),
      ("CANCELLED", "CLIENT_CANCEL", .cancelled, "client_cancel"),
      ("CANCELLED", "EXPIRED", .expired, "expired"),
      ("CANCELLED", "FAIL_REDUCE_ONLY", .cancelled, "reduce_only"),
      ("PAUSED", "UNSPECIFIED", .unrecognised, nil),
    ] as [(String, String, OrderReport.State, String?)])
  func states(
    status: String, reason: String, state: OrderReport.State, word: String?
  ) throws {
    let report = try #require(try Self.order(status, reason, traded: "0.01"))
    #expect(report.state == state && report.reason == word)
    #expect(report.filled == Decimal("0.01") && report.averagePrice == Decimal("90999.5"))
    #expect(report.terms?.price == Decimal("91000") && report.terms?.side == .sell)
    #expect(report.terms?.isPostOnly == true && report.venueTime == 1_795_132_800_000_000)
  }

  @Test("an order that is on its way has no id; one of an unknown market is none")
  func ids() throws {
    for id in ["0x00", "0x0", "0", ""] {
      #expect(try #require(try Self.order("PENDING", id: id)).orderID == nil)
    }
    #expect(try Self.order("OPEN")?.orderID?.string == "0x0101010503a1b2c30000000066000001")
    #expect(try Self.order("OPEN", instrument: "XYZ_USDT_Perp") == nil)
  }

  @Test("triggers")
  func triggers() throws {
    let trigger =
      #","trigger":{"trigger_type":"STOP_LOSS","tpsl":{"trigger_by":"MARK","#
      + #""trigger_price":"88000.0","close_position":false}}"#
    let report = try #require(try Self.order("PENDING", trigger: trigger))
    #expect(report.terms?.type == .stopLimit && report.terms?.stopPrice == Decimal("88000"))
    let none = #","trigger":{"trigger_type":"UNSPECIFIED","tpsl":{"trigger_price":"0.0"}}"#
    #expect(try Self.order("OPEN", trigger: none)?.terms?.type == .limit)
  }

  @Test("numbers of private streams: states, changes, repeats, holes")
  func streams() throws {
    var streams = GRVTPrivateStreams()
    #expect(try streams.take("v1.position", number: 0), "a state before the answer")
    for name in GRVTPrivateStreams.names {
      #expect(!streams.areGranted)
      try streams.acknowledge(name, first: 18)
    }
    #expect(streams.areGranted)
    #expect(try streams.take("v1.order", number: 18) && streams.take("v1.order", number: 19))
    #expect(try !streams.take("v1.order", number: 19), "the same again")
    #expect(try streams.take("v1.position", number: 0))
    for number in [Int64(21), 17] {
      #expect(throws: TradingProblem.self) { try streams.take("v1.order", number: number) }
    }
    #expect(throws: TradingProblem.self) { try streams.take("v1.fill", number: 19) }
    var early = GRVTPrivateStreams()
    #expect(try early.take("v1.fill", number: 5))
    try early.acknowledge("v1.fill", first: 5)
    #expect(try early.take("v1.fill", number: 6), "the answer may come after the first data")
  }

  @Test("the other hosts follow from that of market data, or are given")
  func hosts() {
    func hosts(_ environment: Int, _ settings: [String: String] = [:]) -> GRVTHosts {
      GRVTHosts(
        TradingOptions(
          account: AccountID(GRVT.id, "a"),
          endpoints: GRVT.descriptor.environments[environment].endpoints, seed: 1,
          settings: settings, secrets: [:], now: Self.now))
    }
    let production = hosts(0)
    #expect(production.trading == "https://trades.grvt.io" && production.chainID == 325)
    #expect(production.login == "https://edge.grvt.io")
    #expect(production.stream == "wss://trades.grvt.io")
    let testnet = hosts(1, ["login_rest": "https://x.y"])
    #expect(testnet.trading == "https://trades.testnet.grvt.io" && testnet.chainID == 326)
    #expect(testnet.login == "https://x.y" && hosts(1, ["chain_id": "327"]).chainID == 327)
  }

  @Test("an answer proves what it says, and no more")
  func answers() throws {
    var dialect = try TradingRun.dialect(now: Self.now)
    let place = OrderRequest.place(ClientOrderID("a")!)
    let cancel = OrderRequest.cancel(.own(ClientOrderID("a")!))
    func answer(_ request: OrderRequest, _ status: Int, _ body: String) -> OrderAnswer {
      var facts: [TradingFact] = []
      return dialect.read(
        HTTPResponse(status: status, body: Array(body.utf8)), answering: request, at: Self.now,
        into: &facts)
    }
    let receipt = #"{"result":{"order_id":"0x00","state":{"status":"PENDING"}}}"#
    #expect(answer(place, 200, receipt) == .accepted(orderID: nil))
    for (status, body) in [
      (200, "{}"), (200, "<html>"), (500, #"{"code":2062}"#), (503, #"{"code":1009}"#), (502, ""),
    ] { #expect(answer(place, status, body) == .none) }
    #expect(answer(place, 400, #"{"code":2012,"message":"m"}"#) == .duplicate)
    for (status, body, code, isDefinite) in [
      (400, #"{"code":2062}"#, "2062", true), (400, #"{"code":2084}"#, "2084", false),
      (404, #"{"code":1004}"#, "1004", false), (403, "<html>", "HTTP_403", false),
    ] {
      guard case .refused(code, _, _) = answer(place, status, body) else {
        Issue.record("\(body)")
        continue
      }
      #expect(GRVTTrading.definiteRefusals.contains(code) == isDefinite)
    }
    #expect(answer(cancel, 200, #"{"result":{"ack":"true"}}"#) == .accepted(orderID: nil))
    #expect(answer(cancel, 200, #"{"result":{"ack":true}}"#) == .accepted(orderID: nil))
    #expect(answer(cancel, 200, #"{"result":{"ack":false}}"#) == .none)
    #expect(answer(cancel, 404, #"{"code":1004}"#) == .notFound)
  }
}

extension RecordedMessages {
  @Test("each message about an account is read, digits exact")
  func account() throws {
    let instruments = try GRVTAccountRowsTests.instruments()
    let now = GRVTAccountRowsTests.now
    var counts: [String: Int] = [:]
    for message in try RecordedMessage.all(of: "grvt") where message.isReceived {
      guard let tree = try? JSONTree(message.bytes) else { continue }
      let encoding: GRVTEncoding = tree["r"] ?? tree["f"] == nil ? .full : .lite
      let isFull = encoding == .full
      let fields = try #require(GRVTFields(message.bytes, encoding))
      let object = fields.object(.feed) ?? fields.object(.result)
      let rows = fields.objects(.result) ?? [object].compactMap { $0 }
      for row in rows {
        let size: Decimal?
        switch message.kind {
        case "order":
          let report = OrderReport(grvt: row, instruments, .webSocket, at: now)
          size = try #require(report, "\(message.text)").terms?.size
          #expect(size == row.objects(.legs)?.first?.decimal(.size) && size != nil)
        case "fill":
          let report = FillReport(grvt: row, instruments, .webSocket, at: now)
          #expect(try #require(report, "\(message.text)").size == row.decimal(.size))
        case "position":
          let report = PositionReport(grvt: row, instruments)
          #expect(try #require(report, "\(message.text)").size == row.decimal(.size))
        case "account" where row.text(.totalEquity) != nil && row.text(.subAccount) != nil:
          let report = BalanceReport(grvt: row)
          #expect(try #require(report).total == row.decimal(.totalEquity))
        default: continue
        }
        counts["\(message.kind) \(isFull ? "full" : "lite")", default: 0] += 1
      }
    }
    print("  about accounts: \(counts.sorted { $0.key < $1.key })")
    for kind in ["order full", "order lite", "fill full", "position full", "account lite"] {
      #expect(counts[kind] ?? 0 > 0, "\(kind)")
    }
  }
}
