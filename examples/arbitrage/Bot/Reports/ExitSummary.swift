import PerpCore

/// What a bot says of its run when it ends, for machines. (C-22)
package struct ExitSummary: Equatable, Sendable {
  package var bot: String
  package var trades: Int
  /// In quote units, fees taken off.
  package var netProfit: Decimal
  package var fees: Decimal
  package var maxUnhedgedMilliseconds: Int64
  /// In base units, by market.
  package var endPositions: [(listing: String, size: Decimal)]

  package init(
    bot: String, trades: Int, netProfit: Decimal, fees: Decimal, maxUnhedgedMilliseconds: Int64,
    endPositions: [(listing: String, size: Decimal)]
  ) {
    (self.bot, self.trades, self.netProfit, self.fees) = (bot, trades, netProfit, fees)
    self.maxUnhedgedMilliseconds = maxUnhedgedMilliseconds
    self.endPositions = endPositions
  }

  /// One JSON object with its LF.
  package var line: String {
    var text = ByteBuffer(capacity: 256)
    text.append("{")
    text.put("bot", text: bot)
    text.put("trades", Int64(trades))
    text.put("net_pnl", netProfit)
    text.put("fees", fees)
    text.put("max_unhedged_ms", maxUnhedgedMilliseconds)
    text.put("end_positions")
    text.append("{")
    for (index, position) in endPositions.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: position.listing)
      text.append(":\"")
      text.append(position.size.trimmed)
      text.append("\"")
    }
    text.append("}}\n")
    return text.string
  }

  package static func == (left: ExitSummary, right: ExitSummary) -> Bool {
    left.line == right.line
  }
}
