import PerpCore
import Testing

@testable import Bot

/// Rows B-01 and B-02: what is left of an edge after all that it costs.
@Suite("Net edge") struct EdgeTests {
  private func quote(_ bid: String, _ ask: String) -> Quote {
    Quote(
      bid: decimal(bid), ask: decimal(ask), bidSize: Decimal(1), askSize: Decimal(1), received: 0)
  }

  private func funding(_ members: String) throws -> FundingLine? {
    let text = #"{"type":"funding","venue":"a","symbol":"BTC-USD-PERP",\#(members)}"#
    guard case .funding(let line) = try GatewayLine(Array(text.utf8)) else { return nil }
    return line
  }

  private func pair(
    _ first: FundingLine? = nil, _ second: FundingLine? = nil
  ) -> PairView {
    PairView(
      venues: ("a", "b"), quotes: (quote("100", "100.2"), quote("100.9", "101.1")),
      fundings: (first, second))
  }

  private var settings: EdgeSettings {
    var settings = EdgeSettings()
    settings.fees["a"] = FeeRates(maker: decimal("0.0002"), taker: decimal("0.001"))
    settings.fees["b"] = FeeRates(maker: decimal("-0.0001"), taker: decimal("0.0005"))
    settings.reserve = Decimal(1)
    return settings
  }

  @Test("B-01 the net edge has all its terms, and fees are those of each leg's price")
  func terms() throws {
    var settings = settings
    settings.hold = Nanoseconds.seconds(4 * 3_600)
    let edge = try #require(
      settings.netEdge(
        .long,
        pair(
          funding(#""rate":"0.0001","interval_s":28800"#), funding(#""rate_1h":"0.00004""#))))
    #expect(edge.executable == decimal("0.7"))
    // 100.2 · 0.001 + 100.9 · 0.0005
    #expect(edge.fees == decimal("0.15065"))
    #expect(edge.reserve == decimal("0.010055"))
    // Sold at 100 and bought at 101.1, and half of both spreads.
    #expect(edge.exit == decimal("0.35055"))
    #expect(edge.carry == decimal("0.0110605"))
    #expect(edge.net == decimal("0.1998055"))
    #expect(edge.basisPoints.text(places: 3) == "19.871")
    #expect(
      edge.text == "net edge 0.1998 (19.871 bps): spread 0.7000, fees 0.1507, reserve 0.0101, "
        + "exit 0.3506, funding +0.0111")
  }

  @Test("B-01 a maker pays its own rate, what is told of the exit counts, and reducing has none")
  func variations() {
    var settings = settings
    let maker = settings.netEdge(.long, pair(), by: (.maker, .taker))
    #expect(maker?.fees == decimal("0.07049"))
    let rebate = settings.netEdge(.long, pair(), by: (.taker, .maker))
    #expect(rebate?.fees == decimal("0.09011"))
    #expect(settings.netEdge(.short, pair())?.executable == decimal("-1.1"))
    #expect(settings.netEdge(.short, pair())?.fees == decimal("0.15055"))
    #expect(settings.netEdge(.long, pair(), isReducing: true)?.exit == .zero)
    settings.exitCost = Decimal(2)
    #expect(settings.netEdge(.long, pair())?.exit == decimal("0.17066"))
  }

  @Test("B-01 what venues take: by profile, as told, and refused where it is not understood")
  func fees() throws {
    let plain = FeeTable()
    for venue in ["paradex", "lighter", "variational"] {
      #expect(plain[venue] == FeeRates.none, "\(venue)")
    }
    #expect(plain.rate("edgex", .taker) == decimal("0.00045"))
    #expect(plain.rate("grvt", .taker) == decimal("0.00045") && plain["x"] == nil)
    let told = try FeeTable("paradex=pro,lighter=-0.00001/0.0003,x=0/0.1")
    #expect(told.rate("paradex", .taker) == decimal("0.00045"))
    #expect(told.rate("paradex", .maker) == decimal("0.00003"))
    #expect(told.rate("lighter", .maker) == decimal("-0.00001"))
    #expect(told.rate("x", .taker) == decimal("0.1") && told.rate("edgex", .maker) > .zero)
    for text in ["paradex", "paradex=free", "x=1/2/3", "x=0.1", "x=a/b", "x=0/2"] {
      #expect(throws: Settings.Problem.self, "\(text)") { try FeeTable(text) }
    }
  }

  @Test("B-01 the least is off unless it is told, and then fees must be known")
  func reading() throws {
    let venue = ["--first-venue", "elsewhere"]
    func read(_ arguments: [String]) throws -> EdgeSettings {
      try ConvergenceSettings(Settings(ConvergenceSettings.parameters, arguments: arguments)).edge
    }
    #expect(try read([]) == EdgeSettings() && EdgeSettings().minimum == nil)
    _ = try read(venue)
    #expect(throws: Settings.Problem.self) { try read(venue + ["--min-net-edge-bps", "1"]) }
    let told = try read(
      venue + [
        "--min-net-edge-bps", "0", "--fees=elsewhere=0/0.0004", "--slippage-reserve-bps", "0.5",
        "--exit-cost-bps", "0", "--expected-hold", "600", "--funding-lead", "60",
      ])
    #expect(told.minimum == .zero && told.reserve == decimal("0.5") && told.exitCost == .zero)
    #expect(told.hold == Nanoseconds.seconds(600) && told.lead == Nanoseconds.seconds(60))
    #expect(told.objection(to: nil) == "funding is not known")
    #expect(EdgeSettings().objection(to: nil) == nil)
    #expect(told.objection(to: NetEdge(executable: .zero, base: Decimal(100))) == nil)
    let loss = NetEdge(executable: decimal("-0.1"), base: Decimal(100))
    #expect(told.objection(to: loss)?.hasSuffix("is below 0.000 bps") == true)
  }

  @Test(
    "B-02 the long venue pays 0.010 % in 8 h, the short receives 0.004 % in 1 h: +0.011 % in 4 h")
  func carry() throws {
    let long = try #require(FundingLine.hourly(decimal("0.0001"), interval: 28_800))
    let short = try #require(FundingLine.hourly(decimal("0.00004"), interval: 3_600))
    #expect(long == decimal("0.0000125"))
    let hours = Decimal(4)
    #expect(FundingCarry.part([(.buy, long), (.sell, short)], hours: hours) == decimal("0.00011"))
    #expect(FundingCarry.part([(.sell, long), (.buy, short)], hours: hours) == decimal("-0.00011"))
    #expect(FundingCarry.part([(.buy, long.negated)], hours: hours) == decimal("0.00005"))
    #expect(FundingLine.hourly(Decimal(1), interval: 0) == nil)
  }

  @Test("B-02 funding is read for an hour, and believed while its stream lives")
  func lines() throws {
    let told = try #require(try funding(#""rate":"9","rate_1h":"0.00001","next_ts":5"#))
    #expect(told.hourlyRate == decimal("0.00001") && told.next == 5)
    #expect(try funding(#""rate":"0.0008","interval_s":28800"#)?.hourlyRate == decimal("0.0001"))
    #expect(try funding(#""mark_price":"1""#)?.hourlyRate == nil)
    let now = Moment(monotonic: 1, wall: 1)
    var view = MarketView()
    view.note(.funding(told), at: now)
    #expect(view.funding(told.listing) == told)
    view.note(.stream(told.listing, channel: "funding", state: "stale", cause: ""), at: now)
    #expect(view.funding(told.listing) == nil)
    view.note(.funding(told), at: now)
    view.disconnect()
    #expect(view.funding(told.listing) == nil)
  }

  @Test(
    "B-02 what is held is judged before a funding time, where funding takes more than is to come")
  func objection() throws {
    var settings = EdgeSettings()
    (settings.minimum, settings.lead) = (.zero, Nanoseconds.seconds(60))
    settings.hold = Nanoseconds.seconds(3_600)
    let now = Moment(monotonic: 0, wall: 1_000_000_000)
    func objects(_ rate: String, next: Int64?, gain: String) throws -> Bool {
      let time = next.map { #","next_ts":\#($0)"# } ?? ""
      let pair = try pair(
        funding(#""rate_1h":"\#(rate)"\#(time)"#), funding(#""rate_1h":"0","next_ts":9999999999"#))
      return settings.objection(toHolding: .long, pair, gain: decimal(gain), at: now) != nil
    }
    let (near, far) = (now.wall + 60_000_000, now.wall + 60_000_001)
    // 0.001 of 100.55 is paid.
    #expect(try objects("0.001", next: near, gain: "0.1"))
    #expect(try !objects("0.001", next: near, gain: "0.10056"))
    #expect(try !objects("0.001", next: far, gain: "0.1"))
    #expect(try !objects("0.001", next: now.wall, gain: "0.1"))
    #expect(try objects("0.001", next: nil, gain: "0.1"))
    // What is received is no reason, however little is to come.
    #expect(try !objects("-0.001", next: near, gain: "-1"))
    settings.minimum = nil
    #expect(try !objects("0.001", next: near, gain: "0.1"))
  }
}
