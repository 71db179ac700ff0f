import PerpCore
import PerpSim
import PerpVenue

extension ParadexSimulator {
  func respond(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    let parts = request.path.split(separator: "/").map(String.init)
    guard request.method == .get, parts.first == "v1", parts.count >= 2 else {
      return Self.failure(404, "NOT_FOUND", "no such endpoint")
    }
    switch parts[1] {
    case "system" where parts.count == 3: return system(parts[2], at: now)
    case "markets" where parts.count == 2: return listMarkets(request)
    case "markets" where parts[2] == "summary": return summaries(request, at: now)
    case "bbo", "orderbook":
      guard parts.count >= 3, let index = indexes[parts[2]] else { return Self.marketNotFound }
      let isInteractive = parts.count == 4 && parts[3] == "interactive"
      return parts[1] == "bbo"
        ? .json { markets[index].quote(interactive: isInteractive).write(to: &$0) }
        : book(index, request, interactive: isInteractive, at: now)
    case "trades": return trades(request)
    case "funding" where parts.count == 3 && parts[2] == "data":
      return fundingData(request, at: now)
    default: return Self.failure(404, "NOT_FOUND", "no such endpoint")
    }
  }

  private func system(_ name: String, at now: Moment) -> HTTPResponse {
    .json { text in
      text.append("{")
      switch name {
      case "time": text.put("server_time", text: String(now.wall / 1_000))
      case "state": text.put("status", text: "ok")
      default:
        text.put("starknet_chain_id", text: "PRIVATE_SN_POTC_SEPOLIA")
        text.put("l1_chain_id", text: "11155111")
        text.put(
          "paraclear_account_hash",
          text: "0x41cb0280ebadaa75f996d8d92c6f265f6d040bb3ba442e5f86a554f1765244e")
        text.put(
          "paraclear_account_proxy_hash",
          text: "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9")
        text.put("paraclear_decimals", 8)
        text.put("environment", text: "simulated")
      }
      text.append("}")
    }
  }

  private func listMarkets(_ request: HTTPRequest) -> HTTPResponse {
    let wanted = request.query("market").map(String.init)
    if let wanted, indexes[wanted] == nil { return Self.marketNotFound }
    return Self.results(markets.filter { wanted == nil || $0.name == wanted }) { market, text in
      market.writeMetadata(to: &text)
    }
  }

  private func summaries(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard let wanted = request.query("market").map(String.init) else {
      return Self.failure(400, "VALIDATION_ERROR", "market is required")
    }
    guard wanted == "ALL" || indexes[wanted] != nil else { return Self.marketNotFound }
    return Self.results(markets.filter { wanted == "ALL" || $0.name == wanted }) { market, text in
      market.summary(at: publishedTime(now)).write(to: &text)
    }
  }

  private func book(
    _ index: Int, _ request: HTTPRequest, interactive: Bool, at now: Moment
  ) -> HTTPResponse {
    let depth = request.query("depth").flatMap { Int($0) } ?? 20
    guard (1...1_000).contains(depth) else {
      return Self.failure(400, "INVALID_REQUEST_PARAMETER", "depth must be 1 to 1000")
    }
    var book = markets[index].snapshot(interactive: interactive)
    book.bids = Array(book.bids.prefix(depth))
    book.asks = Array(book.asks.prefix(depth))
    return .json { book.writePairs(to: &$0) }
  }

  private func trades(_ request: HTTPRequest) -> HTTPResponse {
    guard let name = request.query("market"), let index = indexes[String(name)] else {
      return Self.marketNotFound
    }
    let size = min(1_000, request.query("page_size").flatMap { Int($0) } ?? 100)
    return Self.results(markets[index].recentTrades.suffix(max(0, size)).reversed()) {
      $0.write(to: &$1)
    }
  }

  private func fundingData(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard let name = request.query("market"), let index = indexes[String(name)] else {
      return Self.marketNotFound
    }
    return Self.results([markets[index].funding(at: publishedTime(now))]) { $0.write(to: &$1) }
  }

  // MARK: Shapes of answers

  static var marketNotFound: HTTPResponse {
    failure(404, "MARKET_NOT_FOUND", "market not found")
  }

  /// One page; `next` asks for the one after it.
  static func results<Row>(
    _ rows: some Collection<Row>, next: String? = nil,
    _ write: (Row, inout ByteBuffer) -> Void
  ) -> HTTPResponse {
    .json { text in
      text.append(#"{"next":"#)
      if let next { text.append(json: next) } else { text.append("null") }
      text.append(#","prev":null,"results":["#)
      var isFirst = true
      for row in rows {
        if !isFirst { text.append(UInt8(ascii: ",")) }
        write(row, &text)
        isFirst = false
      }
      text.append("]}")
    }
  }

  /// `{"error":"MARKET_NOT_FOUND","message":"market not found","data":null}`
  static func failure(_ status: Int, _ code: String, _ message: String) -> HTTPResponse {
    .json(status: status) { text in
      text.append("{")
      text.put("error", text: code)
      text.put("message", text: message)
      text.append(#","data":null}"#)
    }
  }
}
