import PerpCore
import Testing

@testable import Bot

/// Row B-09: models of a market maker.
@Suite("Pricing models") struct PricingTests {
  private func isClose(_ value: Double, _ other: Double) -> Bool { abs(value - other) < 5e-7 }

  @Test("B-09 Avellaneda and Stoikov: 99.9, a spread of 1.310930, quotes 99.244535 and 100.555465")
  func avellanedaStoikov() {
    let model = AvellanedaStoikov(gamma: 1, kappa: 2)
    let offsets = model.offsets(sigma: 0.5, position: 0.2)
    #expect(isClose(100 - offsets.shift, 99.9) && isClose(2 * offsets.half, 1.310930))
    #expect(isClose(100 - offsets.shift - offsets.half, 99.244535))
    #expect(isClose(100 - offsets.shift + offsets.half, 100.555465))
  }

  @Test(
    "B-09 the nearer the end of the horizon, the less a position counts, and then it begins anew",
    arguments: [
      (0, 99.9, 1.310930, "99.24", "100.56"), (300, 99.95, 1.060930, "99.41", "100.49"),
      (540, 99.99, 0.860930, "99.55", "100.43"), (600, 99.9, 1.310930, "99.24", "100.56"),
      (1_140, 99.99, 0.860930, "99.55", "100.43"),
    ])
  func horizon(second: Int, fair: Double, spread: Double, bid: String, ask: String) throws {
    var market = market("0.2")
    market.remaining = AvellanedaStoikov.remaining(
      of: Nanoseconds.seconds(600), after: Nanoseconds.seconds(second))
    let model = avellaneda
    #expect(isClose(model.fair(market).approximate, fair))
    #expect(isClose(2 * model.halfSpread(market).approximate, spread))
    let prices = try #require(model.prices(market))
    #expect(prices.bid == decimal(bid) && prices.ask == decimal(ask))
    #expect(AvellanedaStoikov.remaining(of: 0, after: Nanoseconds.seconds(second)) == 1)
  }

  @Test("B-09 a maker's fair price comes back to the middle as its horizon ends")
  func horizonOfRun() throws {
    let script = MakerScript()
    script.start { settings in
      settings.model = avellaneda
      settings.model.maxPosition = decimal("0.0003")
      settings.model.baseSize = decimal("0.0003")
      (settings.horizon, settings.refresh) = (Nanoseconds.seconds(100), Nanoseconds.seconds(1))
      settings.isImbalanceUsed = false
    }
    script.bench.first.hit(.buy)
    // γ · σ is 5, and all of the largest position is held: 5 below the middle at the beginning.
    func fair(_ second: Int) throws -> Decimal {
      let wait = Nanoseconds.seconds(second) - script.bench.elapsed
      script.bench.run(seconds: Decimal(Int(wait)).over(Decimal(1_000_000_000)))
      return try #require(script.bot?.plan?.fair)
    }
    let fairs = try [10, 50, 95, 105].map(fair)
    let middle = decimal("97000.5")
    for (fair, part) in zip(fairs, ["0.9", "0.5", "0.05", "0.95"]) {
      // What is left was so much at most a second ago.
      let below = middle.minus(fair)
      let least = decimal(part).times(Decimal(5))
      #expect(below >= least && below <= least.plus(decimal("0.06")), "\(below)")
    }
  }

  private var avellaneda: QuoteModel {
    var model = QuoteModel()
    model.pricing = .avellanedaStoikov
    (model.gamma, model.kappa, model.minHalfSpread) = (Decimal(1), Decimal(2), .zero)
    (model.baseSize, model.maxPosition) = (decimal("0.1"), Decimal(1))
    return model
  }

  @Test("B-09 Guéant, Lehalle and Fernandez-Tapia: half 4.512344, skew 2.858660")
  func arrivals() {
    let model = ArrivalQuotes(gamma: 0.05, intensity: 3, decay: 0.3)
    #expect(isClose(model.first, 3.083014) && isClose(model.second, 0.285866))
    let offsets = model.offsets(sigma: 10, position: 1)
    #expect(isClose(offsets.half, 4.512344) && isClose(offsets.shift, 2.858660))
    #expect(model.offsets(sigma: 10, position: -2).shift == -2 * offsets.shift)
  }

  private func market(_ position: String) -> QuoteModel.Market {
    QuoteModel.Market(
      quote: Quote(
        bid: decimal("99.9"), ask: decimal("100.1"), bidSize: Decimal(1), askSize: Decimal(1),
        received: 0),
      rules: MarketRules(tick: decimal("0.01"), lot: decimal("0.001"), minSize: decimal("0.001")),
      sigma: 0.5, position: decimal(position))
  }

  @Test("B-09 the model is chosen, and quotes are on the grid, no better than the touch")
  func selection() throws {
    var model = avellaneda
    let prices = try #require(model.prices(market("0.2")))
    #expect(prices.bid == decimal("99.24") && prices.ask == decimal("100.56"))
    model.minHalfSpread = Decimal(2)
    #expect(model.prices(market("0"))?.bid == Decimal(98))
    model.minHalfSpread = .zero
    model.pricing = .glft
    (model.gamma, model.intensity, model.decay) = (decimal("0.05"), Decimal(3), decimal("0.3"))
    // Two units of 0.1 are held: the fair price is 2 · 0.5 · 0.285866 below the middle.
    #expect(model.fair(market("0.2")).text(places: 4) == "99.7141")
    #expect(model.halfSpread(market("0.2")).text(places: 4) == "3.1545")
    // What trades say is believed rather than what was set.
    var told = market("0.2")
    told.arrivals = ArrivalRate(intensity: 3, decay: 0.3)
    (model.intensity, model.decay) = (Decimal(1), Decimal(1))
    #expect(model.fair(told).text(places: 4) == "99.7141")
    #expect(model.halfSpread(told).text(places: 4) == "3.1545")
    #expect(model.fair(market("0.2")) != model.fair(told))
    // A half spread of more than the price is no reason to quote near the middle.
    told.arrivals = ArrivalRate(intensity: 1e-6, decay: 0.001)
    #expect(model.halfSpread(told) > Decimal(100) && model.prices(told) == nil)
  }

  @Test("B-09 what adds to a position shrinks by its shape, what takes from it does not")
  func shape() {
    var model = QuoteModel()
    model.shape = Decimal(2)
    (model.baseSize, model.maxPosition) = (decimal("0.1"), Decimal(1))
    func size(_ side: Side, _ position: String) -> Decimal {
      model.size(
        side, position: decimal(position), rules: market("0").rules, at: Decimal(100))
    }
    // 0.1 · e^−1
    #expect(size(.buy, "0.5") == decimal("0.036") && size(.sell, "0.5") == decimal("0.1"))
    #expect(size(.sell, "-0.5") == decimal("0.036") && size(.buy, "0") == decimal("0.1"))
    model.shape = .zero
    #expect(size(.buy, "0.5") == decimal("0.05"))
  }

  @Test("B-09 settings choose the model, and the reference's stays the default")
  func reading() throws {
    func read(_ arguments: [String]) throws -> QuoteModel {
      try MakerSettings(Settings(MakerSettings.parameters, arguments: arguments)).model
    }
    #expect(try read([]).pricing == .reference && read([]).shape == .zero)
    let told = try read([
      "--strategy.model", "glft", "--strategy.intensity", "3", "--strategy.decay", "0.3",
      "--strategy.shape", "1.5",
    ])
    #expect(told.pricing == .glft && told.intensity == Decimal(3))
    #expect(told.decay == decimal("0.3") && told.shape == decimal("1.5"))
    #expect(throws: Settings.Problem.self) { try read(["--strategy.model", "other"]) }
    #expect(throws: Settings.Problem.self) {
      try read(["--strategy.model", "glft", "--strategy.gamma", "0"])
    }
  }

  @Test("B-09 the book's pressure is measured by how it usually is, near the middle")
  func pressure() {
    var pressure = BookPressure(band: decimal("0.01"), looks: 4)
    func note(_ bids: String) -> Double {
      var book = Book()
      book.set(Level(price: Decimal(100), size: decimal(bids)), on: .buy)
      if bids == "1" { book.set(Level(price: decimal("98.9"), size: Decimal(50)), on: .buy) }
      book.set(Level(price: decimal("100.2"), size: Decimal(2)), on: .sell)
      pressure.note(book)
      return pressure.z
    }
    #expect(note("1") == 0 && note("3") == 0 && note("1") == 0)
    // −1, 1, −1, 3: what is beyond one per cent does not count.
    #expect(isClose(note("5"), (3 - 0.5) / 2.75.squareRoot()))
    pressure.note(Book())
    #expect(pressure.z > 1)
    var market = market("0")
    market.pressure = decimal("1.5")
    var model = QuoteModel()
    #expect(model.fair(market) == Decimal(100))
    model.pressureShift = decimal("0.2")
    #expect(model.fair(market) == decimal("100.3"))
  }

  @Test("B-09 the middle that sizes weigh, of the best prices and of several levels")
  func middles() {
    var quote = market("0").quote
    (quote.bidSize, quote.askSize) = (Decimal(3), Decimal(1))
    #expect(Middle.mid.price(quote, nil, depth: 2) == Decimal(100))
    // (99.9 · 1 + 100.1 · 3) / 4
    #expect(Middle.micro.price(quote, nil, depth: 2) == decimal("100.05"))
    var book = Book()
    for (price, size) in [("99.9", "1"), ("99.7", "1"), ("90", "9")] {
      book.set(Level(price: decimal(price), size: decimal(size)), on: .buy)
    }
    book.set(Level(price: decimal("100.2"), size: Decimal(6)), on: .sell)
    // 2 at 99.8 and 6 at 100.2.
    #expect(Middle.vamp.price(quote, book, depth: 2) == decimal("99.9"))
    #expect(Middle.vamp.price(quote, nil, depth: 2) == Decimal(100))
    (quote.bidSize, quote.askSize) = (.zero, .zero)
    #expect(Middle.micro.price(quote, nil, depth: 2) == Decimal(100))
  }

  @Test("B-09 a market maker quotes by the middle, and the pressure, that it was told to")
  func quoting() {
    func fair(_ change: (inout MakerSettings) -> Void) -> Decimal {
      let script = MakerScript()
      script.start { settings in
        (settings.isImbalanceUsed, settings.model.imbalanceShift) = (false, .zero)
        (settings.refresh, settings.depth) = (Nanoseconds.seconds(1), 1)
        change(&settings)
      }
      script.setSpread("97000", "97010")
      for size in [1, 1, 1, 1, 3] {
        script.bench.tellBook(bids: [Decimal(size)], asks: [Decimal(1)])
        script.bench.run(seconds: Decimal(2))
      }
      return script.bot?.plan?.fair ?? .zero
    }
    #expect(fair { _ in } == decimal("97005"))
    // (97000 · 1 + 97010 · 3) / 4
    #expect(fair { $0.middle = .vamp } == decimal("97007.5"))
    let pressed = fair { settings in
      settings.pressure = BookPressure(band: decimal("0.01"), looks: 8)
      settings.model.pressureShift = Decimal(2)
    }
    #expect(pressed > decimal("97006") && pressed < decimal("97015"))
  }
}
