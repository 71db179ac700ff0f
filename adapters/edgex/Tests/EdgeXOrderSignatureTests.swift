import PerpCore
import PerpCrypto
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim
@testable import PerpVenue

/// The simulated venue takes a request that the account's key has proven, and an order that its
/// signer has signed, and nothing else.
@Suite struct EdgeXOrderSignatureTests {
  /// An order on its way, its members as they are signed.
  private static func signed(
    _ generation: EdgeXGeneration = .v2
  ) throws -> (desk: EdgeXDesk, request: HTTPRequest) {
    let desk = try EdgeXDesk.live(as: generation)
    var dialect = try #require(desk.pair.session as? TradingSession<EdgeXTrading>).dialect
    let key = OrderKey.own(ClientOrderID("z-1")!)
    let subject = OrderSubject(
      key: key, symbol: desk.btc, name: ShortText("z-1"),
      terms: OrderTerms(
        side: .buy, type: .limit, timeInForce: .gtc, price: desk.price(.buy, -100),
        size: Decimal("0.013")!),
      filled: .zero, placed: desk.pair.now)
    guard
      case .request(let request) = try dialect.write(
        .place(ClientOrderID("z-1")!), subject, tag: 1, at: desk.pair.now)
    else { throw OrderRefusal(.failed, "no request") }
    return (desk, request)
  }

  /// What the simulated venue says to the request as it is.
  private static func answer(
    _ desk: EdgeXDesk, _ request: HTTPRequest
  ) throws -> (code: String?, orders: Int) {
    var (simulator, request) = (desk.simulator, request)
    var actions: [SimulatorAction] = []
    request.url = Pair.target(of: request.url)
    simulator.receive(.request(RequestID(77), request), at: desk.pair.now, into: &actions)
    let response = actions.lazy.compactMap { action -> HTTPResponse? in
      guard case .respond(RequestID(77), let response) = action else { return nil }
      return response
    }.first
    let tree = try JSONTree(try #require(response).body)
    return (tree["code"]?.text, simulator.exchange.orders.count)
  }

  /// With other members, proven by the account's key.
  private static func answer(
    _ desk: EdgeXDesk, _ request: HTTPRequest, changing change: (inout [String: JSONTree]) -> Void
  ) throws -> (code: String?, orders: Int) {
    var members = try JSONTree(request.body).members
    change(&members)
    let body = SimulatorScript.signed(.object(members))
    return try answer(
      desk, SimulatorScript.prove(request, body, as: desk.generation, at: desk.pair.now))
  }

  @Test("as it is, it is taken; proven anew too", arguments: EdgeXGeneration.both)
  func taken(_ generation: EdgeXGeneration) throws {
    let (desk, request) = try Self.signed(generation)
    #expect(try Self.answer(desk, request) == ("SUCCESS", 1))
    #expect(try Self.answer(desk, request) { _ in } == ("SUCCESS", 1))
    let prefixed = try Self.answer(desk, request) { members in
      members["l2Signature"] = .text("0x" + (members["l2Signature"]?.text ?? ""))
    }
    #expect(prefixed == ("SUCCESS", 1))
  }

  @Test("one bit of the signature makes it another's", arguments: EdgeXGeneration.both)
  func bits(_ generation: EdgeXGeneration) throws {
    let (desk, request) = try Self.signed(generation)
    let digits = Array(try #require(JSONTree(request.body)["l2Signature"]?.text))
    #expect(digits.count == (generation == .v1 ? 128 : 130))
    for bit in 0..<4 * digits.count {
      var flipped = digits
      let digit = try #require(flipped[bit / 4].hexDigitValue)
      flipped[bit / 4] = Character(String(digit ^ (1 << (bit % 4)), radix: 16))
      let found = try Self.answer(desk, request) { $0["l2Signature"] = .text(String(flipped)) }
      #expect(found == ("SIGNATURE_ERROR", 0), "bit \(bit)")
    }
  }

  @Test("v may be counted from 0, and a high s is refused")
  func forms() throws {
    let (desk, request) = try Self.signed()
    let text = try #require(JSONTree(request.body)["l2Signature"]?.text)
    let v = text.hasSuffix("1b") ? "00" : "01"
    let counted = try Self.answer(desk, request) {
      $0["l2Signature"] = .text(text.dropLast(2) + v)
    }
    #expect(counted == ("SUCCESS", 1))
    let order = try #require(
      UInt256(hex: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"))
    let s = try #require(UInt256(hex: text.dropFirst(64).prefix(64)))
    let high = order.subtracting(s).difference.paddedHex
    let other = text.hasSuffix("1b") ? "1c" : "1b"
    let found = try Self.answer(desk, request) {
      $0["l2Signature"] = .text(text.prefix(64) + high + other)
    }
    #expect(found == ("SIGNATURE_ERROR", 0))
  }

  /// A number one unit larger in its last digit.
  private static func more(_ text: String) -> String {
    let last = text.last?.wholeNumberValue ?? 0
    return text.dropLast() + "\(last == 9 ? 8 : last + 1)"
  }

  @Test(
    "nothing of what is signed can be changed", arguments: EdgeXGeneration.both,
    [
      (["side"], "SIGNATURE_ERROR"), (["l2LimitFee"], "SIGNATURE_ERROR"),
      (["size", "l2Size", "l2Value"], "SIGNATURE_ERROR"),
      (["price", "l2Value"], "SIGNATURE_ERROR"),
      (["contractId"], "SIGNATURE_ERROR"),
      (["clientOrderId", "l2Nonce"], "SIGNATURE_ERROR"),
      (["clientOrderId"], "INVALID_PARAMETER"), (["l2Nonce"], "INVALID_PARAMETER"),
      (["l2Value"], "INVALID_PARAMETER"), (["l2Size"], "INVALID_PARAMETER"),
      (["size"], "INVALID_PARAMETER"), (["price"], "INVALID_PARAMETER"),
      (["accountId"], "INVALID_ACCOUNT_ID"),
    ])
  func fields(generation: EdgeXGeneration, change: (names: [String], code: String)) throws {
    let (desk, request) = try Self.signed(generation)
    let names = change.names
    let found = try Self.answer(desk, request) { members in
      for name in names {
        let old = members[name]?.text ?? ""
        switch name {
        case "side": members[name] = .text("SELL")
        case "contractId": members[name] = .text(old.dropLast() + "2")
        default: members[name] = .text(Self.more(old))
        }
      }
      if names.contains("l2Value"), names.count > 1 {
        let value = members["price"]?.decimal.flatMap { price in
          members["size"]?.decimal.flatMap { price.multiplied(by: $0) }
        }
        members["l2Value"] = .text(value?.description ?? "")
      }
      if names.contains("l2Nonce"), names.count > 1 {
        let name = members["clientOrderId"]?.text ?? ""
        members["l2Nonce"] = .text("\(EdgeXSigningNonce.nonce(clientOrderID: name))")
      }
    }
    #expect(found == (change.code, 0))
  }

  @Test(
    "of its ends V2 signs that of the order by the second, V1 the signature's by the hour",
    arguments: [
      (EdgeXGeneration.v2, "expireTime", -1_000, false), (.v2, "l2ExpireTime", 3_600_000, true),
      (.v1, "expireTime", -1_000, true), (.v1, "l2ExpireTime", 3_600_000, false),
    ])
  func ends(generation: EdgeXGeneration, name: String, later: Int64, isFree: Bool) throws {
    let (desk, request) = try Self.signed(generation)
    let found = try Self.answer(desk, request) { members in
      let time = (members[name]?.text).flatMap { Int64($0) } ?? 0
      members[name] = .text("\(time + later)")
    }
    #expect(found == (isFree ? ("SUCCESS", 1) : ("SIGNATURE_ERROR", 0)))
  }

  @Test(
    "orders that make no sense are refused by what is wrong with them",
    arguments: EdgeXGeneration.both,
    [
      ("contractId", "99", "GATEWAY_INVALID_CONTRACT_ID"), ("side", "BOTH", "INVALID_PARAMETER"),
      ("type", "ICEBERG", "INVALID_PARAMETER"), ("timeInForce", "DAY", "INVALID_PARAMETER"),
      ("type", "MARKET", "INVALID_PARAMETER"), ("clientOrderId", "", "INVALID_PARAMETER"),
      ("expireTime", "1", "INVALID_PARAMETER"), ("l2ExpireTime", "1", "INVALID_PARAMETER"),
      ("l2LimitFee", "0", "INVALID_PARAMETER"), ("size", "-1", "INVALID_PARAMETER"),
      ("l2Signature", "00", "SIGNATURE_ERROR"), ("type", "STOP_LIMIT", "INVALID_PARAMETER"),
    ])
  func nonsense(
    generation: EdgeXGeneration, change: (name: String, value: String, code: String)
  ) throws {
    let (desk, request) = try Self.signed(generation)
    let found = try Self.answer(desk, request) { $0[change.name] = .text(change.value) }
    #expect(found == (change.code, 0))
  }

  @Test("the proof in the header is of this request alone", arguments: EdgeXGeneration.both)
  func proof(_ generation: EdgeXGeneration) throws {
    let (desk, request) = try Self.signed(generation)
    func changed(_ change: (inout HTTPRequest) -> Void) throws -> String? {
      var request = request
      change(&request)
      let found = try Self.answer(desk, request)
      #expect(found.orders == 0)
      return found.code
    }
    let places =
      generation == .v1
      ? [(1, "INVALID_SIGNATURE")]
      : [(0, "INVALID_API_KEY"), (1, "INVALID_PASSPHRASE"), (2, "INVALID_SIGNATURE")]
    for (place, code) in places {
      #expect(try changed { $0.fields[place].value += "0" } == code)
      #expect(try changed { $0.fields[place].name = "X" } == "GATEWAY_HEADER_REQUIRED")
    }
    let time = generation == .v1 ? 0 : 3
    let later = Self.more(request.fields[time].value)
    #expect(try changed { $0.fields[time].value = later } == "INVALID_SIGNATURE")
    #expect(try changed { $0.fields[time].value = "1795132000000" } == "INVALID_TIMESTAMP")
    let text = String(decoding: request.body, as: UTF8.self)
    let other = text.replacing(#""reduceOnly":false"#, with: #""reduceOnly":true"#)
    #expect(try changed { $0.body = Array(other.utf8) } == "INVALID_SIGNATURE")
    let path = request.url.replacing("createOrder", with: "cancelAllOrder")
    #expect(try changed { $0.url = path } == "INVALID_SIGNATURE")
    // Members may come in any order, and with white space.
    var spaced = request
    spaced.body = Array(text.replacing(",", with: " ,\n ").utf8)
    #expect(try Self.answer(desk, spaced) == ("SUCCESS", 1))
  }

  @Test("a name is used once", arguments: EdgeXGeneration.both)
  func duplicate(_ generation: EdgeXGeneration) throws {
    var (desk, request) = try Self.signed(generation)
    request.url = Pair.target(of: request.url)
    desk.pair.tellSimulator(.request(RequestID(1_000_000), request))
    desk.run(seconds: 1)
    // One of another client of the account is told as what it is.
    let told = try #require(desk.updates.last)
    #expect(told.isForeign && told.status == .open && told.terms?.size == Decimal("0.013")!)
    #expect(try Self.answer(desk, request) == ("DUPLICATE_CLIENT_ORDER_ID", 1))
    desk.command(.cancel(.foreign(try #require(told.orderID))))
    try desk.wait { $0.updates.last?.status == .cancelled }
    #expect(try Self.answer(desk, request) == ("DUPLICATE_CLIENT_ORDER_ID", 1))
  }
}
