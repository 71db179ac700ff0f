import PerpCore
import PerpVenue

// MARK: - What the private stream tells

extension LighterTrading {
  mutating func read(
    _ message: RawSpan, isBinary: Bool, at now: Moment, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    guard !isBinary, let fields = try? JSONFields(message) else {
      throw .again("a message is no JSON object")
    }
    let type = fields.text("type") ?? ""
    switch type {
    case "connected": facts += subscriptions(isAgain: false, at: now)
    case "ping": facts.append(.send(LighterRequest.pong))
    case "pong", "unsubscribed", "shutdown": break
    case "jsonapi/sendtx": taken(fields, into: &facts)
    case "error", "":
      try refused(fields.object("error") ?? fields, id: fields.integer("id"), into: &facts)
    default:
      let parts = type.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2, parts[0] == "subscribed" || parts[0] == "update" else {
        facts.append(.unknown(channel: "private", path: "type", sample: type))
        break
      }
      let isFirst = parts[0] == "subscribed"
      try read(fields, of: parts[1], isFirst: isFirst, at: now, into: &facts)
      if isFirst, ungranted.remove(parts[1]) != nil, ungranted.isEmpty { facts.append(.standing) }
    }
    if streamRenewal <= now.monotonic { facts += subscriptions(isAgain: true, at: now) }
  }

  private mutating func read(
    _ fields: JSONFields, of channel: String, isFirst: Bool, at now: Moment,
    into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    switch channel {
    case "account_all_orders":
      for row in rows(fields, "orders") {
        guard let row = LighterOrderRow(row) else {
          throw .again("an order on the stream lacks its members")
        }
        if let name = row.clientIndex { attempts[name] = nil }
        if let report = row.report(.webSocket, symbols, at: now) { facts.append(.order(report)) }
      }
    case "account_all_trades":
      // The first message may repeat what has been; what was missed is asked for.
      guard !isFirst else { break }
      for row in rows(fields, "trades") {
        facts += FillReport.reports(
          lighter: row, of: signer.account, .webSocket, symbols, at: now
        ).map { .fill($0) }
      }
    case "account_all_positions":
      for row in fields.object("positions").map(Self.members) ?? [] {
        if let report = PositionReport(lighter: row, symbols) { facts.append(.position(report)) }
      }
    case "user_stats":
      if let report = fields.object("stats").flatMap({ BalanceReport(lighterStats: $0) }) {
        facts.append(.balance(report))
      }
    default: facts.append(.unknown(channel: channel, path: "channel", sample: ""))
    }
  }

  /// `{"orders":{"0":[{…},…],"1":[…]}}`, by market; a list may be null.
  private func rows(_ fields: JSONFields, _ name: String) -> [JSONFields] {
    guard let markets = fields.object(name) else { return [] }
    return markets.names.flatMap { markets.objects($0) ?? [] }
  }

  private static func members(_ fields: JSONFields) -> [JSONFields] {
    fields.names.compactMap { fields.object($0) }
  }

  // MARK: Answers to transactions

  /// `{"code":200,"id":"7","predicted_execution_time_ms":1791528509552,"tx_hash":"…",`
  /// `"type":"jsonapi/sendtx"}`
  private mutating func taken(_ fields: JSONFields, into facts: inout [TradingFact]) {
    guard let id = fields.integer("id") else { return }
    if fields.integer("code") == 200 {
      // An answer that comes too late tells nothing that was not asked for meanwhile.
      if line.reserved?.tag == id { useNonce() }
      facts.append(.answer(tag: id, .accepted(orderID: nil)))
    } else {
      facts.append(.answer(tag: id, refusal(fields, id)))
    }
  }

  /// `{"error":{"code":21104,"message":"invalid nonce"},"id":"7"}`; without an id where the venue
  /// could not read that far, or what was refused is a subscription.
  private mutating func refused(
    _ error: JSONFields, id: Int64?, into facts: inout [TradingFact]
  ) throws(TradingProblem) {
    let code = error.integer("code") ?? 0
    let text = "\(code) \(error.text("message")?.prefix(200) ?? "")"
    if let id { return facts.append(.answer(tag: id, refusal(error, id))) }
    if (21_000..<22_000).contains(code), let tag = line.reserved?.tag {
      return facts.append(.answer(tag: tag, refusal(error, tag)))
    }
    switch code {
    case 20_001, 20_013:
      forgetToken()
      throw .expired("the private stream is refused: \(text)")
    // Subscribed already, or not at all: as is wanted.
    case 30_002, 30_003: break
    default: facts.append(.unknown(channel: "error", path: "\(code)", sample: text))
    }
  }

  private mutating func refusal(_ error: JSONFields, _ tag: Int64) -> OrderAnswer {
    answer(
      to: line.reserved?.tag == tag ? line.reserved : nil,
      code: error.integer("code") ?? 0, message: error.text("message") ?? "", .webSocket)
  }

  /// The venue has taken the transaction under way. No other with its number can follow.
  mutating func useNonce() {
    guard let reserved = line.reserved else { return }
    line.use()
    for (name, attempt) in attempts where attempt.nonce == reserved.nonce {
      if attempt.hash != reserved.hash { attempts[name]?.isPassed = true }
    }
  }

  /// What a refusal before the transaction counted means.
  mutating func answer(
    to reserved: LighterNonceLine.Reserved?, code: Int64, message: String,
    _ evidence: OrderEvidence
  ) -> OrderAnswer {
    let answer = Self.answer(code, String(message.prefix(200)), evidence)
    guard reserved != nil else { return answer }
    switch answer {
    // The session says that it is lost.
    case .none: break
    case .refused(let code, _, _) where Self.nonceRefusals.contains(code): line.refute()
    default: line.release()
    }
    return answer
  }
}
