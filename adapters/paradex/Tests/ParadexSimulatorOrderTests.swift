import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// Orders of a client that signs, over both ways in.
@Suite struct ParadexSimulatorOrderTests {
  @Test("an order is answered NEW, told as it goes on, and cancelled after it is said to be queued")
  func life() throws {
    var script = try SimulatorScript.loggedIn()
    let answer = try script.place("BUY", "0.1", at: "80000", client: "a")
    #expect(answer.status == 201)
    #expect(answer.tree?["status"]?.text == "NEW" && answer.tree?["client_id"]?.text == "a")
    let id = try #require(answer.tree?["id"]?.text)
    #expect(id.count == 28)
    #expect(try script.reports() == ["order NEW 0.1/0.1", "order OPEN 0.1/0.1", "account"])
    script.skip()
    #expect(try script.request(.delete, "/orders/\(id)").status == 204)
    #expect(try script.reports() == ["order CLOSED 0.1/0.1 USER_CANCELED", "account"])
    let again = try script.request(.delete, "/orders/\(id)")
    #expect(again.status == 400 && again.tree?["error"]?.text == "ORDER_IS_CLOSED")
    let unknown = try script.request(.delete, "/orders/by_client_id/b")
    #expect(unknown.tree?["error"]?.text == "CLIENT_ORDER_ID_NOT_FOUND")
  }

  @Test("a market order is filled, and its fill names the public trade")
  func fill() throws {
    var script = try SimulatorScript.loggedIn()
    script.call("subscribe", #"{"channel":"trades.BTC-USD-PERP"}"#)
    script.skip()
    try script.place("BUY", "0.001")
    #expect(
      try script.reports() == [
        "order NEW 0.001/0.001", "fill taker 0.001", "order CLOSED 0/0.001",
        "position long 0.001", "account",
      ])
    var (trade, fill): (ParadexWire.Trade?, ParadexWire.Fill?)
    for frame in script.frames() where frame.kind == .binary {
      var reader = try ParadexFrame(frame.bytes.span.bytes)
      if reader.template == .trade { trade = try ParadexWire.Trade(&reader) }
      if reader.template == .fill { fill = try ParadexWire.Fill(&reader) }
    }
    #expect(trade?.id?.string == fill?.tradeID && trade?.price == fill?.price)
    #expect(fill?.fee == fill?.price.multiplied(by: Decimal("0.00000045")!)?.cut8)
    let events = try script.texts().filter {
      $0["params"]?["channel"]?.text == "balance_events"
    }
    #expect(events.first?["params"]?["data"]?["type"]?.text == "TRANSACTION_FILL")
  }

  @Test("an order whose signature does not fit its body is refused")
  func signatures() throws {
    var script = try SimulatorScript.loggedIn()
    let body = try script.order("BUY", "0.1", at: "80000.5")
    for (old, new) in [
      ("80000.5", "80000.6"), (#""size":"0.1""#, #""size":"0.2""#), ("BUY", "SELL"),
      ("BTC-USD", "ETH-USD"), ("LIMIT", "STOP_LIMIT"),
    ] {
      let answer = try script.request(.post, "/orders", body.replacing(old, with: new))
      #expect(answer.tree?["error"]?.text == "INVALID_ORDER_SIGNATURE", "\(new)")
    }
    // The same number in other digits is the same number.
    let longer = body.replacing(#""80000.5""#, with: #""80000.50""#)
    #expect(try script.request(.post, "/orders", longer).status == 201)
    #expect(
      try script.request(.post, "/orders", body).tree?["error"]?.text == "INVALID_ORDER_SIGNATURE")
    let late = try script.order("BUY", "0.1", at: "80000.5")
    script.wait(milliseconds: 290_000)
    try script.logIn()
    script.wait(milliseconds: 11_000)
    #expect(try script.request(.post, "/orders", late).tree?["error"]?.text == "INVALID_TIMESTAMP")
  }

  @Test("what is refused at once has a code; what the market refuses closes the order")
  func refusals() throws {
    var script = try SimulatorScript.loggedIn()
    func code(_ size: String, _ price: String?, client: String = "") throws -> String? {
      try script.place("BUY", size, at: price, client: client).tree?["error"]?.text
    }
    #expect(try code("0.000001", "80000") == "INVALID_ORDER_SIZE")
    #expect(try code("0.1", "80000.05") == "VALIDATION_ERROR")
    #expect(try code("0.0001", "80000") == "VALIDATION_ERROR")
    #expect(try code("0.1", "80000", client: "twice") == nil)
    #expect(try code("0.1", "80000", client: "twice") == "DUPLICATED_CLIENT_ID")
    #expect(try script.request(.post, "/orders", "{").tree?["error"]?.text == "BINDING_ERROR")
    script.skip()
    try script.place("BUY", "0.1", at: "120000", instruction: "POST_ONLY")
    try script.place("BUY", "90", at: "80000")
    try script.place("SELL", "0.1", flags: #""REDUCE_ONLY""#)
    try script.place("BUY", "0.1", at: "80000", instruction: "IOC")
    #expect(
      try script.reports().filter { $0.contains("CLOSED") } == [
        "order CLOSED 0.1/0.1 POST_ONLY_WOULD_CROSS", "order CLOSED 90/90 NOT_ENOUGH_MARGIN",
        "order CLOSED 0.1/0.1 REDUCE_ONLY_WILL_INCREASE",
        "order CLOSED 0.1/0.1 REMAINING_IOC_CANCEL",
      ])
  }

  @Test("batches are placed and cancelled together")
  func batches() throws {
    var script = try SimulatorScript.loggedIn()
    let orders = try (0..<3).map {
      try script.order("BUY", "0.1", at: "8000\($0)", client: "b\($0)")
    }
    let placed = try script.request(.post, "/orders/batch", "[\(orders.joined(separator: ","))]")
    #expect(placed.status == 201 && placed.tree?["orders"]?.elements.count == 3)
    let ids = placed.tree?["orders"]?.elements.compactMap { $0["id"]?.text } ?? []
    let cancelled = try script.request(
      .delete, "/orders/batch",
      #"{"order_ids":["\#(ids[0])","1"],"client_order_ids":["b1","b9"]}"#)
    #expect(
      cancelled.tree?["results"]?.elements.map { $0["status"]?.text } == [
        "QUEUED_FOR_CANCELLATION", "NOT_FOUND", "QUEUED_FOR_CANCELLATION", "NOT_FOUND",
      ])
    #expect(try script.request(.delete, "/orders?market=BTC-USD-PERP").status == 200)
    #expect(try script.request(.get, "/orders").tree?["results"]?.elements.isEmpty == true)
    let many = try (0..<11).map { _ in try script.order("BUY", "0.1", at: "80000") }
    let tooMany = try script.request(.post, "/orders/batch", "[\(many.joined(separator: ","))]")
    #expect(tooMany.tree?["error"]?.text == "BATCH_SIZE_OUT_OF_RANGE")
  }

  @Test("a modified order keeps its id and tells how the request went")
  func modify() throws {
    var script = try SimulatorScript.loggedIn()
    let id = try #require(try script.place("BUY", "0.1", at: "80000").tree?["id"]?.text)
    let body = try script.order("BUY", "0.2", at: "80010", modifying: id)
    script.skip()
    #expect(try script.request(.put, "/orders/\(id)", body).status == 200)
    #expect(try script.reports().contains("order OPEN 0.2/0.2"))
    var requests: [UInt8?] = []
    for frame in script.frames() where frame.kind == .binary {
      var reader = try ParadexFrame(frame.bytes.span.bytes)
      if reader.template == .order { requests.append(try ParadexWire.Order(&reader).requestStatus) }
    }
    #expect(requests.contains(4))
    let row = try script.request(.get, "/orders/\(id)").tree
    #expect(row?["price"]?.text == "80010" && row?["size"]?.text == "0.2")
  }

  @Test("the same over a WebSocket")
  func webSocket() throws {
    var script = try SimulatorScript.loggedIn()
    script.call("order.create", try script.order("BUY", "0.1", at: "80000", client: "w"))
    let created = try #require(try script.answers().last?["result"])
    let id = try #require(created["order"]?["id"]?.text)
    #expect(created["order"]?["status"]?.text == "NEW" && created["received_at"] != nil)
    script.skip()
    script.call("order.modify", try script.order("BUY", "0.1", at: "80001", modifying: id))
    script.call("order.cancel", #"{"client_id":"w","market":"BTC-USD-PERP"}"#)
    script.call("order.cancel", #"{"id":"\#(id)"}"#)
    let two = try [
      script.order("BUY", "0.1", at: "80000"), script.order("BUY", "0.0000001", at: "80000"),
    ]
    script.call("order.create_batch", "[\(two.joined(separator: ","))]")
    script.call("order.cancel_batch", #"{"order_ids":["\#(id)","5"]}"#)
    script.call("order.cancel_all")
    let answers = try script.answers()
    #expect(answers[0]["result"]?["order"]?["id"]?.text == id)
    #expect(answers[1]["result"]?["status"]?.text == "QUEUED_FOR_CANCELLATION")
    #expect(answers[2]["error"]?["code"] == .number("100"))
    #expect(answers[2]["error"]?["data"]?.text == "ORDER_IS_CLOSED")
    let batch = answers[3]["result"]?["results"]?.elements ?? []
    #expect(batch.map { $0["order"] != nil } == [true, false])
    #expect(
      answers[4]["result"]?["results"]?.elements.map { $0["status"]?.text } == [
        "ALREADY_CLOSED", "NOT_FOUND",
      ])
    #expect(answers[5]["result"]?["status"]?.text == "ok")
  }

  @Test("orders end with their connection if it was asked for")
  func disconnect() throws {
    var script = try SimulatorScript.loggedIn()
    script.connect(2)
    script.authenticate(2)
    script.call("order.cancel_on_disconnect", #"{"enabled":true}"#, on: 2)
    script.call("order.create", try script.order("BUY", "0.1", at: "80000"), on: 2)
    try script.place("BUY", "0.1", at: "80001")
    script.give(.closed(ConnectionID(2)))
    let open = try script.request(.get, "/orders").tree?["results"]?.elements ?? []
    #expect(open.map { $0["price"]?.text } == ["80001"])
  }

  @Test("a Retail token waits, and pays nothing")
  func retail() throws {
    var script = try SimulatorScript.loggedIn()
    try script.logIn(query: "?token_usage=interactive")
    try script.place("BUY", "0.001")
    #expect(try script.reports() == ["order NEW 0.001/0.001"])
    script.wait(milliseconds: 299)
    #expect(try script.reports().count == 1)
    script.wait(milliseconds: 2)
    #expect(try script.reports().contains("fill taker 0.001"))
    let fill = try script.request(.get, "/fills").tree?["results"]?.elements.first
    #expect(fill?["fee"]?.text == "0")
  }

  @Test("beyond Retail's limits an order is a Pro's, without a word")
  func retailLimit() throws {
    var script = try SimulatorScript.loggedIn()
    try script.logIn(query: "?token_usage=interactive")
    for _ in 0..<4 { try script.place("BUY", "0.001") }
    #expect(try script.reports().filter { $0 == "fill taker 0.001" }.count == 1)
    let fee = try script.request(.get, "/fills").tree?["results"]?.elements.first?["fee"]?.text
    #expect(fee.flatMap { Decimal($0) } ?? .zero > .zero)
  }

  @Test("an order is marked while it is within Retail's limits")
  func retailFlag() throws {
    var script = try SimulatorScript.loggedIn()
    try script.logIn(query: "?token_usage=interactive")
    for price in 0..<5 { try script.place("BUY", "0.1", at: "5000\(price)") }
    let open = try script.request(.get, "/orders").tree?["results"]?.elements ?? []
    let flags = open.map { $0["flags"]?.elements.map(\.text) ?? [] }
    #expect(flags.filter { $0 == ["INTERACTIVE"] }.count == 3)
    #expect(flags.filter { $0 == [] }.count == 2)
  }

  @Test("too many requests about orders are refused on both ways in")
  func rateLimit() throws {
    var script = try SimulatorScript.loggedIn()
    for _ in 0..<800 {
      #expect(try script.request(.delete, "/orders/1").tree?["error"]?.text == "ORDER_ID_NOT_FOUND")
    }
    #expect(try script.request(.delete, "/orders/1").status == 429)
    script.skip()
    script.call("order.cancel_all")
    #expect(try script.answers().last?["error"]?["code"] == .number("42901"))
    script.wait(milliseconds: 1_000)
    #expect(try script.request(.delete, "/orders/1").status == 400)
  }

  @Test("stop orders wait untriggered")
  func triggers() throws {
    var script = try SimulatorScript.loggedIn()
    let body = try script.order(
      "SELL", "0.1", type: "STOP_MARKET", instruction: "IOC", trigger: "50000")
    #expect(try script.request(.post, "/orders", body).status == 201)
    #expect(try script.reports().prefix(2) == ["order NEW 0.1/0.1", "order UNTRIGGERED 0.1/0.1"])
  }

  @Test("faults of the way there and back")
  func faults() throws {
    func run(_ fault: String) throws -> (status: Int, reports: [String], open: Int) {
      var script = try SimulatorScript.loggedIn()
      script.simulator.orderFaults = try OrderFaults(fault, seed: 1)
      let answer = try script.place("BUY", "0.1", at: "80000")
      let reports = try script.reports()
      script.simulator.orderFaults = OrderFaults(seed: 1)
      let open = try script.request(.get, "/orders").tree?["results"]?.elements.count ?? 0
      return (answer.status, reports, open)
    }
    let told = ["order NEW 0.1/0.1", "order OPEN 0.1/0.1", "account"]
    #expect(try run("lose-answer") == (0, told, 1))
    #expect(try run("lose-request") == (0, [], 0))
    #expect(try run("fail=503") == (503, [], 0))
    #expect(try run("fail-after=502") == (502, told, 1))
    #expect(try run("throttle") == (429, [], 0))
    #expect(try run("ignore") == (201, [], 0))
    #expect(try run("report-first") == (201, told.reversed(), 1))
    #expect(try run("duplicate-report") == (201, told.flatMap { [$0, $0] }, 1))
    #expect(try run("late=500") == (0, told, 1))
  }

  @Test("what accounts are told can be JSON on a binary connection")
  func privateJSON() throws {
    var script = try SimulatorScript.loggedIn(["private": "json"])
    try script.place("BUY", "0.001")
    let channels = try script.texts().compactMap { $0["params"]?["channel"]?.text }
    #expect(
      channels == [
        "orders.ALL", "fills.ALL", "balance_events", "orders.ALL", "positions", "account",
      ])
  }
}

extension Decimal {
  fileprivate var cut8: Decimal? { divided(by: Decimal(1), scale: 8) }
}
