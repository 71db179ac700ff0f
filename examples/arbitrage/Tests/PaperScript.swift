import PerpCore

@testable import Bot

/// A recording that a test writes, and orders that meet it.
struct PaperScript {
  static let listing = Listing("paradex", Symbol("BTC-USD-PERP")!)
  static let other = Listing("lighter", Symbol("BTC-USDC-PERP")!)
  static let start: Int64 = 1_795_132_800_000_000

  var exchange: PaperExchange
  private(set) var tape = Tape()
  private(set) var heard: [GatewayLine] = []
  private let began = Moment(monotonic: 1_000_000_000_000, wall: PaperScript.start)
  private var now: Moment
  private var names = 0

  /// Fees 0.01 % and 0.05 %; an order takes 100 ms to arrive, and 10 ms until it is heard of.
  init() {
    tape.add(Self.quote("0.1", "0.2", size: "0.01"))
    var settings = PaperExchange.Settings()
    settings.orderLatency = Nanoseconds.milliseconds(100)
    settings.feedLatency = Nanoseconds.milliseconds(10)
    settings.fees["paradex"] = .init(maker: decimal("0.0001"), taker: decimal("0.0005"))
    exchange = PaperExchange(tape, settings)
    now = began
    exchange.open(at: now)
    command(.subscribe(Self.listing))
  }

  static func quote(
    _ bid: String, _ ask: String, size: String = "1", of listing: Listing = listing, at ms: Int = 0
  ) -> String {
    let time = start + Int64(ms) * 1_000
    return #"{"type":"bbo","mseq":1,"venue":"\#(listing.venue)","symbol":"\#(listing.symbol)","#
      + #""bid":"\#(bid)","bid_size":"\#(size)","ask":"\#(ask)","ask_size":"\#(size)","#
      + #""source":"bbo","ts":\#(time),"recv_ts":\#(time),"send_ts":\#(time)}"#
  }

  static func live(_ listing: Listing) -> String {
    #"{"type":"stream","seq":1,"venue":"\#(listing.venue)","symbol":"\#(listing.symbol)","#
      + #""channel":"bbo","state":"live","cause":"first_data","epoch":1,"ts":\#(start)}"#
  }

  mutating func quote(_ bid: String, _ ask: String, size: String = "1") {
    tell(Self.quote(bid, ask, size: size))
  }

  mutating func stream(_ state: String) {
    tell(Self.live(Self.listing).replacing("live", with: state))
  }

  mutating func trade(_ price: String) {
    tell(
      #"{"type":"trade","mseq":1,"venue":"paradex","symbol":"BTC-USD-PERP","price":"\#(price)","#
        + #""size":"1","recv_ts":\#(now.wall)}"#)
  }

  mutating func book(bids: String, asks: String) {
    tell(
      #"{"type":"book","mseq":1,"venue":"paradex","symbol":"BTC-USD-PERP","snapshot":true,"#
        + #""bids":\#(bids),"asks":\#(asks),"recv_ts":\#(now.wall)}"#)
  }

  /// With these members, of the market that `place` trades on.
  mutating func funding(_ members: String) {
    tell(Self.funding(members, of: Self.listing, at: now.wall))
  }

  static func funding(_ members: String, of listing: Listing, at wall: Int64) -> String {
    #"{"type":"funding","mseq":1,"venue":"\#(listing.venue)","symbol":"\#(listing.symbol)","#
      + "\(members),"
      + #""recv_ts":\#(wall)}"#
  }

  private mutating func tell(_ line: String) {
    var tape = Tape()
    tape.add(line)
    exchange.note(tape.entries[0], at: now)
    listen()
  }

  /// Its name.
  @discardableResult
  mutating func place(
    _ side: Side, _ size: String, _ price: String?, _ force: TimeInForce? = .ioc,
    isPostOnly: Bool = false, isReduceOnly: Bool = false
  ) -> String {
    names += 1
    var ticket = OrderTicket(
      Self.listing, clientID: "o\(names)", side: side, size: decimal(size),
      price: price.map { decimal($0) }, timeInForce: force, isReduceOnly: isReduceOnly)
    ticket.isPostOnly = isPostOnly
    command(.place(ticket))
    return ticket.clientID
  }

  mutating func command(_ command: GatewayCommand) {
    exchange.command(command.line(id: 1), at: now)
    listen()
  }

  mutating func run(milliseconds: Int) {
    for _ in 0..<milliseconds {
      now = now.advanced(by: Nanoseconds.milliseconds(1))
      listen()
    }
  }

  private mutating func listen() {
    while let line = exchange.hear(at: now) { heard.append(line) }
  }

  /// What was heard of an order last.
  func order(_ name: String) -> OrderLine? {
    heard.compactMap { if case .order(let line) = $0 { line } else { nil } }
      .last { $0.clientID == name }
  }

  var fills: [FillLine] {
    heard.compactMap { if case .fill(let line) = $0 { line } else { nil } }
  }

  var refusals: [String] {
    heard.compactMap { if case .refusal(_, let refusal) = $0 { refusal.reason } else { nil } }
  }

  var balance: Decimal? {
    heard.compactMap { if case .balance(let line) = $0 { line.total } else { nil } }.last
  }

  var position: Decimal? {
    heard.compactMap { if case .position(let line) = $0 { line.size } else { nil } }.last
  }
}

extension Tape {
  mutating func add(_ line: String) {
    do throws(JSONError) { try add(Array(line.utf8)) } catch { fatalError("\(line): \(error)") }
  }
}
