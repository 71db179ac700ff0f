import PerpCore
import Testing

@Suite("Lines of accounts, read back")
struct AccountLineReadingTests {
  private static let venue = VenueID("paradex")

  private static func line(_ event: Event, _ style: LineStyle = LineStyle()) -> [UInt8] {
    var buffer = ByteBuffer()
    buffer.append(event, sequence: 43, sent: 7, style: style)
    return buffer.array
  }

  private static func order(_ line: [UInt8]) throws(JSONError) -> OrderUpdate {
    try OrderUpdate(line: line.span.bytes, venue: venue)
  }

  private static func fill(_ line: [UInt8]) throws(JSONError) -> Fill {
    try Fill(line: line.span.bytes, venue: venue)
  }

  @Test("what was written is read again, digit for digit", arguments: [false, true])
  func inverse(bareNumbers: Bool) throws {
    let style = LineStyle(bareNumbers: bareNumbers)
    var random = RandomAccountEvents(venue: Self.venue, seed: 5)
    for _ in 0..<5_000 {
      let order = random.order()
      let line = Self.line(.order(order), style)
      let again = try Self.order(line)
      #expect(again == order)
      #expect(Self.line(.order(again), style) == line)
      let fill = random.fill()
      let fillLine = Self.line(.fill(fill), style)
      let fillAgain = try Self.fill(fillLine)
      #expect(fillAgain == fill)
      #expect(Self.line(.fill(fillAgain), style) == fillLine)
    }
  }

  @Test("what was cut or changed is an error or another value, and never a trap")
  func hostile() {
    var random = Random(seed: 6)
    var events = RandomAccountEvents(venue: Self.venue, seed: 7)
    var (refused, read) = (0, 0)
    for _ in 0..<2_000 {
      let order = Self.line(.order(events.order()))
      let fill = Self.line(.fill(events.fill()))
      for var line in [order, fill] {
        let cut = Array(line.prefix(random.below(line.count - 1)))
        #expect(throws: JSONError.self) { try Self.order(cut) }
        #expect(throws: JSONError.self) { try Self.fill(cut) }
        for _ in 0...random.below(3) {
          line[random.below(line.count)] = UInt8(truncatingIfNeeded: random.next())
        }
        do throws(JSONError) {
          if random.chance(1, in: 2) { _ = try Self.order(line) } else { _ = try Self.fill(line) }
          read += 1
        } catch { refused += 1 }
      }
    }
    #expect(refused > 1_000 && read > 50)
  }

  @Test("members of a version to come are passed over")
  func unknownMembers() throws {
    let order = RandomAccountEvents(venue: Self.venue, seed: 8).firstOrder
    let line = String(decoding: Self.line(.order(order)).dropLast(2), as: UTF8.self)
    let more = line + #","colour":{"a":[1,{"b":null}]},"depth":[],"flag":null,"n":1e999}"#
    #expect(try Self.order(Array(more.utf8)) == order)
  }

  @Test(
    "what does not fit is named",
    arguments: [
      (#""type":"order""#, #""type":"fill""#, JSONError.Cause.unknownValue),
      (#""venue":"paradex""#, #""venue":"lighter""#, .unknownValue),
      (#""account":"p1","#, "", .missingMember),
      (#""symbol":"BTC-USD-PERP""#, #""symbol":"BTC""#, .unknownValue),
      (#""client_id":"m-1""#, #""client_id":"m 1""#, .unknownValue),
      (#""event":"new""#, #""event":"old""#, .unknownValue),
      (#""status":"open","#, "", .missingMember),
      (#""size":"0.5","#, "", .missingMember),
      (#""order_type":"limit","#, "", .missingMember),
      (#""size":"0.5""#, #""size":"0,5""#, .outOfRange),
      (#""size":"0.5""#, #""size":true"#, .wrongType),
      (#""post_only":true"#, #""post_only":"yes""#, .wrongType),
      (#""ts":5"#, #""ts":5.5"#, .outOfRange),
      (#""ts":5"#, #""ts":"5""#, .wrongType),
      (#""order_id":"9""#, #""order_id":9"#, .wrongType),
      (#""send_ts":7}"#, #""send_ts":7}}"#, .trailingBytes),
    ])
  func refusals(part: String, instead: String, cause: JSONError.Cause) throws {
    let terms = OrderTerms(
      side: .buy, type: .limit, price: Decimal(100), size: Decimal("0.5")!, isPostOnly: true)
    let order = OrderUpdate(
      header: AccountHeader(venue: Self.venue, account: "p1", venueTime: 5),
      symbol: Symbol("BTC-USD-PERP")!, clientID: ClientOrderID("m-1"), orderID: ShortText("9"),
      change: .new, status: .open, terms: terms)
    let line = String(decoding: Self.line(.order(order)), as: UTF8.self)
    try #require(line.contains(part))
    let changed = Array(line.replacing(part, with: instead).utf8)
    let error = #expect(throws: JSONError.self) { try Self.order(changed) }
    #expect(error?.cause == cause)
  }
}

/// Events with every field that there can be, and without.
private struct RandomAccountEvents {
  private let venue: VenueID
  private var random: Random

  init(venue: VenueID, seed: UInt64) {
    self.venue = venue
    random = Random(seed: seed)
  }

  var firstOrder: OrderUpdate {
    var copy = self
    return copy.order()
  }

  mutating func order() -> OrderUpdate {
    OrderUpdate(
      header: header(), symbol: Symbol("BTC.2-USD-PERP")!, clientID: maybe { $0.clientID() },
      orderID: maybe { $0.shortText() }, change: pick(OrderUpdate.Change.allCases),
      status: pick(OrderStatus.allCases), terms: maybe { $0.terms() },
      originalClientID: maybe { $0.clientID() }, filled: maybe { $0.decimal() },
      remaining: maybe { $0.decimal() }, averagePrice: maybe { $0.decimal() },
      reason: maybe { $0.text() }, venueCode: maybe { $0.text() },
      venueMessage: maybe { $0.text() }, evidence: maybe { $0.pick(OrderEvidence.allCases) },
      isForeign: random.chance(1, in: 2), isCancelPending: random.chance(1, in: 2),
      isReplacePending: random.chance(1, in: 2),
      flags: maybe { events in (0..<events.random.below(3)).map { _ in events.text() } })
  }

  mutating func fill() -> Fill {
    Fill(
      header: header(), symbol: Symbol("ETH-USDC-PERP")!, tradeID: shortText(),
      clientID: maybe { $0.clientID() }, orderID: shortText(), side: pick([.buy, .sell]),
      price: decimal(), size: decimal(), fee: decimal(), feeAsset: text(),
      liquidity: pick(Fill.Liquidity.allCases), isLiquidation: pick([false, true]),
      filled: decimal(), remaining: decimal())
  }

  private mutating func header() -> AccountHeader {
    AccountHeader(
      venue: venue, account: text(), venueTime: maybe { Int64(bitPattern: $0.random.next()) },
      received: maybe { Int64($0.random.below(1 << 51)) })
  }

  private mutating func terms() -> OrderTerms {
    OrderTerms(
      side: pick([.buy, .sell]), type: pick(OrderType.allCases),
      timeInForce: maybe { $0.pick(TimeInForce.allCases) }, price: maybe { $0.decimal() },
      stopPrice: maybe { $0.decimal() }, size: decimal(), isPostOnly: random.chance(1, in: 2),
      isReduceOnly: random.chance(1, in: 2))
  }

  /// Up to all of the 38 digits.
  private mutating func decimal() -> Decimal {
    let bits = Int128(random.next()) << 63 | Int128(random.next() >> 1)
    let mantissa = bits >> Int128(random.below(127))
    return Decimal(
      mantissa: random.chance(1, in: 2) ? mantissa : -mantissa, scale: UInt8(random.below(39)))
  }

  private mutating func clientID() -> ClientOrderID {
    ClientOrderID(String((0...random.below(36)).map { _ in pick(Array("azAZ09_-")) }))!
  }

  private mutating func text() -> String {
    let characters = Array("a\"\\\n\r\t\u{0}\u{1f}\u{7f}é€🙂 /{},:")
    return String((0..<random.below(12)).map { _ in pick(characters) })
  }

  private mutating func shortText() -> ShortText { ShortText(text().prefix(9)) ?? ShortText() }

  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[random.below(elements.count)]
  }

  private mutating func maybe<Made>(_ make: (inout Self) -> Made) -> Made? {
    random.chance(1, in: 4) ? nil : make(&self)
  }
}
