import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

typealias EdgeXScript = SessionScript<EdgeXSession>

/// What the venue of these tests says: its contracts and their messages.
enum Venue {
  static let btc = symbol("BTC")
  static let eth = symbol("ETH")
  static let ids = [btc: id("30000001"), eth: id("30000002")]

  static let metadataPath = "/api/v2/public/meta/getMetaData"
  static let timePath = "/api/v2/public/meta/getServerTime"
  static let depthPath = "/api/v2/public/quote/getDepth?contractId=30000001&level=15"
  static let tickerPath = "/api/v2/public/quote/getTicker?contractId=30000001"

  static func id(_ text: String) -> ShortText { ShortText(text) ?? ShortText() }

  private static func symbol(_ base: String) -> Symbol {
    guard let symbol = Symbol("\(base)-USDC-PERP") else { preconditionFailure("not a symbol") }
    return symbol
  }

  static func answer(_ data: String) -> String {
    #"{"code":"SUCCESS","data":\#(data),"msg":null,"errorParam":null,"#
      + #""requestTime":"1795132800000","responseTime":"1795132800001","traceId":"0a"}"#
  }

  static func time(_ microseconds: Int64) -> String {
    answer(#"{"timeMillis":"\#(microseconds / 1_000)"}"#)
  }

  static let metadata = metadata([("30000001", "BTC"), ("30000002", "ETH")])

  static func metadata(_ contracts: [(id: String, base: String)], quote: String = "USDC") -> String
  {
    let coins = contracts.map { #"{"coinId":"9\#($0.id)","coinName":"\#($0.base)"}"# }
    let rows = contracts.map { id, base in
      #"{"contractId":"\#(id)","contractName":"\#(base)\#(quote)","baseCoinId":"9\#(id)","#
        + #""quoteCoinId":"1000","tickSize":"0.1","stepSize":"0.001","minOrderSize":"0.002","#
        + #""riskTierList":[{"tier":1,"maxLeverage":"50"},{"tier":2,"maxLeverage":"20"}],"#
        + #""enableTrade":true,"enableDisplay":true,"enableOpenPosition":true,"#
        + #""fundingRateIntervalMin":"240"}"#
    }
    let all = ([#"{"coinId":"1000","coinName":"\#(quote)"}"#] + coins).joined(separator: ",")
    return answer(
      #"{"global":{},"coinList":[\#(all)],"contractList":[\#(rows.joined(separator: ","))],"#
        + #""multiChain":{"chainList":[]}}"#)
  }

  /// `91000.1x0.25 91000x1` as the venue writes it.
  static func levels(_ text: String) -> String {
    let levels = text.split(separator: " ").map { level in
      let parts = level.split(separator: "x")
      return #"{"price":"\#(parts[0])","size":"\#(parts[1])"}"#
    }
    return "[\(levels.joined(separator: ","))]"
  }

  /// A row of depth. `versions` are where it starts and ends.
  static func depth(
    _ versions: (Int64, Int64), snapshot: Bool = false, _ bids: String, _ asks: String,
    of symbol: Symbol = btc, levels: Int = 15
  ) -> String {
    let id = ids[symbol]?.string ?? ""
    return #"{"startVersion":"\#(versions.0)","endVersion":"\#(versions.1)","level":\#(levels),"#
      + #""contractId":"\#(id)","contractName":"\#(symbol.base)USDC","asks":\#(self.levels(asks)),"#
      + #""bids":\#(self.levels(bids)),"depthType":"\#(snapshot ? "SNAPSHOT" : "CHANGED")"}"#
  }

  static func event(_ channel: String, snapshot: Bool = false, _ rows: [String]) -> String {
    #"{"type":"quote-event","channel":"\#(channel)","content":{"channel":"\#(channel)","#
      + #""dataType":"\#(snapshot ? "Snapshot" : "changed")","#
      + #""data":[\#(rows.joined(separator: ","))]}}"#
  }

  static func trade(
    _ id: String, _ price: String, _ size: String, buyerIsMaker: Bool = false, at time: Int64
  ) -> String {
    #"{"ticketId":"\#(id)","time":"\#(time / 1_000)","price":"\#(price)","size":"\#(size)","#
      + #""value":"1","takerOrderId":"2","makerOrderId":"1","takerAccountId":"4","#
      + #""makerAccountId":"3","contractId":"30000001","contractName":"BTCUSDC","#
      + #""isBestMatch":true,"isBuyerMaker":\#(buyerIsMaker)}"#
  }

  static func ticker(_ id: String = "30000001", rate: String, mark: String) -> String {
    #"{"contractId":"\#(id)","contractName":"BTCUSDC","lastPrice":"100","indexPrice":"99.5","#
      + #""oraclePrice":"\#(mark)","markPrice":"\#(mark)","openInterest":"12.5","#
      + #""fundingRate":"\#(rate)","fundingTime":"1795132800000","#
      + #""nextFundingTime":"1795147200000","marketOpen":true}"#
  }
}

extension VenueUnderTest {
  static let edgeX = VenueUnderTest(
    EdgeX.descriptor, relisting: (#""tickSize":"0.1""#, #""tickSize":"0.5""#)
  ) { text, topic in
    let names = EdgeXDialect.names(of: topic.channel, Venue.ids[topic.symbol] ?? ShortText())
    return text.contains(#""subscribe""#) && names.contains { text.contains("\"\($0)\"") }
  }
}

extension EdgeXDialect {
  static func names(of channel: Channel, _ contract: ShortText) -> [String] {
    let options = SessionOptions(endpoints: Endpoints(ws: "", rest: ""), seed: 1)
    return EdgeXDialect(options: options).wireChannels(of: channel)
      .map { $0.name(of: contract).name }
  }
}

extension SessionScript<EdgeXSession> {
  init(settings: [String: String] = [:], seed: UInt64 = 1) {
    self.init(seed: seed, settings: settings, { EdgeXSession(options: $0) }) { bytes in
      guard let request = try? EdgeXRequest(bytes.span.bytes) else { return "?" }
      return "\(request.type) \(request.channel ?? request.time?.string ?? "?")"
    }
  }

  /// A session that has learnt its markets, subscribed and connected.
  static func connected(
    _ topics: [Topic], settings: [String: String] = [:], seed: UInt64 = 1
  ) -> Self {
    var script = Self(settings: settings, seed: seed)
    script.start()
    script.answer(Venue.metadataPath, Venue.metadata)
    script.answer(Venue.timePath, Venue.time(script.now.wall))
    script.subscribe(topics)
    script.open()
    script.text(#"{"sid":"0f8d3b52-6c1e-4f0a-9d27-5be1c0a4e913","type":"connected"}"#)
    script.acknowledge()
    script.skip()
    return script
  }

  /// Grants everything that was asked for so far.
  mutating func acknowledge() {
    for bytes in sent {
      guard let request = try? EdgeXRequest(bytes.span.bytes), let channel = request.channel
      else { continue }
      text(#"{"type":"\#(request.type)d","channel":"\#(channel)"}"#)
    }
    sent = []
  }

  mutating func depth(
    _ start: Int64, _ end: Int64, snapshot: Bool = false, _ bids: String, _ asks: String,
    of symbol: Symbol = Venue.btc, levels: Int = 15
  ) {
    let row = Venue.depth(
      (start, end), snapshot: snapshot, bids, asks, of: symbol, levels: levels)
    let id = Venue.ids[symbol]?.string ?? ""
    text(Venue.event("depth.\(id).\(levels)", snapshot: snapshot, [row]))
  }

  mutating func trades(snapshot: Bool = false, _ rows: [String]) {
    text(Venue.event("trades.30000001", snapshot: snapshot, rows))
  }
}
