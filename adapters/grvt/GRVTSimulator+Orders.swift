import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// Requests that change something ("Trading API": create, cancel, bulk).
extension GRVTSimulator {
  /// A limit order must not be further beyond the mark than this, in percent; 2 to 3, bots say.
  private static let band = Decimal(3)
  /// "≤ 100 entries per list".
  private static let maxBulk = 100

  typealias Body = [UInt8]

  /// Does what is asked, unless a fault has it otherwise.
  mutating func carryOut(
    _ route: String, _ fields: GRVTFields, _ caller: GRVTCaller, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let fate = desk.faults.draw()
    var result = Consequences()
    var answer: SimulatorAction?
    do throws(GRVTFailure) {
      let body =
        fate.takesEffect
        ? try perform(route, fields, at: now, into: &result)
        : try pretend(route, fields, at: now)
      answer = caller.answer(body)
    } catch {
      answer = caller.failure(error)
    }
    switch fate.answer {
    case .own, .success: break
    case .status(let status): answer = caller.failure(status: status)
    case .none: answer = nil
    }
    let reports = publish(result, at: now, into: &actions) + desk.notices
    desk.notices = []
    var deliveries: [GRVTSimulatorDesk.Delivery] = []
    fate.deliver(
      answer: answer.map { [.action($0)] } ?? [], reports: reports.map { .report($0) }, at: now,
      holding: &desk.held, into: &deliveries)
    deliver(deliveries, at: now, into: &actions)
  }

  private mutating func perform(
    _ route: String, _ fields: GRVTFields, at now: Moment, into result: inout Consequences
  ) throws(GRVTFailure) -> Body {
    switch route {
    case "create_order":
      guard let order = fields.object(.order) else { throw .malformed }
      let request = try GRVTSimulatorOrder(order)
      try create(request, at: now, into: &result)
      return receipt(of: request, at: now, fields.encoding)
    case "cancel_order":
      try cancel(fields, at: now, into: &result)
      return acknowledgement(fields.encoding)
    case "cancel_all_orders":
      cancelAll(fields, at: now, into: &result)
      return acknowledgement(fields.encoding)
    default: return try bulk(fields, at: now, into: &result)
    }
  }

  /// What would be answered if all went well.
  private func pretend(
    _ route: String, _ fields: GRVTFields, at now: Moment
  ) throws(GRVTFailure) -> Body {
    guard route == "create_order" else { return acknowledgement(fields.encoding) }
    guard let order = fields.object(.order) else { throw .malformed }
    return receipt(of: try GRVTSimulatorOrder(order), at: now, fields.encoding)
  }

  private func receipt(
    of order: GRVTSimulatorOrder, at now: Moment, _ encoding: GRVTEncoding
  ) -> Body {
    let time = publishedTime(now)
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.key(.result)
      order.write(
        id: "0x00", createdAt: time, GRVTSimulatorOrderState(receiptOf: order, at: time),
        to: &writer)
    }
    return writer.text.array
  }

  private func acknowledgement(_ encoding: GRVTEncoding) -> Body {
    var writer = GRVTWriter(encoding)
    writer.object { writer in
      writer.object(.result) { $0.put(.acknowledged, true) }
    }
    return writer.text.array
  }

  // MARK: Creating

  private mutating func create(
    _ order: GRVTSimulatorOrder, at now: Moment, into result: inout Consequences
  ) throws(GRVTFailure) {
    guard let index = indexes[order.instrument] else { throw .unsupportedInstrument }
    let digest = try GRVTSimulatorSignature.check(
      order, of: markets[index].instrument, chainID: desk.chainID, at: now.wall * 1_000)
    guard order.signer == desk.signer else { throw .unknownSigner }
    guard order.subAccount == GRVTSimulatedAccount.subAccount else { throw .foreignSubAccount }
    // "Identical payload and nonce … is ignored as a duplicate."
    guard !desk.digests.contains(digest) else { return }
    let terms = order.terms
    try check(terms, index)
    let placement = OrderPlacement(
      account: GRVTSimulatorDesk.owner, market: index, clientID: order.clientID, terms: terms,
      expiry: order.expiration / 1_000,
      delay: order.isPostOnly ? 0 : GRVTSimulatorDesk.speedBump)
    let number: UInt64
    do throws(ExchangeCause) {
      number = try exchange.place(placement, in: &markets[index].market, at: now, into: &result)
    } catch {
      throw Self.failure(error, of: terms)
    }
    desk.digests.insert(digest)
    desk.orders[number] = order
    forgetOldOrders()
    guard let place = desk.cancels.firstIndex(where: { $0.clientID == order.clientID }) else {
      return
    }
    // A cancel has overtaken it.
    desk.cancels.remove(at: place)
    try? exchange.cancel(
      number, of: GRVTSimulatorDesk.owner, in: &markets[index].market, at: now, into: &result)
  }

  private func check(_ terms: OrderTerms, _ index: Int) throws(GRVTFailure) {
    let market = markets[index]
    if terms.size < market.instrument.minSize { throw .sizeTooSmall }
    let mark = market.market.markPrice
    if let price = terms.price, !terms.type.hasStopPrice,
      let distance = price.subtracting(mark)?.multiplied(by: Decimal(100)),
      let most = mark.multiplied(by: Self.band)
    {
      let beyond = terms.side == .buy ? distance : distance.negated
      if beyond > most { throw .priceBand }
    }
    guard terms.isReduceOnly, !terms.type.hasStopPrice else { return }
    let size =
      exchange.position(of: GRVTSimulatorDesk.owner, market: index)?.size ?? .zero
    if size.isZero { throw .reduceOnlyWithoutPosition }
    if size.isNegative != (terms.side == .buy) { throw .reduceOnlyIncreases }
  }

  private static func failure(_ cause: ExchangeCause, of terms: OrderTerms) -> GRVTFailure {
    switch cause {
    case .duplicateClientID: .clientIDTaken
    case .tooManyOpenOrders: .tooManyOrders
    case .sizeOffGrid: .sizeStep
    case .sizeTooSmall: .sizeTooSmall
    case .sizeTooLarge, .positionLimit: .positionLimit
    case .priceOffGrid: .priceTick
    case .stopPriceOffGrid, .stopPriceMissing: .triggerOrder
    case .valueTooSmall: terms.isReduceOnly ? .notionalTooSmallToReduce : .notionalTooSmall
    case .priceOutOfBand: .priceBand
    case .priceMissing: .limitOrderUnpriced
    case .expiryPassed, .expiryMissing: .signatureExpired
    case .insufficientMargin: .margin
    default: .malformed
    }
  }

  /// What the exchange does not know any more.
  private mutating func forgetOldOrders() {
    guard desk.orders.count > 12_000 else { return }
    desk.orders = desk.orders.filter { exchange.orders[$0.key] != nil }
  }

  // MARK: Cancelling

  /// Acknowledged whatever becomes of it.
  private mutating func cancel(
    _ fields: GRVTFields, at now: Moment, into result: inout Consequences
  ) throws(GRVTFailure) {
    let lifetime = try Self.lifetime(fields)
    if let id = fields.text(.orderID), !id.isEmpty {
      cancel(exchange.order(named: id), at: now, into: &result)
    } else if let client = fields.text(.clientOrderID), !client.isEmpty {
      cancel(clientID: client, for: lifetime, at: now, into: &result)
    } else {
      throw .orderUnnamed
    }
  }

  /// In nanoseconds: whole tenths of a second, five seconds at most, a tenth where nothing is said.
  private static func lifetime(_ fields: GRVTFields) throws(GRVTFailure) -> UInt64 {
    guard let asked = fields.integer(.timeToLive), asked != 0 else {
      return Nanoseconds.milliseconds(100)
    }
    guard (0...5_000).contains(asked) else { throw .cancelLifetime }
    return Nanoseconds.milliseconds(Int(asked) / 100 * 100)
  }

  private mutating func cancel(
    clientID: String, for lifetime: UInt64, at now: Moment, into result: inout Consequences
  ) {
    let order = exchange.order(client: clientID, of: GRVTSimulatorDesk.owner)
    if let order, !order.status.isFinal { return cancel(order, at: now, into: &result) }
    guard !desk.cancels.contains(where: { $0.clientID == clientID }) else {
      return desk.notices.append(.cancelExpired(clientID: clientID, isDuplicate: true))
    }
    desk.cancels.append(
      GRVTSimulatorDesk.StandingCancel(clientID: clientID, until: now.monotonic + lifetime))
  }

  private mutating func cancel(
    _ order: ExchangeOrder?, at now: Moment, into result: inout Consequences
  ) {
    guard let order else { return }
    try? exchange.cancel(
      order.number, of: GRVTSimulatorDesk.owner, in: &markets[order.market].market, at: now,
      into: &result)
  }

  private mutating func cancelAll(
    _ fields: GRVTFields, at now: Moment, into result: inout Consequences
  ) {
    for index in markets.indices where Self.allows(markets[index].instrument, fields) {
      exchange.cancelAll(
        of: GRVTSimulatorDesk.owner, in: &markets[index].market, index, at: now, into: &result)
    }
  }

  /// Filters by kind, base and quote; one by instrument is ignored.
  static func allows(_ instrument: GRVTInstrument, _ fields: GRVTFields) -> Bool {
    func allows(_ name: GRVTName, _ value: String) -> Bool {
      guard let wanted = fields.texts(name), !wanted.isEmpty else { return true }
      return wanted.contains(value)
    }
    return allows(.instrumentKind, instrument.kind) && allows(.base, instrument.base)
      && allows(.quote, instrument.quote)
  }

  // MARK: Many at once

  /// "All cancels first, then all creates."
  private mutating func bulk(
    _ fields: GRVTFields, at now: Moment, into result: inout Consequences
  ) throws(GRVTFailure) -> Body {
    let ids = Self.names(fields, .orderIDs, "order_ids")
    let clients = Self.names(fields, .clientOrderIDs, "client_order_ids")
    guard ids.isEmpty || clients.isEmpty else { throw .bothIDLists }
    var orders: [GRVTSimulatorOrder] = []
    for row in fields.objects(.orders) ?? [] { orders.append(try GRVTSimulatorOrder(row)) }
    guard max(orders.count, ids.count, clients.count) <= Self.maxBulk else { throw .bulkCount }
    guard Set(orders.map(\.instrument)).count <= 1 else { throw .bulkInstruments }
    guard Set(orders.map(\.clientID)).count == orders.count else { throw .clientIDTaken }
    let lifetime = try Self.lifetime(fields)
    for id in ids { cancel(exchange.order(named: id), at: now, into: &result) }
    for id in clients { cancel(clientID: id, for: lifetime, at: now, into: &result) }
    for order in orders { try create(order, at: now, into: &result) }
    let time = publishedTime(now)
    var writer = GRVTWriter(fields.encoding)
    writer.object { writer in
      writer.list(.orders, orders) { order, writer in
        order.write(
          id: "0x00", createdAt: time, GRVTSimulatorOrderState(receiptOf: order, at: time),
          to: &writer)
      }
      writer.list(.cancelAcknowledgements, ids + clients) { _, writer in
        writer.object { $0.put(.acknowledged, true) }
      }
    }
    return writer.text.array
  }

  /// The documents spell the lists in two ways.
  private static func names(
    _ fields: GRVTFields, _ name: GRVTName, _ other: String
  ) -> [String] {
    fields.texts(name) ?? fields.fields.texts(other) ?? []
  }
}
