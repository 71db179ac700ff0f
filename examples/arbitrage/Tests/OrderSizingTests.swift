import Bot
import PerpCore
import Testing

/// Rows C-02 to C-05.
@Suite("Prices and sizes on the grid") struct OrderSizingTests {
  private let rules = MarketRules(
    tick: decimal("0.1"), lot: decimal("0.001"), minSize: decimal("0.002"),
    minNotional: decimal("100"))

  @Test(
    "C-02 prices are rounded away from harm",
    arguments: [
      (Side.buy, MarketRules.Intention.passive, "100.0"), (.sell, .passive, "100.1"),
      (.buy, .aggressive, "100.1"), (.sell, .aggressive, "100.0"),
    ])
  func rounding(side: Side, intention: MarketRules.Intention, expected: String) throws {
    #expect(try rules.price(decimal("100.05"), side, intention) == decimal(expected))
    // What is on the grid stays.
    #expect(try rules.price(decimal("100.10"), side, intention) == decimal("100.1"))
  }

  @Test("C-02 sizes are never rounded up, and what is too small is refused here")
  func sizes() throws {
    #expect(try rules.size(decimal("2.0019"), at: decimal("100")) == decimal("2.001"))
    #expect(throws: MarketRules.Refusal.self) {
      try rules.size(decimal("0.0019"), at: decimal("1000000"))
    }
    #expect(throws: MarketRules.Refusal.self) {
      try rules.size(decimal("0.999"), at: decimal("100"))
    }
    #expect(try rules.size(decimal("1"), at: decimal("100")) == decimal("1"))
    #expect(throws: MarketRules.Refusal.self) {
      try rules.price(decimal("0.05"), .sell, .aggressive)
    }
  }

  @Test("C-05 an emulated market order")
  func emulatedMarket() throws {
    let quote = quote(bid: "96534.50", ask: "96824.50")
    let offset = decimal("0.003")
    #expect(quote.ask.times(decimal("1.003")) == decimal("97114.9735"))
    #expect(quote.bid.times(decimal("0.997")) == decimal("96244.8965"))
    #expect(
      try rules.emulatedMarket(.buy, against: quote, offset: offset) == decimal("97115.0"))
    #expect(
      try rules.emulatedMarket(.sell, against: quote, offset: offset) == decimal("96244.8"))
  }

  @Test("C-03 a size with a sign and a side counts once")
  func signedSizes() {
    #expect(SignedSize.position(size: decimal("-0.5"), side: "SHORT") == decimal("-0.5"))
    #expect(SignedSize.position(size: decimal("0.5"), side: "short") == decimal("-0.5"))
    #expect(SignedSize.position(size: decimal("-0.5"), side: "LONG") == decimal("0.5"))
    #expect(SignedSize.position(size: decimal("0.5"), side: "closed") == .zero)
  }

  @Test("C-04 what a quote must be, and basis points")
  func quotes() {
    #expect(quote(bid: "99", ask: "101").isSound)
    #expect(quote(bid: "99", ask: "101").mid == decimal("100"))
    #expect(quote(bid: "99", ask: "101").spread == decimal("2"))
    #expect(!quote(bid: "0", ask: "101").isSound)
    #expect(!quote(bid: "101", ask: "101").isSound)
    #expect(!quote(bid: "102", ask: "101").isSound)
    #expect(Spread.basisPoints(decimal("2"), of: decimal("100")) == decimal("200"))
    #expect(Spread.basisPoints(decimal("2"), of: .zero) == .zero)
  }

  @Test("C-01 amounts are exact, and too large ones do not wrap")
  func arithmetic() {
    #expect(decimal("0.1").plus(decimal("0.2")) == decimal("0.3"))
    #expect(decimal("-1.05").floored(to: decimal("0.1")) == decimal("-1.1"))
    #expect(decimal("-1.05").ceiled(to: decimal("0.1")) == decimal("-1.0"))
    #expect(decimal("0.0323").text(places: 3) == "0.032")
    #expect(decimal("-0.0325").text(places: 3) == "-0.033")
    #expect(decimal("27.86").text(places: 4) == "27.8600")
    #expect(Decimal.zero.signedText(places: 2) == "+0.00")
    let huge = Decimal(mantissa: .max, scale: 0)
    #expect(huge.times(huge) == huge)
    #expect(huge.times(huge.negated) == huge.negated)
    let fine = Decimal(mantissa: 1, scale: 38)
    #expect(huge.plus(fine) == huge)
  }

  private func quote(bid: String, ask: String) -> Quote {
    Quote(
      bid: decimal(bid), ask: decimal(ask), bidSize: .zero, askSize: .zero, received: 0)
  }
}

func decimal(_ text: String) -> Decimal { Decimal(text)! }
