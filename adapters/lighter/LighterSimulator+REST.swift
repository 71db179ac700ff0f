import PerpCore
import PerpSim
import PerpVenue

extension LighterSimulator {
  mutating func respond(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard requests.take(at: now.monotonic) else {
      return Self.failure(429, 23_000, "Too Many Requests!")
    }
    guard request.method == .get else {
      return Self.failure(400, 20_001, "invalid param : trading is not simulated here")
    }
    switch request.path {
    case "/":
      return .json { text in
        text.append("{")
        text.append("\"status\":200")
        text.put("network_id", 1)
        text.put("timestamp", now.wall / 1_000_000)
        text.append("}")
      }
    case "/api/v1/orderBooks": return list(request, "order_books") { $0.writeRow(to: &$1) }
    case "/api/v1/orderBookDetails":
      return list(request, "order_book_details") { $0.writeDetails(to: &$1) }
    case "/api/v1/orderBookOrders": return orders(request)
    case "/api/v1/recentTrades": return recentTrades(request)
    case "/api/v1/funding-rates":
      return list(request, "funding_rates") { market, text in
        text.append("{")
        text.put("market_id", market.id)
        text.put("exchange", text: "lighter")
        text.put("symbol", text: market.base)
        text.put("rate")
        // Of eight hours, as a fraction.
        text.append(Decimal(mantissa: market.fundingRate.mantissa * 8, scale: 6).trimmed)
        text.append("}")
      }
    case "/api/v1/assetDetails":
      return .json {
        $0.append(
          #"{"code":200,"asset_details":[{"asset_id":3,"symbol":"USDC","l1_decimals":6,"#
            + #""decimals":6,"min_transfer_amount":"1.000000","margin_mode":"enabled","#
            + #""min_withdrawal_amount":"1.000000","index_price":"1.000000"}]}"#)
      }
    default: return Self.failure(404, 404, "not found")
    }
  }

  private func list(
    _ request: HTTPRequest, _ key: StaticString,
    _ write: (LighterSimulatorMarket, inout ByteBuffer) -> Void
  ) -> HTTPResponse {
    let wanted = request.query("market_id").map(String.init)
    if let wanted, wanted != "255", market(wanted) == nil { return Self.invalidMarket }
    return .json { text in
      text.append(#"{"code":200"#)
      text.put(key)
      text.append("[")
      var isFirst = true
      for market in markets
      where wanted == nil || wanted == "255" || market.name.string == wanted {
        if !isFirst { text.append(",") }
        write(market, &text)
        isFirst = false
      }
      text.append("]}")
    }
  }

  private func market(_ id: some StringProtocol) -> LighterSimulatorMarket? {
    ShortText(String(id)).flatMap { indexes[$0] }.map { markets[$0] }
  }

  /// One order for each level.
  private func orders(_ request: HTTPRequest) -> HTTPResponse {
    guard let market = request.query("market_id").flatMap(market) else {
      return Self.invalidMarket
    }
    let limit = request.query("limit").flatMap { Int($0) } ?? 0
    guard (1...250).contains(limit) else {
      return Self.failure(400, 20_001, "invalid param : limit")
    }
    return .json { text in
      text.append(#"{"code":200"#)
      for (total, key, levels) in [
        ("total_asks" as StaticString, "asks" as StaticString, market.market.asks),
        ("total_bids", "bids", market.market.bids),
      ] {
        let shown = levels.prefix(limit)
        text.put(total, Int64(shown.count))
        text.put(key)
        text.append("[")
        for (index, level) in shown.enumerated() {
          if index > 0 { text.append(",") }
          market.writeOrder(level, number: Int64(index), to: &text)
        }
        text.append("]")
      }
      text.append("}")
    }
  }

  private func recentTrades(_ request: HTTPRequest) -> HTTPResponse {
    guard let market = request.query("market_id").flatMap(market) else {
      return Self.invalidMarket
    }
    let limit = request.query("limit").flatMap { Int($0) } ?? 0
    guard (1...100).contains(limit) else {
      return Self.failure(400, 20_001, "invalid param : limit")
    }
    return .json { text in
      text.append(#"{"code":200"#)
      text.put("trades")
      text.append(market.recentPrints.suffix(limit).reversed(), market.digits)
      text.append("}")
    }
  }

  static var invalidMarket: HTTPResponse { failure(400, 21_602, "invalid market index") }

  /// `{"code":23000,"message":"Too Many Requests!"}`
  static func failure(_ status: Int, _ code: Int64, _ message: String) -> HTTPResponse {
    .json(status: status) { text in
      text.append("{\"code\":")
      text.append(code)
      text.put("message", text: message)
      text.append("}")
    }
  }
}

extension LighterSimulatorMarket {
  func writeRow(to text: inout ByteBuffer) {
    text.append("{")
    writeCommon(to: &text)
    text.append("}")
  }

  func writeDetails(to text: inout ByteBuffer) {
    text.append("{")
    writeCommon(to: &text)
    text.put("size_decimals", Int64(digits.size))
    text.put("price_decimals", Int64(digits.price))
    text.put("quote_multiplier", 1)
    text.put("default_initial_margin_fraction", 500)
    text.put("min_initial_margin_fraction", Int64(10_000 / market.profile.maxLeverage))
    text.put("maintenance_margin_fraction", 120)
    text.put("closeout_margin_fraction", 80)
    text.put("last_trade_price")
    text.append(market.lastExecution?.price ?? market.markPrice)
    text.put("open_interest")
    text.append(market.openInterest)
    text.put("daily_chart")
    text.append("{}")
    text.put("market_config")
    text.append(
      #"{"market_margin_mode":0,"insurance_fund_account_index":281474976710655,"#
        + #""liquidation_mode":0,"force_reduce_only":false,"trading_hours":""}"#)
    text.append("}")
  }

  private func writeCommon(to text: inout ByteBuffer) {
    text.put("symbol", text: base)
    text.put("market_id", id)
    text.put("market_type", text: "perp")
    text.put("base_asset_id", 0)
    text.put("quote_asset_id", 0)
    text.put("status", text: "active")
    text.put("taker_fee", text: "0.0000")
    text.put("is_taker_fee_enabled")
    text.append("true")
    text.put("maker_fee", text: "0.0000")
    text.put("is_maker_fee_enabled")
    text.append("true")
    text.put("liquidation_fee", text: "1.0000")
    text.put("min_base_amount", digits.size(minSize))
    text.put("min_quote_amount", text: "10.000000")
    text.put("order_quote_limit", text: "281474976.710655")
    text.put("supported_size_decimals", Int64(digits.size))
    text.put("supported_price_decimals", Int64(digits.price))
    text.put("supported_quote_decimals", 6)
    text.put("created_at", text: "1737098461100")
    text.put("multiplier", text: "1.000000000000000000")
  }

  func writeOrder(_ level: Level, number: Int64, to text: inout ByteBuffer) {
    let order = (id + 1) << 48 + number
    text.append("{")
    text.put("order_index", order)
    text.put("order_id", text: String(order))
    text.put("owner_account_index", 1_000 + number)
    text.put("initial_base_amount", digits.size(level.size))
    text.put("remaining_base_amount", digits.size(level.size))
    text.put("price", digits.price(level.price))
    text.put("order_expiry", 1_799_999_999_000)
    text.append("}")
  }
}
