import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// Random requests on the wire: what the private channels tell adds up to what REST says.
@Suite struct ParadexSimulatorHistoryTests {
  @Test(arguments: 1...3)
  func manyRequests(seed: Int) throws {
    var script = try SimulatorScript.loggedIn()
    var random = Random(seed: UInt64(seed))
    var told = Told()
    for step in 0..<400 {
      try act(&script, told, &random)
      try told.read(script.frames())
      script.skip()
      if step % 100 == 99 {
        // Tokens live for five minutes.
        try script.logIn()
        try told.check(&script)
      }
    }
    #expect(told.fills.count > 30 && told.closed > 100)
  }

  private func act(
    _ script: inout SimulatorScript, _ told: Told, _ random: inout Random
  ) throws {
    let side = random.chance(1, in: 2) ? "BUY" : "SELL"
    let size = "0.0\(1 + random.below(9))"
    let open = told.open.keys.sorted()
    switch random.below(10) {
    case 0..<3:
      try script.place(side, size)
    case 3..<6:
      let bid = try #require(script.simulator.markets[0].market.bestBid?.price)
      let price = try #require(bid.adding(Decimal(random.below(41) - 20)))
      try script.place(
        side, size, at: "\(price)", instruction: ["GTC", "POST_ONLY", "IOC"][random.below(3)],
        client: random.chance(1, in: 3) ? "c\(random.below(20))" : "",
        flags: random.chance(1, in: 4) ? #""REDUCE_ONLY""# : "")
    case 6 where !open.isEmpty:
      _ = try script.request(.delete, "/orders/\(open[random.below(open.count)])")
    case 7 where !open.isEmpty:
      let order = try #require(told.open[open[random.below(open.count)]])
      guard let price = order.price?.adding(Decimal(random.below(11) - 5)) else { break }
      let body = try script.order(
        order.side == 1 ? "BUY" : "SELL", "\(order.size)", at: "\(price)", modifying: order.id)
      _ = try script.request(.put, "/orders/\(order.id)", body)
    default: script.wait(milliseconds: random.below(300))
    }
  }
}

/// What the frames told, added up.
private struct Told {
  /// By id, as last told.
  var open: [String: ParadexWire.Order] = [:]
  var fills: Set<String> = []
  var closed = 0
  private var filled: [String: Decimal] = [:]
  private var position = Decimal.zero
  private var lastSequence: Int64 = 0
  private var positionTold = Decimal.zero
  private var account: ParadexWire.Account?

  mutating func read(_ frames: [Frame]) throws {
    for frame in frames where frame.isOfAccount && frame.kind == .binary {
      var reader = try ParadexFrame(frame.bytes.span.bytes)
      switch reader.template {
      case .order:
        let order = try ParadexWire.Order(&reader)
        #expect(order.sequence > lastSequence)
        lastSequence = order.sequence
        #expect(
          order.size.subtracting(order.openSize) == filled[order.id] ?? .zero, "\(order.id)")
        open[order.id] = order.status == 4 ? nil : order
        if order.status == 4 { closed += 1 }
      case .fill:
        let fill = try ParadexWire.Fill(&reader)
        #expect(fills.insert(fill.id).inserted)
        let signed = fill.side == 1 ? fill.size : fill.size.negated
        position = position.adding(signed)!
        filled[fill.orderID] = (filled[fill.orderID] ?? .zero).adding(fill.size)!
      case .position:
        let told = try ParadexWire.Position(&reader)
        positionTold = told.side == 1 ? told.size : told.size.negated
      case .account: account = try ParadexWire.Account(&reader)
      default: break
      }
    }
  }

  mutating func check(_ script: inout SimulatorScript) throws {
    #expect(position == positionTold)
    let row = try script.request(.get, "/positions").tree?["results"]?.elements.first
    #expect((row?["size"]?.text).flatMap { Decimal($0) } ?? .zero == position)
    let orders = try #require(script.request(.get, "/orders").tree?["results"]?.elements)
    #expect(Set(orders.compactMap { $0["id"]?.text }) == Set(open.keys))
    for order in orders {
      let told = try #require(open[order["id"]?.text ?? ""])
      #expect((order["remaining_size"]?.text).flatMap { Decimal($0) } == told.openSize)
      #expect((order["price"]?.text).flatMap { Decimal($0) } == told.price)
    }
    let page = try script.request(.get, "/fills?page_size=5000").tree
    #expect(Set(page?["results"]?.elements.compactMap { $0["id"]?.text } ?? []) == fills)
    let balance = try script.request(.get, "/balance").tree?["results"]?.elements.first
    let total = (balance?["size"]?.text).flatMap { Decimal($0) }?.divided(by: Decimal(1), scale: 8)
    #expect(account?.totalCollateral == total)
  }
}
