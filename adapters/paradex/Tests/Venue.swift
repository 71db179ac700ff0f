import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

typealias ParadexScript = SessionScript<ParadexSession>

/// What the venue of these tests says: two markets and their messages, times being those of the
/// script.
enum Venue {
  static let btc = symbol("BTC")
  static let eth = symbol("ETH")

  private static func symbol(_ base: String) -> Symbol {
    guard let symbol = Symbol("\(base)-USD-PERP") else { preconditionFailure("not a symbol") }
    return symbol
  }

  static let markets = markets(["BTC-USD-PERP", "ETH-USD-PERP"])

  static func markets(_ names: [String]) -> String {
    let rows = names.map { name in
      #"{"symbol":"\#(name)","base_currency":"\#(name.prefix { $0 != "-" })","#
        + #""quote_currency":"USD","order_size_increment":"0.001","price_tick_size":"0.1","#
        + #""min_notional":"10","asset_kind":"PERP","funding_period_hours":8,"#
        + #""trading_mode":"STANDARD","delta1_cross_margin_params":{"imf_base":"0.02"}}"#
    }
    return #"{"results":[\#(rows.joined(separator: ","))]}"#
  }

  static func level(_ text: String?) -> Level? {
    guard let parts = text?.split(separator: "x"), parts.count == 2, let price = Decimal(parts[0]),
      let size = Decimal(parts[1])
    else { return nil }
    return Level(price: price, size: size)
  }

  private static func levels(_ text: String) -> [Level] {
    text.split(separator: " ").compactMap { level(String($0)) }
  }

  static func bbo(
    _ sequence: Int64, _ bid: String?, _ ask: String?, of symbol: Symbol = btc, at time: Int64
  ) -> ParadexWire.BBO {
    ParadexWire.BBO(
      market: symbol.text, time: time, sequence: sequence, bid: level(bid), ask: level(ask))
  }

  static func book(
    _ sequence: Int64, snapshot: Bool = false, _ bids: String, _ asks: String,
    of symbol: Symbol = btc, at time: Int64
  ) -> ParadexWire.Book {
    ParadexWire.Book(
      market: symbol.text, time: time, sequence: sequence, isSnapshot: snapshot,
      bids: levels(bids), asks: levels(asks))
  }

  static func trade(
    _ id: String, _ price: String, _ size: String, side: Side? = .buy,
    kind: ParadexWire.TradeKind? = .fill, at time: Int64
  ) -> ParadexWire.Trade {
    ParadexWire.Trade(
      market: btc.text, time: time, sequence: 5, id: ShortText(id), side: side,
      price: Decimal(price) ?? .zero, size: Decimal(size) ?? .zero, createdAt: time, kind: kind)
  }

  /// The REST answer for a quote.
  static func quote(_ bbo: ParadexWire.BBO) -> String {
    var text = ByteBuffer()
    bbo.write(to: &text)
    return text.string
  }

  static func notification(_ channel: String, _ data: String) -> String {
    #"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"\#(channel)","data":\#(data)}}"#
      + "\n"
  }
}

extension VenueUnderTest {
  static let paradex = VenueUnderTest(
    Paradex.descriptor, relisting: (#""price_tick_size":"0.1""#, #""price_tick_size":"0.5""#),
    textSettings: ["encoding": "json"]
  ) { text, topic in
    let names = ParadexDialect.names(of: topic.channel, topic.symbol.description)
    return text.contains("\"subscribe\"") && names.contains { text.contains("\"\($0)\"") }
  }
}

extension ParadexDialect {
  static func names(of channel: Channel, _ market: String) -> [String] {
    let options = SessionOptions(endpoints: Endpoints(ws: "", rest: ""), seed: 1)
    return ParadexDialect(options: options).wireChannels(of: channel).map { $0.name(of: market) }
  }
}

extension SessionScript<ParadexSession> {
  init(settings: [String: String] = [:], seed: UInt64 = 1) {
    self.init(seed: seed, settings: settings, { ParadexSession(options: $0) }) { bytes in
      let tree = (try? JSONTree(bytes)) ?? .null
      let channel = tree["params"]?["channel"]?.text
      return "\(tree["method"]?.text ?? "?") \(channel ?? "?")"
    }
  }

  /// A session that has learnt its markets, subscribed and connected.
  static func connected(
    _ topics: [Topic], settings: [String: String] = [:], seed: UInt64 = 1
  ) -> Self {
    var script = Self(settings: settings, seed: seed)
    script.start()
    script.answer("/markets", Venue.markets)
    script.answer("/system/time", #"{"server_time":"\#(script.now.wall / 1_000)"}"#)
    script.subscribe(topics)
    script.open()
    script.acknowledge()
    script.skip()
    return script
  }

  /// Grants everything that was asked for so far.
  mutating func acknowledge() {
    for tree in takeSent() {
      guard let id = tree["id"]?.integer, let channel = tree["params"]?["channel"]?.text else {
        Issue.record("not a request: \(tree)")
        continue
      }
      text(#"{"jsonrpc":"2.0","id":\#(id),"result":{"channel":"\#(channel)"}}"#)
    }
  }

  /// Refuses the oldest subscription to the channel.
  mutating func refuse(_ channel: String, code: Int, _ message: String) {
    let index = sent.firstIndex {
      let tree = try? JSONTree($0)
      return tree?["params"]?["channel"]?.text == channel && tree?["method"]?.text == "subscribe"
    }
    guard let index, let id = try? JSONTree(sent.remove(at: index))["id"]?.integer else {
      Issue.record("\(channel) was not subscribed")
      return
    }
    text(#"{"jsonrpc":"2.0","id":\#(id),"error":{"code":\#(code),"message":"\#(message)"}}"#)
  }

  /// The messages to the venue since the last look.
  mutating func takeSent() -> [JSONTree] {
    defer { sent = [] }
    return sent.compactMap { try? JSONTree($0) }
  }

  mutating func bbo(
    _ sequence: Int64, _ bid: String?, _ ask: String?, of symbol: Symbol = Venue.btc
  ) {
    binary(Venue.bbo(sequence, bid, ask, of: symbol, at: now.wall).frame(version: 2))
  }

  mutating func book(
    _ sequence: Int64, snapshot: Bool = false, _ bids: String, _ asks: String,
    of symbol: Symbol = Venue.btc
  ) {
    let book = Venue.book(
      sequence, snapshot: snapshot, bids, asks, of: symbol, at: now.wall)
    binary(book.frame(version: 2))
  }
}
