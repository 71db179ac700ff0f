import PerpCore

/// A channel name as the venue reads it. Spelling is exact; section "WebSocket channels" of the
/// docs, and refusals seen in October 2026.
enum ParadexSimulatorChannel: Equatable, Sendable {
  case bbo(market: String, interactive: Bool)
  case trades(market: String?)
  case bookDeltas(market: String, interactive: Bool)
  /// The top 15 levels, at most once in `milliseconds`, grouped to `tick` if there is one.
  case bookSnapshot(market: String, interactive: Bool, milliseconds: Int, tick: Decimal?)
  case summary(market: String?)
  case funding(market: String?)
  case fundingComparison(milliseconds: Int)

  enum Parsed: Equatable {
    case granted(ParadexSimulatorChannel)
    /// Granted, but nothing will come.
    case silent
    /// Private.
    case denied
    case refused(String)
  }

  /// The market whose book it is.
  var bookMarket: String? {
    switch self {
    case .bookDeltas(let market, _), .bookSnapshot(let market, _, _, _): market
    default: nil
    }
  }

  static func parse(_ name: String, symbols: Set<String>) -> Parsed {
    let invalid = Parsed.refused("invalid channel")
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let market = parts.count > 1 ? parts[1] : nil
    let isListed = market.map(symbols.contains) ?? false
    switch parts[0] {
    case "bbo":
      if market == "interactive" || market?.hasSuffix("@interactive") == true { return .silent }
      guard isListed, let market, parts.count == 2 || parts[2...] == ["interactive"] else {
        return invalid
      }
      return .granted(.bbo(market: market, interactive: parts.count == 3))
    case "trades":
      guard parts.count == 2, isListed || market == "ALL" else { return invalid }
      return .granted(.trades(market: market == "ALL" ? nil : market))
    case "order_book":
      guard isListed, let market, parts.count == 3 else { return invalid }
      return parseBook(parts[2], market)
    case "markets_summary":
      guard parts.count == 1 || (parts.count == 2 && (isListed || market == "ALL")) else {
        return invalid
      }
      return .granted(.summary(market: market == "ALL" ? nil : market))
    case "funding_data":
      guard parts.count == 1 || (parts.count == 2 && isListed) else { return invalid }
      return .granted(.funding(market: market))
    case "funding_rate_comparison":
      guard parts.count == 2, let market, ["ALL@500ms", "ALL@1000ms"].contains(market) else {
        return invalid
      }
      return .granted(.fundingComparison(milliseconds: market == "ALL@500ms" ? 500 : 1_000))
    case "orders", "fills", "positions", "account", "balance_events", "funding_payments",
      "tradebusts", "transaction", "transfers":
      return .denied
    default: return invalid
    }
  }

  /// `deltas`, `interactive_deltas`, `snapshot@15@50ms[@tick]`, `interactive@15@100ms[@tick]`.
  private static func parseBook(_ kind: String, _ market: String) -> Parsed {
    let parts = kind.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
    switch parts[0] {
    case "deltas", "interactive_deltas":
      guard parts.count == 1 else {
        return .refused("no parameters are expected for the deltas topic")
      }
      return .granted(.bookDeltas(market: market, interactive: parts[0] != "deltas"))
    case "snapshot", "interactive":
      let isInteractive = parts[0] == "interactive"
      let paces = isInteractive ? [100, 200, 400] : [50, 100]
      guard (3...4).contains(parts.count), parts[1] == "15",
        let pace = paces.first(where: { "\($0)ms" == parts[2] })
      else { return .refused("invalid parameters \(kind)") }
      var tick: Decimal?
      if parts.count == 4 {
        // A point would part the name.
        tick = Decimal(String(parts[3].map { $0 == "_" ? "." : $0 }))
        guard let tick, !tick.isZero, !tick.isNegative else {
          return .refused("invalid price tick \(parts[3])")
        }
      }
      return .granted(
        .bookSnapshot(
          market: market, interactive: isInteractive, milliseconds: pace, tick: tick))
    default: return .refused("invalid channel")
    }
  }
}
