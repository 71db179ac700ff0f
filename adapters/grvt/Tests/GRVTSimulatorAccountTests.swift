import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// The account's calls, as a stranger's client would see them.
@Suite struct GRVTSimulatorAccountTests {
  private static let account = GRVTSimulatedAccount.subAccount

  /// A client that is logged in, with an order or two.
  struct Client {
    var venue: SimulatorScript
    var fields: [HTTPField] = []
    private var number = 0

    init(_ settings: [String: String] = [:]) throws {
      venue = SimulatorScript(settings)
      venue.give(.start)
      venue.wait(seconds: 1)
      try logIn()
    }

    mutating func logIn(key: String = GRVTSimulatedAccount.apiKey) throws {
      let response = send("/auth/api_key/login", #"{"api_key":"\#(key)"}"#, fields: [])
      guard response.status == 200 else { return }
      let cookie = try #require(response.field("Set-Cookie").flatMap { GRVTCookie(setting: $0) })
      fields = [
        HTTPField("Cookie", "rm=true; gravity=\(cookie.value)"),
        HTTPField("X-Grvt-Account-Id", try #require(response.field("X-Grvt-Account-Id"))),
      ]
    }

    mutating func send(
      _ path: String, _ body: String, fields: [HTTPField]? = nil
    ) -> HTTPResponse {
      venue.skip()
      let fields = (fields ?? self.fields) + [HTTPField("Content-Type", "application/json")]
      venue.give(
        .request(
          RequestID(1), HTTPRequest(.post, path, fields: fields, body: Array(body.utf8))))
      let response = venue.actions.lazy.compactMap { action -> HTTPResponse? in
        guard case .respond(_, let response) = action else { return nil }
        return response
      }.first
      return response ?? HTTPResponse(status: 0)
    }

    mutating func call(_ route: String, _ members: String = "") throws -> JSONTree {
      let rest = members.isEmpty ? "" : ",\(members)"
      return try JSONTree(
        send("/full/\(route)", #"{"sub_account_id":"\#(account)"\#(rest)}"#).body)
    }

    /// The body of an order, signed.
    mutating func order(
      _ size: String = "0.01", at price: String = "70000.0", _ more: String = "",
      client: String? = nil, isMarket: Bool = false
    ) throws -> String {
      number += 1
      let market = venue.simulator.markets[0]
      let signer = GRVTSigner(
        key: try .init(hex: GRVTSimulatedAccount.privateKey), chainID: 325)
      let leg = try GRVTTypedData.Leg(
        asset: GRVTScaling.asset(market.instrument.hash!)!, baseDecimals: 9,
        size: Decimal(size)!, price: isMarket ? nil : Decimal(price)!, isBuying: true)
      let signature = signer.sign(
        .order(
          GRVTTypedData.Order(
            subAccount: UInt64(account)!, isMarket: isMarket, timeInForce: .goodTillTime,
            isPostOnly: false, isReduceOnly: false, legs: [leg],
            validity: .init(
              nonce: UInt32(number), expiration: (venue.now.wall + 600_000_000) * 1_000))))
      var writer = GRVTWriter(.full)
      signature.write(to: &writer)
      return #"{"sub_account_id":"\#(account)","is_market":\#(isMarket),"#
        + #""time_in_force":"GOOD_TILL_TIME","post_only":false,"reduce_only":false,"#
        + #""legs":[{"instrument":"\#(market.name.string)","size":"\#(size)","#
        + #""limit_price":\#(isMarket ? "null" : #""\#(price)""#),"is_buying_asset":true}],"#
        + #"\#(writer.text.string.drop { $0 == "," }),"#
        + #""metadata":{"client_order_id":"\#(client ?? "\(number)")"\#(more)}}"#
    }

    mutating func place(
      _ size: String = "0.01", at price: String = "70000.0", client: String? = nil,
      isMarket: Bool = false
    ) throws -> JSONTree {
      let order = try order(size, at: price, client: client, isMarket: isMarket)
      return try JSONTree(send("/full/v1/create_order", #"{"order":\#(order)}"#).body)
    }
  }

  private static func code(_ tree: JSONTree) -> String? {
    if case .number(let text)? = tree["code"] { text } else { nil }
  }

  @Test("login: cookie, header and body; another key is refused")
  func login() throws {
    var client = try Client(["rates": "none"])
    let good = client.send(
      "/auth/api_key/login", #"{"api_key":"\#(GRVTSimulatedAccount.apiKey)"}"#, fields: [])
    #expect(good.field("Set-Cookie")?.contains("; Expires=Sat, 21 Nov 2026 00:00:04 GMT;") == true)
    #expect(try JSONTree(good.body)["sub_account_id"]?.text == Self.account)
    let bad = client.send("/auth/api_key/login", #"{"api_key":"x"}"#, fields: [])
    #expect(bad.status == 401 && bad.field("Set-Cookie") == nil)
    #expect(client.send("/auth/api_key/login", "{}", fields: []).status == 401)
  }

  @Test("login by wallet: a signature, five minutes at most, each nonce once")
  func wallet() throws {
    var client = try Client(["rates": "none"])
    let key = GRVTSimulatedAccount.privateKey
    func status(
      _ nonce: UInt32, ahead seconds: Int64, key: String = key, changing old: String = "",
      to new: String = ""
    ) throws -> Int {
      let signer = GRVTSigner(key: try .init(hex: key), chainID: 325)
      let expiration = (client.venue.now.wall + seconds * 1_000_000) * 1_000
      var writer = GRVTWriter(.full)
      signer.sign(
        .walletLogin(signer: signer.address, .init(nonce: nonce, expiration: expiration))
      ).write(to: &writer)
      let signature = writer.text.string.drop { $0 == "," }.replacing(old, with: new)
      return client.send(
        "/auth/wallet/login", #"{"address":"\#(signer.address.hex)",\#(signature)}"#, fields: []
      ).status
    }
    #expect(try status(7, ahead: 300) == 200)
    #expect(try status(7, ahead: 299) == 401)
    #expect(try status(8, ahead: 301) == 400 && status(8, ahead: 0) == 401)
    #expect(try status(8, ahead: 60, changing: #""nonce":8"#, to: #""nonce":9"#) == 401)
    #expect(try status(8, ahead: 60, key: String(repeating: "3", count: 64)) == 401)
    #expect(try status(8, ahead: 60) == 200)
  }

  @Test("a receipt has no id; the order has, and repeats what was asked for")
  func receipt() throws {
    var client = try Client()
    let receipt = try #require(try client.place("0.010", at: "70000")["result"])
    #expect(receipt["order_id"]?.text == "0x00")
    #expect(receipt["state"]?["status"]?.text == "PENDING")
    #expect(receipt["legs"]?.elements[0]["limit_price"]?.text == "70000.0")
    #expect(receipt["metadata"]?["trigger"]?["trigger_type"]?.text == "UNSPECIFIED")
    var order = try #require(try client.call("v1/order", #""client_order_id":"1""#)["result"])
    #expect(order["state"]?["status"]?.text == "PENDING", "the speed bump")
    client.venue.wait(milliseconds: 30)
    order = try #require(try client.call("v1/order", #""client_order_id":"1""#)["result"])
    let id = try #require(order["order_id"]?.text)
    #expect(id.count == 34 && order["state"]?["status"]?.text == "OPEN")
    #expect(try client.call("v1/order", #""order_id":"\#(id)""#)["result"] == order)
    #expect(try client.call("v1/open_orders")["result"]?.elements == [order])
    #expect(Self.code(try client.call("v1/order", #""order_id":"0x77""#)) == "1004")
    #expect(Self.code(try client.call("v1/order")) == "3021")
  }

  @Test("what is wrong with a request is told by its code")
  func refusals() throws {
    var client = try Client(["rates": "none"])
    func create(_ old: String, _ new: String) throws -> String? {
      let order = try client.order(client: "5").replacing(old, with: new)
      return Self.code(
        try JSONTree(client.send("/full/v1/create_order", #"{"order":\#(order)}"#).body))
    }
    for (old, new, code) in [
      ("GOOD_TILL_TIME", "ALL_OR_NONE", "2030"), ("GOOD_TILL_TIME", "RETAIL_PRICE", "2030"),
      (#""limit_price":"70000.0""#, #""limit_price":"0""#, "2021"),
      (#""is_market":false"#, #""is_market":true"#, "2020"),
      (#"{"client_order_id":"5"}"#, "{}", "2011"),
      (#""legs":[{"#, #""order_id":"0x12","legs":[{"#, "2010"),
      (#""legs":[{"#, #""state":{},"legs":[{"#, "2050"),
      (#""legs":[{"#, #""legs":[],"x":[{"#, "2040"),
      (
        #""client_order_id":"5""#,
        #""client_order_id":"5","trigger":{"trigger_type":"STOP_LOSS","#
          + #""tpsl":{"trigger_by":"LAST","trigger_price":"1","close_position":false}}"#, "2111"
      ),
    ] { #expect(try create(old, new) == code, "\(new)") }
    #expect(client.venue.simulator.exchange.orders.isEmpty)
    #expect(try client.place(client: "9")["result"] != nil)
    #expect(Self.code(try client.place(client: "9")) == "2012")
    let foreign = client.send("/full/v1/positions", #"{"sub_account_id":"12"}"#)
    #expect(Self.code(try JSONTree(foreign.body)) == "1001" && foreign.status == 403)
    #expect(client.send("/full/v1/positions", #"{"sub_account_id":"x"}"#).status == 400)
    #expect(client.send("/full/v1/positions", "[").status == 400)
    #expect(client.send("/full/v1/positions", "{}", fields: []).status == 401)
    let lite = client.send("/lite/v1/positions", "{}", fields: [])
    #expect(try JSONTree(lite.body)["c"] == .number("1000"))
  }

  @Test("the same twice is one order")
  func duplicate() throws {
    var client = try Client()
    let body = #"{"order":\#(try client.order())}"#
    for _ in 1...2 { #expect(client.send("/full/v1/create_order", body).status == 200) }
    #expect(client.venue.simulator.exchange.orders.count == 1)
  }

  @Test("a cancel that comes first waits for its order; unknown ones are acknowledged")
  func cancelFirst() throws {
    var client = try Client()
    let ack = try client.call("v1/cancel_order", #""client_order_id":"1","time_to_live_ms":"1250""#)
    #expect(ack["result"]?["ack"] == .bool(true))
    client.venue.wait(milliseconds: 1_150)
    _ = try client.place()
    #expect(client.venue.simulator.exchange.orders[1]?.status == .cancelled)
    _ = try client.call("v1/cancel_order", #""client_order_id":"2","time_to_live_ms":"1250""#)
    client.venue.wait(milliseconds: 1_250)
    _ = try client.place()
    client.venue.wait(milliseconds: 100)
    #expect(client.venue.simulator.exchange.orders[2]?.status == .open)
    #expect(try client.call("v1/cancel_order", #""order_id":"0x99""#)["result"] != nil)
    let far = try client.call("v1/cancel_order", #""client_order_id":"2","time_to_live_ms":"5001""#)
    #expect(Self.code(far) == "2301")
    #expect(Self.code(try client.call("v1/cancel_order")) == "3021")
    #expect(try client.call("v1/cancel_all_orders", #""base":["ETH"]"#)["result"] != nil)
    #expect(client.venue.simulator.exchange.orders[2]?.status == .open)
    _ = try client.call("v1/cancel_all_orders")
    #expect(client.venue.simulator.exchange.orders[2]?.status == .cancelled)
  }

  @Test("many at once: cancels first, then orders")
  func bulk() throws {
    var client = try Client()
    _ = try client.place(client: "1")
    client.venue.wait(milliseconds: 100)
    let orders = try [client.order(client: "1"), client.order(client: "2")]
    let answer = try client.call(
      "v2/bulk_orders",
      #""orders":[\#(orders.joined(separator: ","))],"client_order_i_ds":["1"],"order_i_ds":[]"#)
    #expect(answer["orders"]?.elements.count == 2)
    #expect(answer["cancel_acks"]?.elements.count == 1)
    client.venue.wait(milliseconds: 100)
    let states = (1...3).map { client.venue.simulator.exchange.orders[$0]?.status }
    #expect(states == [.cancelled, .open, .open])
    let both = try client.call(
      "v2/bulk_orders", #""orders":[],"client_order_i_ds":["1"],"order_i_ds":["0x1"]"#)
    #expect(Self.code(both) == "2233")
    #expect(Self.code(try client.call("v1/bulk_orders")) == "1004")
  }

  @Test("cancel on disconnect: whole seconds, put off by less than one")
  func countdown() throws {
    var client = try Client()
    _ = try client.place()
    client.venue.wait(milliseconds: 100)
    _ = try client.call("v1/cancel_on_disconnect", #""countdown_time":"2900""#)
    client.venue.wait(milliseconds: 1_900)
    #expect(client.venue.simulator.exchange.orders[1]?.status == .open)
    client.venue.wait(milliseconds: 200)
    #expect(client.venue.simulator.exchange.orders[1]?.status == .cancelled)
    let order = try client.call("v1/order", #""client_order_id":"1""#)["result"]
    #expect(
      order?["state"]?["reject_reason"]?.text == "CLIENT_CANCEL_ON_DISCONNECT_TRIGGERED")
    let far = try client.call("v1/cancel_on_disconnect", #""countdown_time":300001"#)
    #expect(Self.code(far) == "6000")
  }

  @Test("an order ends when its signature does")
  func expiry() throws {
    var client = try Client()
    _ = try client.place()
    client.venue.wait(seconds: 601)
    let order = try client.call("v1/order", #""client_order_id":"1""#)["result"]
    #expect(order?["state"]?["status"]?.text == "CANCELLED")
    #expect(order?["state"]?["reject_reason"]?.text == "EXPIRED")
  }

  @Test("histories come in pages, newest first, and end with an empty cursor")
  func pages() throws {
    var client = try Client(["rates": "none"])
    for _ in 1...5 {
      _ = try client.place(isMarket: true)
      client.venue.wait(seconds: 1)
    }
    for route in ["order_history", "fill_history"] {
      let all = try #require(try client.call("v1/\(route)")["result"]?.elements)
      #expect(all.count >= 5)
      var (found, cursor): ([JSONTree], String) = ([], "")
      repeat {
        let page = try client.call("v1/\(route)", #""limit":2,"cursor":"\#(cursor)""#)
        let rows = try #require(page["result"]?.elements)
        #expect(rows.count == 2 || page["next"]?.text == "")
        found += rows
        cursor = try #require(page["next"]?.text)
      } while !cursor.isEmpty && found.count < 100
      #expect(found == all)
      let key = route == "order_history" ? "state" : "event_time"
      let time = all[1][key]?["update_time"]?.text ?? all[1][key]?.text
      let later = try client.call("v1/\(route)", #""start_time":"\#(try #require(time))""#)
      #expect(later["result"]?.elements == Array(all.prefix(2)))
    }
    #expect(Self.code(try client.call("v1/fill_history", #""limit":1001"#)) == "3011")
    let position = try #require(try client.call("v1/positions")["result"]?.elements.first)
    #expect(position["size"]?.text == "0.05" && position["leverage"]?.text == "50.0")
    let summary = try #require(try client.call("v1/account_summary")["result"])
    #expect(summary["positions"]?.elements.count == 1)
  }

  @Test("more calls than the tier has are refused")
  func rates() throws {
    var client = try Client()
    let statuses = (1...6).map { _ in
      client.send("/full/v1/positions", #"{"sub_account_id":"\#(Self.account)"}"#).status
    }
    #expect(statuses == [200, 200, 200, 200, 200, 429])
  }

  @Test("calls by JSON-RPC have the answer of REST inside; private streams want a login")
  func socket() throws {
    var client = try Client()
    client.venue.connect(1)
    client.venue.subscribe("v1.order", Self.account)
    #expect(try client.venue.answers().last?["error"]?["code"] == .number("1000"))
    client.venue.give(
      .upgrade(ConnectionID(2), HTTPRequest(.get, "/ws/full", fields: client.fields)))
    client.venue.skip()
    for stream in ["v1.order", "v1.state", "v1.fill", "v1.position"] {
      client.venue.subscribe(stream, Self.account, on: 2)
    }
    #expect(try client.venue.answers(2).map { $0["result"]?["stream"]?.text }.count == 4)
    client.venue.skip()
    let order = try client.order(isMarket: true)
    client.venue.text(
      #"{"jsonrpc":"2.0","method":"v1/create_order","params":{"order":\#(order)},"id":7}"#, 2)
    let answer = try #require(try client.venue.answers(2).first)
    #expect(answer["id"] == .number("7") && answer["method"]?.text == "v1/create_order")
    #expect(answer["result"]?["result"]?["order_id"]?.text == "0x00")
    client.venue.wait(seconds: 1)
    let data = try client.venue.data(2)
    let streams = data.compactMap { $0["stream"]?.text }
    #expect(Set(streams) == ["v1.order", "v1.state", "v1.fill", "v1.position"])
    let last = data.last { $0["stream"]?.text == "v1.order" }
    #expect(last?["feed"]?["state"]?["status"]?.text == "FILLED")
    for stream in Set(streams) {
      let numbers = data.filter { $0["stream"]?.text == stream }.compactMap(\.number)
      #expect(numbers == Array(numbers[0]..<(numbers[0] + Int64(numbers.count))))
    }
    client.venue.skip()
    client.venue.subscribe("v1.position", "\(Self.account)-BTC_USDT_Perp", on: 2)
    #expect(try client.venue.data(2).map(\.number) == [0])
    for (selector, code) in [
      ("x", "3020"), ("12", "1001"), ("\(Self.account)-NO_USDT_Perp", "3000"),
    ] {
      client.venue.subscribe("v1.fill", selector, on: 2)
      #expect(try client.venue.answers(2).last?["error"]?["code"] == .number(code))
    }
  }

  @Test("a bad list of faults is said, and none happens")
  func badFaults() {
    var venue = SimulatorScript(["order_faults": "lose-everything"])
    venue.give(.start)
    #expect(
      venue.actions.contains {
        if case .note(let note) = $0 { note.text.contains("no kind") } else { false }
      })
  }

  @Test("dates of cookies, there and back")
  func dates() {
    for (seconds, text) in [
      (1_792_567_680, "Wed, 21 Oct 2026 07:28:00 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (1_798_761_599, "Thu, 31 Dec 2026 23:59:59 GMT"),
    ] as [(Int64, String)] {
      #expect(GRVTCookie.text(seconds) == text)
      #expect(GRVTCookie.seconds(text) == seconds)
    }
    #expect(GRVTCookie.seconds("Wed, 21-Oct-2026 07:28:00 GMT") == 1_792_567_680)
    for text in ["", "tomorrow", "Wed, 32 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:28 GMT"] {
      #expect(GRVTCookie.seconds(text) == nil)
    }
    #expect(GRVTCookie(setting: "other=1; Path=/") == nil)
    let cookie = GRVTCookie(setting: "gravity=a.b; Path=/; expires=Wed, 21 Oct 2026 07:28:00 GMT")
    #expect(cookie == GRVTCookie(value: "a.b", expires: 1_792_567_680))
  }
}
