import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// The simulator's wire, as a stranger's client would see it.
@Suite struct GRVTSimulatorTests {
  @Test("answer and state, in any order; then changes that count on from what the answer said")
  func life() throws {
    var orders: Set<Bool> = []
    for seed in UInt64(1)...8 {
      var venue = SimulatorScript(seed: seed)
      venue.give(.start)
      venue.connect(1)
      venue.subscribe("v1.mini.d", "BTC_USDT_Perp@0")
      let answer = try #require(try venue.answers().first?["result"])
      #expect(answer["subs"]?.elements == [.text("BTC_USDT_Perp@0")])
      #expect(answer["unsubs"]?.elements == [] && answer["num_snapshots"]?.elements.count == 1)
      orders.insert(try venue.messages().first?["feed"] != nil)
      let first = try #require(
        (answer["first_sequence_number"]?.elements.first?.text).flatMap { Int64($0) })
      let latest = answer["latest_sequence_number"]?.elements.first?.text
      #expect(latest == "\(first - 1)" && first > 1)
      venue.wait(seconds: 2)
      let data = try venue.data()
      #expect(data.count > 10 && data[0].number == 0 && data[0].previous == 0)
      #expect(data[0]["feed"]?["best_bid_price"] != nil && data[0]["feed"]?["mark_price"] != nil)
      for (place, message) in data.dropFirst().enumerated() {
        #expect(message.number == first + Int64(place))
        #expect(message.previous == first + Int64(place) - 1)
        #expect(message["selector"]?.text == "BTC_USDT_Perp@0")
      }
      #expect(
        data.dropFirst().contains { $0["feed"]?.members.count ?? 9 < 6 }, "only what changed")
      venue.request("unsubscribe", "v1.mini.d", ["BTC_USDT_Perp@0"])
      venue.skip()
      venue.wait(seconds: 1)
      #expect(try venue.messages().isEmpty)
    }
    #expect(orders == [true, false])
  }

  @Test("changes make the venue's own book, at each rate on its grid", arguments: [50, 500])
  func books(rate: Int) throws {
    var venue = SimulatorScript.connected()
    venue.subscribe("v1.book.d", "BTC_USDT_Perp@\(rate)")
    venue.wait(seconds: 20)
    var book = Book()
    let data = try venue.data()
    #expect(data.count > 20_000 / rate / 2 && data.count <= 20_000 / rate + 2)
    for (place, message) in data.enumerated() {
      for (key, side) in [("bids", Side.buy), ("asks", .sell)] {
        for level in message["feed"]?[key]?.elements ?? [] {
          let price = try #require(level["price"]?.decimal)
          let size = try #require(level["size"]?.decimal)
          let isKnown = book.set(Level(price: price, size: size), on: side)
          #expect(isKnown, "removed is only what was there")
        }
      }
      let time = try #require((message["feed"]?["event_time"]?.text).flatMap { Int64($0) })
      if place > 0 { #expect(time % Int64(rate * 1_000_000) == 0) }
    }
    let truth = try #require(venue.simulator.book(of: Venue.btc))
    #expect(truth.bids == book.bids && truth.asks == book.asks)
    #expect(data.last?.number == truth.sequence)
  }

  @Test("streams of whole states have the number 0 and come on the grid")
  func states() throws {
    var venue = SimulatorScript.connected()
    venue.subscribe("v1.mini.s", "BTC_USDT_Perp@200")
    venue.subscribe("v1.ticker.s", "BTC_USDT_Perp@500")
    venue.subscribe("v1.book.s", "BTC_USDT_Perp@500-10")
    venue.wait(seconds: 2)
    let data = try venue.data()
    let count = { (stream: String) in data.count { $0["stream"]?.text == stream } }
    #expect(count("v1.mini.s") == 11 && count("v1.ticker.s") == 5 && count("v1.book.s") == 5)
    #expect(data.allSatisfy { $0.number == 0 })
    let ticker = try #require(data.last { $0["stream"]?.text == "v1.ticker.s" }?["feed"])
    #expect(ticker.members.count == 27)
    #expect(ticker["next_funding_time"]?.text == "1795161600000000000")
    let book = try #require(data.last { $0["stream"]?.text == "v1.book.s" }?["feed"])
    #expect(book["bids"]?.elements.count == 10)
  }

  @Test("tickers as changes; improved books under their own name")
  func otherDeltas() throws {
    var venue = SimulatorScript.connected()
    venue.subscribe("v1.ticker.d", "BTC_USDT_Perp@100")
    venue.subscribe("v1.rpi.book.d", "BTC_USDT_Perp@100")
    venue.wait(seconds: 2)
    let data = try venue.data()
    let tickers = data.filter { $0["stream"]?.text == "v1.ticker.d" }
    #expect(tickers.count > 10 && tickers[0]["feed"]?.members.count == 27)
    #expect(tickers.dropFirst().allSatisfy { $0["feed"]?["open_price"] == nil })
    #expect(data.contains { $0["stream"]?.text == "v1.rpi.book.d" && $0.number != 0 })
  }

  @Test("trades: the past first, then each once, numbered", arguments: ["live", "zero"])
  func trades(numbers: String) throws {
    var venue = SimulatorScript.connected(["trade_numbers": numbers])
    venue.wait(seconds: 30)
    venue.subscribe("v1.trade", "BTC_USDT_Perp@50")
    let answer = try #require(try venue.answers().first?["result"])
    let past = try venue.data()
    #expect(past.count == 50 && past.allSatisfy { $0.number == 0 })
    #expect(answer["num_snapshots"]?.elements == [.number("50")])
    venue.skip()
    venue.wait(seconds: 10)
    let live = try venue.data()
    #expect(live.count > 10)
    #expect(live.allSatisfy { ($0.number == 0) == (numbers == "zero") })
    let ids = (past + live).compactMap { $0["feed"]?["trade_id"]?.text }
    #expect(Set(ids).count == ids.count && ids.allSatisfy { $0.contains("-") })
  }

  @Test("candles: the latest five, then the open one as it changes")
  func candles() throws {
    var venue = SimulatorScript.connected()
    venue.wait(seconds: 400)
    venue.subscribe("v1.candle", "BTC_USDT_Perp@CI_1_M-TRADE")
    #expect(try venue.data().count == 5)
    venue.skip()
    venue.wait(seconds: 70)
    let opens = try venue.data().compactMap { $0["feed"]?["open_time"]?.text }
    #expect(Set(opens).count == 2 && opens.count > 60)
    let (status, tree) = venue.post(
      "/full/v1/kline",
      #"{"instrument":"BTC_USDT_Perp","interval":"CI_5_M","type":"MARK","limit":2}"#)
    let rows = try #require(tree?["result"]?.elements)
    #expect(status == 200 && rows.count == 2)
    let times = rows.compactMap { ($0["open_time"]?.text).flatMap { Int64($0) } }
    #expect(times[0] - times[1] == 300_000_000_000 && times[0] % 300_000_000_000 == 0)
  }

  @Test("another form of the same replaces it and says so; once more begins anew")
  func replacement() throws {
    var venue = SimulatorScript.connected()
    venue.subscribe("v1.book.d", "BTC_USDT_Perp@50")
    venue.subscribe("v1.book.d", "BTC_USDT_Perp@500", "ETH_USDT_Perp@500")
    let answer = try #require(try venue.answers().last?["result"])
    #expect(answer["unsubs"]?.elements == [.text("BTC_USDT_Perp@50")])
    #expect(answer["subs"]?.elements.count == 2)
    venue.wait(seconds: 1)
    venue.skip()
    venue.wait(seconds: 2)
    let data = try venue.data()
    #expect(data.count <= 8 && data.allSatisfy { $0["selector"]?.text?.hasSuffix("@500") == true })
    venue.skip()
    venue.subscribe("v1.book.d", "BTC_USDT_Perp@500")
    #expect(try venue.data().map(\.number) == [0])
    #expect(try venue.answers().last?["result"]?["unsubs"]?.elements == [])
  }

  @Test(
    "what is asked wrongly is refused with its code",
    arguments: [
      ("v1.mini.d", "BTC_USDT_Perp", 1101), ("v1.mini.d", "BTC-ETH@0", 1102),
      ("v1.mini.d", "BTC_USDT_Perp@0-1", 1103), ("v1.mini.d", "XYZ_USDT_Perp@0", 3000),
      ("v1.mini.s", "BTC_USDT_Perp@0", 3030), ("v1.book.s", "BTC_USDT_Perp@500-11", 3031),
      ("v1.book.s", "BTC_USDT_Perp@500", 1103), ("v1.book.d", "BTC_USDT_Perp@60", 3030),
      ("v1.trade", "BTC_USDT_Perp@5000", 3011), ("v1.trade", "BTC_USDT_Perp@51", 3013),
      ("v1.candle", "BTC_USDT_Perp@CI_7_M-TRADE", 3040),
      ("v1.candle", "BTC_USDT_Perp@CI_1_M-LAST", 3041), ("v1.none", "BTC_USDT_Perp@0", 1004),
      ("v1.order", "123", 1000),
    ])
  func refusals(stream: String, selector: String, code: Int) throws {
    var venue = SimulatorScript.connected()
    venue.subscribe(stream, selector)
    let answer = try #require(try venue.messages().last)
    #expect(answer["error"]?["code"]?.integer == Int128(code))
    #expect(answer["id"]?.integer == 1 && answer["method"]?.text == "subscribe")
    venue.skip()
    venue.wait(seconds: 1)
    #expect(try venue.messages().isEmpty)
  }

  @Test("the word ping, calls of the account, another path")
  func oddRequests() throws {
    var venue = SimulatorScript.connected()
    venue.text("ping")
    venue.text(#"{"jsonrpc":"2.0","method":"v1/create_order","params":{"order":{}},"id":7}"#)
    let codes = try venue.messages().map { $0["error"]?["code"]?.integer }
    #expect(codes == [1003, 1000])
    #expect(try venue.messages()[0]["id"] == nil)
    venue.connect(2, "/ws")
    #expect(venue.actions.contains(.refuse(ConnectionID(2), HTTPResponse(status: 404))))
  }

  @Test("the short spelling says the same in fewer letters")
  func lite() throws {
    var venue = SimulatorScript.connected()
    venue.connect(2, "/ws/lite")
    for id in 1...2 { venue.subscribe("v1.mini.d", "BTC_USDT_Perp@0", on: id) }
    venue.skip()
    venue.wait(seconds: 1)
    let (full, lite) = (try venue.data(1), try venue.data(2))
    #expect(full.count > 10 && full.count == lite.count)
    for (long, short) in zip(full, lite) {
      #expect(long["sequence_number"] == short["sn"] && long["prev_sequence_number"] == short["ps"])
      #expect(long["feed"]?["mark_price"] == short["f"]?["mp"])
      #expect(long["feed"]?["best_bid_size"] == short["f"]?["bb1"])
    }
  }

  @Test("numbers of the whole venue: holes, but each names the one before")
  func global() throws {
    var venue = SimulatorScript.connected()
    venue.subscribe("v1.mini.d", "BTC_USDT_Perp@0", global: true)
    venue.subscribe("v1.mini.d", "ETH_USDT_Perp@0")
    let answer = try #require(try venue.answers().first?["result"])
    venue.wait(seconds: 2)
    let data = try venue.data().filter { $0["selector"]?.text == "BTC_USDT_Perp@0" }.dropFirst()
    var last = (answer["latest_sequence_number"]?.elements.first?.text).flatMap { Int64($0) }
    #expect(data.count > 10)
    for message in data {
      #expect(message.previous == last)
      last = message.number
      #expect((last ?? 1) % 100_000 == 0)
    }
  }

  @Test("a late answer; a gateway that counts anew; a limit of requests; fields nobody knows")
  func knobs() throws {
    var venue = SimulatorScript.connected([
      "ack_delay": "300", "restart_every": "2", "requests_per_second": "2",
      "extra_fields": "yes", "selector": "primary",
    ])
    venue.subscribe("v1.mini.d", "BTC_USDT_Perp@0")
    venue.wait(milliseconds: 299)
    #expect(try venue.answers().isEmpty)
    venue.wait(milliseconds: 2)
    #expect(try venue.answers().count == 1)
    venue.wait(seconds: 3)
    let data = try venue.data().dropFirst()
    let jumps = zip(data, data.dropFirst()).count { $0.number != $1.previous }
    #expect(jumps == 1)
    #expect(
      data.allSatisfy {
        $0["feed"]?["new_field"] != nil && $0["selector"]?.text == "BTC_USDT_Perp"
      })
    venue.skip()
    for _ in 0..<3 { venue.request("unsubscribe", "v1.mini.d", []) }
    #expect(try venue.messages().last?["error"]?["code"]?.integer == 1006)
  }

  @Test("the same seed says the same, another seed something else")
  func repeatable() {
    func frames(_ seed: UInt64) -> [SimulatorAction] {
      var venue = SimulatorScript(seed: seed)
      venue.give(.start)
      venue.connect(1)
      venue.subscribe("v1.book.d", "BTC_USDT_Perp@50", "ETH_USDT_Perp@50")
      venue.subscribe("v1.trade", "BTC_USDT_Perp@50")
      venue.subscribe("v1.ticker.s", "SOL_USDT_Perp@500")
      venue.wait(seconds: 3)
      return venue.actions
    }
    #expect(frames(1) == frames(1))
    #expect(frames(1) != frames(2))
  }

  @Test("a client too slow to take what is sent is dropped")
  func slowClient() {
    var venue = SimulatorScript.connected()
    venue.give(.backlog(ConnectionID(1), messages: 5_000))
    #expect(venue.actions.last == .abort(ConnectionID(1)))
    venue.connect(2)
    venue.answersPings = false
    venue.wait(milliseconds: 29_999)
    #expect(venue.actions.last != .abort(ConnectionID(2)))
    venue.wait(milliseconds: 2)
    #expect(venue.actions.contains(.abort(ConnectionID(2))))
  }

  @Test("a session keeps up with a gateway that restarts again and again", arguments: 1...3)
  func restarts(seed: UInt64) throws {
    var run = try FaultRun(.grvt, "", settings: ["restart_every": "7"], seed: seed)
    run.run(to: 60)
    #expect(run.isAllLive && run.isSound && run.oracle.booksCompared > 500)
    #expect(run.oracle.entered[.gap] ?? 0 >= 16, "quotes and books of two markets")
  }

  @Test("numbers of the whole venue, under faults")
  func globalRun() throws {
    var run = try FaultRun(.grvt, "drop@5s+20s%2,abort@30s", settings: ["sequence": "global"])
    run.run(to: 60)
    #expect(run.isAllLive && run.isSound && run.oracle.entered[.gap] ?? 0 > 0)
    #expect(run.oracle.booksCompared > 500)
    #expect(run.oracle.quotesCompared > 100)
    #expect(run.quotes(run.victim).contains { $0.bbo.venueSequence ?? 0 > 1_000_000_000_000 })
  }
}
