import PerpCore

/// How a market maker has done, from its executions. (S3-52, S3-70)
package struct FillStatistics: Equatable, Sendable {
  /// One execution.
  package struct Execution: Equatable, Sendable {
    /// Milliseconds since the epoch.
    package var time: Int64
    package var side: Side
    package var fee: Decimal
    package var isMaker: Bool
    /// Quote units, by closing, fees not taken off.
    package var realised: Decimal

    package init(time: Int64, side: Side, fee: Decimal, isMaker: Bool, realised: Decimal) {
      (self.time, self.side, self.fee) = (time, side, fee)
      (self.isMaker, self.realised) = (isMaker, realised)
    }
  }

  package private(set) var fills = 0
  package private(set) var buys = 0
  package private(set) var makers = 0
  package private(set) var wins = 0
  package private(set) var losses = 0
  package private(set) var profit = Decimal.zero
  /// As a positive amount.
  package private(set) var loss = Decimal.zero
  package private(set) var fees = Decimal.zero
  package private(set) var maxDrawdown = Decimal.zero
  package private(set) var maxLossesInARow = 0
  /// By hour of the day, UTC.
  package private(set) var byHour: [Int: Decimal] = [:]
  private var peak = Decimal.zero
  private var lossesInARow = 0

  package init() {}

  package mutating func note(_ fill: Execution) {
    fills += 1
    if fill.side == .buy { buys += 1 }
    if fill.isMaker { makers += 1 }
    fees = fees.plus(fill.fee)
    guard !fill.realised.isZero else { return }
    if fill.realised.isNegative {
      (losses, loss) = (losses + 1, loss.minus(fill.realised))
      lossesInARow += 1
      maxLossesInARow = max(maxLossesInARow, lossesInARow)
    } else {
      (wins, profit) = (wins + 1, profit.plus(fill.realised))
      lossesInARow = 0
    }
    peak = max(peak, net)
    maxDrawdown = max(maxDrawdown, peak.minus(net))
    byHour[Int(fill.time / 3_600_000 % 24), default: .zero] =
      (byHour[Int(fill.time / 3_600_000 % 24)] ?? .zero).plus(fill.realised)
  }

  package var closing: Int { wins + losses }
  /// Fees not taken off.
  package var net: Decimal { profit.minus(loss) }
  /// Nil without a loss.
  package var profitFactor: Decimal? { loss.isZero ? nil : profit.over(loss) }
  /// Of closing trades, per cent.
  package var winRate: Decimal { share(wins, of: closing) }
  package var expectancy: Decimal { average(net, closing) }
  package var makerShare: Decimal { share(makers, of: fills) }

  private func share(_ part: Int, of all: Int) -> Decimal {
    Decimal(part * 100).over(Decimal(all))
  }

  private func average(_ sum: Decimal, _ count: Int) -> Decimal { sum.over(Decimal(count)) }

  /// One line for the end of a run.
  package var summary: String {
    "\(fills) fills, \(closing) closing, PnL \(net.text(places: 4)), win rate "
      + "\(winRate.text(places: 1))%, profit factor \(factorText), average "
      + "\(expectancy.text(places: 4)), max drawdown \(maxDrawdown.text(places: 4)), maker "
      + "\(makerShare.text(places: 1))%, fees \(fees.text(places: 4)), net PnL "
      + net.minus(fees).text(places: 4)
  }

  private var factorText: String { profitFactor?.text(places: 6) ?? "inf" }

  package var report: String {
    let lines: [(String, String)] = [
      ("Fills", "\(fills) (\(buys) buys, \(fills - buys) sells)"),
      ("Closing trades", "\(closing)"),
      ("Net", net.text(places: 4)),
      ("Profit", profit.text(places: 4)),
      ("Loss", loss.text(places: 4)),
      ("Profit factor", factorText),
      ("Win rate", "\(winRate.text(places: 1))%"),
      ("Average win", average(profit, wins).text(places: 4)),
      ("Average loss", average(loss, losses).text(places: 4)),
      ("Expectancy", expectancy.text(places: 4)),
      ("Max drawdown", maxDrawdown.text(places: 4)),
      ("Max losses in a row", "\(maxLossesInARow)"),
      ("Maker", "\(makers) (\(makerShare.text(places: 1))%)"),
      ("Taker", "\(fills - makers) (\(share(fills - makers, of: fills).text(places: 1))%)"),
      ("Fees", fees.text(places: 4)),
      ("Net after fees", net.minus(fees).text(places: 4)),
    ]
    let hours = byHour.sorted { $0.key < $1.key }.map { hour, sum in
      ("PnL \(hour):00 UTC", sum.text(places: 4))
    }
    return (lines + hours).map { "\($0.0): \($0.1)" }.joined(separator: "\n")
  }
}

extension FillStatistics {
  /// Columns of the table of executions. (S3-51)
  package static let columns = [
    "timestamp", "side", "price", "size", "fee", "maker_taker", "net_position", "unrealized_pnl",
    "realized_pnl", "obi", "sigma", "fair_price", "bid_quote", "ask_quote",
  ]

  /// Of the lines of such a table, its first among them; nil where there are no executions.
  package init?(table lines: [String]) {
    self.init()
    let names = (lines.first ?? "").split(separator: ",").map(String.init)
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      let row = Dictionary(zip(names, cells)) { first, _ in first }
      guard let time = row["timestamp"].flatMap({ Int64($0) }),
        let side = row["side"].flatMap({ Side(rawValue: $0) }),
        let realised = row["realized_pnl"].flatMap({ Decimal($0) })
      else { continue }
      note(
        Execution(
          time: time, side: side, fee: row["fee"].flatMap { Decimal($0) } ?? .zero,
          isMaker: row["maker_taker"] == "maker", realised: realised))
    }
    if fills == 0 { return nil }
  }
}
