import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

typealias VariationalScript = SessionScript<VariationalSession>

/// What the venue of these tests says; times are those of the script.
enum Venue {
  static let btc = symbol("BTC")
  static let eth = symbol("ETH")

  static func symbol(_ ticker: String) -> Symbol {
    guard let symbol = VariationalInstrument.symbol(ticker) else {
      preconditionFailure("not a symbol")
    }
    return symbol
  }

  static func decimal(_ text: String) -> Decimal {
    guard let value = Decimal(text) else { preconditionFailure("not a decimal: \(text)") }
    return value
  }

  /// A row of the statistics whose quotes are a whole unit around the mark for 1,000 USDC, ten for
  /// 100,000.
  static func listing(
    _ ticker: String, mark: Int, rate: String = "0.1095", interval: Int = 28_800, at time: Int64
  ) -> VariationalWire.Listing {
    func pair(_ half: Int) -> VariationalWire.Pair {
      VariationalWire.Pair(bid: Decimal(mark - half), ask: Decimal(mark + half))
    }
    var listing = VariationalWire.Listing(
      ticker: ticker, name: "", markPrice: Decimal(mark), fundingInterval: interval)
    listing.fundingRate = decimal(rate)
    listing.quotes = VariationalWire.Quotes(
      time: time, base: pair(0), size1k: pair(1), size100k: pair(10))
    return listing
  }

  static func statistics(_ listings: [VariationalWire.Listing]) -> String {
    var text = ByteBuffer()
    VariationalWire.Statistics(listings: listings).write(volume: Decimal(1), to: &text)
    return text.string
  }

  static func price(_ ticker: String, _ mark: String, _ index: String, at time: Int64) -> String {
    var text = ByteBuffer()
    VariationalWire.Price(
      instrument: ShortText(VariationalInstrument.key(ticker)), mark: decimal(mark), ratio: nil,
      index: decimal(index), interestRate: .zero, time: time
    ).write(to: &text)
    return text.string
  }

  static func indicative(
    _ ticker: String, _ size: String, _ bid: String, _ ask: String, at time: Int64
  ) -> String {
    var text = ByteBuffer()
    VariationalWire.Quote(
      id: "q-1", underlying: ticker, quantity: decimal(size), bid: decimal(bid),
      ask: decimal(ask), time: time
    ).write(
      mark: .zero, index: .zero, limits: (.zero, .zero, .zero), to: &text)
    return text.string
  }

  static let quotePath = "/api/quotes/indicative"

  static func question(_ ticker: String, _ size: String) -> String {
    quotePath + #" {"instrument":{"underlying":"\#(ticker)","#
      + #""instrument_type":"perpetual_future","settlement_asset":"USDC","#
      + #""funding_interval_s":3600},"qty":"\#(size)"}"#
  }
}

extension VenueUnderTest {
  static let variational = VenueUnderTest(Variational.descriptor, watched: .funding) {
    text, topic in
    text.contains("\"subscribe\"") && text.contains("\"\(topic.symbol.base)\"")
  }
}

extension VenueDescriptor {
  /// Quotes come from the user's session instead of the statistics.
  static var variationalWithSession: VenueDescriptor {
    var descriptor = Variational.descriptor
    descriptor.makeSession = { options in
      var options = options
      options.settings["quotes"] = "BTC=0.01,ETH=0.2,ORDI=5"
      options.secrets["session"] = Secret("made-up")
      return VariationalSession(options: options)
    }
    return descriptor
  }
}

extension SessionScript<VariationalSession> {
  init(settings: [String: String] = [:], session: String? = nil, seed: UInt64 = 1) {
    self.init(
      seed: seed, settings: settings,
      { options in
        var options = options
        if let session { options.secrets["session"] = Secret(session) }
        return VariationalSession(options: options)
      }
    ) { bytes in
      guard let tree = try? JSONTree(bytes), case .array(let instruments)? = tree["instruments"]
      else { return "?" }
      let names = instruments.map { $0["underlying"]?.text ?? "?" }
      return "\(tree["action"]?.text ?? "?") \(names.joined(separator: ","))"
    }
  }

  /// A session that has learnt its markets and the venue's time, and has subscribed.
  static func subscribed(
    _ topics: [Topic], settings: [String: String] = [:], session: String? = nil
  ) -> Self {
    var script = Self(settings: settings, session: session)
    script.start()
    script.answerClock()
    script.answerStatistics()
    script.subscribe(topics)
    return script
  }

  /// The same with the connection open.
  static func connected(_ topics: [Topic], settings: [String: String] = [:]) -> Self {
    var script = subscribed(topics, settings: settings)
    script.open()
    script.skip()
    return script
  }

  mutating func answerClock() {
    answer("/status", #"{"server_ts_ns":\#(now.wall * 1_000)}"#)
  }

  /// Quotes as old as `age` seconds.
  mutating func answerStatistics(btc: Int = 90_000, age: Int64 = 0) {
    let time = now.wall - age * 1_000_000
    answer(
      "/metadata/stats",
      Venue.statistics([
        Venue.listing("BTC", mark: btc, at: time),
        Venue.listing("ETH", mark: 3_000, interval: 3_600, at: time),
        Venue.listing("US100S", mark: 24_000, interval: 0, at: time),
      ]))
  }

  mutating func price(_ ticker: String, _ mark: String, _ index: String, at time: Int64? = nil) {
    text(Venue.price(ticker, mark, index, at: time ?? now.wall))
  }
}
