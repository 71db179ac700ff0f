import PerpCore
import Testing

@testable import Bot

/// Rows S1-70 to S1-82, and scenario D-17.
@Suite("Console") struct ConsoleTests {
  private let script = ZarbScript { $0.parameters.sizes.maxPosition = decimal("0.0022") }

  private func names(_ text: String) -> Set<String> { Set(script.fields(text)?.names ?? []) }

  @Test("S1-70 the status has all its members; without the token what accounts hold is left out")
  func status() {
    script.warmUp()
    let full = names(script.get("/api/status"))
    let needed: Set = [
      "engine_status", "mode", "runtime", "active_symbols", "consistency_ok_count", "ws_ok",
      "health_ok", "net_exposure", "daily_volume", "risk_counts", "started_at", "updated_at",
      "rate_limit", "performance", "balances", "positions_summary",
    ]
    #expect(needed.isSubset(of: full))
    var request = ConsoleRequest("GET", "/api/status")
    request.isTrusted = false
    script.bench.tell(.console(.request(request)))
    let short = names(script.bench.replies.last?.body ?? "")
    #expect(short.contains("engine_status") && !short.contains("balances"))
    #expect(!short.contains("positions_summary") && !short.contains("performance"))
    let status = script.fields(script.get("/api/status"))
    #expect(status?.object("risk_counts")?.integer("normal") == 1)
    #expect(
      status?.object("rate_limit")?.object("grvt")?.object("order")?.integer("capacity") == 12)
  }

  @Test("S1-71 a row of each symbol, with its risk")
  func rows() throws {
    script.warmUp()
    let row = try #require(
      JSONFields.list(Array(script.get("/api/symbols").utf8))?.first)
    let needed: Set = [
      "symbol", "status", "signal", "paradex_bid", "paradex_ask", "paradex_mid", "grvt_bid",
      "grvt_ask", "grvt_mid", "spread_bps", "spread_price", "zscore", "net_position",
      "target_position", "paradex_position", "grvt_position", "updated_at", "risk",
    ]
    #expect(needed.isSubset(of: Set(row.names)) && row.text("signal") == "HOLD")
    let risk: Set = ["stale", "consistency_ok", "health_ok", "ws_ok", "can_open", "reason"]
    #expect(Set(row.object("risk")?.names ?? []) == risk)
    #expect(row.object("risk")?.bool("can_open") == true)
    #expect(row.decimal("paradex_mid") == Decimal(69_420))
  }

  @Test("S1-72 events are told newest first, and no more than wanted")
  func events() throws {
    script.warmUp()
    for mode in ["zero_wear", "normal_arb"] {
      #expect(script.post("/api/mode", "{\"mode\":\"\(mode)\"}").ok == true)
    }
    let events = try #require(
      JSONFields.list(Array(script.get("/api/events", ["limit": "2"]).utf8)))
    #expect(events.map { $0.text("message") } == ["Mode normal_arb", "Mode zero_wear"])
    #expect(Set(events[0].names) == ["id", "ts", "level", "source", "message", "data"])
    for index in 0..<600 {
      _ = script.post("/api/mode", "{\"mode\":\"\(index % 2 == 0 ? "zero_wear" : "normal_arb")\"}")
    }
    #expect(script.bot?.events.count == 500)
  }

  @Test("S1-76, S1-77 the engine starts once and stops once; a mode has one of two names")
  func engine() {
    script.bench.run(seconds: Decimal(8))
    #expect(script.post("/api/engine/stop").ok == false)
    #expect(script.post("/api/engine/start").ok == true)
    #expect(script.post("/api/engine/start").ok == false)
    #expect(script.events("First run on real prices").count == 1)
    let wrong = script.post("/api/mode", #"{"mode":"fast"}"#)
    #expect(wrong.status == 400 && wrong.ok == false)
    #expect(script.post("/api/nowhere").status == 404)
    #expect(script.ask("DELETE", "/api/status").status == 405)
    #expect(script.ask("POST", "/api/mode", body: "[").status == 400)
  }

  @Test("S1-78 parameters are of one symbol, and nonsense changes nothing")
  func parameters() {
    let path = "/api/symbol/BTC-PERP/params"
    let right = script.post(path, #"{"params":{"z_entry":2.5,"max_position":"0.2"}}"#)
    #expect(right.ok == true && right.text.contains(#""z_entry":2.5"#))
    #expect(script.symbol?.parameters.sizes.maxPosition == decimal("0.2"))
    #expect(script.post(path, #"{"loop_interval_ms":250}"#).ok == true)
    #expect(script.symbol?.parameters.interval == Nanoseconds.milliseconds(250))
    let before = script.symbol?.parameters
    for body in [
      #"{"params":{"z_entry":0.5}}"#, #"{"params":{"z_entry":"x"}}"#, #"{"colour":1}"#,
      #"{"params":{"z_entry":3,"z_exit":-1}}"#, #"{"loop_interval_ms":5}"#,
    ] {
      #expect(script.post(path, body).status == 400, "\(body)")
    }
    #expect(script.symbol?.parameters == before)
    #expect(script.settings.parameters.entry[.normal] == decimal("1.8"))
    #expect(script.post("/api/symbol/XYZ-PERP/params", "{}").status == 404)
  }

  @Test("S1-79 a symbol that is not there is not closed")
  func flatten() {
    script.bench.run(seconds: Decimal(8))
    #expect(script.post("/api/symbol/XYZ-PERP/flatten").ok == false)
    #expect(script.post("/api/symbol/BTC-PERP/flatten").text.contains("has no position"))
  }

  @Test("S1-80 a snapshot first, rows and events as they come, one snapshot a second")
  func stream() {
    script.warmUp()
    #expect(script.bench.published.isEmpty)
    #expect(script.get("/ws/stream").hasPrefix(#"{"type":"snapshot","data":{"status":{"#))
    script.bench.tell(.console(.listeners(1)))
    script.bench.run(seconds: Decimal(6))
    func count(_ type: String) -> Int {
      script.bench.published.count { $0.hasPrefix("{\"type\":\"\(type)\"") }
    }
    #expect(count("snapshot") == 6 && count("symbol") == 12)
    #expect((1...3).contains(count("market_top_spreads")))
    script.post("/api/mode", #"{"mode":"zero_wear"}"#)
    #expect(count("event") == 1)
  }

  @Test("D-17 a client that does not read keeps 200 messages at most, the newest")
  func slowClient() {
    var queue = StreamQueue()
    for index in 0..<600 { queue.add("\(index)") }
    #expect(queue.count == 200 && queue.dropped == 400)
    #expect(queue.next() == "400" && queue.count == 199)
  }

  @Test("S1-81 only a pair that both venues have can be chosen, while the engine stands")
  func selection() {
    #expect(script.post("/api/engine/start").ok == false)
    script.bench.run(seconds: Decimal(8))
    let selection = script.fields(script.get("/api/trade/selection"))
    #expect(selection?.text("symbol") == "BTC-PERP" && selection?.bool("chosen") == false)
    #expect(script.post("/api/trade/selection", #"{"symbol":"ETH-PERP"}"#).ok == false)
    #expect(script.post("/api/trade/selection", #"{"symbol":"BTC-PERP"}"#).ok == true)
    #expect(script.post("/api/engine/start").ok == true)
    #expect(script.post("/api/trade/selection", #"{"symbol":"BTC-PERP"}"#).ok == false)
    let config = names(script.get("/api/config"))
    #expect(config.isSuperset(of: ["params", "symbol_params", "symbols", "min_samples"]))
  }

  @Test("S1-82 credentials are kept, never told again, and checked by their form")
  func credentials() {
    let key = "0x" + String(repeating: "ab12", count: 16)
    let path = "/api/credentials"
    let saved = script.post(path, "{\"paradex\":{\"l2_private_key\":\"\(key)\"}}")
    #expect(saved.ok == true && !saved.text.contains(key))
    #expect(script.get("/api/credentials/status").contains(#""masked":"****ab12""#))
    let missing = script.post("/api/credentials/apply")
    #expect(missing.ok == false && missing.text.contains(#"{"exchange":"grvt","field":"api_key"}"#))
    let draft = script.post(
      "/api/credentials/validate",
      #"{"source":"draft","payload":{"grvt":{"private_key":"0xnothex"}}}"#)
    #expect(draft.text.contains("private_key has characters that are no hex digits"))
    #expect(!draft.text.contains("nothex"))
    for body in [#"{"binance":{"key":"1"}}"#, #"{"grvt":{"colour":"1"}}"#] {
      #expect(script.post(path, body).status == 400)
    }
    #expect(script.post(path, #"{"paradex":{"l2_private_key":""}}"#).ok == true)
    #expect(script.get("/api/credentials/status").contains("****") == false)
    let told = script.bench.logs + script.bench.published + script.bench.replies.map(\.body)
    #expect(!told.contains { $0.contains(key) || $0.contains("nothex") })
  }

  @Test("S1-82 complete credentials: the gateway is started again, and what it finds is told")
  func applied() {
    script.bench.run(seconds: Decimal(8))
    let key = "0x" + String(repeating: "1b", count: 32)
    script.post(
      "/api/credentials",
      "{\"paradex\":{\"l2_private_key\":\"\(key)\",\"l2_address\":\"\(key)\"},"
        + "\"grvt\":{\"api_key\":\"made-up-key\",\"api_secret\":\"made-up-secret\","
        + "\"private_key\":\"\(key)\",\"trading_account_id\":\"42\"}}")
    #expect(script.bench.restarts == 0)
    #expect(script.post("/api/credentials/apply").ok == true && script.bench.restarts == 1)
    let found = script.post("/api/credentials/validate", #"{"source":"saved"}"#)
    func isRight(_ check: String) -> Bool {
      ["paradex", "grvt"].allSatisfy {
        found.text.contains(#"{"exchange":"\#($0)","check":"\#(check)","ok":true"#)
      }
    }
    for check in [
      "required_fields", "load_markets", "fetch_balance", "fetch_positions", "api_key_login",
      "api_key_account_match",
    ] {
      #expect(isRight(check), "\(check): \(found.text)")
    }
    // Of these markets the venues tell no leverage.
    #expect(!isRight("fetch_max_leverage") && found.ok == false)
  }

  @Test("S1-22 market pages wait until every pair has its samples, or for 90 s")
  func warmup() {
    let script = ZarbScript { settings in
      settings.warmup.isRequired = true
      settings.window.least = 60
    }
    script.bench.run(seconds: Decimal(20))
    let early = script.ask("GET", "/api/market/top-spreads")
    #expect(early.status == 503 && early.body.contains("Warming up: 0 of 1 pairs have 60 samples"))
    #expect(script.ask("GET", "/api/market/spreads").status == 503)
    #expect(script.get("/api/market/warmup-status").contains(#""done":false"#))
    script.bench.run(seconds: Decimal(71))
    #expect(script.ask("GET", "/api/market/top-spreads").status == 200)
    #expect(script.ask("GET", "/api/market/spreads").status == 200)
  }

  @Test("charts: points once a second, trades, equity and drawdown")
  func charts() throws {
    script.warmUp()
    script.pullApart()
    script.bench.run(seconds: Decimal(3))
    let history = try #require(
      script.fields(script.get("/api/history", ["symbol": "BTC-PERP", "limit": "5"])))
    let points = try #require(history.objects("points"))
    #expect(points.count == 5)
    #expect(Set(points[0].names) == ["ts_ms", "spread_bps", "zscore", "ma", "std"])
    let trades = try #require(history.objects("trades"))
    #expect(trades.count == 6 && trades.allSatisfy { $0.text("kind") == "open" })
    let performance = try #require(script.fields(script.get("/api/performance")))
    let equity = try #require(performance.objects("equity")?.last)
    #expect(equity.decimal("equity").map { $0 > Decimal(1_900) } == true)
    let summary = try #require(performance.object("summary"))
    #expect(summary.integer("trade_count") == 6)
    #expect(summary.decimal("initial_equity") == Decimal(2_000))
  }
}

/// Who may ask. (K17)
@Suite("Console gate") struct ConsoleGateTests {
  private let gate = ConsoleGate(
    token: "0123456789abcdef", hosts: ["127.0.0.1:8000", "localhost:8000"])

  private func judge(
    _ path: String, host: String? = "127.0.0.1:8000", origin: String? = nil, bearer: String? = nil,
    token: String? = nil
  ) -> ConsoleGate.Verdict {
    gate.judge(
      path,
      ConsoleGate.Credentials(
        host: host, origin: origin, authorization: bearer.map { "Bearer \($0)" }, token: token))
  }

  private func isRefused(_ verdict: ConsoleGate.Verdict, _ status: Int) -> Bool {
    if case .refuse(let own, _) = verdict { own == status } else { false }
  }

  @Test("K17 the token is needed, but for pages and the short status")
  func token() {
    #expect(judge("/api/symbols", bearer: "0123456789abcdef") == .pass(isTrusted: true))
    #expect(isRefused(judge("/api/symbols"), 401))
    #expect(isRefused(judge("/api/symbols", bearer: "0123456789abcdeF"), 401))
    #expect(isRefused(judge("/api/symbols", bearer: ""), 401))
    #expect(isRefused(judge("/api/engine/start", token: "0123456789abcdef"), 401))
    #expect(judge("/ws/stream", token: "0123456789abcdef") == .pass(isTrusted: true))
    #expect(isRefused(judge("/ws/stream"), 401))
    #expect(judge("/api/status") == .pass(isTrusted: false))
    #expect(judge("/api/health") == .pass(isTrusted: false))
    #expect(isRefused(judge("/api/status", bearer: "x"), 401))
    for page in ConsoleGate.pages { #expect(judge(page) == .pass(isTrusted: false)) }
    let empty = ConsoleGate(token: "", hosts: ["a"])
    let verdict = empty.judge(
      "/api/symbols", ConsoleGate.Credentials(host: "a", authorization: "Bearer "))
    #expect(isRefused(verdict, 401))
  }

  @Test("K17 other names of this machine, and other sites' pages, are refused")
  func sites() {
    #expect(isRefused(judge("/trade", host: "evil.example:8000"), 421))
    #expect(isRefused(judge("/trade", host: nil), 421))
    #expect(isRefused(judge("/api/status", host: "127.0.0.1:8001"), 421))
    let good = "0123456789abcdef"
    #expect(isRefused(judge("/ws/stream", origin: "http://evil.example", token: good), 403))
    #expect(isRefused(judge("/api/symbols", origin: "null", bearer: good), 403))
    #expect(isRefused(judge("/api/symbols", origin: "http://localhost:8000", bearer: good), 403))
    #expect(
      judge("/api/symbols", origin: "http://127.0.0.1:8000", bearer: good)
        == .pass(isTrusted: true))
  }
}
