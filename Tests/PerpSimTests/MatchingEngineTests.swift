import PerpCore
import Testing

@testable import PerpSim

@Suite struct MatchingEngineTests {
  private var engine = MatchingEngine()
  private var outcome = EngineOutcome()

  private mutating func place(
    _ id: UInt64, _ side: Side, _ size: Int64, at price: Int64,
    _ kind: IncomingOrder.Kind = .limit, owner: UInt32 = 1,
    selfTrade: IncomingOrder.SelfTrade = .allow
  ) -> [String] {
    engine.place(
      IncomingOrder(
        id: id, owner: owner, side: side, kind: kind, price: price, size: size,
        selfTrade: selfTrade), into: &outcome)
    return transcript(outcome)
  }

  @Test mutating func fillsTheBetterPriceThenTheOlderOrder() {
    #expect(place(1, .sell, 5, at: 101) == ["1 rests 5", "sell 101: 5"])
    #expect(place(2, .sell, 5, at: 100) == ["2 rests 5", "sell 100: 5"])
    #expect(place(3, .sell, 5, at: 100) == ["3 rests 5", "sell 100: 10"])
    #expect(
      place(4, .buy, 12, at: 101) == [
        "4 takes 5 of 2 at 100, 0 and 7 left", "4 takes 5 of 3 at 100, 0 and 2 left",
        "4 takes 2 of 1 at 101, 3 and 0 left", "sell 100: 0", "sell 101: 3",
      ])
    #expect(engine.bestAsk == EngineLevel(price: 101, size: 3))
    #expect(engine.bestBid == nil)
    #expect(engine.orderCount == 1)
  }

  @Test mutating func whatIsLeftRestsOrNotAsTheKindSays() {
    _ = place(1, .buy, 5, at: 100)
    #expect(
      place(2, .sell, 8, at: 100, .immediateOrCancel) == [
        "2 takes 5 of 1 at 100, 0 and 3 left", "2 cancelled 3 remainder", "buy 100: 0",
      ])
    _ = place(3, .buy, 5, at: 100)
    #expect(place(4, .sell, 6, at: 100, .fillOrKill) == ["4 cancelled 6 unfillable"])
    #expect(
      place(5, .sell, 5, at: 100, .fillOrKill) == [
        "5 takes 5 of 3 at 100, 0 and 0 left", "buy 100: 0",
      ])
    #expect(place(6, .sell, 5, at: 0, .market) == ["6 cancelled 5 remainder"])
    _ = place(7, .buy, 5, at: 1)
    #expect(
      place(8, .sell, 5, at: 0, .market) == ["8 takes 5 of 7 at 1, 0 and 0 left", "buy 1: 0"])
    _ = place(9, .buy, 5, at: 100)
    #expect(
      place(10, .sell, 7, at: 99) == [
        "10 takes 5 of 9 at 100, 0 and 2 left", "10 rests 2", "buy 100: 0", "sell 99: 2",
      ])
  }

  @Test mutating func refusesWhatCannotBe() {
    _ = place(1, .buy, 5, at: 100)
    #expect(place(1, .buy, 5, at: 99) == ["1 refused duplicateOrder"])
    #expect(place(2, .sell, 5, at: 100, .postOnly) == ["2 refused wouldCross"])
    #expect(place(2, .sell, 5, at: 101, .postOnly) == ["2 rests 5", "sell 101: 5"])
    #expect(place(3, .buy, 0, at: 100) == ["3 refused outOfRange"])
    #expect(place(3, .buy, 1, at: 0) == ["3 refused outOfRange"])
    #expect(place(3, .buy, .max, at: 100) == ["3 refused outOfRange"])
    engine.cancel(3, into: &outcome)
    #expect(transcript(outcome) == ["3 refused unknownOrder"])
  }

  @Test mutating func aSmallerOrderKeepsItsPlaceALargerOneLosesIt() {
    _ = place(1, .sell, 5, at: 100)
    _ = place(2, .sell, 5, at: 100)
    engine.modify(1, price: 100, size: 3, into: &outcome)
    #expect(transcript(outcome) == ["1 reduced to 3", "sell 100: 8"])
    #expect(place(3, .buy, 1, at: 100)[0] == "3 takes 1 of 1 at 100, 2 and 0 left")
    engine.modify(1, price: 100, size: 4, into: &outcome)
    #expect(
      transcript(outcome) == ["1 cancelled 2 replaced", "1 rests 4", "sell 100: 9"])
    #expect(place(4, .buy, 1, at: 100)[0] == "4 takes 1 of 2 at 100, 4 and 0 left")
  }

  @Test mutating func aModifiedOrderMayBeFilledOrRefused() {
    _ = place(1, .sell, 5, at: 100)
    _ = place(2, .buy, 5, at: 90)
    engine.modify(2, price: 100, size: 7, kind: .postOnly, into: &outcome)
    #expect(transcript(outcome) == ["2 refused wouldCross"])
    #expect(engine.order(2)?.price == 90)
    engine.modify(2, price: 100, size: 7, into: &outcome)
    #expect(
      transcript(outcome) == [
        "2 cancelled 5 replaced", "2 takes 5 of 1 at 100, 0 and 2 left", "2 rests 2",
        "buy 90: 0", "sell 100: 0", "buy 100: 2",
      ])
  }

  @Test mutating func doesNotTradeWithItselfWhenAskedNotTo() {
    _ = place(1, .sell, 5, at: 100, owner: 7)
    _ = place(2, .sell, 5, at: 101, owner: 8)
    #expect(
      place(3, .buy, 9, at: 101, owner: 7, selfTrade: .cancelTaker) == [
        "3 cancelled 9 selfTrade"
      ])
    #expect(
      place(4, .buy, 6, at: 101, .fillOrKill, owner: 7, selfTrade: .cancelMaker) == [
        "4 cancelled 6 unfillable"
      ])
    #expect(
      place(5, .buy, 5, at: 101, .fillOrKill, owner: 7, selfTrade: .cancelMaker) == [
        "1 cancelled 5 selfTrade", "5 takes 5 of 2 at 101, 0 and 0 left", "sell 100: 0",
        "sell 101: 0",
      ])
    _ = place(6, .sell, 5, at: 100, owner: 7)
    #expect(
      place(7, .buy, 5, at: 100, owner: 7, selfTrade: .cancelBoth) == [
        "6 cancelled 5 selfTrade", "7 cancelled 5 selfTrade", "sell 100: 0",
      ])
  }

  @Test mutating func cancelsAllOfOneOwner() {
    _ = place(1, .buy, 5, at: 99, owner: 7)
    _ = place(2, .buy, 5, at: 100, owner: 7)
    _ = place(3, .buy, 5, at: 100, owner: 8)
    _ = place(4, .sell, 5, at: 101, owner: 7)
    #expect(engine.orders(of: 7).map(\.id) == [2, 1, 4])
    engine.cancelAll(of: 7, into: &outcome)
    #expect(
      transcript(outcome) == [
        "2 cancelled 5 requested", "1 cancelled 5 requested", "4 cancelled 5 requested",
        "buy 100: 5", "buy 99: 0", "sell 101: 0",
      ])
    #expect(engine.orderCount == 1)
  }
}

/// The events, then the changed levels, a line each.
func transcript(_ outcome: EngineOutcome) -> [String] {
  outcome.events.map { event in
    switch event {
    case .filled(let fill):
      "\(fill.taker) takes \(fill.size) of \(fill.maker) at \(fill.price),"
        + " \(fill.makerRemaining) and \(fill.takerRemaining) left"
    case .rested(let id, let size): "\(id) rests \(size)"
    case .reduced(let id, _, let size): "\(id) reduced to \(size)"
    case .cancelled(let id, _, let size, let reason): "\(id) cancelled \(size) \(reason)"
    case .refused(let id, let refusal): "\(id) refused \(refusal)"
    }
  } + outcome.changes.map { "\($0.side) \($0.price): \($0.size)" }
}
