import PerpCore
import PerpSim
import PerpVenue

/// What can be asked of the account ("Trading API": orders, fills, positions, accounts).
extension GRVTSimulator {
  private static let owner = GRVTSimulatorDesk.owner

  mutating func answer(
    _ route: String, _ fields: GRVTFields, at now: Moment
  ) throws(GRVTFailure) -> Body {
    let encoding = fields.encoding
    switch route {
    case "order": return try order(fields)
    case "open_orders":
      let orders = exchange.openOrders(of: Self.owner).filter { isWanted($0.market, fields) }
      return list(orders, encoding) { write($0, to: &$1) }
    case "order_history": return try history(fields)
    case "fill_history": return try fills(fields)
    case "positions":
      return list(positions.filter { isWanted($0.market, fields) }, encoding) {
        write($0, at: publishedTime(now), to: &$1)
      }
    case "account_summary": return summary(encoding, at: now)
    case "get_sub_accounts":
      return object(encoding) { $0.put(.subAccounts, texts: [GRVTSimulatedAccount.subAccount]) }
    case "aggregated_account_summary", "funding_account_summary":
      return mainSummary(encoding, at: now)
    case "get_all_initial_leverage": return leverages(encoding)
    case "set_initial_leverage": return try setLeverage(fields)
    case "cancel_on_disconnect": return try arm(fields, at: now)
    case "funding_payment_history": return list([Int](), next: "", encoding) { _, _ in }
    default: throw .notFound
    }
  }

  // MARK: Orders and fills

  private func order(_ fields: GRVTFields) throws(GRVTFailure) -> Body {
    let order: ExchangeOrder?
    if let id = fields.text(.orderID), !id.isEmpty {
      order = exchange.order(named: id)
    } else if let client = fields.text(.clientOrderID), !client.isEmpty {
      order = exchange.order(client: client, of: Self.owner)
    } else {
      throw .orderUnnamed
    }
    guard let order else { throw .notFound }
    var writer = GRVTWriter(fields.encoding)
    writer.object { writer in
      writer.key(.result)
      write(order, to: &writer)
    }
    return writer.text.array
  }

  private func history(_ fields: GRVTFields) throws(GRVTFailure) -> Body {
    let orders = exchange.history(of: Self.owner).filter {
      isWanted($0.market, fields) && Self.isWithin($0.updatedAt * 1_000, fields)
    }
    let (rows, next) = try page(orders, fields) { $0.number }
    return list(rows, next: next, fields.encoding) { write($0, to: &$1) }
  }

  private func fills(_ fields: GRVTFields) throws(GRVTFailure) -> Body {
    let all = exchange.accounts[Self.owner]?.fills.reversed() ?? []
    let fills = all.filter {
      isWanted($0.market, fields) && Self.isWithin($0.time * 1_000, fields)
    }
    let (rows, next) = try page(fills, fields) { $0.number }
    return list(rows, next: next, fields.encoding) { fill, writer in
      write(fill, trade: desk.trades[fill.number] ?? ShortText(), to: &writer)
    }
  }

  private func isWanted(_ market: Int, _ fields: GRVTFields) -> Bool {
    Self.allows(markets[market].instrument, fields)
  }

  private static func isWithin(_ time: Int64, _ fields: GRVTFields) -> Bool {
    time >= fields.integer(.startTime) ?? .min && time <= fields.integer(.endTime) ?? .max
  }

  /// Newest first, from the row on that the cursor names.
  private func page<Row>(
    _ rows: [Row], _ fields: GRVTFields, _ number: (Row) -> UInt64
  ) throws(GRVTFailure) -> (rows: [Row], next: String) {
    let limit = fields.integer(.limit) ?? 500
    guard (1...1_000).contains(limit) else { throw .limitRange }
    var rest = rows[...]
    if let cursor = fields.text(.cursor), !cursor.isEmpty {
      guard let index = rows.firstIndex(where: { "p\(number($0))" == cursor }) else {
        throw .malformed
      }
      rest = rows[index...]
    }
    let page = rest.prefix(min(Int(limit), desk.pageRows))
    return (Array(page), rest.dropFirst(page.count).first.map { "p\(number($0))" } ?? "")
  }

  // MARK: Holdings

  private var positions: [ExchangePosition] {
    markets.indices.compactMap { exchange.position(of: Self.owner, market: $0) }
      .filter { !$0.size.isZero }
  }

  private func summary(_ encoding: GRVTEncoding, at now: Moment) -> Body {
    guard let balance = exchange.balance(of: Self.owner, at: now.wall) else { return [] }
    let time = publishedTime(now)
    let unrealized = balance.equity.subtracting(balance.total) ?? .zero
    var writer = GRVTWriter(encoding, capacity: 2_048)
    writer.object { writer in
      writer.object(.result) { writer in
        writer.put(.eventTime, number: time)
        writer.put(.subAccount, text: GRVTSimulatedAccount.subAccount)
        writer.put(.marginType, text: "SIMPLE_CROSS_MARGIN")
        writer.put(.settleCurrency, text: "USDT")
        writer.put(.unrealizedPnL, unrealized.spelt)
        writer.put(.totalEquity, balance.equity.spelt)
        writer.put(.initialMargin, balance.marginUsed.spelt)
        writer.put(.maintenanceMargin, balance.maintenance.spelt)
        writer.put(.availableBalance, balance.available.spelt)
        writeSpotBalances(balance.total, to: &writer)
        writer.list(.positions, positions) { write($0, at: time, to: &$1) }
        writer.put(.settleIndexPrice, text: "1.0")
        writer.put(.deriskMargin, text: "0.0")
        writer.put(.deriskRatio, text: "1.0")
        writer.put(.totalCrossEquity, balance.equity.spelt)
        writer.put(.crossUnrealizedPnL, unrealized.spelt)
        writer.put(.subAccountMode, text: "SINGLE_ASSET_MODE")
        writer.put(.marginBalance, balance.equity.spelt)
      }
    }
    return writer.text.array
  }

  private func writeSpotBalances(_ total: Decimal, to writer: inout GRVTWriter) {
    writer.list(.spotBalances, [total]) { total, writer in
      writer.object { writer in
        writer.put(.currency, text: "USDT")
        writer.put(.balance, total.spelt)
        writer.put(.indexPrice, text: "1.0")
      }
    }
  }

  private func mainSummary(_ encoding: GRVTEncoding, at now: Moment) -> Body {
    let balance = exchange.balance(of: Self.owner, at: now.wall)
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.object(.result) { writer in
        writer.put(.mainAccount, text: GRVTSimulatedAccount.mainAccount)
        writer.put(.totalEquity, balance?.equity.spelt)
        writeSpotBalances(balance?.total ?? .zero, to: &writer)
      }
    }
    return writer.text.array
  }

  private func leverages(_ encoding: GRVTEncoding) -> Body {
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.list(.results, markets.indices) { index, writer in
        writer.object { writer in
          writer.put(.instrument, markets[index].name)
          writer.put(
            .leverage, exchange.position(of: Self.owner, market: index)?.leverage.spelt)
          writer.put(.minLeverage, text: "1.0")
          writer.put(.maxLeverageHere, exchange.markets[index].maxLeverage.spelt)
          writer.put(.marginType, text: "CROSS")
        }
      }
    }
    return writer.text.array
  }

  private mutating func setLeverage(_ fields: GRVTFields) throws(GRVTFailure) -> Body {
    guard let index = fields.text(.instrument).flatMap({ ShortText($0) }).flatMap({ indexes[$0] })
    else { throw .instrument }
    guard let leverage = fields.decimal(.leverage),
      exchange.setLeverage(leverage, of: Self.owner, market: index)
    else { throw .leverage }
    return object(fields.encoding) { $0.put(.success, true) }
  }

  /// "Cancel On Disconnect": whole seconds, up to one of which puts it off.
  private mutating func arm(_ fields: GRVTFields, at now: Moment) throws(GRVTFailure) -> Body {
    let asked = fields.integer(.countdown) ?? 0
    guard asked >= 0 else { throw .malformed }
    guard asked <= 300_000 else { throw .countdown }
    desk.countdownDue =
      asked <= 1_000 ? nil : now.monotonic + Nanoseconds.seconds(Int(asked) / 1_000)
    return object(fields.encoding) { writer in
      writer.object(.result) { $0.put(.acknowledged, true) }
    }
  }

  // MARK: Shapes

  private func object(_ encoding: GRVTEncoding, _ members: (inout GRVTWriter) -> Void) -> Body {
    var writer = GRVTWriter(encoding)
    writer.object(members)
    return writer.text.array
  }

  private func list<Row>(
    _ rows: [Row], next: String? = nil, _ encoding: GRVTEncoding,
    _ write: (Row, inout GRVTWriter) -> Void
  ) -> Body {
    object(encoding) { writer in
      writer.list(.result, rows, write)
      if let next { writer.put(.next, text: next) }
    }
  }
}
