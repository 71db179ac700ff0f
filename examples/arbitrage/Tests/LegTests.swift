import PerpCore
import Testing

@testable import Bot

/// Rows C-06 and C-07.
@Suite("Orders of a trade") struct LegTests {
  typealias State = LegResult.State

  private static let table: [(State, State, PairOutcome)] = [
    (.filled, .filled, .book), (.filled, .none, .unwindFirst), (.none, .filled, .unwindSecond),
    (.none, .none, .nothing), (.partial, .filled, .level), (.filled, .partial, .level),
    (.partial, .none, .level), (.none, .partial, .level), (.partial, .partial, .level),
  ]

  @Test("C-07 the table of outcomes", arguments: table.indices)
  func outcomes(row: Int) {
    let (first, second, outcome) = Self.table[row]
    #expect(PairOutcome(first, second) == outcome)
  }

  @Test("C-07 what is unknown freezes, whatever the other leg is", arguments: State.allCases)
  func unknown(state: State) {
    #expect(PairOutcome(.unknown, state) == .freeze)
    #expect(PairOutcome(state, .unknown) == .freeze)
  }

  @Test("C-06 an order that was taken is not filled, and none that ended is unknown")
  func evidence() {
    var leg = Leg(Self.ticket)
    #expect(leg.result.state == .unknown)
    _ = leg.note(Self.line("open", filled: "0"))
    #expect(!leg.isSettled)
    _ = leg.note(Self.line("partially_filled", filled: "0.4"))
    #expect(!leg.isSettled && leg.signedFill == decimal("-0.4"))
    _ = leg.note(Self.line("unknown", filled: "0.4"))
    #expect(!leg.isSettled)
    _ = leg.note(Self.line("cancelled", filled: "0.4"))
    #expect(leg.result.state == .partial)
    // The end is proven to have been another.
    _ = leg.note(Self.line("filled", filled: "1"))
    #expect(leg.result.state == .filled)
  }

  @Test("B-16 an execution counts once")
  func repeatedFills() {
    var leg = Leg(Self.ticket)
    let fill = Self.fill("t1", fee: "0.5")
    let isNew = [leg.note(fill), leg.note(fill), leg.note(Self.fill("t2", fee: "0.25"))]
    #expect(isNew == [true, false, true])
    #expect(leg.result.fee == decimal("0.75"))
    #expect(leg.result.feeAsset == "USD")
  }

  private static let ticket = OrderTicket(
    Listing("paradex", Symbol("BTC-USD-PERP")!), clientID: "arb_1_a", side: .sell,
    size: decimal("1"))

  private static func line(_ status: String, filled: String) -> OrderLine {
    let text =
      #"{"type":"order","venue":"paradex","symbol":"BTC-USD-PERP","client_id":"arb_1_a","#
      + #""event":"status","status":"\#(status)","filled":"\#(filled)"}"#
    guard case .order(let line)? = try? GatewayLine(Array(text.utf8)) else {
      preconditionFailure(text)
    }
    return line
  }

  private static func fill(_ trade: String, fee: String) -> FillLine {
    let text =
      #"{"type":"fill","venue":"paradex","symbol":"BTC-USD-PERP","client_id":"arb_1_a","#
      + #""trade_id":"\#(trade)","side":"sell","price":"100","size":"-0.5","fee":"\#(fee)","#
      + #""fee_asset":"USD","liquidity":"taker"}"#
    guard case .fill(let fill)? = try? GatewayLine(Array(text.utf8)), fill.size == decimal("0.5")
    else { preconditionFailure(text) }
    return fill
  }
}
