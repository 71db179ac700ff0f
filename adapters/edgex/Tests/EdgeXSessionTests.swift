import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

/// Transcripts of the session on pretended time, the venue played by the test.
@Suite struct EdgeXSessionTests {
  static let bbo = Topic(.bbo, Venue.btc)
  static let trade = Topic(.trade, Venue.btc)
  static let book = Topic(.book, Venue.btc)
  static let funding = Topic(.funding, Venue.btc)

  @Test("from the start to the first quote")
  func firstQuote() {
    var script = EdgeXScript()
    script.start()
    #expect(script.did() == ["GET \(Venue.metadataPath)", "GET \(Venue.timePath)"])
    script.answer(Venue.metadataPath, Venue.metadata)
    #expect(script.did() == [#"markets ["BTC-USDC-PERP", "ETH-USDC-PERP"]"#])
    script.subscribe([Self.bbo])
    #expect(
      script.did() == [
        "stream bbo BTC connecting subscribing",
        "open 1 wss://venue.example/v1/api/v1/public/ws",
      ])
    script.open()
    #expect(script.did() == ["send 1 subscribe depth.30000001.15"])
    script.text(#"{"sid":"f0a1c2d3-0000-4000-8000-00000000000a","type":"connected"}"#)
    script.acknowledge()
    #expect(script.did() == [], "neither greeting nor grant is data")
    script.depth(90, 100, snapshot: true, "100.1x2 100x1", "100.2x0.5 100.3x7")
    script.depth(100, 117, "", "100.2x0.000")
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 100.1x2 100.2x0.5 seq 100 book",
        "bbo BTC 100.1x2 100.3x7 seq 117 book",
      ])
  }

  @Test("all four channels of a market by their names; books of 200 levels or of 15")
  func channels() {
    let topics = [Self.bbo, Self.trade, Self.book, Self.funding]
    var script = EdgeXScript()
    script.start()
    script.answer(Venue.metadataPath, Venue.metadata)
    script.subscribe(topics)
    script.skip()
    script.open()
    #expect(
      script.did() == [
        "send 1 subscribe depth.30000001.15", "send 1 subscribe trades.30000001",
        "send 1 subscribe depth.30000001.200", "send 1 subscribe ticker.30000001",
        "GET \(Venue.tickerPath)",
      ])
    script = EdgeXScript.connected([Self.bbo, Self.book], settings: ["book_depth": "15"])
    script.depth(9, 10, snapshot: true, "1x1", "2x2")
    script.depth(10, 12, "1x3", "")
    #expect(
      script.did() == [
        "stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 10 book",
        "stream book BTC live first_data", "book BTC snapshot [1x1] [2x2] seq 10",
        "bbo BTC 1x3 2x2 seq 12 book", "book BTC delta [1x3] [] seq 12 after 10",
      ])
  }

  @Test("what the metadata say of a market")
  func markets() throws {
    var script = EdgeXScript()
    script.start()
    script.answer(
      Venue.metadataPath,
      Venue.answer(
        #"{"contractList":[{"contractId":30000020,"contractName":"NVDA牛USDC","#
          + #""baseCoinId":1020,"quoteCoinId":"1000","tickSize":"0.010","stepSize":"0.01","#
          + #""minOrderSize":"0.2","riskTierList":[{"maxLeverage":"20"},{"maxLeverage":"5"}],"#
          + #""enableTrade":true,"enableOpenPosition":false,"fundingRateIntervalMin":"240"},"#
          + #"{"contractId":"2","contractName":"GONE","baseCoinId":"1020","quoteCoinId":"1000","#
          + #""tickSize":"1","stepSize":"1","enableTrade":false,"enableDisplay":false},"#
          + #"{"contractId":"3","contractName":"ODD","baseCoinId":"7","quoteCoinId":"1000","#
          + #""tickSize":"1","stepSize":"1"},{"contractName":"NO ID"}],"#
          + #""coinList":[{"coinId":"1020","coinName":"NVDA"},"#
          + #"{"coinId":"1000","coinName":"USDC"}]}"#
      ))
    var lists = script.all.compactMap { action -> [Market]? in
      if case .markets(let markets) = action { markets } else { nil }
    }
    let market = try #require(lists.popLast()?.first)
    #expect(market.symbol.description == "NVDA-USDC-PERP" && market.venueSymbol == "30000020")
    #expect(market.tickSize.description == "0.010" && market.minSize == Decimal("0.2"))
    #expect(market.status == .reduceOnly && market.maxLeverage == Decimal(20))
    #expect(market.fundingIntervalSeconds == 14_400)
    #expect(
      script.did().filter { $0.hasPrefix("drift") } == [
        "drift markets row of (malformed)", "drift markets row of ODD",
      ])
  }

  @Test("a failure that comes with the status 200 is one")
  func failures() {
    var script = EdgeXScript()
    script.start()
    script.skip()
    script.answer(
      Venue.metadataPath, #"{"code":"SYSTEM_BUSY","data":null,"msg":"later","errorParam":null}"#)
    #expect(script.did() == ["error markets venue_down"])
    script.wait(seconds: 2)
    #expect(script.did().last == "GET \(Venue.metadataPath)")
    script.answer(Venue.metadataPath, "<html>maintenance</html>")
    #expect(script.did() == ["error markets venue_down"])
    script.wait(seconds: 5)
    script.skip()
    script.answer(
      Venue.metadataPath, Venue.metadata.replacing(#""SUCCESS""#, with: #""OUTDATED""#))
    #expect(script.did() == ["error markets venue_down"], "whatever else it holds")
  }

  @Test("the legacy system: other paths, changes numbered the other way, refusals of something")
  func legacy() {
    var script = EdgeXScript(settings: ["generation": "v1"])
    script.start()
    let path = "/api/v1/public/meta/getMetaData"
    #expect(script.did() == ["GET \(path)", "GET /api/v1/public/meta/getServerTime"])
    script.answer(path, Venue.metadata)
    script.subscribe([Self.bbo])
    script.open()
    script.skip()
    script.text(
      #"{"type":"error","content":{"code":"INVALID_CONTRACT_ID","msg":"invalid contractId:1"}}"#)
    #expect(script.did() == [] && script.notes.last?.level == .warning)
    script.depth(90, 100, snapshot: true, "1x1", "2x2")
    script.depth(101, 117, "1x2", "")
    #expect(script.did().last == "bbo BTC 1x2 2x2 seq 117 book")
  }

  @Test("after stop nothing happens any more")
  func stop() {
    var script = EdgeXScript.connected([Self.bbo, Self.book])
    script.depth(9, 10, snapshot: true, "1x1", "2x2")
    script.skip()
    script.stop()
    #expect(script.did() == ["close 1 1000"])
    script.depth(10, 11, "1x2", "")
    script.text(#"{"type":"ping","time":"1795132800000"}"#)
    script.wait(seconds: 3_600)
    #expect(script.did() == [] && script.session.deadline == nil)
  }
}
