import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

extension GRVTSimulatorTests {
  @Test("REST: one object or a list under `result`, in either spelling")
  func rest() throws {
    var venue = SimulatorScript.connected()
    venue.wait(seconds: 70)
    let btc = #"{"instrument":"BTC_USDT_Perp"}"#
    func result(_ route: String, _ body: String) throws -> JSONTree {
      let (status, tree) = venue.post("/full/v1/\(route)", body)
      #expect(status == 200)
      return try #require(tree?["result"])
    }
    let all = try result("all_instruments", "{}").elements
    #expect(all.count == 20)
    #expect(all[0]["instrument_hash"]?.text == "0x030501" && all[0]["min_size"]?.text == "0.001")
    #expect(all[0]["base_decimals"]?.integer == 9 && all[0]["min_notional"]?.text == "100.0")
    #expect(all.contains { $0["instrument"]?.text == "KBONK_USDT_Perp" })
    let filtered = #"{"kind":["PERPETUAL"],"base":["BTC","ETH"],"quote":["USDT"],"limit":1}"#
    #expect(try result("instruments", filtered).elements.count == 1)
    #expect(try result("instruments", #"{"kind":["FUTURE"]}"#).elements.isEmpty)
    #expect(try result("instrument", btc)["kind"]?.text == "PERPETUAL")
    #expect(try result("mini", btc)["best_ask_price"]?.decimal != nil)
    #expect(try result("ticker", btc)["funding_interval_hours"]?.integer == 8)
    let book = try result("book", #"{"instrument":"BTC_USDT_Perp","depth":50}"#)
    #expect(book["bids"]?.elements.count == 50)
    let trades = try result("trade", #"{"instrument":"BTC_USDT_Perp","limit":3}"#).elements
    #expect(trades.count == 3)
    let times = trades.compactMap { $0["event_time"]?.decimal }
    #expect(times.sorted(by: >) == times, "newest first")
    #expect(try result("funding", btc).elements.first?["funding_rate_8_h_avg"] != nil)
    #expect(try result("currency", "{}").elements.count == 21)
    let rules = venue.post("/full/v1/margin_rules", btc).tree
    #expect(rules?["risk_brackets"]?.elements[0]["max_leverage"]?.integer == 50)
    let lite = venue.post("/lite/v1/book", #"{"i":"BTC_USDT_Perp","d":10}"#)
    #expect(lite.tree?["r"]?["b"]?.elements[0]["p"]?.decimal != nil)
  }

  @Test(
    "what is posted wrongly is refused with its code",
    arguments: [
      ("mini", "", "application/json", 400, 1003), ("mini", "{", "application/json", 400, 1003),
      ("mini", "{}", "text/plain", 400, 1003), ("mini", "{}", "application/json", 404, 1004),
      ("mini", #"{"instrument":"X"}"#, "application/json; charset=utf-8", 404, 1004),
      ("book", #"{"instrument":"X","depth":10}"#, "application/json", 400, 3000),
      ("book", #"{"instrument":"BTC_USDT_Perp","depth":11}"#, "application/json", 400, 3031),
      ("kline", #"{"instrument":"BTC_USDT_Perp"}"#, "application/json", 400, 3040),
      ("dance", #"{"instrument":"BTC_USDT_Perp"}"#, "application/json", 404, 1004),
    ])
  func wrongPosts(route: String, body: String, type: String, status: Int, code: Int) {
    var venue = SimulatorScript.connected()
    let full = venue.post("/full/v1/\(route)", body, type: type)
    #expect(full.status == status && full.tree?["code"]?.integer == Int128(code))
    #expect(full.tree?["status"]?.integer == Int128(status))
    let lite = venue.post("/lite/v1/\(route)", body, type: type)
    #expect(lite.tree?["c"]?.integer == Int128(code) && lite.tree?["m"]?.text != nil)
  }

  @Test("the time is the only thing to GET")
  func time() {
    var venue = SimulatorScript.connected()
    func get(_ path: String) -> HTTPResponse? {
      venue.give(.request(RequestID(2), HTTPRequest(.get, path)))
      guard case .respond(_, let response)? = venue.actions.last else { return nil }
      return response
    }
    #expect(get("/time")?.body == Array(#"{"server_time":1795132803013}"#.utf8))
    #expect(get("/full/v1/mini")?.status == 405)
    #expect(get("/full/v2/mini")?.status == 404)
    #expect(get("/")?.status == 404)
  }
}
