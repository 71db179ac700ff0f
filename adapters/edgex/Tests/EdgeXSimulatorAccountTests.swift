import PerpCore
import PerpCrypto
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim

/// The account's side of the simulated venue, as a stranger's client would see it.
@Suite struct EdgeXSimulatorAccountTests {
  private static func started(_ settings: [String: String] = [:]) -> SimulatorScript {
    var venue = SimulatorScript(settings, symbols: [EdgeXDesk.btc, EdgeXDesk.eth])
    venue.start()
    return venue
  }

  private static func standing(_ settings: [String: String] = [:]) -> SimulatorScript {
    var venue = started(settings)
    venue.connectPrivate(1)
    return venue
  }

  @Test("headers are missed in the order the venue looks for them")
  func headers() throws {
    var venue = Self.started()
    let path = "/api/v2/private/account/getAccountAsset?accountId=640318275904416871"
    var request = HTTPRequest(.get, path)
    for name in ["Api-Key", "Passphrase", "Signature", "Timestamp"] {
      let answer = venue.answer(request)
      #expect(answer?["code"]?.text == "GATEWAY_HEADER_REQUIRED")
      #expect(answer?["msg"]?.text == "header required : 'X-edgeX-\(name)'")
      let value = name == "Api-Key" ? EdgeXSimulatedAccount.apiKey : "1"
      request.fields.append(HTTPField("x-edgex-\(name.lowercased())", value))
    }
    let last = venue.answer(request)
    #expect(last?["code"]?.text == "INVALID_PASSPHRASE")
  }

  @Test("the private stream: greeting, snapshot, then events whose version rises by one")
  func stream() throws {
    var venue = Self.standing()
    var messages = try venue.messages(1)
    #expect(messages.map { $0["type"]?.text } == ["connected", "trade-event"])
    #expect(messages[0]["time"]?.text == "1795132803000")
    let content = try #require(messages[1]["content"])
    #expect(content["event"]?.text == "Snapshot" && content["accountId"]?.integer == 0)
    #expect(content["data"]?["account"]?.elements.first?["status"]?.text == "NORMAL")
    #expect(content["data"]?["collateral"]?.elements.first?["amount"]?.decimal == Decimal(100_000))
    #expect(content["data"]?["order"]?.elements == [])
    let first = try #require(content["version"]?.integer)
    venue.skip()
    let answer = venue.place("m-1", at: venue.price(.buy, 103))
    #expect(answer?["code"]?.text == "SUCCESS" && answer?["data"]?["orderId"]?.text != nil)
    messages = try venue.messages(1)
    let versions = messages.compactMap { $0["content"]?["version"]?.integer }
    #expect(versions == Array(first + 1..<first + 1 + Int128(versions.count)))
    let orders = try venue.orders(1)
    #expect(orders.first?["status"]?.text == "PENDING")
    // Once when it is matched, and once when it is booked.
    let ends = orders.filter { $0["status"]?.text == "FILLED" }
    #expect(ends.count == 2)
    #expect(ends.map { $0["cumMatchSize"]?.decimal } == [Decimal("0.01"), Decimal("0.01")])
    #expect(ends.last?["cumFillSize"]?.decimal == Decimal("0.01"))
    #expect(ends.first?["cumFillSize"]?.decimal ?? Decimal(1) < Decimal("0.01")!)
    let last = try #require(messages.last?["content"]?["data"])
    #expect(last["orderFillTransaction"]?.elements.count == 1)
    #expect(last["position"]?.elements.first?["openSize"]?.decimal == Decimal("0.01"))
  }

  @Test("what collateral and positions come to, by either way")
  func identities() throws {
    var venue = Self.standing()
    _ = venue.place("m-1", at: venue.price(.buy, 103))
    let asset = try #require(venue.look("account/getAccountAsset")?["data"])
    let collateral = try #require(asset["collateralList"]?.elements.first)
    let position = try #require(asset["positionList"]?.elements.first)
    let value = try #require(position["openValue"]?.decimal)
    let legacy = try #require(collateral["legacyAmount"]?.decimal)
    #expect(collateral["amount"]?.decimal?.adding(value) == legacy)
    #expect(legacy < Decimal(100_000))
    let fee = try #require(collateral["cumFillFeeAmount"]?.decimal)
    #expect(Decimal(100_000).adding(fee) == legacy)
    #expect(collateral["cumPositionBuyAmount"]?.decimal == value.negated)
    let stream = try #require(
      venue.messages(1).last?["content"]?["data"]?["collateral"]?.elements.first)
    #expect(stream["amount"] == collateral["amount"])
    let fills = try #require(
      venue.look("order/getHistoryOrderFillTransactionPage", ["size": "100"])?["data"])
    #expect(fills["dataList"]?.elements.count == position["longTermCount"]?.integer.map { Int($0) })
    #expect(fills["nextPageOffsetData"]?.text == "")
    let trade = fills["dataList"]?.elements.first?["matchFillId"]?.text
    #expect(venue.simulator.markets[0].recentMatches.contains { $0.trade.id?.string == trade })
  }

  @Test("a connection that cannot prove itself is refused", arguments: [0, 1, 2, 3])
  func refused(place: Int) {
    var venue = Self.started()
    venue.connectPrivate(1) { $0.fields[place].value += "1" }
    guard case .refuse(ConnectionID(1), let response)? = venue.actions.last else {
      Issue.record("it is granted")
      return
    }
    #expect(response.status == 401)
  }

  @Test("a browser's proof is in its subprotocol, and the account may be named twice")
  func subprotocol() throws {
    var venue = Self.started()
    venue.connectPrivate(1) { request in
      let fields = request.fields.map { ($0.name, $0.value) }
      request.fields = [
        HTTPField("Sec-WebSocket-Protocol", EdgeXAuthentication.subprotocol(fields))
      ]
      request.url += "&accountId=\(EdgeXSimulatedAccount.accountID)"
    }
    #expect(venue.actions.first == .accept(ConnectionID(1)))
  }

  @Test("who never answers a ping is inactive after a minute; nobody subscribes here")
  func heartbeat() throws {
    var venue = Self.standing()
    venue.subscribe("depth.30000001.15", 1)
    #expect(try venue.messages(1).last?["type"]?.text == "error")
    venue.wait(seconds: 30)
    #expect(try venue.messages(1).count { $0["type"]?.text == "ping" } == 3)
    venue.wait(seconds: 32)
    #expect(
      venue.actions.contains(.close(ConnectionID(1), code: 1000, reason: "session is inactive")))
  }

  @Test("cancels answer for each order; the envelope is always a success")
  func cancels() throws {
    var venue = Self.standing()
    let resting = venue.place("a", at: venue.price(.buy, 90))?["data"]?["orderId"]?.text ?? ""
    let filled = venue.place("b", at: venue.price(.buy, 103))?["data"]?["orderId"]?.text ?? ""
    func cancelled(_ ids: [String]) -> [String: JSONTree] {
      let list = EdgeXSignedBody.array(ids.map { .text($0) })
      let answer = venue.post("order/cancelOrderById", ["orderIdList": list])
      #expect(answer?["code"]?.text == "SUCCESS")
      return answer?["data"]?["cancelResultMap"]?.members ?? [:]
    }
    let first = cancelled([resting, filled, "7"])
    #expect(
      first == [
        resting: .text("SUCCESS"), filled: .text("FAILED_ORDER_FILLED"),
        "7": .text("FAILED_ORDER_NOT_FOUND"),
      ])
    let second = cancelled([resting])
    #expect(second == [resting: .text("SUCCESS_ORDER_CANCELED")])
    let names = EdgeXSignedBody.array([.text("a"), .text("nobody")])
    let byName = venue.post("order/cancelOrderByClientOrderId", ["clientOrderIdList": names])
    #expect(
      byName?["data"]?["cancelResultMap"]?.members == [
        "a": .text("SUCCESS_ORDER_CANCELED"), "nobody": .text("FAILED_ORDER_NOT_FOUND"),
      ])
    #expect(try venue.orders(1).last?["cancelReason"]?.text == "USER_CANCELED")
  }

  @Test("cancel all heeds its filters")
  func cancelAll() throws {
    var venue = Self.standing()
    for name in ["a", "b"] { _ = venue.place(name, at: venue.price(.buy, 90)) }
    func cancelAll(_ filters: [String: EdgeXSignedBody]) -> Int? {
      venue.post("order/cancelAllOrder", filters)?["data"]?["cancelResultMap"]?.members.count
    }
    let counts = [
      cancelAll(["filterContractIdList": .array([.text("30000002")])]),
      cancelAll(["filterOrderTypeList": .array([.text("MARKET")])]),
      cancelAll(["filterOrderStatusList": .array([.text("UNTRIGGERED")])]),
      cancelAll(["filterContractIdList": .array([]), "filterCoinIdList": .array([])]),
    ]
    #expect(counts == [0, 0, 0, 2])
    #expect(
      try venue.orders(1).suffix(2).map { $0["cancelReason"]?.text } == [
        "USER_CANCELED", "USER_CANCELED",
      ])
  }

  @Test("orders are found by id and by name, also after their end; pages end")
  func questions() throws {
    var venue = Self.started(["page_rows": "2"])
    for name in ["a", "b", "c"] { _ = venue.place(name, at: venue.price(.buy, 90)) }
    _ = venue.place("d", at: venue.price(.buy, 103))
    func names(_ data: JSONTree?) -> [String?] {
      (data?["dataList"] ?? data)?.elements.map { $0["clientOrderId"]?.text } ?? []
    }
    var page = venue.look("order/getActiveOrderPage", ["size": "200"])?["data"]
    #expect(names(page) == ["c", "b"])
    let offset = page?["nextPageOffsetData"]?.text ?? ""
    page = venue.look("order/getActiveOrderPage", ["size": "200", "offsetData": offset])?["data"]
    #expect(names(page) == ["a"] && page?["nextPageOffsetData"]?.text == "")
    let history = venue.look("order/getHistoryOrderPage", ["size": "100"])?["data"]
    #expect(names(history) == ["d"])
    let future = ["size": "100", "filterStartCreatedTimeInclusive": "1795132803001"]
    let none = venue.look("order/getHistoryOrderPage", future)?["data"]
    #expect(none?["dataList"]?.elements == [])
    let found = venue.look("order/getOrderByClientOrderId", ["clientOrderIdList": "d,a,x"])
    #expect(names(found?["data"]) == ["d", "a"])
    let id = found?["data"]?.elements.first?["id"]?.text ?? ""
    let one = venue.look("order/getOrderById", ["orderIdList": id])?["data"]
    #expect(names(one) == ["d"])
    let tooLarge = venue.look("order/getActiveOrderPage", ["size": "201"])
    #expect(tooLarge?["code"]?.text == "INVALID_GET_PAGE_SIZE")
  }

  @Test("leverage is refused while there are orders; the largest size is told")
  func leverage() throws {
    var venue = Self.started()
    func set(_ leverage: String) -> String? {
      venue.post(
        "account/updateLeverageSetting",
        ["contractId": .text("30000001"), "leverage": .text(leverage)])?["code"]?.text
    }
    let codes = [set("5"), set("1000")]
    #expect(codes == ["SUCCESS", "INVALID_PARAMETER"])
    _ = venue.place("a", at: venue.price(.buy, 90))
    let refused = set("6")
    #expect(refused == "ACCOUNT_UPDATE_LEVERAGE_FAILED_ORDER")
    let most = venue.post(
      "order/getMaxCreateOrderSize",
      ["contractId": .text("30000001"), "price": .text("100000")])
    #expect(most?["data"]?["maxBuySize"]?.decimal ?? .zero > Decimal(4))
  }

  @Test("asked too often, the venue says so")
  func limit() {
    var venue = Self.started(["requests_per_second": "2"])
    func ask() -> String? { venue.look("account/getAccountById")?["code"]?.text }
    let codes = [ask(), ask(), ask()]
    #expect(codes == ["SUCCESS", "SUCCESS", "RATE_LIMIT_EXCEEDED"])
    venue.wait(seconds: 1)
    let later = ask()
    #expect(later == "SUCCESS")
  }
}

extension SimulatorScript {
  mutating func connectPrivate(_ id: Int, _ change: (inout HTTPRequest) -> Void = { _ in }) {
    let account = EdgeXSimulatedAccount.accountID
    let time = UInt64(now.wall / 1_000)
    let fields = Self.authentication.socketHeaders(
      timestamp: time, account: UInt64(account) ?? 0)
    var request = HTTPRequest(
      .get, "/api/v1/private/ws?accountId=\(account)&timestamp=\(time)",
      fields: fields.map { HTTPField($0.name, $0.value) })
    change(&request)
    give(.upgrade(ConnectionID(id), request))
  }

  /// So many percent of the best price of the side, on the grid.
  func price(_ side: Side, _ percent: Int) -> Decimal {
    let book = simulator.markets[0].market
    let best = (side == .buy ? book.bestBid : book.bestAsk)?.price ?? .zero
    let price = best.multiplied(by: Decimal(mantissa: Int128(percent), scale: 2)) ?? .zero
    let tick = book.profile.tick
    return price.divided(by: tick, scale: 0)?.multiplied(by: tick) ?? .zero
  }

  /// A limit order for a hundredth, signed by the account's key.
  mutating func place(_ name: String, at price: Decimal) -> JSONTree? {
    guard let key = try? Secp256k1.PrivateKey(hex: EdgeXSimulatedAccount.privateKey),
      let contract = EthereumAddress("0x" + EdgeXSimulatorSignature.contract),
      let scale = simulator.scale,
      let terms = try? EdgeXSignedTerms(price: price, size: Decimal("0.01")!, scale)
    else { return nil }
    let signer = EdgeXSigner(
      key: key, chainID: UInt256(EdgeXSimulatorSignature.chainID), contract: contract)
    let expiry = EdgeXSignedExpiry(order: nil, now: UInt64(now.wall / 1_000))
    let nonce = EdgeXSigningNonce.nonce(clientOrderID: name)
    let signature = signer.sign(
      .limitOrder(
        .init(
          nonce: nonce, signer: signer.address,
          account: UInt64(EdgeXSimulatedAccount.accountID) ?? 0, expiration: expiry.order / 1_000,
          amounts: terms.amounts, contract: 30_000_001, collateral: 1_000, isBuy: true)))
    return post(
      "order/createOrder",
      [
        "contractId": .text("30000001"), "side": .text("BUY"), "type": .text("LIMIT"),
        "timeInForce": .text("GOOD_TIL_CANCEL"), "price": .text(price.description),
        "size": .text("0.01"), "clientOrderId": .text(name), "reduceOnly": .flag(false),
        "expireTime": .text("\(expiry.order)"), "l2Nonce": .text("\(nonce)"),
        "l2Value": .text(terms.value.description), "l2Size": .text("0.01"),
        "l2LimitFee": .text(terms.fee.description), "l2ExpireTime": .text("\(expiry.signature)"),
        "l2Signature": .text(signature.hex),
      ])
  }

  /// Rows of orders that the connection was told of.
  func orders(_ id: Int) throws -> [JSONTree] {
    try messages(id).flatMap { $0["content"]?["data"]?["order"]?.elements ?? [] }
  }
}

extension EdgeXSimulator {
  /// As "Get Meta Data" tells it of the first contract.
  fileprivate var scale: EdgeXSignedTerms.Scale? {
    var text = ByteBuffer(capacity: 4_096)
    metadata.write(to: &text, as: .v2)
    return (try? JSONFields(text.array.span.bytes)).flatMap { EdgeXContracts($0, as: .v2) }?[
      "30000001"]?
      .scale
  }
}
