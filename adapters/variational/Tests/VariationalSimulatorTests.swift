import PerpCore
import PerpSim
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

/// The simulated venue, spoken to as the real one would be.
@Suite struct VariationalSimulatorTests {
  struct Visit {
    var simulator: VariationalSimulator
    var now = Moment(monotonic: Nanoseconds.seconds(1_000), wall: 1_795_168_800_000_000)
    private var actions: [SimulatorAction] = []
    private var requests = 0

    init(_ settings: [String: String] = [:], symbols: [Symbol] = []) {
      simulator = VariationalSimulator(
        options: SimulatorOptions(seed: 1, symbols: symbols, settings: settings))
      give(.start)
    }

    mutating func give(_ input: borrowing SimulatorInput) {
      simulator.receive(input, at: now, into: &actions)
    }

    mutating func connect(_ path: String, id: Int = 1) {
      give(.upgrade(ConnectionID(id), HTTPRequest(.get, path)))
    }

    mutating func send(_ text: String) {
      let bytes = Array(text.utf8)
      give(.text(ConnectionID(1), bytes.span.bytes))
    }

    mutating func ask(
      _ method: HTTPRequest.Method, _ url: String, _ body: String = "", cookie: String? = nil
    ) -> HTTPResponse {
      requests += 1
      let fields = cookie.map { [HTTPField("Cookie", $0)] } ?? []
      give(
        .request(
          RequestID(requests), HTTPRequest(method, url, fields: fields, body: Array(body.utf8))))
      for case .respond(RequestID(requests), let response) in actions { return response }
      return HTTPResponse(status: 0)
    }

    mutating func wait(milliseconds: Int) {
      let end = now.monotonic + Nanoseconds.milliseconds(milliseconds)
      while let deadline = simulator.deadline, deadline <= end {
        now = now.advanced(by: max(deadline, now.monotonic) - now.monotonic)
        give(.wake)
      }
      now = now.advanced(by: end - now.monotonic)
    }

    /// What it said and did since the last look.
    mutating func did() -> [String] {
      defer { actions = [] }
      return actions.compactMap { action in
        switch action {
        case .accept: "accept"
        case .refuse(_, let response): "refuse \(response.status)"
        case .send(_, let frame): String(decoding: frame.bytes, as: UTF8.self)
        case .close(_, let code, _): "close \(code)"
        default: nil
        }
      }
    }
  }

  private static func object(_ ticker: String, interval: Int = 3_600) -> String {
    #"{"underlying":"\#(ticker)","instrument_type":"perpetual_future","#
      + #""settlement_asset":"USDC","funding_interval_s":\#(interval)}"#
  }

  private static func subscribe(_ objects: String..., action: String = "subscribe") -> String {
    #"{"action":"\#(action)","instruments":[\#(objects.joined(separator: ","))]}"#
  }

  @Test("prices come once a second, heartbeats every five, in the venue's form")
  func prices() throws {
    var visit = Visit()
    visit.connect("/prices")
    visit.send(Self.subscribe(Self.object("BTC")))
    #expect(visit.did() == ["accept"])
    visit.wait(milliseconds: 190)
    #expect(visit.did() == [])
    visit.wait(milliseconds: 910)
    let first = try JSONTree(Array(try #require(visit.did().first).utf8))
    #expect(first["channel"] == .text("instrument_price:P-BTC-USDC-3600"))
    #expect(
      Set(try #require(first["pricing"]).members.keys) == [
        "price", "native_price", "delta", "gamma", "theta", "vega", "rho", "iv",
        "underlying_price", "interest_rate", "timestamp",
      ])
    visit.wait(milliseconds: 60_000)
    let lines = visit.did()
    #expect(lines.filter { $0.hasPrefix(#"{"timestamp":"#) }.count == 12)
    let prices = lines.filter { $0.hasPrefix(#"{"channel":"#) }
    #expect(prices.count == 60)
    // Some repeat, to the byte.
    #expect((20..<60).contains(Set(prices).count))
  }

  @Test("other kinds of instruments have other keys")
  func kinds() {
    var visit = Visit()
    visit.connect("/prices")
    visit.send(
      Self.subscribe(
        #"{"underlying":"GOOGL","instrument_type":"perpetual_rwa_future","#
          + #""settlement_asset":"USDC","kind":"equity"}"#,
        #"{"underlying":"US100S","instrument_type":"swap","settlement_asset":"USDC","#
          + #""kind":"index","funding_interval_s":0}"#))
    visit.wait(milliseconds: 1_200)
    let lines = visit.did().joined()
    #expect(lines.contains("instrument_price:P-RWA/EQY-GOOGL-USDC"))
    #expect(lines.contains("instrument_price:C-IDX-US100S-USDC-0"))
  }

  @Test("what is asked for in a wrong way is answered in words, and mostly with a close")
  func diagnostics() {
    let closing: [(String, String)] = [
      ("hello", "unexpected request format"),
      (Self.subscribe(Self.object("BTC"), action: "buy"), "unexpected request format"),
      (Self.subscribe(Self.object("BTC", interval: 28_800)), "invalid instrument in request"),
      (
        Self.subscribe(Self.object("BTC"), action: "unsubscribe"),
        "no subscriptions open, closing connection"
      ),
    ]
    for (text, words) in closing {
      var visit = Visit()
      visit.connect("/prices")
      visit.send(text)
      #expect(visit.did() == ["accept", words, "close 1005"])
    }
    var visit = Visit()
    visit.connect("/prices")
    visit.send(Self.subscribe(Self.object("BTC"), Self.object("NOPE")))
    #expect(visit.did() == ["accept", "unsupported instrument: P-NOPE-USDC-3600"])
    visit = Visit()
    visit.connect("/")
    #expect(visit.did() == ["accept", VariationalNotice.unknownPath.text, "close 1005"])
    for path in ["/events", "/portfolio"] {
      visit = Visit()
      visit.connect(path)
      visit.send(#"{"claims":"made-up"}"#)
      visit.wait(milliseconds: 3_000)
      #expect(visit.did() == ["accept", "Token timeout: Unauthorized", "close 1005"])
    }
  }

  @Test("twenty-five connections in three minutes, no more")
  func connections() {
    var visit = Visit()
    for id in 1...26 { visit.connect("/prices", id: id) }
    #expect(visit.did().suffix(2) == ["accept", "refuse 429"])
    visit.wait(milliseconds: 180_000)
    _ = visit.did()
    visit.connect("/prices", id: 27)
    #expect(visit.did() == ["accept"])
  }

  @Test("market status has three forms")
  func status() {
    var visit = Visit()
    visit.connect("/market_status")
    let first = visit.did().last ?? ""
    #expect(first.hasPrefix(#"[["BTC","open"],["ETH","open"],"#))
    visit.wait(milliseconds: 80_000)
    #expect(
      visit.did() == [
        #"["US100S","closed"]"#, #"[["US100S","open"]]"#, #"[["US100S","closed"]]"#,
        #"["US100S","open"]"#,
      ])
  }

  @Test("statistics are cached, limited and complete")
  func statistics() throws {
    var visit = Visit()
    let first = visit.ask(.get, "/metadata/stats")
    #expect(first.field("cache-control") == "public, s-maxage=60, max-age=30")
    visit.wait(milliseconds: 29_000)
    let second = visit.ask(.get, "/metadata/stats?fresh=1")
    #expect(second.body == first.body)
    visit.wait(milliseconds: 1_500)
    #expect(visit.ask(.get, "/metadata/stats").body != first.body)
    for _ in 0..<8 { _ = visit.ask(.get, "/metadata/stats") }
    let limited = visit.ask(.get, "/metadata/stats")
    #expect(limited.status == 429)
    #expect(limited.field("retry-after").flatMap { Int($0) }.map { (1...10).contains($0) } == true)
    var unknown: [String] = []
    let statistics = try VariationalREST.statistics(first.body.span.bytes, &unknown)
    #expect(statistics.unreadable == [] && unknown == [])
    #expect(statistics.listings.map(\.ticker).suffix(3) == ["ORDI", "GOOGL", "US100S"])
    for listing in statistics.listings {
      let (quotes, mark) = (try #require(listing.quotes), listing.markPrice)
      let (small, large) = (try #require(quotes.size1k), try #require(quotes.size100k))
      #expect(
        large.bid < small.bid && small.bid < mark && mark < small.ask && small.ask < large.ask)
      #expect((quotes.size1m != nil) == ["BTC", "ETH", "SOL", "XRP"].contains(listing.ticker))
    }
  }

  @Test("quotes need a session, whole lots and a known market; each has an id of its own")
  func quotes() throws {
    var visit = Visit(["session": "right"])
    let path = "/api/quotes/indicative"
    func body(_ ticker: String, _ size: String) -> String {
      #"{"instrument":\#(Self.object(ticker)),"qty":"\#(size)"}"#
    }
    #expect(visit.ask(.post, path, body("BTC", "0.01")).status == 401)
    #expect(visit.ask(.post, path, body("BTC", "0.01"), cookie: "vr-token=wrong").status == 401)
    let cookie = "a=b; vr-token=right"
    let answer = visit.ask(.post, path, body("BTC", "0.01"), cookie: cookie)
    var unknown: [String] = []
    let quote = try VariationalREST.quote(answer.body.span.bytes, &unknown)
    #expect(unknown == [] && quote.quantity.description == "0.01")
    let (bid, ask) = (try #require(quote.bid), try #require(quote.ask))
    #expect(bid < ask)
    let second = visit.ask(.post, "/api/quotes/simple", body("BTC", "100"))
    let large = try VariationalREST.quote(second.body.span.bytes, &unknown)
    #expect(large.id != quote.id && large.ask! > ask)
    #expect(visit.ask(.post, path, body("BTC", "0.0000001"), cookie: cookie).status == 400)
    #expect(visit.ask(.post, path, body("NOPE", "1"), cookie: cookie).status == 400)
    let missing = visit.ask(.post, path, #"{"instrument":\#(Self.object("BTC"))}"#, cookie: cookie)
    #expect(String(decoding: missing.body, as: UTF8.self).contains("missing field `qty`"))
  }

  @Test("a blocked host answers with a page")
  func blocked() {
    var visit = Visit(["blocked": "rest,ws"])
    let page = visit.ask(.get, "/metadata/stats")
    #expect(page.status == 403 && page.isRefusalOfClient)
    visit.connect("/prices")
    #expect(visit.did().last == "refuse 403")
    #expect(visit.ask(.post, "/api/quotes/indicative").status == 401)
    var other = Visit(["blocked": "app"])
    #expect(other.ask(.post, "/api/quotes/simple").status == 403)
    #expect(other.ask(.get, "/status").status == 200)
  }

  @Test("the same seed gives the same venue")
  func repeatable() {
    func lines() -> [String] {
      var visit = Visit()
      visit.connect("/prices")
      visit.send(Self.subscribe(Self.object("BTC"), Self.object("ORDI")))
      visit.wait(milliseconds: 20_000)
      return visit.did()
    }
    #expect(lines() == lines())
  }
}
