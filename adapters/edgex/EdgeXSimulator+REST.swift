import PerpCore
import PerpVenue

extension EdgeXSimulator {
  mutating func respond(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    let prefix = generation.path + "/"
    guard request.path.hasPrefix(prefix) else { return HTTPResponse(status: 404) }
    let path = request.path.dropFirst(prefix.count)
    guard request.method == .get else { return HTTPResponse(status: 405) }
    let time = publishedTime(now)
    switch path {
    case "public/meta/getServerTime":
      return answer(at: now) { text in
        text.append("{")
        text.put("timeMillis", text: String(time / 1_000))
        text.append("}")
      }
    case "public/meta/getMetaData":
      let (metadata, generation) = (metadata, generation)
      return answer(at: now) { metadata.write(to: &$0, as: generation) }
    case "public/quote/getTicker":
      return list(markets(request).map { $0.ticker(at: time, isPushed: false) }, at: now)
    case "public/quote/getDepth": return list(depth(request), at: now)
    case "public/quote/getKline": return page(candles(request), at: now)
    case "public/quote/getMarketStatus": return status(request, at: now)
    case "public/funding/getLatestFundingRate":
      return list(fundings(request, at: time), at: now)
    case "public/funding/getFundingRatePage":
      // There is no history of settlements.
      let isSettledOnly = request.query("filterSettlementFundingRate") == "true"
      return page(isSettledOnly ? [] : fundings(request, at: time), at: now)
    default: return HTTPResponse(status: 404)
    }
  }

  /// Empty for no contract, for an unknown one and for a list of them, as was seen.
  private func markets(_ request: HTTPRequest) -> [EdgeXSimulatorMarket] {
    guard let contract = request.query("contractId").flatMap({ ShortText($0) }),
      let index = indexes[contract]
    else { return [] }
    return [markets[index]]
  }

  private func depth(_ request: HTTPRequest) -> [any EdgeXRow] {
    let level = request.query("level").flatMap { Int($0) } ?? 15
    guard let place = EdgeXChannel.depths.firstIndex(of: level) else { return [] }
    return markets(request).map { $0.depth(place) }
  }

  private func fundings(_ request: HTTPRequest, at time: Int64) -> [any EdgeXRow] {
    let contracts = (request.query("contractId") ?? "").split(separator: ",")
    return contracts.compactMap { ShortText($0).flatMap { indexes[$0] } }.map {
      markets[$0].funding(at: time)
    }
  }

  /// Newest first.
  private func candles(_ request: HTTPRequest) -> [any EdgeXRow] {
    guard
      let kind = request.query("priceType").flatMap({ EdgeXChannel.PriceKind(rawValue: "\($0)") }),
      let interval = request.query("klineType").flatMap({
        EdgeXChannel.Interval(rawValue: "\($0)")
      })
    else { return [] }
    let limit = min(1_000, max(1, request.query("size").flatMap { Int($0) } ?? 100))
    return markets(request).flatMap { market in
      market.candles(kind, interval, limit: limit).reversed()
    }
  }

  private mutating func status(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard let market = markets(request).first else { return list([], at: now) }
    let mark = market.market.markPrice
    return answer(at: now) { text in
      text.append(#"{"status":true,"force":false"#)
      text.put("contractId", text: market.contract.string)
      text.put("markPrice", mark)
      text.put("limitLowPrice", mark.multiplied(by: Decimal(mantissa: 8, scale: 1)))
      text.put("limitHighPrice", mark.multiplied(by: Decimal(mantissa: 12, scale: 1)))
      text.append("}")
    }
  }

  // MARK: Shapes of answers

  private mutating func list(_ rows: [any EdgeXRow], at now: Moment) -> HTTPResponse {
    let generation = generation
    return answer(at: now) { EdgeXWire.write(rows, to: &$0, as: generation) }
  }

  private mutating func page(_ rows: [any EdgeXRow], at now: Moment) -> HTTPResponse {
    let generation = generation
    return answer(at: now) { text in
      text.append(#"{"dataList":"#)
      EdgeXWire.write(rows, to: &text, as: generation)
      text.append(#","nextPageOffsetData":""}"#)
    }
  }

  mutating func failure(_ failure: EdgeXSimulatorFailure, at now: Moment) -> HTTPResponse {
    answer(status: failure.status, code: failure.code, message: failure.message, at: now) {
      $0.append("null")
    }
  }

  mutating func answer(
    status: Int = 200, code: String = "SUCCESS", message: String? = nil, at now: Moment,
    _ data: (inout ByteBuffer) -> Void
  ) -> HTTPResponse {
    let digits = Array("0123456789abcdef")
    let trace = String((0..<32).map { _ in digits[random.below(16)] })
    return .json(status: status) { text in
      text.append("{")
      text.put("code", text: code)
      text.put("data")
      data(&text)
      if let message { text.put("msg", text: message) } else { text.append(#","msg":null"#) }
      text.append(#","errorParam":null"#)
      text.put("requestTime", text: String(now.wall / 1_000))
      text.put("responseTime", text: String(now.wall / 1_000))
      text.put("traceId", text: trace)
      text.append("}")
    }
  }
}
