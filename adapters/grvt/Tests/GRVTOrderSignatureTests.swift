import Foundation
import PerpCore
import Testing
import VenueTesting

@testable import GRVT
@testable import PerpSim
@testable import PerpVenue

/// The simulated venue takes an order that its signer has signed, and nothing else.
@Suite struct GRVTOrderSignatureTests {
  private static func signed(
    _ side: Side = .buy, _ size: String = "0.013", at price: String = "70000.1",
    of type: OrderType = .limit, isReduceOnly: Bool = false
  ) throws -> (run: TradingRun, request: HTTPRequest) {
    let run = try TradingRun.live()
    var dialect = run.session.dialect
    let key = OrderKey.own(ClientOrderID("z-1")!)
    let subject = OrderSubject(
      key: key, symbol: TradingRun.btc, name: ShortText("9300000000000000001"),
      terms: OrderTerms(
        side: side, type: type, timeInForce: .gtc, price: type.hasPrice ? Decimal(price) : nil,
        size: Decimal(size)!, isReduceOnly: isReduceOnly),
      filled: .zero, placed: run.pair.now)
    guard
      case .request(let request) = try dialect.write(
        .place(ClientOrderID("z-1")!), subject, tag: 1, at: run.pair.now)
    else { throw OrderRefusal(.failed, "no request") }
    return (run, request)
  }

  /// What the simulated venue says to the request with another body.
  private static func answer(
    _ run: TradingRun, _ request: HTTPRequest, _ body: String
  ) throws -> (code: String?, orders: Int) {
    var (simulator, request) = (run.simulator, request)
    var actions: [SimulatorAction] = []
    request.url = Pair.target(of: request.url)
    request.body = Array(body.utf8)
    simulator.receive(.request(RequestID(77), request), at: run.pair.now, into: &actions)
    let response = actions.lazy.compactMap { action -> HTTPResponse? in
      guard case .respond(RequestID(77), let response) = action else { return nil }
      return response
    }.first
    let tree = try JSONTree(try #require(response).body)
    var code: String?
    if case .number(let text)? = tree["code"] { code = text }
    return (code, simulator.exchange.orders.count)
  }

  @Test("an order of another client of the account is followed, and can be cancelled")
  func foreign() throws {
    var (run, request) = try Self.signed()
    request.url = Pair.target(of: request.url)
    run.pair.tellSimulator(.request(RequestID(1_000_000), request))
    run.run(1)
    let told = run.events.compactMap { if case .order(let update) = $0 { update } else { nil } }
    let order = try #require(told.last)
    #expect(order.isForeign && order.status == .open && order.terms?.price == Decimal("70000.1"))
    #expect(run.command(.cancel(.foreign(try #require(order.orderID)))) == .accepted)
    run.run(2)
    #expect(run.venueOrders.map(\.status) == [.cancelled])
    guard
      case .order(let last)? = run.events.last(where: {
        if case .order = $0 { true } else { false }
      })
    else { return #expect(Bool(false)) }
    #expect(last.status == .cancelled && last.isForeign)
  }

  @Test("as it is, it is taken; again, it is ignored")
  func taken() throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    let answer = try Self.answer(run, request, body)
    #expect(answer.code == nil && answer.orders == 1)
  }

  @Test("one bit of r, s or v makes it another's", arguments: ["r", "s", "v"])
  func bits(part: String) throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    let marker = "\"\(part)\":"
    let start = try #require(body.range(of: marker)?.upperBound)
    let end = try #require(body[start...].firstIndex(of: ","))
    let value = body[start..<end]
    if part == "v" {
      let other = value == "27" ? "28" : "27"
      let found = try Self.answer(
        run, request, body.replacing("\(marker)\(value)", with: "\(marker)\(other)"))
      #expect(found.code == "2002" && found.orders == 0)
      return
    }
    let digits = Array(value.dropFirst(3).dropLast())
    for bit in 0..<256 {
      var flipped = digits
      let digit = try #require(flipped[bit / 4].hexDigitValue)
      flipped[bit / 4] = Character(String(digit ^ (1 << (bit % 4)), radix: 16))
      let text = body.replacingCharacters(in: start..<end, with: "\"0x\(String(flipped))\"")
      let found = try Self.answer(run, request, text)
      #expect(found.code == "2002" || found.code == "2007", "bit \(bit): \(found)")
      #expect(found.orders == 0)
    }
  }

  @Test(
    "nothing of what is signed can be changed",
    arguments: [
      (#""size":"0.013""#, #""size":"0.014""#, "2002"),
      (#""limit_price":"70000.1""#, #""limit_price":"70000.2""#, "2002"),
      (#""is_buying_asset":true"#, #""is_buying_asset":false"#, "2002"),
      (#""post_only":false"#, #""post_only":true"#, "2002"),
      (#""reduce_only":false"#, #""reduce_only":true"#, "2002"),
      ("GOOD_TILL_TIME", "IMMEDIATE_OR_CANCEL", "2002"), ("GOOD_TILL_TIME", "FILL_OR_KILL", "2002"),
      ("BTC_USDT_Perp", "ETH_USDT_Perp", "2061"), (#""nonce":"#, #""nonce":1"#, "2002"),
      (#""expiration":"1797"#, #""expiration":"1798"#, "2008"),
      (#""expiration":"17976"#, #""expiration":"17975"#, "2002"),
      (#""sub_account_id":"8312704915528173""#, #""sub_account_id":"8312704915528174""#, "2002"),
      (#""signer":"0x"#, #""signer":"0x0000000000000000000000000000000000000000","x":"0x"#, "2002"),
      (#""chain_id":"325""#, #""chain_id":"326""#, "1012"), (#""v":2"#, #""v":3"#, "2005"),
      (#""r":"0x"#, #""r":"0x0"#, "2006"), (#""s":"0x"#, #""s":"0xf"#, "2006"),
    ])
  func fields(field: String, other: String, code: String) throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(body.contains(field))
    let text = body.replacing(field, with: other)
    let found = try Self.answer(run, request, text)
    #expect(found.orders == 0)
    #expect(
      found.code == code || (field.hasPrefix(#""nonce""#) && found.code == "1003"), "\(found)")
  }

  @Test("what is not signed may be: name, chain 0, other digits of the same number")
  func unsigned() throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    for (field, other) in [
      ("9300000000000000001", "9300000000000000002"), (#""chain_id":"325""#, #""chain_id":"0""#),
      (#""size":"0.013""#, #""size":"0.01300""#),
      (#""limit_price":"70000.1""#, #""limit_price":"70000.100""#),
    ] {
      #expect(body.contains(field))
      let found = try Self.answer(run, request, body.replacing(field, with: other))
      #expect(found.code == nil && found.orders == 1, "\(other)")
    }
  }

  @Test("too late, too early, a high s")
  func time() throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    var late = run
    late.pair.now = late.pair.now.advanced(by: Nanoseconds.seconds(29 * 86_400 + 1))
    late.simulator.desk.sessions = late.simulator.desk.sessions.mapValues { $0 + 40 * 86_400 }
    #expect(try Self.answer(late, request, body).code == "2001")
    var early = run
    early.pair.now = Moment(
      monotonic: early.pair.now.monotonic, wall: early.pair.now.wall - 2 * 86_400_000_000)
    #expect(try Self.answer(early, request, body).code == "2008")
  }

  @Test("the session counts together with the account's id alone")
  func session() throws {
    let (run, request) = try Self.signed()
    let body = String(decoding: request.body, as: UTF8.self)
    for name in ["Cookie", "X-Grvt-Account-Id"] {
      var without = request
      without.fields.removeAll { $0.name == name }
      #expect(try Self.answer(run, without, body).code == "1000")
    }
    var form = request
    form.fields.removeAll { $0.name == "Content-Type" }
    #expect(try Self.answer(run, form, body).code == "1003")
  }
}
