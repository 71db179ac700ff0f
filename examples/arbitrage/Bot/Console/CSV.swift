/// Rows of the tables that are kept beside the database. (S1-56)
package enum ZarbTable: String, CaseIterable, Sendable {
  case events, trades
  case snapshots = "symbol_snapshots"

  package var header: String {
    switch self {
    case .events: "id,ts,level,source,message,data"
    case .trades: "ts_ms,exchange,symbol,side,quantity,price,order_id,tag"
    case .snapshots:
      "updated_at,symbol,status,signal,spread_bps,zscore,net_position,target_position"
    }
  }
}

extension StoreRecord {
  /// The table that has it, and its row; nil of what is in the database alone.
  package var row: (table: ZarbTable, text: String)? {
    switch self {
    case .event(let event):
      let fields = [
        event.id, "\(event.time)", event.level.rawValue, event.source, event.message, event.data,
      ]
      return (.events, Self.row(fields))
    case .trade(let trade):
      let fields = [
        "\(trade.time)", trade.venue, trade.symbol, trade.side.rawValue, "\(trade.size)",
        "\(trade.price)", trade.order, trade.tag,
      ]
      return (.trades, Self.row(fields))
    case .snapshot(_, _, _, let row): return (.snapshots, Self.row(row))
    case .spread: return nil
    }
  }

  private static func row(_ fields: [String]) -> String {
    fields.map { field in
      let isPlain = !field.contains { ",\"\n\r".contains($0) }
      return isPlain
        ? field
        : "\""
          + field.split(separator: "\"", omittingEmptySubsequences: false)
          .joined(separator: "\"\"") + "\""
    }.joined(separator: ",")
  }
}
