import PerpCore
import Testing

@testable import Bot

/// Rows S3-42 to S3-44 and S3-63 to S3-65: what a market maker keeps to.
@Suite("What a market maker keeps to") struct MakerRiskTests {
  private static let second = Nanoseconds.seconds(1)
  private static let hour: Int64 = 3_600_000_000

  @Test("S3-42 an unchanged order stays, and another waits for the end of the one before")
  func slots() {
    var slot = QuoteSlot(.buy)
    #expect(slot.step == .nothing)
    let terms = QuoteSlot.Terms(price: Decimal(100), size: Decimal(1))
    slot.wanted = terms
    #expect(slot.step == .place(terms))
    slot.place(terms, as: "a")
    slot.wanted?.size = Decimal(2)
    #expect(slot.step == .nothing)
    slot.wanted = QuoteSlot.Terms(price: Decimal(99), size: Decimal(1))
    #expect(slot.step == .cancel(clientID: "a"))
    slot.cancel()
    #expect(slot.step == .nothing)
    #expect(!slot.end("b") && slot.end("a"))
    #expect(slot.step == .place(QuoteSlot.Terms(price: Decimal(99), size: Decimal(1))))
    slot.place(terms, as: "c")
    // Filled, or refused: it is for the next look to say what becomes of this side.
    #expect(slot.end("c") && slot.wanted == nil && slot.step == .nothing)
    slot.wanted = terms
    slot.place(terms, as: "d")
    slot.wanted = nil
    #expect(slot.step == .cancel(clientID: "d"))
  }

  @Test("S3-43 every operation counts in all windows, and what is placed can be cancelled")
  func operations() {
    var limits = OperationLimits(second: 2, minute: 5, hour: 280, day: 950)
    #expect(limits.opening(at: 0) == 0)
    for _ in 0..<2 { limits.note(at: 0) }
    #expect(limits.opening(at: 10) == Self.second + OperationLimits.margin)
    let later = 2 * Self.second
    for _ in 0..<2 { limits.note(at: later) }
    #expect(limits.opening(at: 4 * Self.second) == 4 * Self.second)
    // One more is left in the minute: enough to cancel, not to place what must be cancelled too.
    #expect(limits.opening(reserve: 1, at: 4 * Self.second) > 60 * Self.second)
    #expect(limits.text(at: later) == "1h=4/280 24h=4/950")
  }

  @Test("S3-44 hours that are on no list, or on the wrong one, are none to trade in")
  func hours() throws {
    let active = try #require(ActiveHours.hours("7-16"))
    let paused = try #require(ActiveHours.hours("21,22,23,0-5"))
    #expect(active.count == 10 && paused.count == 9)
    let hours = ActiveHours(active: active, paused: paused)
    let allowed = (0..<24).filter { hours.allow(Int64($0) * Self.hour + 5 * 24 * Self.hour) }
    #expect(allowed == Array(7...16))
    #expect(!ActiveHours(active: active, paused: [16]).allow(16 * Self.hour))
    for text in ["24", "5-3", "x", "1-2-3", "-"] { #expect(ActiveHours.hours(text) == nil) }
    #expect(ActiveHours.hours("") == [])
  }

  @Test("S3-44 losses stop entries until the UTC hour, or day, is over")
  func losses() {
    var limits = LossLimits(hour: decimal("0.5"), day: Decimal(1))
    let start = 1_000 * 24 * Self.hour
    limits.note(decimal("-0.5"), at: start)
    #expect(limits.obstacle(at: start) == nil)
    limits.note(decimal("-0.01"), at: start)
    #expect(limits.obstacle(at: start) == "0.51 were lost this hour")
    #expect(limits.obstacle(at: start + Self.hour) == nil)
    limits.note(decimal("-0.5"), at: start + Self.hour)
    #expect(limits.obstacle(at: start + 5 * Self.hour) == "1.01 were lost this day")
    #expect(limits.obstacle(at: start + 24 * Self.hour) == nil)
  }

  @Test("S3-64 a large loss, or five in a row, pause for longer each time, until a win")
  func breaker() {
    var breaker = CircuitBreaker()
    for _ in 0..<4 { #expect(breaker.note(decimal("-1"), at: 0) == nil) }
    #expect(breaker.note(.zero, at: 0) == nil)
    #expect(breaker.note(decimal("-1"), at: 0) == "5 losses in a row")
    #expect(breaker.pausedUntil == 60 * Self.second)
    #expect(breaker.note(decimal("-3"), at: 0) == nil)
    #expect(breaker.note(decimal("-3.01"), at: 0) == "a loss of 3.01")
    #expect(breaker.pausedUntil == 120 * Self.second)
    for _ in 0..<3 { _ = breaker.note(decimal("-9"), at: 0) }
    #expect(breaker.pausedUntil == 300 * Self.second)
    _ = breaker.note(decimal("0.1"), at: 0)
    _ = breaker.note(decimal("-9"), at: 0)
    #expect(breaker.pausedUntil == 60 * Self.second)
  }

  @Test("S3-63 wide ranges, moves and heavy books keep entries away")
  func filters() {
    var filter = EntryFilter()
    let sigma = Decimal(20)
    #expect(filter.pauseThreshold(sigma: sigma).text(places: 1) == "173.2")
    #expect(filter.pauseThreshold(sigma: Decimal(10)) == Decimal(120))
    func kinds(_ imbalance: String = "0", at seconds: Int) -> [EntryFilter.Reason.Kind] {
      filter.reasons(
        sigma: sigma, imbalance: decimal(imbalance), at: Nanoseconds.seconds(seconds)
      ).map(\.kind)
    }
    filter.note(mid: Decimal(97_000), at: 0)
    filter.note(mid: Decimal(97_060), at: 40 * Self.second)
    #expect(kinds(at: 40) == [] && kinds("-0.4", at: 40) == [])
    #expect(kinds("-0.41", at: 40) == [.imbalance])
    filter.note(mid: Decimal(97_061), at: 41 * Self.second)
    #expect(kinds(at: 41) == [.momentum])
    // Ten seconds later the old middle is out of the window.
    #expect(kinds(at: 51) == [])
    filter.note(mid: Decimal(97_030), at: 55 * Self.second)
    filter.note(mid: Decimal(97_000), at: 56 * Self.second)
    #expect(kinds(at: 56) == [])
    filter.note(mid: Decimal(96_886), at: 57 * Self.second)
    #expect(kinds(at: 57) == [.range, .momentum, .jump])
  }

  @Test("S3-63 with a position only the side that adds to it stays away, and only from harm")
  func blocked() {
    let rising = EntryFilter.Reason(kind: .momentum, side: .sell, text: "")
    let wide = EntryFilter.Reason(kind: .range, side: nil, text: "")
    func blocked(_ reasons: [EntryFilter.Reason], _ position: String) -> Set<Side> {
      EntryFilter.blocked(reasons, position: decimal(position), isFlat: position == "0")
    }
    #expect(blocked([], "0") == [] && blocked([rising], "0") == [.buy, .sell])
    #expect(blocked([rising], "0.01") == [] && blocked([rising], "-0.01") == [.sell])
    #expect(blocked([wide], "0.01") == [.buy] && blocked([wide], "-0.01") == [.sell])
  }

  @Test("S3-65 a pause is recorded with the prices that followed")
  func pauses() throws {
    var recorder = PauseRecorder()
    var records: [PauseRecorder.Record] = []
    for second in 0...700 {
      let now = Moment(
        monotonic: Nanoseconds.seconds(second), wall: 5_000_000 + Int64(second) * 1_000_000)
      let reason = second >= 10 && second < 400 ? "60 s range 200" : nil
      let mid = Decimal(1_000 + (second > 200 ? 400 - second : second))
      if let record = recorder.note(mid: mid, reason: reason, at: now) { records.append(record) }
    }
    try #require(records.count == 2)
    #expect(records[0].began == 15_000_000 && records[0].price == Decimal(1_010))
    #expect(records[0].prices == [1_040, 1_070, 1_130, 1_190, 1_090].map { Decimal($0) })
    #expect(records[0].highest == Decimal(1_200) && records[0].lowest == Decimal(1_010))
    #expect(records[0].row == "15000,60 s range 200,1010,1040,1070,1130,1190,1090,1200,1010")
    #expect(records[1].began == 316_000_000)
    let line = try JSONFields(Array(records[0].line.utf8).span.bytes)
    #expect(line.texts("prices")?.count == 5 && line.decimal("max") == Decimal(1_200))
  }
}
