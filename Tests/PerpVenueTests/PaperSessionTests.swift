import PerpCore
import Testing

@testable import PerpVenue

@Suite("Orders on paper")
struct PaperSessionTests {
  private static let symbol = Symbol("BTC-USD-PERP")!
  private static let venue = VenueID("paper")

  /// A paper account, its driver and a clock.
  private struct Desk {
    var session: PaperSession
    var now = Moment(monotonic: 1_000_000_000, wall: 1_000_000)
    var words: [String] = []
    var records: [OrderRecord] = []
    var count: UInt64 = 0

    init(replaying records: [OrderRecord] = []) {
      var settings = PaperSession.Settings(asset: "USD")
      settings.balance = Decimal(1_000)
      settings.takerFee = Decimal(mantissa: 1, scale: 2)
      session = PaperSession(
        AccountID(PaperSessionTests.venue, "paper"), settings: settings, replaying: records,
        at: now)
      self.records = records
      give(.start)
    }

    mutating func give(_ input: borrowing VenueInput) {
      var actions = VenueActions()
      session.receive(input, at: now, into: &actions)
      for action in actions.list {
        switch action {
        case .trading(.keep): give(.trading(.kept(true)))
        case .trading(.record(let record)): records.append(record)
        case .trading(.settled(_, .refused(let refusal))):
          words.append("no: \(refusal.reason.rawValue)")
        case .emit(.order(let order)):
          records.append(.order(order))
          words.append(
            "\(order.change.rawValue) \(order.status.rawValue)"
              + (order.reason.map { " \($0)" } ?? ""))
        case .emit(.fill(let fill)):
          records.append(.fill(fill))
          words.append("fill \(fill.size) at \(fill.price) \(fill.liquidity.rawValue) \(fill.fee)")
        case .emit(.position(let position)): words.append("position \(position.size)")
        case .emit(.balance(let balance)): words.append("balance \(balance.total)")
        default: break
        }
      }
    }

    mutating func quote(_ bid: Int, _ ask: Int, size: Int = 5) {
      let header = EventHeader(
        venue: PaperSessionTests.venue, symbol: PaperSessionTests.symbol, mseq: 1, venueTime: nil,
        received: now.wall)
      give(
        .trading(
          .quote(
            BBO(
              header: header, bid: Level(price: Decimal(bid), size: Decimal(size)),
              ask: Level(price: Decimal(ask), size: Decimal(size)), venueSequence: nil,
              source: .bbo))))
      now = now.advanced(by: Nanoseconds.seconds(2))
    }

    mutating func place(
      _ side: Side = .buy, _ size: Int = 2, price: Int? = nil, _ inForce: TimeInForce = .gtc,
      postOnly: Bool = false, reduceOnly: Bool = false
    ) {
      count += 1
      let terms = OrderTerms(
        side: side, type: price == nil ? .market : .limit, timeInForce: inForce,
        price: price.map { Decimal($0) }, size: Decimal(size), isPostOnly: postOnly,
        isReduceOnly: reduceOnly)
      let intent = OrderIntent(
        clientID: ClientOrderID("p-\(count)")!, symbol: PaperSessionTests.symbol, terms: terms)
      give(.trading(.command(Ticket(count), .place(intent))))
    }

    mutating func take() -> [String] {
      defer { words = [] }
      return words
    }
  }

  private func desk() -> Desk {
    var desk = Desk()
    desk.quote(99, 101)
    _ = desk.take()
    return desk
  }

  @Test("what crosses is filled at the quote, and pays as a taker")
  func taken() {
    var desk = desk()
    desk.place(.buy, 2, price: 105)
    #expect(
      desk.take() == [
        "pending_new pending", "new open", "fill 2 at 101 taker 2.02", "fill filled",
        "position 2", "balance 997.98",
      ])
  }

  @Test("no more is filled than is on offer; what may not rest ends")
  func offered() {
    for price in [101, nil] {
      var desk = desk()
      desk.place(.buy, 8, price: price, .ioc)
      let words = desk.take()
      #expect(words.contains("fill 5 at 101 taker 5.05"))
      #expect(words.last == "cancelled cancelled remainder")
    }
    var desk = desk()
    desk.place(.buy, 8, price: 101)
    #expect(desk.take().contains("fill partially_filled"))
    desk.quote(99, 101)
    #expect(desk.take().contains("fill filled"))
  }

  @Test("what rests is filled at its own price once a quote reaches it")
  func rested() {
    var desk = desk()
    desk.place(.sell, 2, price: 103)
    #expect(desk.take() == ["pending_new pending", "new open"])
    desk.quote(102, 104)
    #expect(desk.take() == [])
    desk.quote(104, 106, size: 1)
    #expect(desk.take().contains("fill 1 at 103 maker 0"))
    desk.quote(104, 106)
    #expect(desk.take().contains("fill filled"))
  }

  @Test("post-only, fill-or-kill and reduce-only are as at a venue")
  func conditions() {
    var desk = desk()
    desk.place(.buy, 1, price: 101, postOnly: true)
    #expect(desk.take().last == "rejected rejected post_only_cross")
    desk.place(.buy, 9, price: 101, .fok)
    #expect(desk.take().last == "rejected rejected unfillable")
    desk.place(.sell, 1, reduceOnly: true)
    #expect(desk.take().last == "rejected rejected reduce_only")
    desk.place(.buy, 2)
    _ = desk.take()
    desk.place(.sell, 4, reduceOnly: true)
    #expect(desk.take().contains("position 0"))
  }

  @Test("what is won comes to the balance, and a position may turn round")
  func profit() {
    var desk = desk()
    desk.place(.buy, 2)
    desk.quote(111, 113)
    _ = desk.take()
    desk.place(.sell, 3)
    // 2 × (111 − 101), less 2.02 and 3.33 of fees.
    desk.now = desk.now.advanced(by: Nanoseconds.seconds(2))
    desk.give(.wake)
    let words = desk.take()
    #expect(words.contains("position -1"))
    #expect(words.contains("balance 1014.65"))
  }

  @Test("positions outlive a restart, orders do not")
  func restarted() {
    var desk = desk()
    desk.place(.buy, 2)
    desk.place(.buy, 1, price: 90)
    var again = Desk(replaying: desk.records)
    let words = again.take()
    #expect(words.contains("cancelled cancelled paper_restart"))
    #expect(words.contains("position 2"))
    #expect(words.contains("balance 997.98"))
  }

  @Test("without a quote nothing is filled")
  func blind() {
    var desk = Desk()
    desk.place(.buy, 1)
    #expect(desk.take().last == "rejected rejected stale_market")
  }
}
