import PerpCore
import Testing

@testable import PerpGateway

@Suite struct QuoteBoardTests {
  static let start = Moment(monotonic: Nanoseconds.seconds(1_000), wall: 1_795_132_800_000_000)
  static let paradex = VenueID("paradex")
  static let lighter = VenueID("lighter")
  static let btc = symbol("BTC-USD-PERP")
  static let btcUSDC = symbol("BTC-USDC-PERP")

  /// A board, and the time that passes before it.
  struct Watch {
    var board = QuoteBoard()
    var now = QuoteBoardTests.start

    init(_ rows: [(VenueID, Symbol)]) {
      for (venue, symbol) in rows { board.expect(symbol, on: venue, at: now) }
    }

    mutating func quote(
      _ venue: VenueID, _ symbol: Symbol, _ bid: String?, _ ask: String?,
      source: BBO.Source = .bbo, flags: QuoteFlags = []
    ) {
      let header = EventHeader(
        venue: venue, symbol: symbol, mseq: 1, venueTime: nil, received: now.wall)
      let quote = BBO(
        header: header, bid: bid.map(QuoteBoardTests.level), ask: ask.map(QuoteBoardTests.level),
        venueSequence: nil, source: source, flags: flags)
      board.observe(.bbo(quote), at: now)
    }

    mutating func state(
      _ venue: VenueID, _ symbol: Symbol, _ state: StreamStatus.State, _ cause: String,
      epoch: UInt64 = 1, channel: Channel = .bbo
    ) {
      let status = StreamStatus(
        venue: venue, topic: Topic(channel, symbol), state: state, cause: cause, epoch: epoch,
        time: now.wall)
      board.observe(.stream(status), at: now)
    }

    mutating func live(_ venue: VenueID, _ symbol: Symbol, epoch: UInt64 = 1) {
      state(venue, symbol, .live, "first_data", epoch: epoch)
    }

    mutating func wait(milliseconds: Int) {
      now = now.advanced(by: Nanoseconds.milliseconds(milliseconds))
    }

    /// Each row as one line, columns apart by a blank.
    var lines: [String] { board.cells(at: now).map { $0.joined(separator: " ") } }
    var crossings: [String] { board.crossingCells().map { $0.joined(separator: " ") } }
  }

  private static func symbol(_ text: String) -> Symbol {
    guard let symbol = Symbol(text) else { preconditionFailure("not a symbol: \(text)") }
    return symbol
  }

  private static func level(_ price: String) -> Level {
    guard let price = Decimal(price) else { preconditionFailure("not a price: \(price)") }
    return Level(price: price, size: Decimal(1))
  }

  @Test("a row says where a stream stands from the beginning")
  func row() {
    var watch = Watch([(Self.paradex, Self.btc)])
    #expect(
      watch.lines == ["BTC paradex BTC-USD-PERP - - - - 0.0 0 - connecting subscribing"])
    #expect(!watch.board.isLive && !watch.board.hasData)
    watch.live(Self.paradex, Self.btc)
    #expect(!watch.board.isLive)
    watch.quote(Self.paradex, Self.btc, "90000.10", "90001.0")
    watch.wait(milliseconds: 850)
    #expect(
      watch.lines
        == ["BTC paradex BTC-USD-PERP 90000.10 90001.0 0.09 850 ms 1.0 0 bbo live"])
    #expect(watch.board.isLive && watch.board.hasData)
    watch.state(Self.paradex, Self.btc, .stale, "no_data")
    #expect(watch.lines[0].hasSuffix(" stale no_data"))
    #expect(!watch.board.isLive)
  }

  @Test("assets stand together, in the order of their names, whoever came first")
  func order() {
    let eth = Self.symbol("ETH-USD-PERP")
    let watch = Watch([
      (Self.paradex, eth), (Self.lighter, eth), (Self.paradex, Self.btc),
      (Self.lighter, Self.btcUSDC), (Self.paradex, eth),
    ])
    #expect(
      watch.board.rows(at: watch.now).map { "\($0.venue) \($0.symbol)" } == [
        "lighter BTC-USDC-PERP", "paradex BTC-USD-PERP", "lighter ETH-USD-PERP",
        "paradex ETH-USD-PERP",
      ])
  }

  @Test("a side that is empty, and a quote not to trade on, are seen as such")
  func flags() {
    var watch = Watch([(Self.paradex, Self.btc)])
    watch.live(Self.paradex, Self.btc)
    watch.quote(Self.paradex, Self.btc, nil, "10")
    #expect(watch.lines[0].contains(" - 10 - 0 ms "))
    watch.quote(Self.paradex, Self.btc, "11", "10", flags: [.crossed, .lagging])
    #expect(watch.lines[0].hasSuffix(" bbo live crossed lagging"))
    #expect(watch.lines[0].contains(" -952.38 "))
  }

  @Test("only connections that brought data count as reconnects")
  func reconnects() {
    var watch = Watch([(Self.paradex, Self.btc)])
    watch.live(Self.paradex, Self.btc, epoch: 1)
    for epoch in UInt64(2)...4 {
      watch.state(Self.paradex, Self.btc, .down, "closed_1006", epoch: epoch - 1)
      watch.state(Self.paradex, Self.btc, .connecting, "subscribing", epoch: epoch)
    }
    #expect(watch.board.rows(at: watch.now)[0].reconnects == 0)
    watch.live(Self.paradex, Self.btc, epoch: 4)
    #expect(watch.board.rows(at: watch.now)[0].reconnects == 1)
    watch.state(Self.paradex, Self.btc, .stale, "no_data", epoch: 4)
    watch.live(Self.paradex, Self.btc, epoch: 4)
    watch.state(Self.paradex, Self.btc, .live, "first_data", epoch: 9, channel: .trade)
    #expect(watch.board.rows(at: watch.now)[0].reconnects == 1)
  }

  @Test("the rate is that of the last ten seconds")
  func rate() {
    var watch = Watch([(Self.paradex, Self.btc)])
    func rate() -> String { watch.board.rows(at: watch.now)[0].rate.description }
    for _ in 0..<80 {
      watch.wait(milliseconds: 250)
      watch.quote(Self.paradex, Self.btc, "1", "2")
    }
    #expect(rate().hasPrefix("4."))
    watch.wait(milliseconds: 5_000)
    #expect(["1.8", "1.9", "2.0", "2.1"].contains(rate()))
    watch.wait(milliseconds: 5_000)
    #expect(rate() == "0.0")
    watch.quote(Self.paradex, Self.btc, "1", "2")
    #expect(rate() == "0.1")
  }

  @Test("a first second with many messages is not multiplied")
  func firstRate() {
    var watch = Watch([(Self.paradex, Self.btc)])
    for _ in 0..<7 { watch.quote(Self.paradex, Self.btc, "1", "2") }
    #expect(watch.board.rows(at: watch.now)[0].rate.description == "7.0")
  }

  @Test("the best spread is between two venues, never on one")
  func crossing() {
    let edgex = VenueID("edgex")
    var watch = Watch([
      (Self.paradex, Self.btc), (Self.lighter, Self.btcUSDC), (edgex, Self.btc),
    ])
    #expect(watch.crossings == [])
    for (venue, symbol) in [
      (Self.paradex, Self.btc), (Self.lighter, Self.btcUSDC), (edgex, Self.btc),
    ] {
      watch.live(venue, symbol)
    }
    watch.quote(Self.paradex, Self.btc, "100", "101")
    #expect(watch.crossings == [])
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103")
    #expect(watch.crossings == ["BTC paradex 101 lighter 102 98.52"])
    watch.quote(edgex, Self.btc, "99", "100.5")
    #expect(watch.crossings == ["BTC edgex 100.5 lighter 102 148.14"])
    watch.quote(Self.lighter, Self.btcUSDC, "98", "103")
    #expect(watch.crossings == ["BTC edgex 100.5 paradex 100 -49.87"])
  }

  @Test("what is late, flagged or only read from time to time is nothing to trade on")
  func soundness() {
    var watch = Watch([(Self.paradex, Self.btc), (Self.lighter, Self.btcUSDC)])
    watch.live(Self.paradex, Self.btc)
    watch.live(Self.lighter, Self.btcUSDC, epoch: 0)
    watch.quote(Self.paradex, Self.btc, "100", "101", source: .poll)
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103", source: .poll)
    #expect(watch.crossings == [])
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103", source: .quote)
    #expect(watch.crossings.count == 1)
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103", flags: .lagging)
    #expect(watch.crossings == [])
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103")
    watch.state(Self.paradex, Self.btc, .stale, "no_data")
    #expect(watch.crossings == [])
  }

  @Test(
    "ages are short",
    arguments: [
      (0, "0 ms"), (999, "999 ms"), (1_000, "1.0 s"), (59_999, "59.9 s"), (60_000, "1 m"),
      (7_199_999, "119 m"), (7_200_000, "2 h"),
    ])
  func ages(milliseconds: UInt64, text: String) {
    #expect(QuoteBoard.age(milliseconds: milliseconds) == text)
  }

  @Test("every row has a cell for each heading")
  func shape() {
    var watch = Watch([(Self.paradex, Self.btc), (Self.lighter, Self.btcUSDC)])
    watch.live(Self.paradex, Self.btc)
    watch.live(Self.lighter, Self.btcUSDC)
    watch.quote(Self.paradex, Self.btc, "100", "101")
    watch.quote(Self.lighter, Self.btcUSDC, "102", "103")
    #expect(watch.board.cells(at: watch.now).allSatisfy { $0.count == QuoteBoard.heading.count })
    #expect(
      watch.board.crossingCells().map(\.count) == [QuoteBoard.crossingHeading.count])
  }
}
