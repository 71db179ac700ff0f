import PerpCore
import PerpSim

/// An order as the venue tells of it, on the stream and by REST alike. ("Order JSON")
struct LighterSimulatorOrderRow {
  let order: ExchangeOrder
  let details: LighterSimulatorOrder
  let owner: Int64
  let market: Int64
  let digits: LighterDigits
  let height: Int64

  private static let types = [
    "limit", "market", "stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit",
    "liquidation",
  ]
  private static let timesInForce = ["immediate-or-cancel", "good-till-time", "post-only"]

  /// "canceled-…"
  private var status: String {
    switch order.status {
    case .pending: return "in-progress"
    case .untriggered: return "pending"
    case .open: return "open"
    case .filled: return "filled"
    case .expired: return "canceled-expired"
    case .cancelled, .rejected: break
    }
    let reason: String? =
      switch order.cause {
      case .postOnlyWouldCross: "post-only"
      case .insufficientMargin: "margin-not-allowed"
      case .remainder, .unfillable:
        [1, 2, 4].contains(details.type) ? "too-much-slippage" : "not-enough-liquidity"
      case .emptyBook, .bookFull: "not-enough-liquidity"
      case .selfTrade: "self-trade"
      case .reduceOnlyWouldIncrease: "reduce-only"
      case .positionLimit: "position-not-allowed"
      case .liquidated: "liquidation"
      default: nil
      }
    return "canceled" + (reason.map { "-\($0)" } ?? "")
  }

  func write(to text: inout ByteBuffer, isUpdate: Bool) {
    let terms = order.terms
    text.append("{")
    text.put("order_index", details.index)
    text.put("client_order_index", details.clientIndex)
    text.put("order_id", text: String(details.index))
    text.put("client_order_id", text: String(details.clientIndex))
    text.put("market_index", market)
    text.put("owner_account_index", owner)
    text.put("initial_base_amount", digits.size(terms.size))
    text.put("price", digits.price(terms.price ?? .zero))
    text.put("nonce", details.nonce)
    text.put("remaining_base_amount", digits.size(order.remaining))
    put("is_ask", terms.side == .sell, to: &text)
    text.put("base_size", integer(order.remaining, digits.size))
    text.put("base_price", integer(terms.price ?? .zero, digits.price))
    text.put("filled_base_amount", digits.size(order.filled))
    text.put("filled_quote_amount", LighterSimulator.money(order.filledValue))
    text.put("side", text: "")
    text.put("type", text: Self.types[Int(details.type)])
    text.put("time_in_force", text: Self.timesInForce[Int(details.timeInForce)])
    put("reduce_only", terms.isReduceOnly, to: &text)
    text.put("trigger_price", digits.price(terms.stopPrice ?? .zero))
    text.put("order_expiry", details.expiry)
    text.put("status", text: status)
    text.put("trigger_status", text: terms.stopPrice == nil ? "na" : "mark-price")
    text.put("trigger_time", 0)
    text.put("parent_order_index", 0)
    text.put("parent_order_id", text: "0")
    for name in ["to_trigger_order_id_0", "to_trigger_order_id_1", "to_cancel_order_id_0"]
      as [StaticString]
    {
      text.put(name, text: "0")
    }
    // Empty in what comes first.
    for name in ["integrator_fee_collector_index", "integrator_taker_fee", "integrator_maker_fee"]
      as [StaticString]
    {
      text.put(name, text: isUpdate ? "0" : "")
    }
    text.put("order_flags", 0)
    text.put("block_height", height)
    // Whole seconds, which states of one order share.
    text.put("timestamp", order.updatedAt / 1_000_000)
    text.put("created_at", order.createdAt / 1_000_000)
    text.put("updated_at", order.updatedAt / 1_000_000)
    text.put("transaction_time", details.time)
    text.append("}")
  }

  private func put(_ name: StaticString, _ flag: Bool, to text: inout ByteBuffer) {
    text.put(name)
    text.append(flag ? "true" : "false")
  }

  private func integer(_ value: Decimal, _ digits: Int) -> Int64 {
    Int64(truncatingIfNeeded: value.rescaled(to: digits)?.mantissa ?? 0)
  }
}
