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

  @Test("S0-34 names of orders are made of milliseconds, and never twice")
  func names() {
    var ledger = Ledger()
    let now = Moment(monotonic: 0, wall: 1_795_132_800_000_999)
    #expect(ledger.nextTrade(at: now) == 1_795_132_800_000)
    ledger.note(.trade(Self.trade))
    #expect(ledger.nextTrade(at: now) == 1_795_132_800_001)
  }
}
