import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

typealias GRVTScript = SessionScript<GRVTSession>

extension VenueUnderTest {
  static let grvt = VenueUnderTest(
    GRVT.descriptor, relisting: (#""tick_size":"0.1""#, #""tick_size":"0.5""#)
  ) { text, topic in
    let instrument = topic.symbol.description.replacing("-USDT-PERP", with: "_USDT_Perp")
    return text.contains(#""subscribe""#) && text.contains("\"\(Venue.stream(topic.channel))\"")
      && text.contains("\"\(instrument)@")
  }
}

/// What the venue of these tests says: two markets and their messages, times being those of the
/// script.
enum Venue {
  static let btc = symbol("BTC")
  static let eth = symbol("ETH")

  private static func symbol(_ base: String) -> Symbol {
    guard let symbol = Symbol("\(base)-USDT-PERP") else { preconditionFailure("not a symbol") }
    return symbol
  }

  static func stream(_ channel: Channel) -> String {
    switch channel {
    case .bbo: "v1.mini.d"
    case .trade: "v1.trade"
    case .book: "v1.book.d"
    case .funding: "v1.ticker.s"
    }
  }

  static let markets = markets(["BTC", "ETH"])

  static func markets(_ bases: [String]) -> String {
    let rows = bases.map { base in
      #"{"instrument":"\#(base)_USDT_Perp","instrument_hash":"0x030501","base":"\#(base)","#
        + #""quote":"USDT","kind":"PERPETUAL","venues":["ORDERBOOK","RFQ"],"#
        + #""settlement_period":"PERPETUAL","base_decimals":9,"quote_decimals":6,"#
        + #""tick_size":"0.1","min_size":"0.001","create_time":"1768040726362418304","#
        + #""max_position_size":"1000.0","funding_interval_hours":8,"#
        + #""adjusted_funding_rate_cap":"0.75","adjusted_funding_rate_floor":"-0.75","#
        + #""min_notional":"100.0"}"#
    }
    return #"{"result":[\#(rows.joined(separator: ","))]}"#
  }

  static func message(
    _ stream: String, _ selector: String, _ number: Int64, after previous: Int64, _ feed: String
  ) -> String {
    #"{"stream":"\#(stream)","selector":"BTC_USDT_Perp@\#(selector)","#
      + #""sequence_number":"\#(number)","feed":\#(feed),"prev_sequence_number":"\#(previous)"}"#
  }

  /// `1x5 2x1` are levels of the REST answer and of the stream.
  static func levels(_ text: String) -> String {
    let levels = text.split(separator: " ").map { level in
      let parts = level.split(separator: "x")
      return #"{"price":"\#(parts[0])","size":"\#(parts[1])","num_orders":1}"#
    }
    return "[\(levels.joined(separator: ","))]"
  }
}

extension SessionScript<GRVTSession> {
  init(settings: [String: String] = [:], seed: UInt64 = 1) {
    self.init(seed: seed, settings: settings, { GRVTSession(options: $0) }) { bytes in
      guard let request = try? GRVTRequest(bytes.span.bytes) else { return "?" }
      let selectors = request.selectors.joined(separator: " ")
      return "\(request.method) \(request.stream) \(selectors)"
        + (request.usesGlobalSequence ? " global" : "")
    }
  }

  /// A session that has learnt its markets, subscribed and connected.
  static func connected(
    _ topics: [Topic], settings: [String: String] = [:], first: Int64? = 101, past: Int = 0
  ) -> Self {
    var script = Self(settings: settings)
    script.start()
    script.answer(#"/full/v1/all_instruments {"is_active":true}"#, Venue.markets)
    script.answer("/time", #"{"server_time":\#(script.now.wall / 1_000)}"#)
    script.subscribe(topics)
    script.open()
    script.acknowledge(first: first, past: past)
    script.skip()
    return script
  }

  /// Grants everything that was asked for so far; changes begin at `first`.
  mutating func acknowledge(first: Int64? = 101, past: Int = 0) {
    defer { sent = [] }
    for bytes in sent {
      guard let request = try? GRVTRequest(bytes.span.bytes), let id = request.id else {
        Issue.record("not a request")
        continue
      }
      let selector = request.selectors[0]
      let lists =
        request.method == "subscribe"
        ? #""subs":["\#(selector)"],"unsubs":[],"num_snapshots":[\#(past)]"#
          + (first.map { #","first_sequence_number":["\#($0)"]"# } ?? "")
        : #""unsubs":["\#(selector)"]"#
      text(
        #"{"jsonrpc":"2.0","result":{"stream":"\#(request.stream)",\#(lists)},"id":\#(id),"#
          + #""method":"\#(request.method)"}"#)
    }
  }

  private var nanoseconds: Int64 { now.wall * 1_000 + 123 }

  /// A mini ticker of BTC: `bid`, `ask` and others as they stand in it. A number of 0 is a state.
  mutating func mini(_ number: Int64, after previous: Int64 = 0, _ members: String) {
    text(
      Venue.message(
        "v1.mini.d", "0", number, after: previous,
        #"{"event_time":"\#(nanoseconds)","instrument":"BTC_USDT_Perp"\#(members)}"#))
  }

  mutating func quote(
    _ number: Int64, after previous: Int64? = nil, _ bid: String, _ ask: String
  ) {
    let parts = [bid, ask].map { $0.split(separator: "x") }
    mini(
      number, after: previous ?? max(0, number - 1),
      #","best_bid_price":"\#(parts[0][0])","best_bid_size":"\#(parts[0][1])","#
        + #""best_ask_price":"\#(parts[1][0])","best_ask_size":"\#(parts[1][1])""#)
  }

  mutating func book(
    _ number: Int64, after previous: Int64? = nil, _ bids: String, _ asks: String
  ) {
    text(
      Venue.message(
        "v1.book.d", "50", number, after: previous ?? max(0, number - 1),
        #"{"event_time":"\#(nanoseconds)","instrument":"BTC_USDT_Perp","#
          + #""bids":\#(Venue.levels(bids)),"asks":\#(Venue.levels(asks))}"#))
  }

  /// A trade made so many seconds ago.
  mutating func trade(_ number: Int64, _ id: String, _ text: String, ago: Int = 0) {
    let parts = text.split(separator: "@")
    let time = nanoseconds - Int64(ago) * 1_000_000_000
    self.text(
      Venue.message(
        "v1.trade", "50", number, after: max(0, number - 1),
        #"{"event_time":"\#(time)","instrument":"BTC_USDT_Perp","is_taker_buyer":true,"#
          + #""size":"\#(parts[0])","price":"\#(parts[1])","mark_price":"1.0","#
          + #""index_price":"1.0","interest_rate":"0.0","forward_price":"0.0","#
          + #""trade_id":"\#(id)","venue":"ORDERBOOK","is_rpi":false}"#))
  }
}
