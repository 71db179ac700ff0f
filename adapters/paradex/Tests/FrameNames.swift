import PerpCore

@testable import Paradex

/// The names that the venue's documents give to the codes of a frame.
enum FrameNames {
  private static let fills: [UInt8: String] = [
    1: "FILL", 2: "LIQUIDATION", 3: "UNWIND_TRANSFER", 4: "SETTLE_MARKET", 5: "RPI",
    6: "BLOCK_TRADE",
  ]
  private static let statuses: [ParadexFrame.Template: [UInt8: String]] = [
    .order: [1: "NEW", 2: "UNTRIGGERED", 3: "OPEN", 4: "CLOSED"],
    .position: [1: "OPEN", 2: "CLOSED"],
    .account: [1: "ACTIVE", 2: "LIQUIDATION"],
  ]
  private static let others: [String: [UInt8: String]] = [
    "pkgType": [0: "SNAPSHOT", 1: "DELTA"],
    "orderType": [
      1: "LIMIT", 2: "MARKET", 3: "STOP_LIMIT", 4: "STOP_MARKET", 5: "TAKE_PROFIT_LIMIT",
      6: "TAKE_PROFIT_MARKET", 7: "STOP_LOSS_LIMIT", 8: "STOP_LOSS_MARKET",
    ],
    "timeInForce": [1: "GTC", 2: "IOC", 3: "POST_ONLY", 4: "RPI"],
    "liquidity": [1: "MAKER", 2: "TAKER"],
    "stp": [1: "EXPIRE_MAKER", 2: "EXPIRE_TAKER", 3: "EXPIRE_BOTH"],
    "requestStatus": [1: "PENDING", 2: "PROCESSED", 3: "REJECTED", 4: "SUCCESS"],
    "requestType": [1: "MODIFY_ORDER"],
    "assetKind": [
      1: "ASSET_KIND_PERPETUAL_FUTURE", 2: "ASSET_KIND_OPTION", 3: "ASSET_KIND_SPOT",
    ],
    "source": [
      1: "SOURCE_PARADEX", 2: "SOURCE_BINANCE", 3: "SOURCE_BYBIT", 4: "SOURCE_OKX",
      5: "SOURCE_DERIBIT", 6: "SOURCE_DERIVE", 7: "SOURCE_HYPERLIQUID", 8: "SOURCE_LIGHTER",
      9: "SOURCE_DATABENTO", 10: "SOURCE_PUBLISHER", 11: "SOURCE_PYTH", 12: "SOURCE_STORK",
    ],
  ]
  private static let flags: [ParadexFrame.Template: [String]] = [
    .order: [
      "REDUCE_ONLY", "STOP_CONDITION_BELOW_TRIGGER", "STOP_CONDITION_ABOVE_TRIGGER",
      "INTERACTIVE", "TARGET_STRATEGY_VWAP", "MMP",
    ],
    .fill: ["INTERACTIVE", "RPI", "FASTFILL"],
  ]

  /// Names by code; nil for a field that is no enumeration.
  static func names(
    of field: String, in template: ParadexFrame.Template
  ) -> [UInt8: String]? {
    switch field {
    case "side": template == .position ? [1: "LONG", 2: "SHORT"] : [1: "BUY", 2: "SELL"]
    case "tradeType", "fillType": fills
    case "status": statuses[template] ?? [:]
    default: others[field]
    }
  }

  /// Names of the bits that are set, as far as they have one.
  static func flags(_ bits: UInt8, in template: ParadexFrame.Template) -> [String] {
    (flags[template] ?? []).enumerated().filter { bits & (1 << $0.offset) != 0 }.map(\.element)
  }

  static let channels: [ParadexFrame.Template: String] = [
    .trade: "trades", .bbo: "bbo", .book: "order_book", .summary: "markets_summary",
    .funding: "funding_data", .fundingComparison: "funding_rate_comparison", .order: "orders",
    .fill: "fills", .position: "positions", .account: "account",
  ]
}
