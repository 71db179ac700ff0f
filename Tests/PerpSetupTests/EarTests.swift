import PerpCore
import PerpVenue
import PerpVenues
import Testing

@testable import PerpSetup

@Suite struct EarTests {
  private static let lighter = Registry.venue("lighter")!

  private static func market(_ base: String, _ status: Market.Status = .open) -> Market {
    Market(
      venue: lighter.id, symbol: Symbol("\(base)-USDC-PERP")!, venueSymbol: base, base: base,
      quote: "USDC", tickSize: Decimal("0.1")!, lotSize: Decimal("0.1")!,
      minSize: Decimal("0.1")!, minNotional: nil, maxLeverage: nil,
      fundingIntervalSeconds: nil, status: status)
  }

  private static func moment(_ milliseconds: Int) -> Moment {
    Moment(monotonic: Nanoseconds.milliseconds(milliseconds), wall: 0)
  }

  private static func stream(
    _ channel: Channel, _ state: StreamStatus.State, _ cause: String, retry: UInt64? = nil
  ) -> Event {
    .stream(
      StreamStatus(
        venue: lighter.id, topic: Topic(channel, Symbol("BTC-USDC-PERP")!), state: state,
        cause: cause, epoch: 1, time: 0, retryMilliseconds: retry))
  }

  private static let header = EventHeader(
    venue: lighter.id, symbol: Symbol("BTC-USDC-PERP")!, mseq: 1, venueTime: nil, received: 0)

  private static func quote(_ source: BBO.Source) -> Event {
    .bbo(BBO(header: header, bid: nil, ask: nil, venueSequence: nil, source: source))
  }

  private static func ear(_ name: String = "lighter") -> Ear {
    let venue = Registry.venue(name)!
    let options = SessionOptions(endpoints: Endpoints(ws: "", rest: ""), seed: 0)
    return Ear(venue, venue.makeDialect(options))
  }

  @Test func bitcoinIsChosenElseTheFirstThatIsOpen() {
    var ear = Self.ear()
    let topics = ear.choose(from: [Self.market("ETH"), Self.market("BTC")], at: Self.moment(0))
    #expect(topics?.map(\.symbol.base) == ["BTC", "BTC", "BTC", "BTC"])
    #expect(topics?.map(\.channel) == [.bbo, .trade, .book, .funding])
    #expect(ear.choose(from: [Self.market("ETH")], at: Self.moment(1)) == nil)
    ear = Self.ear()
    let other = ear.choose(
      from: [Self.market("BTC", .halted), Self.market("ETH")], at: Self.moment(0))
    #expect(other?.first?.symbol.base == "ETH")
  }

  @Test func itListensUntilEachChannelHasSpokenOrIsRefused() {
    var ear = Self.ear()
    _ = ear.choose(from: [Self.market("BTC")], at: Self.moment(100))
    ear.hear(.funding(Funding(header: Self.header)), at: Self.moment(130))
    ear.hear(Self.quote(.poll), at: Self.moment(135))
    ear.hear(Self.stream(.bbo, .down, "closed_1006", retry: 500), at: Self.moment(140))
    ear.hear(Self.stream(.book, .down, "refused"), at: Self.moment(150))
    #expect(!ear.isContent)
    let facts = ear.facts(seconds: 3)
    #expect(
      facts.channels.map { "\($0.channel) \($0.outcome)" } == [
        #"bbo silent(cause: Optional("down: closed_1006"))"#, "trade silent(cause: nil)",
        #"book down(cause: "refused")"#, "funding data(microseconds: 30000)",
      ])
    ear.hear(Self.stream(.bbo, .down, "refused"), at: Self.moment(150))
    ear.hear(Self.stream(.trade, .down, "refused"), at: Self.moment(150))
    #expect(ear.isContent)
  }

  @Test func quotesByAskingCountWhereThereAreNoOthers() {
    for (venue, isHeard) in [("lighter", false), ("variational", true)] {
      var ear = Self.ear(venue)
      _ = ear.choose(from: [Self.market("BTC")], at: Self.moment(0))
      ear.hear(Self.quote(.poll), at: Self.moment(5))
      let outcome = ear.facts(seconds: 1).channels.first { $0.channel == .bbo }?.outcome
      #expect("\(outcome!)".hasPrefix("data") == isHeard)
    }
  }
}
