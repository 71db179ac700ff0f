import PerpCore

/// The gateway and its venues as a backtest has them: answers a bot's commands with the gateway's
/// lines, and fills its orders from a recording, in event time. (B-12)
///
/// - An order arrives after `orderLatency`. What then crosses takes what the recording has: the
///   depth of the book, or the best price where there is no book, each size once.
/// - What rests is filled at its price once the market has gone through it, not before: as if it
///   were always the last in its queue.
/// - Each position is paid or pays funding when its venue settles it.
/// - Whatever happens, the bot hears `feedLatency` later.
package struct PaperExchange: Sendable {
  package struct Settings: Sendable {
    /// Nanoseconds.
    package var orderLatency = Nanoseconds.milliseconds(50)
    package var feedLatency = Nanoseconds.milliseconds(1)
    package var fees = FeeTable()
    /// Quote units at each venue at first.
    package var balance = Decimal(100_000)
    package init() {}
  }

  struct Order: Sendable {
    let ticket: OrderTicket
    let number: Int
    var status = OrderStatus.pending
    var filled = Decimal.zero
    var value = Decimal.zero
    /// Less than asked for where it may only reduce.
    var size: Decimal
    var reason: String?

    var remaining: Decimal { status.isFinal ? .zero : size.minus(filled) }
    /// Nothing is worse than it; nil of a market order that takes whatever there is.
    func limit(_ quote: Quote) -> Decimal {
      if let price = ticket.price { return price }
      let part = Decimal(ticket.maxSlippage ?? 10_000).over(Decimal(10_000))
      let touch = quote.price(for: ticket.side)
      return touch.times(Decimal(1).plus(ticket.side == .buy ? part : part.negated))
    }
  }

  enum Arrival: Sendable {
    case place(String)
    case cancel(String)
  }

  private static let heartbeat = Nanoseconds.seconds(5)

  let settings: Settings
  let tape: Tape
  var markets: [Listing: PaperMarket] = [:]
  var holdings: [Listing: CostBasis] = [:]
  /// By venue.
  var balances: [String: Decimal] = [:]
  var orders: [String: Order] = [:]
  /// Names of those that have not ended, in the order they were placed.
  var working: [String] = []
  private(set) var fills: [PaperFill] = []
  private(set) var payments: [FundingPayment] = []
  private var schedules: [Listing: FundingSchedule] = [:]
  private var arrivals = Agenda<Arrival>()
  private var mail = Agenda<GatewayLine>()
  private var subscribed: Set<Tape.Topic> = []
  /// What was told last of each stream, and on it.
  private var newest: [Tape.Topic: (state: GatewayLine?, data: GatewayLine?)] = [:]
  private var nextHeartbeat: UInt64 = 0
  private var lastNumber = 0

  package init(_ tape: Tape, _ settings: Settings) {
    (self.tape, self.settings) = (tape, settings)
    for listing in tape.listings { balances[listing.venue] = settings.balance }
  }

  // MARK: Time

  /// When something arrives or is heard, on the monotonic clock.
  func deadline(at now: Moment) -> UInt64 {
    let funding = schedules.values.compactMap(\.due).min().map { due in
      now.monotonic + UInt64(clamping: due - now.wall) * 1_000
    }
    return [arrivals.deadline, mail.deadline, funding].compactMap { $0 }
      .reduce(nextHeartbeat) { min($0, $1) }
  }

  mutating func open(at now: Moment) {
    say(hello, at: now.monotonic)
    nextHeartbeat = now.monotonic + Self.heartbeat
  }

  /// What the market does.
  mutating func note(_ entry: Tape.Entry, at now: Moment) {
    let listing = entry.topic.listing
    settleFunding(at: now)
    markets[listing, default: PaperMarket()].note(entry.line)
    if case .funding(let line) = entry.line {
      schedules[listing, default: FundingSchedule()].note(line, at: now.wall)
    }
    switch entry.line {
    case .stream: newest[entry.topic, default: (nil, nil)].state = entry.line
    // What was traded is not told again.
    case .trade: break
    default: newest[entry.topic, default: (nil, nil)].data = entry.line
    }
    if subscribed.contains(entry.topic) {
      mail.add(entry.line, at: now.monotonic + settings.feedLatency)
    }
    let tradePrice: Decimal? = if case .trade(let trade) = entry.line { trade.price } else { nil }
    for name in working where orders[name]?.ticket.listing == listing {
      guard let order = orders[name], order.status != .pending, let price = order.ticket.price,
        markets[listing]?.isThrough(price, order.ticket.side, tradePrice: tradePrice) == true
      else { continue }
      fill(name, Level(price: price, size: order.remaining), isMaker: true, at: now)
    }
  }

  /// What is due for the bot; nil when it has heard everything.
  mutating func hear(at now: Moment) -> GatewayLine? {
    settleFunding(at: now)
    while let arrival = arrivals.next(at: now.monotonic) {
      switch arrival {
      case .place(let name): arrive(name, at: now)
      case .cancel(let name): end(name, .cancelled, at: now)
      }
    }
    if nextHeartbeat <= now.monotonic {
      nextHeartbeat = now.monotonic + Self.heartbeat
      return .other("heartbeat")
    }
    return mail.next(at: now.monotonic)
  }

  // MARK: To the bot

  /// A line of the gateway's own, heard at once.
  mutating func say(_ text: [UInt8], at time: UInt64) {
    if let line = try? GatewayLine(text) { mail.add(line, at: time) }
  }

  /// A line of a venue's account.
  mutating func tell(_ text: [UInt8], at now: Moment) {
    say(text, at: now.monotonic + settings.feedLatency)
  }

  /// What the bot is told from now on, and what was told of it last.
  mutating func subscribe(_ topics: [Tape.Topic], at now: Moment) {
    for topic in topics {
      subscribed.insert(topic)
      guard let (state, data) = newest[topic] else { continue }
      for line in [state, data] {
        if let line { mail.add(line, at: now.monotonic) }
      }
    }
  }

  // MARK: Orders

  mutating func send(_ arrival: Arrival, at now: Moment) {
    arrivals.add(arrival, at: now.monotonic + settings.orderLatency)
  }

  mutating func accept(_ ticket: OrderTicket, at now: Moment) {
    lastNumber += 1
    orders[ticket.clientID] = Order(ticket: ticket, number: lastNumber, size: ticket.size)
    working.append(ticket.clientID)
    send(.place(ticket.clientID), at: now)
  }

  private mutating func arrive(_ name: String, at now: Moment) {
    guard let order = orders[name], order.status == .pending,
      let market = markets[order.ticket.listing], let quote = market.quote
    else { return }
    let ticket = order.ticket
    if ticket.isReduceOnly {
      let position = holdings[ticket.listing]?.size ?? .zero
      let closes = ticket.side == .sell ? position : position.negated
      guard closes > .zero else { return end(name, .rejected, "reduce_only", at: now) }
      orders[name]?.size = min(order.size, closes)
    }
    let size = orders[name]?.size ?? .zero
    let offers = market.offers(ticket.side, limit: order.limit(quote))
    if ticket.isPostOnly, !offers.isEmpty {
      return end(name, .rejected, "post_only_cross", at: now)
    }
    let offered = offers.reduce(Decimal.zero) { $0.plus($1.size) }
    if ticket.timeInForce == .fok, offered < size {
      return end(name, .cancelled, "not all of it was there", at: now)
    }
    orders[name]?.status = .open
    var rest = size
    for offer in offers where !rest.isZero {
      let level = Level(price: offer.price, size: min(rest, offer.size))
      markets[ticket.listing]?.take(level)
      rest = rest.minus(level.size)
      fill(name, level, isMaker: false, at: now)
    }
    guard orders[name]?.status.isFinal == false else { return }
    if ticket.price == nil || ticket.timeInForce == .ioc {
      end(name, .cancelled, "nothing more within its price", at: now)
    } else if rest == size {
      tellOrder(name, "new", at: now)
    }
  }

  private mutating func fill(_ name: String, _ level: Level, isMaker: Bool, at now: Moment) {
    guard var order = orders[name] else { return }
    let ticket = order.ticket
    order.filled = order.filled.plus(level.size)
    order.value = order.value.plus(level.size.times(level.price))
    order.status = order.filled >= order.size ? .filled : .partiallyFilled
    orders[name] = order
    if order.status.isFinal { working.removeAll { $0 == name } }
    let rate = settings.fees.rate(ticket.listing.venue, isMaker ? .maker : .taker)
    let fee = level.size.times(level.price).times(rate)
    let change = ticket.side == .buy ? level.size : level.size.negated
    let gain = holdings[ticket.listing, default: CostBasis()].note(change, at: level.price)
    let venue = ticket.listing.venue
    balances[venue] = (balances[venue] ?? settings.balance).plus(gain).minus(fee)
    let fill = PaperFill(
      number: fills.count + 1, wall: now.wall, ticket: ticket, price: level.price,
      size: level.size, fee: fee, isMaker: isMaker, realised: gain)
    fills.append(fill)
    tellFill(fill, order, at: now)
  }

  // MARK: Funding

  private mutating func settleFunding(at now: Moment) {
    for listing in schedules.keys.sorted(by: { $0.description < $1.description }) {
      while let line = schedules[listing]?.settle(at: now.wall) { pay(line, at: now) }
    }
  }

  private mutating func pay(_ line: FundingLine, at now: Moment) {
    let listing = line.listing
    guard let size = holdings[listing]?.size, !size.isZero,
      let amount = line.payment(size, mid: markets[listing]?.quote?.mid)
    else { return }
    payments.append(FundingPayment(wall: now.wall, listing: listing, amount: amount))
    balances[listing.venue] = (balances[listing.venue] ?? settings.balance).plus(amount)
    tellBalance(listing.venue, at: now)
  }

  // MARK: Ends

  mutating func end(
    _ name: String, _ status: OrderStatus, _ reason: String? = nil, at now: Moment
  ) {
    guard var order = orders[name], !order.status.isFinal else { return }
    (order.status, order.reason) = (status, reason)
    orders[name] = order
    working.removeAll { $0 == name }
    tellOrder(name, status.rawValue, at: now)
  }
}

/// One execution of a backtest.
package struct PaperFill: Equatable, Sendable {
  /// Counts from 1.
  package let number: Int
  /// Microseconds since the epoch.
  package let wall: Int64
  package let ticket: OrderTicket
  package let price: Decimal
  /// Base units.
  package let size: Decimal
  package let fee: Decimal
  package let isMaker: Bool
  /// Quote units, fees not taken off.
  package let realised: Decimal
}

/// What one position was paid at a settlement of its venue.
package struct FundingPayment: Equatable, Sendable {
  /// Microseconds since the epoch.
  package let wall: Int64
  package let listing: Listing
  /// Quote units, negative of what it has paid.
  package let amount: Decimal
}
