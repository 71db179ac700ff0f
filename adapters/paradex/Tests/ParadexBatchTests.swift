import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// Orders of one batch, in one request. ("Batch place")
@Suite("Batches of Paradex")
struct ParadexBatchTests {
  /// What came of a batch: paths of requests that place something, and each order's last line.
  private struct Outcome {
    var paths: [String] = []
    var orders: [String: OrderUpdate] = [:]
    var settled: [Ticket] = []
    var keeps = 0
  }

  private func place(
    _ sizes: [String], _ pair: inout Pair, faults: String? = nil
  ) throws -> Outcome {
    try place(
      sizes.enumerated().map { ParadexTradingPair.intent("b\($0)", size: $1) }, &pair,
      faults: faults)
  }

  private func place(
    _ intents: [OrderIntent], _ pair: inout Pair, faults: String? = nil
  ) throws -> Outcome {
    if let faults { pair.setOrderFaults(try OrderFaults(faults, seed: 1)) }
    pair.place(
      intents.enumerated().map { TicketedIntent(Ticket(UInt64($0)), $1) })
    pair.run(for: Nanoseconds.seconds(faults == nil ? 5 : 90))
    var outcome = Outcome()
    for action in pair.drainActions().map(\.action) {
      switch action {
      case .request(_, let request) where request.method == .post:
        outcome.paths.append(String(request.url.split(separator: "/v1").last ?? ""))
      case .emit(.order(let update)):
        outcome.orders[update.clientID?.description ?? ""] = update
      case .trading(.settled(let ticket, .accepted)): outcome.settled.append(ticket)
      case .trading(.keep): outcome.keeps += 1
      default: break
      }
    }
    return outcome
  }

  private func statuses(_ outcome: Outcome) -> [String] {
    outcome.orders.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.status.rawValue)" }
  }

  @Test("orders that are placed together are one request, kept before it leaves")
  func together() throws {
    var pair = try ParadexTradingPair.make()
    let outcome = try place(["0.01", "0.02", "0.03"], &pair)
    #expect(outcome.paths == ["/orders/batch"])
    #expect(outcome.settled == [Ticket(0), Ticket(1), Ticket(2)] && outcome.keeps == 1)
    #expect(statuses(outcome) == ["b0 open", "b1 open", "b2 open"])
    #expect(outcome.orders.values.allSatisfy { $0.orderID != nil })
  }

  @Test("no more go together than the venue takes, and by themselves where that is wanted")
  func sizes() throws {
    var pair = try ParadexTradingPair.make(["batch_size": "2"])
    let some = try place(["0.01", "0.02", "0.03"], &pair)
    #expect(some.paths == ["/orders/batch", "/orders"])
    for settings in [
      ["batch_size": "1"], ["token_usage": "interactive"], ["native_deadman": "true"],
    ] {
      let pair = try ParadexTradingPair.make(settings)
      #expect(pair.session.ordersTogether == 1, "\(settings)")
    }
  }

  @Test("when one of them is wrong none is taken: each is placed by itself")
  func wrong() throws {
    var pair = try ParadexTradingPair.make()
    var intents = ["b0", "b1", "b2"].map { ParadexTradingPair.intent($0) }
    let terms = intents[1].terms
    intents[1] = OrderIntent(
      clientID: ClientOrderID("b1")!, symbol: Symbol("NONE-USD-PERP")!, terms: terms)
    let outcome = try place(intents, &pair)
    #expect(outcome.paths == ["/orders/batch", "/orders", "/orders", "/orders"])
    #expect(statuses(outcome) == ["b0 open", "b1 rejected", "b2 open"])
    // Later ones go together again.
    pair.place([
      TicketedIntent(Ticket(8), ParadexTradingPair.intent("c0")),
      TicketedIntent(Ticket(9), ParadexTradingPair.intent("c1")),
    ])
    pair.run(for: Nanoseconds.seconds(5))
    let paths = pair.drainActions().filter {
      if case .request(_, let request) = $0.action {
        request.url.hasSuffix("/orders/batch")
      } else {
        false
      }
    }
    #expect(paths.count == 1)
  }

  @Test("what the venue refuses of one of them is no matter of the others")
  func refused() throws {
    var pair = try ParadexTradingPair.make()
    let outcome = try place(["0.01", "0.00001", "0.03"], &pair)
    #expect(outcome.paths == ["/orders/batch"])
    #expect(statuses(outcome) == ["b0 open", "b1 rejected", "b2 open"])
  }

  @Test("what cannot be signed holds up nobody else")
  func unsignable() throws {
    var pair = try ParadexTradingPair.make()
    let outcome = try place(["0.01", "0.000000001", "0.03"], &pair)
    #expect(outcome.paths == ["/orders", "/orders"])
    #expect(statuses(outcome) == ["b0 open", "b1 rejected", "b2 open"])
  }

  @Test(
    "whatever becomes of the request, each order's truth is found, and none is there twice",
    arguments: [
      ("lose-answer", "open"), ("lose-request", "rejected"), ("fail=503", "rejected"),
      ("fail-after=503", "open"), ("ignore", "cancelled"),
    ])
  func doubt(fault: String, status: String) throws {
    var pair = try ParadexTradingPair.make()
    let outcome = try place(["0.01", "0.02", "0.03"], &pair, faults: fault)
    #expect(outcome.paths == ["/orders/batch"])
    #expect(statuses(outcome) == (0..<3).map { "b\($0) \(status)" }, "\(fault)")
    let there = try #require(pair.exchange).orders.values.count { !$0.status.isFinal }
    #expect(there == (status == "open" ? 3 : 0))
  }

  @Test("orders are known by their names, and errors are those of the others")
  func answers() throws {
    var dialect = try ParadexTrading(ParadexTradingPair.options())
    let now = PairOptions().start
    let orders = ["a", "b", "c"].map {
      OrderSubject(placing: ParadexTradingPair.intent($0), name: ShortText($0), at: now)
    }
    func read(_ status: Int, _ body: String) -> [OrderAnswer]? {
      var facts: [TradingFact] = []
      return dialect.read(
        HTTPResponse(status: status, body: Array(body.utf8)), answering: orders, at: now,
        into: &facts)
    }
    func row(_ name: String) -> String {
      #"{"id":"7\#(name)","client_id":"\#(name)","market":"BTC-USD-PERP","side":"BUY","#
        + #""type":"LIMIT","size":"0.01","remaining_size":"0.01","price":"10000","status":"NEW"}"#
    }
    let error = #"{"error":"MARKET_NOT_OPEN","message":"not now"}"#
    let refused = OrderAnswer.refused(
      code: "MARKET_NOT_OPEN", message: "not now", evidence: .restOrder)
    let (a, c) = (
      OrderAnswer.accepted(orderID: ShortText("7a")), OrderAnswer.accepted(orderID: ShortText("7c"))
    )
    #expect(
      read(201, #"{"orders":[\#(row("c")),\#(row("a"))],"errors":[\#(error)]}"#) == [a, refused, c])
    // Of whom the errors are cannot be known.
    #expect(read(201, #"{"orders":[\#(row("a"))],"errors":[\#(error)]}"#) == [a, .none, .none])
    let taken = #"{"error":"DUPLICATED_CLIENT_ID","message":""}"#
    #expect(
      read(201, #"{"orders":[\#(row("a"))],"errors":[\#(error),\#(taken)]}"#) == [a, .none, .none])
    #expect(read(201, "{}") == [.none, .none, .none] && read(502, "") == [.none, .none, .none])
    #expect(read(400, #"{"error":"INVALID_ORDER_SIZE","message":""}"#) == nil)
    #expect(
      read(429, "")
        == orders.map { _ in
          .refused(code: "HTTP_429", message: "", evidence: .restOrder)
        })
  }
}
