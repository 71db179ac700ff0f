import PerpCore
import PerpVenue
import Testing

@testable import EdgeX

/// What rows about the account mean, in the shapes that were seen and those that may come.
@Suite struct EdgeXAccountRowsTests {
  private let contracts: EdgeXContracts

  init() throws {
    let text =
      #"{"global":{"nativeChainId":"0xd0f","chainId":"1","contractAddress":"#
      + #""0xe3d68a80358b3937e7ac18a1f7a8e5f730d87abd"},"coinList":["#
      + #"{"coinId":"1000","coinName":"USDC","resolution":"0xf4240"},"#
      + #"{"coinId":"1001","coinName":"BTC","resolution":null}],"contractList":["#
      + #"{"contractId":"30000001","baseCoinId":"1001","quoteCoinId":"1000","tickSize":"0.1","#
      + #""resolution":"10000000000","defaultTakerFeeRate":"0.00045","defaultMakerFeeRate":""}]}"#
    let fields = try JSONFields(Array(text.utf8).span.bytes)
    contracts = try #require(EdgeXContracts(fields, as: .v2))
  }

  private func row(_ members: [String: String]) throws -> JSONFields {
    let all = [
      "id": "790000000000000001", "contractId": "30000001", "side": "BUY", "type": "LIMIT",
      "price": "70000.5", "size": "0.020", "clientOrderId": "m-1",
      "timeInForce": "GOOD_TIL_CANCEL", "status": "OPEN", "cumFillSize": "0",
      "cumMatchSize": "0", "cumMatchValue": "0", "createdTime": "1795132800870",
      "updatedTime": "1795132800876",
    ].merging(members) { $1 }
    let text = all.filter { $0.value != "-" }.map { "\"\($0.key)\":\"\($0.value)\"" }
      .joined(separator: ",")
    return try JSONFields(Array("{\(text)}".utf8).span.bytes)
  }

  private func report(_ members: [String: String], wasOpen: Bool = false) throws -> OrderReport {
    try #require(
      OrderReport(
        edgeX: try row(members), contracts, .webSocket, wasOpen: wasOpen,
        at: Moment(monotonic: 1, wall: 2)))
  }

  @Test("contracts: chain and units in any digits, fees where one is missing")
  func metadata() throws {
    #expect(contracts.domain?.chainID.decimal == "3343" && contracts.coins["1000"] == "USDC")
    let row = try #require(contracts[EdgeXDesk.btc])
    #expect(row.scale?.resolution == 10_000_000_000 && row.scale?.quoteResolution == 1_000_000)
    #expect(row.scale?.feeRate == Decimal("0.001"))
    #expect(contracts["30000001"]?.number == 30_000_001)
  }

  @Test(
    "statuses",
    arguments: [
      ("PENDING", OrderReport.State.pending), ("UNTRIGGERED", .pending), ("OPEN", .working),
      ("CANCELING", .working), ("FILLED", .filled), ("UNKNOWN_ORDER_STATUS", .unrecognised),
    ])
  func statuses(text: String, state: OrderReport.State) throws {
    let report = try report(["status": text])
    #expect(report.state == state && report.venueTime == 1_795_132_800_876_000)
    #expect(report.terms?.size == Decimal("0.020") && report.name?.string == "m-1")
  }

  @Test("what is matched is filled once it is booked")
  func booking() throws {
    let value = "1400.01"
    let matched = ["status": "FILLED", "cumMatchSize": "0.02", "cumMatchValue": value]
    var report = try report(matched)
    #expect(report.state == .working && report.filled == .zero)
    report = try self.report(matched.merging(["cumFillSize": "0.01"]) { $1 })
    #expect(report.state == .working && report.filled == Decimal("0.01"))
    report = try self.report(matched.merging(["cumFillSize": "0.02"]) { $1 })
    #expect(report.state == .filled && report.averagePrice == Decimal("70000.5"))
    // As in the published event, which is cut short.
    report = try self.report(matched.merging(["cumFillSize": "-"]) { $1 })
    #expect(report.state == .filled && report.filled == Decimal("0.02"))
    let failed = ["cumFillSize": "0.01", "cumFailSize": "0.01"]
    report = try self.report(matched.merging(failed) { $1 })
    #expect(report.state == .cancelled && report.reason == "settlement_failed")
    // Of one that has ended all counts that was matched: its fills are asked for.
    report = try self.report([
      "status": "CANCELED", "cancelReason": "USER_CANCELED", "cumMatchSize": "0.01",
    ])
    #expect(report.state == .cancelled && report.filled == Decimal("0.01"))
  }

  @Test(
    "why orders are cancelled",
    arguments: [
      ("USER_CANCELED", "GOOD_TIL_CANCEL", OrderReport.State.cancelled, nil as String?),
      ("EXPIRE_CANCELED", "GOOD_TIL_CANCEL", .expired, nil),
      ("COULD_NOT_FILL", "POST_ONLY", .rejected, "post_only_cross"),
      ("COULD_NOT_FILL", "IMMEDIATE_OR_CANCEL", .cancelled, "could_not_fill"),
      ("MARGIN_NOT_ENOUGH", "GOOD_TIL_CANCEL", .rejected, "no_margin"),
      ("REDUCE_ONLY_CANCELED", "GOOD_TIL_CANCEL", .rejected, "reduce_only"),
      ("SYSTEM_LIMIT_EVICTED", "GOOD_TIL_CANCEL", .rejected, "system_limit_evicted"),
      ("LIQUIDATE_CANCELED", "GOOD_TIL_CANCEL", .cancelled, "liquidation"),
      ("UNKNOWN_ORDER_CANCEL_REASON", "GOOD_TIL_CANCEL", .cancelled, nil),
    ])
  func causes(
    code: String, timeInForce: String, state: OrderReport.State, reason: String?
  ) throws {
    let members = ["status": "CANCELED", "cancelReason": code, "timeInForce": timeInForce]
    let report = try report(members)
    #expect(report.state == state && report.reason == reason)
    #expect(report.venueCode == (code.hasPrefix("UNKNOWN") ? nil : code))
    // Who was in the book, for long, or was filled in part, was not rejected.
    guard state == .rejected else { return }
    #expect(try self.report(members, wasOpen: true).state == .cancelled)
    let late = ["updatedTime": "1795132802000"].merging(members) { $1 }
    #expect(try self.report(late).state == .cancelled)
    let partly = ["cumMatchSize": "0.01", "cumFillSize": "0.01"].merging(members) { $1 }
    #expect(try self.report(partly).state == .cancelled)
  }

  @Test("types and times in force come back as they were ordered")
  func terms() throws {
    let report = try report([
      "type": "STOP_LIMIT", "timeInForce": "FILL_OR_KILL", "triggerPrice": "69000.1",
    ])
    #expect(report.terms?.type == .stopLimit && report.terms?.timeInForce == .fok)
    #expect(report.terms?.stopPrice == Decimal("69000.1"))
    let market = try self.report(["type": "MARKET", "price": "0.00"])
    #expect(market.terms?.type == .market && market.terms?.price == nil)
    #expect(try self.report(["size": "-"]).terms == nil)
  }

  @Test("a fill has side and contract of its own, or those of its order; its value is exact")
  func fills() throws {
    let text =
      #"{"id":"790000000000000009","orderId":"790000000000000001","fillSize":"0.03","#
      + #""fillValue":"2100.0100","fillFee":"0.94","fillPrice":"70000.3","direction":"TAKER","#
      + #""matchTime":"1795132800252"}"#
    let fields = try JSONFields(Array(text.utf8).span.bytes)
    let id = try #require(ShortText("790000000000000001"))
    let now = Moment(monotonic: 1, wall: 2)
    #expect(FillReport(edgeX: fields, of: id, nil, contracts, .webSocket, at: now) == nil)
    let known = EdgeXAccountEvents.Known(symbol: EdgeXDesk.btc, side: .sell)
    let fill = try #require(
      FillReport(edgeX: fields, of: id, known, contracts, .webSocket, at: now))
    #expect(fill.side == .sell && fill.symbol == EdgeXDesk.btc && fill.liquidity == .taker)
    #expect(fill.price == Decimal("70000.333333333333333333") && fill.feeAsset == "USDC")
    #expect(fill.venueTime == 1_795_132_800_252_000)
  }

  @Test("positions and balances")
  func holdings() throws {
    let short = try JSONFields(
      Array(#"{"contractId":"30000001","openSize":"-0.02","openValue":"-1400.01"}"#.utf8)
        .span.bytes)
    let position = try #require(PositionReport(edgeX: short, contracts))
    #expect(position.size == Decimal("-0.02") && position.entryPrice == Decimal("70000.5"))
    let closed = try JSONFields(
      Array(#"{"contractId":"30000001","openSize":"0.000","openValue":"0"}"#.utf8).span.bytes)
    #expect(PositionReport(edgeX: closed, contracts)?.entryPrice == nil)
    let asset =
      #"{"coinId":"1000","totalEquity":"15.79","initialMarginRequirement":"1.9","#
      + #""orderFrozenAmount":"0.1","availableAmount":"13.8"}"#
    let balance = try #require(
      BalanceReport(edgeX: try JSONFields(Array(asset.utf8).span.bytes), contracts))
    #expect(balance.asset == "USDC" && balance.marginUsed == Decimal("2.0"))
  }

  @Test("an event is applied once, and versions that jump are no loss")
  func versions() {
    var events = EdgeXAccountEvents()
    let taken = [
      events.take(version: 907, isSnapshot: true), events.take(version: 916, isSnapshot: false),
      events.take(version: 916, isSnapshot: false), events.take(version: 908, isSnapshot: false),
      events.take(version: 5, isSnapshot: true), events.take(version: 6, isSnapshot: false),
    ]
    #expect(taken == [true, true, false, false, true, true])
  }
}
