import PerpCore
import PerpVenue
import Testing

@testable import PerpGateway

@Suite("Orders of clients")
struct GatewayOrderTests {
  func script(
    mode: Hello.Mode = .sim, _ change: (inout Gateway.Limits) -> Void = { _ in }
  ) -> GatewayScript {
    var limits = GatewayScript.limits
    change(&limits)
    let script = GatewayScript(limits: limits, mode: mode)
    script.addAccount()
    script.open(1)
    script.say(1, #"{"id":0,"method":"ping"}"#)
    _ = (script.read(1), script.takeWishes())
    return script
  }

  static func place(
    _ id: String = "m-1", price: String? = "100", size: String = "2", more: String = ""
  ) -> String {
    let price =
      price.map { #","order_type":"limit","price":"\#($0)""# } ?? #","order_type":"market""#
    return
      #"{"id":1,"method":"order.place","params":{"venue":"paradex","symbol":"BTC","side":"buy","#
      + #""client_id":"\#(id)","size":"\#(size)"\#(price)\#(more)}}"#
  }

  static func report(
    _ state: OrderReport.State, _ name: String = "m-1", filled: Int = 0
  ) -> OrderInput {
    .reported(
      OrderReport(
        symbol: Sample.bitcoin, orderID: ShortText("9"), name: ShortText(name), state: state,
        filled: Decimal(filled), evidence: .webSocket))
  }

  static func position(_ size: Int) -> Event {
    .position(
      Position(
        header: AccountHeader(venue: OrderDesk.account.venue, account: OrderDesk.account.name),
        symbol: Sample.bitcoin, size: Decimal(size), entryPrice: Decimal(100)))
  }

  /// The words that matter of each line: the reason of a refusal, the status of an order.
  func words(_ script: GatewayScript, _ client: Int = 1) -> [String] {
    script.read(client).map { line in
      let object = Line(line)?.object ?? [:]
      let error = (object["error"] as? [String: Any])?["data"] as? [String: Any]
      if let reason = error?["reason"] as? String { return "no: \(reason)" }
      if let result = object["result"] as? [String: Any] {
        let keys = result.keys.sorted().map { "\($0) \(result[$0]!)" }
        return keys.joined(separator: ", ")
      }
      let type = object["type"] as? String ?? "?"
      guard type == "order" else { return type }
      return "order \(object["event"]!) \(object["status"]!) seq \(object["seq"]!)"
    }
  }

  @Test("an order is answered with its number, told, and sent")
  func placed() {
    let script = script()
    script.say(1, Self.place())
    #expect(
      words(script) == ["client_id m-1, seq 2, status pending", "order pending_new pending seq 2"])
    #expect(script.takeWishes() == ["place m-1"])
    script.tell(Self.report(.working))
    #expect(words(script) == ["order new open seq 3"])
  }

  @Test("the same order again is answered as before, another under its name refused")
  func again() {
    let script = script()
    script.say(1, Self.place())
    _ = (words(script), script.takeWishes())
    script.say(1, Self.place())
    #expect(words(script) == ["client_id m-1, seq 2, status pending"])
    script.say(1, Self.place(size: "3"))
    #expect(words(script) == ["no: duplicate_client_id"])
    #expect(script.takeWishes() == [])
  }

  @Test(
    "what a gate refuses never leaves",
    arguments: [
      (Self.place(price: "100.05"), "bad_tick"), (Self.place(size: "1.5"), "bad_lot"),
      (Self.place(size: "0"), "malformed"), (Self.place(price: "120"), "price_band"),
      (Self.place(price: "70"), "price_band"),
      (Self.place(price: "80").replacing("buy", with: "sell"), "price_band"),
      (Self.place(size: "5000"), "max_size"),
      (Self.place(more: #","account":"other""#), "auth"),
      (Self.place().replacing("BTC", with: "XYZ"), "unknown_symbol"),
      (Self.place().replacing("paradex", with: "lighter"), "auth"),
      (Self.place().replacing("BTC", with: "ETH"), "stale_market"),
      (Self.place(more: #","post_only":true,"tif":"ioc""#), "malformed"),
    ])
  func refused(_ line: String, _ reason: String) {
    let script = script()
    script.say(1, line)
    #expect(words(script) == ["no: \(reason)"])
    #expect(!script.takeWishes().contains { $0.hasPrefix("place") })
  }

  @Test("positions and open orders have their limits")
  func exposure() {
    let script = script { $0.orders.maxPositionNotional = Decimal(450) }
    script.say(1, Self.place("m-1"))
    script.say(1, Self.place("m-2"))
    _ = words(script)
    script.say(1, Self.place("m-3"))
    #expect(words(script) == ["no: max_position"])
    #expect(script.takeWishes() == ["place m-1", "place m-2"])

    let few = self.script { $0.orders.maxOpenOrders = 1 }
    few.say(1, Self.place("m-1"))
    _ = words(few)
    few.say(1, Self.place("m-2"))
    #expect(words(few) == ["no: max_position"])
  }

  @Test("an outcome nobody knows freezes its market; what reduces passes")
  func frozen() {
    let script = script()
    script.say(1, Self.place("m-1"))
    script.tell(.sent(.place(ClientOrderID("m-1")!)))
    script.tell(.answered(.place(ClientOrderID("m-1")!), .none))
    _ = (words(script), script.takeWishes())
    script.say(1, Self.place("m-2"))
    #expect(words(script) == ["no: frozen"])
    script.say(1, Self.place("m-3", more: #","reduce_only":true"#))
    #expect(script.takeWishes() == ["place m-3"])
  }

  @Test("live orders need both switches")
  func arming() {
    let script = script(mode: .live) { $0.allowsLive = true }
    script.say(1, Self.place())
    #expect(words(script) == ["no: not_armed"])
    script.say(1, #"{"id":1,"method":"arm","params":{"confirm":"yes"}}"#)
    #expect(words(script) == ["no: not_armed"])
    script.say(1, #"{"id":1,"method":"arm","params":{"confirm":"ENABLE_LIVE_ORDER"}}"#)
    #expect(words(script) == ["armed_s 43200"])
    script.say(1, Self.place())
    #expect(script.takeWishes() == ["place m-1"])
    script.say(1, #"{"id":1,"method":"disarm"}"#)
    _ = words(script)
    script.say(1, Self.place("m-2"))
    #expect(words(script) == ["no: not_armed"])

    let shut = self.script(mode: .live)
    shut.say(1, #"{"id":1,"method":"arm","params":{"confirm":"ENABLE_LIVE_ORDER"}}"#)
    #expect(words(shut) == ["no: not_armed"])
  }

  @Test("who reads does not trade")
  func roles() {
    let script = script()
    script.say(1, Self.place())
    script.open(2, role: .read)
    for line in [
      Self.place("m-2"), #"{"id":1,"method":"order.cancel","params":{"client_id":"m-1"}}"#,
      #"{"id":1,"method":"panic"}"#,
      #"{"id":1,"method":"order.cancel_all","params":{"scope":"account"}}"#,
      #"{"id":1,"method":"arm","params":{"confirm":"ENABLE_LIVE_ORDER"}}"#,
    ] {
      _ = words(script, 2)
      script.say(2, line)
      #expect(words(script, 2) == ["no: auth"], "\(line)")
    }
    #expect(script.takeWishes() == ["place m-1"])
  }

  @Test("a batch is answered at once, each order by itself")
  func batch() {
    let script = script()
    let orders = [Self.place("m-1"), Self.place("m-2", price: "100.05")].map {
      $0.split(separator: #""params":"#, maxSplits: 1)[1].dropLast()
    }
    script.say(
      1, #"{"id":1,"method":"order.batch","params":{"orders":[\#(orders.joined(separator: ","))]}}"#
    )
    let lines = script.read(1)
    #expect(lines.first?.contains(#"{"client_id":"m-1","seq":2,"status":"pending"}"#) == true)
    #expect(lines.first?.contains(#""reason":"bad_tick""#) == true)
    #expect(script.takeWishes() == ["place m-1"])
  }

  @Test("a client that is gone leaves nothing that works; others' orders stay")
  func vanished() {
    let script = script()
    script.open(2)
    script.say(1, Self.place("m-1"))
    script.say(2, Self.place("m-2"))
    script.tell(Self.report(.working))
    script.tell(Self.report(.working, "m-2").with(orderID: "10"))
    _ = script.takeWishes()
    script.close(1)
    #expect(script.takeWishes() == ["cancel m-1"])
    // Until it has ended, again and again.
    script.tell(
      .answered(
        .cancel(.own(ClientOrderID("m-1")!)),
        .refused(
          code: "BUSY", message: "", evidence: .restOrder)))
    script.pass(600)
    #expect(script.takeWishes().contains("cancel m-1"))
    script.tell(Self.report(.cancelled))
    script.pass(5_000)
    #expect(!script.takeWishes().contains { $0.contains("cancel") })
  }

  @Test("within its grace a client may come back")
  func grace() {
    let script = script()
    script.say(1, #"{"id":1,"method":"hello","params":{"deadman":{"grace_ms":3000}}}"#)
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    _ = script.takeWishes()
    script.close(1)
    script.pass(2_900)
    #expect(script.takeWishes() == [])
    script.open(2)
    script.say(2, #"{"id":1,"method":"hello","params":{"resume":{"seq":1}}}"#)
    script.pass(5_000)
    #expect(script.takeWishes() == [])
    script.close(2)
    #expect(script.takeWishes() == ["cancel m-1"])
  }

  @Test("an order with a time is cancelled when it is over")
  func lifetime() {
    let script = script()
    script.say(1, Self.place("m-1", more: #","ttl_ms":1000"#))
    script.tell(Self.report(.working))
    _ = script.takeWishes()
    script.pass(900)
    #expect(script.takeWishes() == [])
    script.pass(200)
    #expect(script.takeWishes() == ["cancel m-1"])
  }

  @Test("after panic nothing is placed until somebody arms again; all is cancelled and closed")
  func panic() {
    let script = script()
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    script.emit(Self.position(-3))
    _ = (words(script), script.takeWishes())
    script.say(1, #"{"id":1,"method":"panic","params":{"flatten":true}}"#)
    #expect(words(script).first == "cancelling 1, positions 1")
    script.pass(1)
    let wishes = script.takeWishes()
    #expect(wishes.first == "cancel all")
    #expect(wishes.contains { $0.hasPrefix("place panic-") })
    _ = words(script)
    script.say(1, Self.place("m-2"))
    #expect(words(script) == ["no: panic"])
    script.say(1, Self.place("m-4", more: #","reduce_only":true"#))
    #expect(script.takeWishes().contains("place m-4"), "what reduces passes")
    _ = words(script)
    script.say(1, #"{"id":1,"method":"arm","params":{"confirm":"ENABLE_LIVE_ORDER"}}"#)
    script.say(1, Self.place("m-3"))
    #expect(script.takeWishes().contains("place m-3"))
  }

  @Test("a cancel of all is one request for the account, and one by one for what is mine")
  func cancelAll() {
    let script = script()
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    _ = (words(script), script.takeWishes())
    script.say(1, #"{"id":1,"method":"order.cancel_all"}"#)
    #expect(script.takeWishes() == ["cancel m-1"])
    script.tell(Self.report(.cancelled))
    script.say(1, Self.place("m-2"))
    script.tell(Self.report(.working, "m-2").with(orderID: "10"))
    _ = (words(script), script.takeWishes())
    for params in [#"{"scope":"account"}"#, #"{"scope":"account","symbol":"BTC"}"#] {
      script.say(1, #"{"id":1,"method":"order.cancel_all","params":\#(params)}"#)
      #expect(words(script).first == "cancelling 1")
    }
    #expect(script.takeWishes() == ["cancel all", "cancel BTC"])
    script.say(
      1, #"{"id":1,"method":"order.cancel_all","params":{"scope":"account","symbol":"ETH"}}"#)
    #expect(words(script).first == "cancelling 0")
    #expect(script.takeWishes() == [], "nothing of it is open")
    // The venue took it for nothing: the gateway goes on by itself.
    script.tell(.notSent(.account(.cancelAll(nil)), reason: "down"))
    #expect(script.takeWishes() == ["cancel m-2"])
    script.tell(.notSent(.cancel(.own(ClientOrderID("m-2")!)), reason: "down"))
    script.pass(600)
    #expect(script.takeWishes() == ["cancel m-2"])
  }

  private static func balance(_ total: Int, at wall: Int64) -> Event {
    let header = AccountHeader(
      venue: OrderDesk.account.venue, account: OrderDesk.account.name, received: wall)
    return .balance(
      Balance(header: header, asset: "USDC", total: Decimal(total), available: Decimal(total)))
  }

  @Test("an account that has lost more than it may is stopped until midnight, and may reduce")
  func dailyLoss() {
    let script = script { $0.orders.maxDailyLoss = Decimal(50) }
    script.emit(Self.balance(1_000, at: script.now.wall))
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    script.emit(Self.balance(951, at: script.now.wall))
    _ = (words(script), script.takeWishes())
    script.emit(Self.balance(950, at: script.now.wall))
    #expect(script.takeWishes() == ["cancel m-1"])
    #expect(words(script).contains("error"))
    script.emit(Self.balance(2_000, at: script.now.wall))
    script.say(1, Self.place("m-2"))
    #expect(words(script).last == "no: max_loss", "what was won back does not count today")
    script.say(1, Self.place("m-3", more: #","reduce_only":true"#))
    #expect(script.takeWishes().contains("place m-3"))
    script.pass(86_400_000)
    script.quote()
    _ = (words(script), script.takeWishes())
    script.say(1, Self.place("m-4"))
    #expect(script.takeWishes().contains("place m-4"))
  }

  @Test("what a day began with is known across a restart")
  func lossAcrossRestart() {
    let script = script { $0.orders.maxDailyLoss = Decimal(50) }
    for (total, age) in [(1_000, 100_000), (990, 3_600), (970, 1_800)] {
      let wall = script.now.wall - Int64(age) * 1_000_000
      guard case .balance(let balance) = Self.balance(total, at: wall) else { return }
      script.gateway.restore(balance, at: script.now)
    }
    script.emit(Self.balance(950, at: script.now.wall))
    script.say(1, Self.place("m-1"))
    #expect(words(script).last == "no: max_loss")
  }

  @Test("the end waits for the orders to be cancelled, but not for ever")
  func windDown() {
    let script = script()
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    _ = (words(script), script.takeWishes())
    script.gateway.stop(reason: "test", at: script.now)
    script.pass(1)
    #expect(script.takeWishes() == ["cancel m-1"])
    #expect(script.stopped == nil)
    script.say(1, Self.place("m-2"))
    #expect(words(script).last == "no: venue_down")
    script.tell(Self.report(.cancelled))
    script.pass(1)
    #expect(script.stopped == "test")
    #expect(words(script).last == "bye")

    let stuck = self.script()
    stuck.say(1, Self.place("m-1"))
    stuck.tell(Self.report(.working))
    stuck.gateway.stop(reason: "test", at: stuck.now)
    stuck.pass(8_100)
    #expect(stuck.stopped == "test")
    #expect(stuck.read(1).last?.contains(#""open_orders":1"#) == true)
  }

  @Test("orders, positions and balances can be asked for, by those who read too")
  func asked() {
    let script = script()
    script.say(1, Self.place("m-1"))
    script.tell(Self.report(.working))
    script.open(2, role: .read)
    script.say(2, #"{"id":1,"method":"orders","params":{"symbol":"BTC"}}"#)
    let line = script.read(2).last ?? ""
    #expect(line.contains(#""orders":[{"type":"order","seq":3,"#) && line.contains("m-1"))
    script.say(2, #"{"id":1,"method":"order.query","params":{"client_id":"m-1"}}"#)
    #expect(script.read(2).last?.contains(#""order":{"type":"order","#) == true)
    script.say(2, #"{"id":1,"method":"positions"}"#)
    #expect(script.read(2).last == #"{"id":1,"result":{"positions":[]}}"#)
  }
}

extension OrderInput {
  func with(orderID: String) -> OrderInput {
    guard case .reported(var report) = self else { return self }
    report.orderID = ShortText(orderID)
    return .reported(report)
  }
}
