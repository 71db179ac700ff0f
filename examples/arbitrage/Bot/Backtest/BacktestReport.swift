import PerpCore

/// What a backtest came to. (B-12, S3-70)
package struct BacktestReport: Sendable {
  /// How orders are filled.
  private static func model(_ settings: PaperExchange.Settings, _ venues: [String]) -> String {
    "orders that cross take the recorded depth, each size once; orders that rest are filled "
      + "at their price when the market has gone through it (pessimistic queue); order latency "
      + "\(settings.orderLatency / 1_000_000) ms, feed latency "
      + "\(settings.feedLatency / 1_000_000) ms; "
      + "fees \(settings.fees.text(venues)); funding when "
      + "the venue settles it, at its mark, or else the middle"
  }

  /// Of trades: what the orders of one number in the ledger came to together.
  package private(set) var trades = FillStatistics()
  /// Of executions, by market.
  package private(set) var legs: [Listing: FillStatistics] = [:]
  /// Paid to the position, negative of what it has paid, in quote units.
  package private(set) var funding: [Listing: Decimal] = [:]
  /// Nanoseconds during which positions did not cancel out: in all, and at most at a stretch.
  package private(set) var unhedged: (total: UInt64, longest: UInt64) = (0, 0)
  package let lines: Int
  private let model: String
  private let summary: ExitSummary?
  private let span: (first: Int64, last: Int64)

  init(
    fills: [PaperFill], payments: [FundingPayment] = [], trades numbers: [String: Int64],
    summary: ExitSummary?, span: (first: Int64, last: Int64), lines: Int, venues: [String],
    _ settings: PaperExchange.Settings
  ) {
    (self.summary, self.span, self.lines) = (summary, span, lines)
    model = Self.model(settings, venues)
    var sums: [Int64: FillStatistics.Execution] = [:]
    for fill in fills {
      let execution = FillStatistics.Execution(
        time: fill.wall / 1_000, side: fill.ticket.side, fee: fill.fee, isMaker: fill.isMaker,
        realised: fill.realised)
      legs[fill.ticket.listing, default: FillStatistics()].note(execution)
      let number = numbers[fill.ticket.clientID] ?? 0
      guard var sum = sums[number] else {
        sums[number] = execution
        continue
      }
      sum.time = execution.time
      sum.fee = sum.fee.plus(execution.fee)
      sum.realised = sum.realised.plus(execution.realised)
      sum.isMaker = sum.isMaker && execution.isMaker
      sums[number] = sum
    }
    let inOrder = sums.sorted { ($0.value.time, $0.key) < ($1.value.time, $1.key) }
    for (_, sum) in inOrder { trades.note(sum) }
    for payment in payments {
      funding[payment.listing] = (funding[payment.listing] ?? .zero).plus(payment.amount)
    }
    measure(fills)
  }

  private mutating func measure(_ fills: [PaperFill]) {
    var net = Decimal.zero
    var since: Int64?
    for fill in fills {
      net = fill.ticket.side == .buy ? net.plus(fill.size) : net.minus(fill.size)
      if let begin = since, net.isZero {
        let stretch = UInt64(clamping: fill.wall - begin) * 1_000
        unhedged = (unhedged.total + stretch, max(unhedged.longest, stretch))
      }
      since = net.isZero ? nil : since ?? fill.wall
    }
    if let since, !net.isZero {
      let stretch = UInt64(clamping: span.last - since) * 1_000
      unhedged = (unhedged.total + stretch, max(unhedged.longest, stretch))
    }
  }

  /// Quote units, fees taken off, with funding.
  package var net: Decimal { trades.net.minus(trades.fees).plus(totalFunding) }
  package var totalFunding: Decimal { funding.values.reduce(.zero) { $0.plus($1) } }
  package var fills: Int { legs.values.reduce(0) { $0 + $1.fills } }

  private var inOrder: [(listing: Listing, statistics: FillStatistics)] {
    legs.sorted { $0.key.description < $1.key.description }.map { ($0.key, $0.value) }
  }

  private var endPositions: String {
    guard let summary else { return "not told: the bot did not end" }
    return summary.endPositions.map { "\($0.listing) \($0.size.trimmed)" }.joined(separator: ", ")
  }

  /// For people.
  package var text: String {
    let seconds = Decimal(Int(span.last - span.first)).over(Decimal(1_000_000))
    var text =
      "\(lines) lines of \(seconds.text(places: 3)) s\nModel: \(model)\n\n"
      + "ALL TRADES (an entry or exit on both markets is one)\n"
    text += "Trades: \(trades.fills), of \(fills) fills\n"
    text += trades.report.split(separator: "\n").dropFirst().joined(separator: "\n")
    text += Self.text(trades, totalFunding)
    text += "\nUnhedged: \(unhedged.total / 1_000_000) ms, at most "
    text += "\(unhedged.longest / 1_000_000) ms at a stretch\nEnd positions: \(endPositions)\n"
    for (listing, statistics) in inOrder {
      text += "\n\(listing)\n\(statistics.report)"
      text += "\(Self.text(statistics, funding[listing] ?? .zero))\n"
    }
    return text
  }

  private static func text(_ statistics: FillStatistics, _ funding: Decimal) -> String {
    let net = statistics.net.minus(statistics.fees).plus(funding)
    return "\nFunding: \(funding.signedText(places: 4))\nNet with funding: \(net.text(places: 4))"
  }

  /// One JSON object with its LF.
  package var line: String {
    var text = ByteBuffer(capacity: 1_024)
    text.append("{")
    text.put("lines", Int64(lines))
    text.put("duration_us", span.last - span.first)
    text.put("model", text: model)
    text.put(trades, totalFunding, count: "trades")
    text.put("unhedged_ms", Int64(unhedged.total / 1_000_000))
    text.put("max_unhedged_ms", Int64(unhedged.longest / 1_000_000))
    text.put("legs")
    text.append("{")
    for (index, leg) in inOrder.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: leg.listing.description)
      text.append(":{")
      text.put(leg.statistics, funding[leg.listing] ?? .zero, count: "fills")
      text.append("}")
    }
    text.append("}}\n")
    return text.string
  }
}

extension ByteBuffer {
  /// Members of an object that is open.
  fileprivate mutating func put(
    _ statistics: FillStatistics, _ funding: Decimal, count: StaticString
  ) {
    put(count, Int64(statistics.fills))
    put("closing", Int64(statistics.closing))
    put("net", statistics.net.minus(statistics.fees).plus(funding))
    put("fees", statistics.fees)
    put("funding", funding)
    put("profit", statistics.profit)
    put("loss", statistics.loss)
    if let factor = statistics.profitFactor { put("profit_factor", factor) }
    put("win_rate", statistics.winRate)
    put("expectancy", statistics.expectancy)
    put("max_drawdown", statistics.maxDrawdown)
    put("max_losses_in_a_row", Int64(statistics.maxLossesInARow))
    put("maker", Int64(statistics.makers))
    put("hours")
    append("{")
    for (index, hour) in statistics.byHour.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { append(",") }
      append("\"\(hour.key)\":\"")
      append(hour.value)
      append("\"")
    }
    append("}")
  }
}
