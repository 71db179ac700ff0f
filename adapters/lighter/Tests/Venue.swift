import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Lighter

typealias LighterScript = SessionScript<LighterSession>

/// What the venue of these tests says: ETH as market 0 and BTC as market 1.
enum Venue {
  static let btc = Lighter.descriptor.perpetual("BTC")!

  static let markets =
    #"{"code":200,"order_book_details":["#
    + [("ETH", 0), ("BTC", 1)].map { symbol, id in
      #"{"symbol":"\#(symbol)","market_id":\#(id),"market_type":"perp","status":"active","#
        + #""min_base_amount":"0.0050","min_quote_amount":"10.000000","supported_size_decimals":4,"#
        + #""supported_price_decimals":2,"min_initial_margin_fraction":200,"#
        + #""market_config":{"force_reduce_only":false}}"#
    }.joined(separator: ",") + "]}"

  static let connected =
    #"{"session_id":"0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913","type":"connected"}"#

  /// Sides as `100.1x2`, the empty string for a side without orders.
  static func ticker(
    _ nonce: Int64, _ bid: String, _ ask: String, isFirst: Bool = false, at time: Int64
  ) -> String {
    func side(_ text: String) -> String {
      let parts = text.split(separator: "x")
      return parts.isEmpty
        ? #"{"price":"","size":""}"# : #"{"price":"\#(parts[0])","size":"\#(parts[1])"}"#
    }
    return
      #"{"channel":"ticker:1","last_updated_at":\#(time),"nonce":\#(nonce),"ticker":{"s":"BTC","#
      + #""a":\#(side(ask)),"b":\#(side(bid)),"last_updated_at":\#(time)},"#
      + #""timestamp":\#(time / 1_000),"type":"\#(isFirst ? "subscribed" : "update")/ticker"}"#
  }

  static func book(
    _ nonce: Int64, after begin: Int64, _ bids: String, _ asks: String, isFirst: Bool = false
  ) -> String {
    func levels(_ text: String) -> String {
      text.split(separator: " ").map { level in
        let parts = level.split(separator: "x")
        return #"{"price":"\#(parts[0])","size":"\#(parts[1])"}"#
      }.joined(separator: ",")
    }
    return
      #"{"channel":"order_book:1","offset":5,"order_book":{"code":0,"asks":[\#(levels(asks))],"#
      + #""bids":[\#(levels(bids))],"offset":5,"nonce":\#(nonce),"begin_nonce":\#(begin)},"#
      + #""timestamp":1795132800123,"type":"\#(isFirst ? "subscribed" : "update")/order_book"}"#
  }

  static func trade(_ id: Int64, _ price: String, isMakerAsk: Bool = true, type: String = "trade")
    -> String
  {
    #"{"trade_id":\#(id),"trade_id_str":"\#(id)","tx_hash":"00","type":"\#(type)","market_id":1,"#
      + #""size":"0.5","price":"\#(price)","usd_amount":"1","ask_id":1,"bid_id":2,"#
      + #""is_maker_ask":\#(isMakerAsk),"timestamp":1795132800123,"#
      + #""transaction_time":1795132800123456}"#
  }

  static func trades(
    _ trades: [String], liquidations: [String] = [], isFirst: Bool = false
  ) -> String {
    #"{"channel":"trade:1","liquidation_trades":[\#(liquidations.joined(separator: ","))],"#
      + #""nonce":9,"trades":[\#(trades.joined(separator: ","))],"#
      + #""type":"\#(isFirst ? "subscribed" : "update")/trade"}"#
  }
}

extension VenueUnderTest {
  static let lighter = VenueUnderTest(
    Lighter.descriptor,
    relisting: (#""supported_price_decimals":1"#, #""supported_price_decimals":2"#)
  ) { text, topic in
    let dialect = LighterDialect(
      options: SessionOptions(endpoints: Endpoints(ws: "", rest: ""), seed: 1))
    let family = dialect.wireChannels(of: topic.channel)[0].family.rawValue
    // BTC is market 1, and the only one that faults strike.
    return text.contains(#""subscribe""#) && text.contains(#""\#(family)/1""#)
  }
}

extension SessionScript<LighterSession> {
  init(settings: [String: String] = [:]) {
    self.init(settings: settings, { LighterSession(options: $0) }) { bytes in
      let tree = (try? JSONTree(bytes)) ?? .null
      return ["type", "channel"].compactMap { tree[$0]?.text }.joined(separator: " ")
    }
  }

  /// A session that has learnt its markets, subscribed and been greeted.
  static func connected(_ topics: [Topic]) -> Self {
    var script = Self()
    script.start()
    script.answer("/api/v1/orderBookDetails?filter=perp", Venue.markets)
    script.answer("/", #"{"status":200,"timestamp":\#(script.now.wall / 1_000_000)}"#)
    script.subscribe(topics)
    script.open()
    script.text(Venue.connected)
    script.skip()
    return script
  }
}
