import PerpCore
import Testing

@testable import Bot

/// Row C-14.
@Suite("Ledger") struct LedgerTests {
  private static let first = Listing("paradex", Symbol("BTC-USD-PERP")!)
  private static let second = Listing("variational", Symbol("BTC-USDC-PERP")!)

  private static let trade = LedgerRecord.TradeRecord(
    id: 1_795_132_800_000, direction: "short",
    first: OrderTicket(
      first, clientID: "arb_1795132800000_a", side: .sell, size: decimal("0.001"),
      price: decimal("69000.5"), timeInForce: .ioc),
    second: OrderTicket(
      second, clientID: "arb_1795132800000_b", side: .buy, size: decimal("0.001"),
      maxSlippage: 50),
    positions: [decimal("0.5"), decimal("-0.5")], pair: 1_795_132_800_000)

  private static func result(
    _ id: String, _ filled: String, _ price: String, fee: String
  ) -> LedgerRecord {
    var result = LegResult(requested: decimal("0.001"), clientID: id)
    (result.filled, result.averagePrice, result.fee) = (
      decimal(filled), decimal(price), decimal(fee)
    )
    result.settle()
    result.error = filled == "0" ? "REFUSED: \"no\"" : nil
    return .result(trade: trade.id, result)
  }

  private static let records: [LedgerRecord] = [
    .trade(trade), result("arb_1795132800000_a", "0.001", "69010", fee: "0.02"),
    result("arb_1795132800000_b", "0", "0", fee: "0"),
    .order(
      trade: trade.id,
      OrderTicket(
        first, clientID: "arb_1795132800000_u1", side: .buy, size: decimal("0.001"),
        isReduceOnly: true)),
    result("arb_1795132800000_u1", "0.001", "69000", fee: "0.01"),
    .outcome(trade: trade.id, .unwound, net: .zero, at: 1_795_132_801_000_000),
  ]
  private static let funding = LedgerRecord.funding(
    pair: trade.id, decimal("-0.0125"), at: 1_795_132_801_000_000)

  @Test("S1-47 a trade whose orders follow each other has one order until there are more")
  func style() throws {
    var trade = Self.trade
    trade.style = .makerTaker
    let line = LedgerRecord.trade(trade).line
    #expect(LedgerRecord(line: Array(line.dropLast())) == .trade(trade))
    #expect(Ledger(lines: [line]).open.first?.tickets == [trade.first])
  }

  @Test("C-14 a record reads back as it was written", arguments: records.indices)
  func roundTrip(index: Int) {
    let record = Self.records[index]
    #expect(record.line.last == 10 && record.line.count { $0 == 10 } == 1)
    #expect(LedgerRecord(line: Array(record.line.dropLast())) == record)
    let funding = LedgerRecord(line: Array(Self.funding.line.dropLast()))
    #expect(funding == Self.funding)
    // What a crash leaves of a line is none.
    #expect(LedgerRecord(line: Array(record.line.dropLast(20))) == nil)
  }

  @Test("C-14 half a trade is open until it is over")
  func openTrades() {
    for count in 1..<Self.records.count {
      let ledger = Ledger(lines: Self.records.prefix(count).map(\.line))
      #expect(ledger.open.count == 1 && ledger.unreadable == 0)
      #expect(ledger.open.first?.tickets.count == (count < 4 ? 2 : 3))
    }
    let whole = Ledger(lines: Self.records.map(\.line) + [Array("{\"kind\":\"tra".utf8)])
    #expect(whole.open.isEmpty && whole.unreadable == 1)
    #expect(whole.bookedTrades == 0 && whole.otherTrades == 1)
    #expect(whole.cash == decimal("0.01") && whole.fees == decimal("0.03"))
    #expect(whole.inventory[Self.first] == .zero)
  }

  @Test("C-14 what closes everything counts for the pairs of its markets")
  func flattened() {
    let eth = (
      Listing("paradex", Symbol("ETH-USD-PERP")!), Listing("variational", Symbol("ETH-USDC-PERP")!)
    )
    var ledger = Ledger()
    func fill(_ ticket: OrderTicket, _ price: String, trade: Int64) {
      var result = LegResult(requested: ticket.size, clientID: ticket.clientID)
      (result.filled, result.averagePrice, result.fee) = (ticket.size, decimal(price), Decimal(1))
      result.settle()
      ledger.note(.result(trade: trade, result))
    }
    func order(_ listing: Listing, _ name: String, _ side: Side, _ size: String) -> OrderTicket {
      OrderTicket(listing, clientID: name, side: side, size: decimal(size))
    }
    for (id, markets, prices) in [
      (Int64(1), (Self.first, Self.second), ["100", "101"]), (2, eth, ["10", "12"]),
    ] {
      let first = order(markets.0, "\(id)a", .buy, "1")
      let second = order(markets.1, "\(id)b", .sell, "1")
      ledger.note(
        .trade(
          LedgerRecord.TradeRecord(
            id: id, direction: "long", first: first, second: second, positions: [.zero, .zero],
            pair: id)))
      fill(first, prices[0], trade: id)
      fill(second, prices[1], trade: id)
      ledger.note(.outcome(trade: id, .booked, net: .zero, at: 0))
    }
    ledger.note(.funding(pair: 2, decimal("0.25"), at: 5))
    #expect(ledger.isConsistent && ledger.pairs.held.map(\.cash) == [Decimal(1), Decimal(2)])
    #expect(ledger.listings.count == 4 && ledger.funding == decimal("0.25"))
    for (name, listing, side, price) in [
      ("c1", Self.first, Side.sell, "105"), ("c2", Self.second, .buy, "102"),
      ("c3", eth.0, .sell, "20"), ("c4", eth.1, .buy, "22.5"),
    ] {
      let ticket = order(listing, name, side, "1")
      ledger.note(.order(trade: 9, ticket))
      fill(ticket, price, trade: 9)
    }
    #expect(!ledger.isConsistent)
    ledger.note(.flattened(at: 0))
    // 1 and 105 − 102; 2, 20 − 22.5 and 0.25; four fees of 1 each.
    #expect(ledger.pairs.closed.map(\.profit) == [decimal("0"), decimal("-4.25")])
    #expect(ledger.isConsistent && ledger.listings.isEmpty)
  }

  @Test("S0-34 names of orders are made of milliseconds, and never twice")
  func names() {
    var ledger = Ledger()
    let now = Moment(monotonic: 0, wall: 1_795_132_800_000_999)
    #expect(ledger.nextTrade(at: now) == 1_795_132_800_000)
    ledger.note(.trade(Self.trade))
    #expect(ledger.nextTrade(at: now) == 1_795_132_800_001)
  }
}
