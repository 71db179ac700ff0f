import PerpCore
import PerpVenue
import Testing

@Suite("What a client wants of an order")
struct OrderIntentTests {
  private let symbol = Symbol("BTC-USD-PERP")!

  private func refusal(
    _ change: (inout OrderTerms) -> Void = { _ in }, status: Market.Status = .open
  ) -> OrderRefusal.Reason? {
    var terms = OrderTerms(
      side: .buy, type: .limit, price: Decimal("100.5"), size: Decimal("0.010")!)
    change(&terms)
    let market = Market(
      venue: VenueID("v"), symbol: symbol, venueSymbol: "1", base: "BTC", quote: "USD",
      tickSize: Decimal("0.5")!, lotSize: Decimal("0.001")!, minSize: Decimal("0.002")!,
      minNotional: Decimal(1), maxLeverage: nil, fundingIntervalSeconds: nil, status: status)
    let intent = OrderIntent(clientID: ClientOrderID("c")!, symbol: symbol, terms: terms)
    return intent.refusal(on: market)?.reason
  }

  @Test("steps and least sizes are kept exactly")
  func grid() {
    #expect(refusal() == nil)
    #expect(refusal { $0.price = Decimal("100.5000") } == nil)
    #expect(refusal { $0.price = Decimal("100.50000000000000000001") } == .badTick)
    #expect(refusal { $0.price = Decimal("100.4") } == .badTick)
    #expect(refusal { $0.size = Decimal("0.0105")! } == .badLot)
    #expect(refusal { $0.size = Decimal("0.001")! } == .belowMin)
    #expect(refusal { $0.price = Decimal("99.5") } == .belowMin, "0.995 is below a notional of 1")
    #expect(
      refusal {
        $0.price = Decimal("99.5")
        $0.isReduceOnly = true
      } == nil, "a small rest can be closed")
    #expect(
      refusal {
        $0.type = .stopMarket
        $0.price = nil
        $0.stopPrice = Decimal("0.7")
      } == .badTick)
  }

  @Test("what cannot be meant is malformed")
  func sense() {
    #expect(refusal { $0.size = .zero } == .malformed)
    #expect(refusal { $0.size = Decimal(-1) } == .malformed)
    #expect(refusal { $0.price = nil } == .malformed)
    #expect(refusal { $0.price = .zero } == .malformed)
    #expect(refusal { $0.type = .market } == .malformed)
    #expect(refusal { $0.stopPrice = Decimal(1) } == .malformed)
    #expect(refusal { $0.type = .stopLimit } == .malformed)
    #expect(
      refusal {
        $0.isPostOnly = true
        $0.timeInForce = .ioc
      } == .malformed)
  }

  @Test("a market takes what its status allows")
  func status() {
    for closed in [Market.Status.halted, .cancelOnly, .quotesOnly, .delisted] {
      #expect(refusal(status: closed) == .venueDown)
    }
    #expect(refusal(status: .postOnly) == .unsupported)
    #expect(refusal({ $0.isPostOnly = true }, status: .postOnly) == nil)
    #expect(refusal(status: .reduceOnly) == .reduceOnly)
    #expect(refusal({ $0.isReduceOnly = true }, status: .reduceOnly) == nil)
  }

  @Test("names at the venue are never given twice, also after a step back of the clock")
  func names() {
    let client = ClientOrderID("c")!
    let bounds: ClosedRange<UInt64> = 1 << 63...UInt64.max
    var names = OrderNames(.number(bounds))
    var given: Set<ShortText> = []
    for wall: Int64 in [1_795_000_000_000_000, 1_795_000_000_000_000, 5, 1_795_000_000_001_000] {
      let name = names.next(for: client, at: wall)!
      #expect(given.insert(name).inserted && bounds.contains(UInt64(name.string)!))
    }
    var later = OrderNames(.number(bounds))
    for name in given { later.note(name) }
    #expect(given.insert(later.next(for: client, at: 7)!).inserted, "those of the journal count")

    var few = OrderNames(.number(1...3))
    #expect(few.next(for: client, at: 0) == ShortText("2"))
    #expect(few.next(for: client, at: 0) == ShortText("3"))
    #expect(few.next(for: client, at: 0) == nil)
    var lighter = OrderNames(.number(0...(1 << 48) - 1))
    #expect(lighter.next(for: client, at: 4_000_000_000_000_000) != nil, "good until 2096")
    var texts = OrderNames(.text)
    #expect(texts.next(for: client, at: 0) == client.text)
    var none = OrderNames(.none)
    #expect(none.next(for: client, at: 0) == nil)
  }

  @Test("the latest are remembered, the oldest make room")
  func recentSet() {
    var set = RecentSet<Int>(capacity: 2)
    #expect(set.insert(1) == nil && set.insert(1) == nil && set.insert(2) == nil)
    #expect(set.insert(3) == 1 && set.count == 2)
    #expect(!set.contains(1) && set.contains(2) && set.contains(3))
  }
}
