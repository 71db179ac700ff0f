import PerpCore
import PerpSim

/// JSON of section "positions", template 22.
struct ParadexSimulatorPositionRow {
  let position: ExchangePosition
  let account: String
  let market: String
  let lastFillID: String
  let sequence: Int64
  let fundingIndex: Decimal
  /// Microseconds.
  let publishedAt: Int64

  private var isOpen: Bool { !position.size.isZero }
  private var isLong: Bool { !position.size.isNegative }
  private var size: Decimal { isLong ? position.size : position.size.negated }
  private var cost: Decimal { (isLong ? position.cost : position.cost.negated).cut8 }

  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("account", text: account)
    text.put("average_entry_price", position.entryPrice?.cut8 ?? .zero)
    text.put("average_entry_price_usd", position.entryPrice?.cut8 ?? .zero)
    text.put("average_exit_price", nil)
    text.put("cached_funding_index", fundingIndex)
    text.put("closed_at", isOpen ? 0 : position.updatedAt / 1_000)
    text.put("cost", cost)
    text.put("cost_usd", cost)
    text.put("created_at", position.openedAt / 1_000)
    text.put("id", text: "\(account)-\(market)")
    text.put("last_fill_id", text: lastFillID)
    text.put("last_updated_at", position.updatedAt / 1_000)
    text.put("leverage", position.leverage)
    text.put("liquidation_price", nil)
    text.put("market", text: market)
    text.put("realized_pnl", position.realizedPnL.cut8)
    text.put("realized_positional_funding_pnl", Decimal.zero)
    text.put("realized_positional_pnl", position.realizedPnL.cut8)
    text.put("seq_no", sequence)
    text.put("side", text: isLong ? "LONG" : "SHORT")
    text.put("size", position.size)
    text.put("status", text: isOpen ? "OPEN" : "CLOSED")
    text.put("unrealized_funding_pnl", Decimal.zero)
    text.put("unrealized_pnl", position.unrealizedPnL.cut8)
    text.append("}")
  }

  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.position, version: version)
    writer.put(publishedAt)
    writer.put(sequence)
    writer.put(UInt8(isLong ? 1 : 2))
    writer.put(size)
    writer.put(position.entryPrice ?? .zero)
    writer.put(position.unrealizedPnL)
    writer.put(position.realizedPnL)
    writer.put(ParadexFrame.null)
    writer.put(ParadexFrame.null)
    writer.put(position.leverage)
    writer.put(position.updatedAt)
    writer.put(felt: account)
    writer.put(position.entryPrice ?? .zero)
    writer.put(cost)
    writer.put(cost)
    writer.put(fundingIndex)
    writer.put(Decimal.zero)
    writer.put(UInt8(isOpen ? 1 : 2))
    writer.endBlock()
    writer.put(text: market)
    writer.put(text: lastFillID)
    return writer.frame
  }
}

/// JSON of section "account", template 23.
struct ParadexSimulatorAccountRow {
  let balance: ExchangeBalance
  let account: String
  let sequence: Int64
  /// Microseconds.
  let publishedAt: Int64

  /// "mmf_factor" 0.5 of the initial margin.
  private var maintenance: Decimal { balance.maintenance.cut8 }
  private var cushion: Decimal {
    balance.equity.subtracting(maintenance)?.cut8 ?? .zero
  }

  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("account", text: account)
    text.put("account_value", balance.equity.cut8)
    text.put("free_collateral", balance.available.cut8)
    text.put("initial_margin_requirement", balance.marginUsed.cut8)
    text.put("last_seen_notification", 0)
    text.put("maintenance_margin_requirement", maintenance)
    text.put("margin_cushion", cushion)
    text.put("seq_no", sequence)
    text.put("settlement_asset", text: "USDC")
    text.put("status", text: "ACTIVE")
    text.put("total_collateral", balance.total.cut8)
    text.put("updated_at", balance.time / 1_000)
    text.append("}")
  }

  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.account, version: version)
    writer.put(publishedAt)
    writer.put(sequence)
    writer.put(balance.total)
    writer.put(balance.available)
    writer.put(balance.marginUsed)
    writer.put(maintenance)
    writer.put(balance.equity)
    writer.put(ParadexFrame.null)
    writer.put(balance.time)
    writer.put(felt: account)
    writer.put(cushion)
    writer.put(UInt8(1))
    writer.since(2) { $0.put(Int64(0)) }
    writer.endBlock()
    writer.put(text: "USDC")
    return writer.frame
  }
}

extension Decimal {
  /// With eight digits at most, as the venue counts.
  fileprivate var cut8: Decimal { divided(by: Decimal(1), scale: 8)?.trimmed ?? self }
}
