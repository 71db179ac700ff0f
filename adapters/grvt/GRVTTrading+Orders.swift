import PerpCore
import PerpVenue

// MARK: - Orders

extension GRVTTrading {
  /// "Signature exceeds maximum allowed duration" from 30 days on. It is also the end of an order.
  static let longestLife: Int64 = 29 * 86_400 * 1_000_000_000
  /// Of orders that act at once: should one be late by more, the venue refuses it.
  static let shortLife: Int64 = 60 * 1_000_000_000

  /// Codes after which there is no order: what the venue finds wrong before it takes one. ("Error
  /// Codes"; 1002, 1005 and 1009 come with a status of 500 or more, and prove nothing, as the
  /// checks 2082 and 2084, whose texts say too little; 2012 may be of the order itself.)
  static let definiteRefusals: Set<String> = [
    "1000", "1001", "1003", "1006", "1008", "1012", "1400", "2000", "2001", "2002", "2003", "2004",
    "2005", "2006", "2007", "2008", "2010", "2011", "2020", "2021", "2030", "2031", "2032", "2040",
    "2041", "2042", "2050", "2051", "2060", "2061", "2062", "2063", "2064", "2065", "2066", "2067",
    "2070", "2080", "2081", "2083", "2090", "2110", "2111", "2112", "2113", "2114", "2115", "2116",
    "2117", "2242", "2400", "2401", "2402", "2450", "2451", "2452", "2453", "3000", "3020", "7201",
    "7304", "7500", "7501", "7502", "7504",
  ]

  /// ("Error Codes".)
  static let refusalReasons = OrderRefusal.reasons([
    .auth: [
      "1000", "1001", "1008", "1012", "1400", "2000", "2001", "2002", "2003", "2004", "2005",
      "2006", "2007", "2008",
    ],
    .malformed: ["1003"], .rateLimited: ["1006"],
    .belowMin: ["2062", "2066", "2067"], .badTick: ["2064"], .badLot: ["2065"], .noMargin: ["2080"],
    .maxPosition: ["2081", "2083"],
    .reduceOnly: ["2400", "2401", "2402", "7304"], .unknownSymbol: ["3000"],
    .priceBand: ["7201"],
  ])

  /// What this venue does not have, found before anything is recorded.
  func refusal(of intent: OrderIntent) -> OrderRefusal? {
    if intent.terms.timeInForce == .gtt {
      return OrderRefusal(
        .unsupported, "gtt has no time here; gtc lasts 29 days, or use ioc or fok")
    }
    guard instruments.isEmpty || instruments[intent.symbol] != nil else {
      return OrderRefusal(.unknownSymbol, "GRVT lists no \(intent.symbol)")
    }
    return nil
  }

  mutating func write(
    _ request: OrderRequest, _ order: OrderSubject, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage {
    guard let subAccount, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    switch request {
    case .place: return .request(try placement(of: order, at: now))
    case .cancel:
      guard order.orderID != nil || order.name != nil else {
        throw OrderRefusal(.unknownOrder, "the order has neither id nor name")
      }
      return .request(
        post(hosts.trading, "v1/cancel_order", isPrivate: true) { writer in
          writer.put(.subAccount, text: subAccount)
          if let id = order.orderID {
            writer.put(.orderID, id)
          } else if let name = order.name {
            writer.put(.clientOrderID, name)
            // Should it overtake the order, the order is cancelled as it comes.
            writer.put(.timeToLive, text: "5000")
          }
        })
    case .replace:
      throw OrderRefusal(.unsupported, "GRVT changes no orders; cancel it and place another")
    case .account: throw OrderRefusal(.failed, "the request is about no order")
    }
  }

  mutating func write(
    _ request: AccountRequest, tag: Int64, at now: Moment
  ) throws(OrderRefusal) -> TradingMessage? {
    guard let subAccount, clock.bound(at: now.monotonic) != nil else {
      throw OrderRefusal(.venueDown, "the account is not signed in")
    }
    let symbol: Symbol?
    switch request {
    case .cancelAll(let wanted): symbol = wanted
    case .deadMan(let isArmed):
      return .request(
        post(hosts.trading, "v1/cancel_on_disconnect", isPrivate: true) { writer in
          writer.put(.subAccount, text: subAccount)
          writer.put(.countdown, text: isArmed ? "\(Self.countdown)" : "0")
        })
    }
    let instrument = symbol.flatMap { instruments[$0]?.instrument }
    guard symbol == nil || instrument != nil else {
      throw OrderRefusal(.unknownSymbol, "GRVT lists no such market")
    }
    return .request(
      post(hosts.trading, "v1/cancel_all_orders", isPrivate: true) { writer in
        writer.put(.subAccount, text: subAccount)
        guard let instrument else { return }
        // Of instruments it knows no filter; these three leave one perpetual.
        writer.put(.instrumentKind, texts: [instrument.kind])
        writer.put(.base, texts: [instrument.base])
        writer.put(.quote, texts: [instrument.quote])
      })
  }

  private mutating func placement(
    of order: OrderSubject, at now: Moment
  ) throws(OrderRefusal) -> HTTPRequest {
    guard let terms = order.terms, let name = order.name, let number = UInt64(name.string) else {
      throw OrderRefusal(.failed, "the order has no terms or no name")
    }
    guard let row = instruments[order.symbol] else {
      throw OrderRefusal(.unknownSymbol, "GRVT lists no \(order.symbol)")
    }
    // A market order with a bound is one that is cancelled where it would go beyond.
    let bound = terms.type == .market ? order.bound : nil
    let price = terms.price ?? bound
    let typed = GRVTTypedData.Order(
      subAccount: UInt64(subAccount ?? "") ?? 0, isMarket: price == nil,
      timeInForce: Self.timeInForce(of: terms), isPostOnly: terms.isPostOnly,
      isReduceOnly: terms.isReduceOnly, legs: [try leg(row.instrument, terms, price)],
      validity: GRVTTypedData.Validity(
        nonce: UInt32(truncatingIfNeeded: number), expiration: expiration(of: terms, at: now)))
    let signature = signer.sign(.order(typed), tracing: &trace)
    return post(hosts.trading, "v1/create_order", isPrivate: true) { writer in
      writer.object(.order) { writer in
        writer.put(.subAccount, text: "\(typed.subAccount)")
        writer.put(.isMarket, typed.isMarket)
        writer.put(.timeInForce, text: typed.timeInForce.rawValue)
        writer.put(.isPostOnly, typed.isPostOnly)
        writer.put(.isReduceOnly, typed.isReduceOnly)
        writer.list(.legs, [terms]) { terms, writer in
          writer.object { writer in
            writer.put(.instrument, row.instrument.name)
            writer.put(.size, terms.size)
            writer.put(.limitPrice, price ?? .zero)
            writer.put(.isBuying, terms.side == .buy)
          }
        }
        signature.write(to: &writer)
        writer.object(.metadata) { writer in
          writer.put(.clientOrderID, name)
          if let stop = terms.stopPrice {
            writeTrigger(terms.type, stop, to: &writer)
          }
        }
      }
    }
  }

  private func leg(
    _ instrument: GRVTInstrument, _ terms: OrderTerms, _ price: Decimal?
  ) throws(OrderRefusal) -> GRVTTypedData.Leg {
    guard let asset = instrument.hash.flatMap(GRVTScaling.asset),
      let decimals = instrument.baseDecimals
    else { throw OrderRefusal(.failed, "the venue does not say how to sign \(instrument.name)") }
    do throws(ScalingError) {
      return try GRVTTypedData.Leg(
        asset: asset, baseDecimals: Int(decimals), size: terms.size, price: price,
        isBuying: terms.side == .buy)
    } catch {
      throw OrderRefusal(.malformed, "\(error)")
    }
  }

  /// Triggers wait as long as orders on the book, whatever they do then.
  private static func timeInForce(of terms: OrderTerms) -> GRVTTypedData.TimeInForce {
    switch terms.timeInForce {
    case .ioc: .immediateOrCancel
    case .fok: .fillOrKill
    case .gtc, .gtt, nil: terms.type == .market ? .immediateOrCancel : .goodTillTime
    }
  }

  /// Nanoseconds since the epoch, never the same twice: two orders that are alike would be one.
  private mutating func expiration(of terms: OrderTerms, at now: Moment) -> Int64 {
    let actsAtOnce =
      !terms.type.hasStopPrice && Self.timeInForce(of: terms) != .goodTillTime
    let life = actsAtOnce ? Self.shortLife : Self.longestLife
    lastExpiration = max(lastExpiration + 1, venueTime(now) * 1_000 + life)
    return lastExpiration
  }

  private func writeTrigger(
    _ type: OrderType, _ price: Decimal, to writer: inout GRVTWriter
  ) {
    let isStop = type == .stopLimit || type == .stopMarket
    writer.object(.trigger) { writer in
      writer.put(.triggerType, text: isStop ? "STOP_LOSS" : "TAKE_PROFIT")
      writer.object(.takeProfitStopLoss) { writer in
        writer.put(.triggerBy, text: options.settings["trigger_by"] ?? "MARK")
        writer.put(.triggerPrice, price)
        writer.put(.closesPosition, false)
      }
    }
  }

  // MARK: Answers

  mutating func read(
    _ response: HTTPResponse, answering request: OrderRequest, at now: Moment,
    into facts: inout [TradingFact]
  ) -> OrderAnswer {
    // From 500 on nobody knows what became of it.
    guard response.status < 500 else { return .none }
    let fields = GRVTFields(response.body, encoding)
    guard (200..<300).contains(response.status) else {
      let (code, message) = error(in: response)
      if code == "1000" { forgetLogin() }
      switch code {
      case "2012": return .duplicate
      case "1004":
        if case .cancel = request { return .notFound }
      default: break
      }
      return .refused(code: code, message: message, evidence: .restOrder)
    }
    // An answer is a receipt: what becomes of the order is told elsewhere.
    guard let result = fields?.object(.result) else { return .none }
    guard case .place = request else {
      return result.bool(.acknowledged) == true ? .accepted(orderID: nil) : .none
    }
    guard result.object(.state) != nil else { return .none }
    return .accepted(orderID: OrderReport.orderID(result.text(.orderID)))
  }

  /// `{"request_id":1,"code":2062,"message":"…","status":400}`; what stands before the venue says
  /// less.
  func error(in response: HTTPResponse) -> (code: String, message: String) {
    let fields = GRVTFields(response.body, encoding)
    let message = String((fields?.text(.message) ?? "").prefix(200))
    return (fields?.text(.code) ?? "HTTP_\(response.status)", message)
  }

  mutating func problem(_ response: HTTPResponse) -> TradingProblem {
    let (code, message) = error(in: response)
    let text = "\(code) \(message)"
    switch (code, response.status) {
    case ("1006", _), (_, 429):
      let seconds = response.field("Retry-After").flatMap(Int.init) ?? 1
      return .limited(Nanoseconds.seconds(min(max(seconds, 1), 3_600)), text)
    case ("1000", _):
      forgetLogin()
      return .expired(text)
    case (_, 400..<500): return .credentials("the venue refuses the account: \(text)")
    default: return .again(text)
    }
  }
}

extension GRVTSignature {
  /// As a member of an order.
  func write(to writer: inout GRVTWriter) {
    writer.object(.signature) { writer in
      writer.put(.signer, text: signer.hex)
      writer.put(.signatureR, text: r)
      writer.put(.signatureS, text: s)
      writer.put(.signatureV, integer: Int64(signature.v))
      writer.put(.expiration, number: validity.expiration)
      writer.put(.nonce, integer: Int64(validity.nonce))
      writer.put(.chainID, text: "\(chainID)")
    }
  }
}
