import PerpCore
import PerpCrypto
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim
@testable import PerpVenue

/// What only accounts of the legacy system have: one key that proves requests and signs orders.
@Suite struct EdgeXLegacyAccountTests {
  private static let account = EdgeXSimulatedAccount.accountID

  private static func started() -> SimulatorScript {
    var venue = SimulatorScript(["generation": "v1"])
    venue.start()
    return venue
  }

  private static func question(_ venue: SimulatorScript) -> HTTPRequest {
    let path = "/api/v1/private/order/getActiveOrderPage"
    let members = ["accountId": account, "size": "200"]
    return SimulatorScript.prove(
      HTTPRequest(.get, "\(path)?accountId=\(account)&size=200"),
      .object(members.mapValues { .text($0) }), as: .v1, at: venue.now)
  }

  /// What the venue says to a question that was changed after it was proven.
  private static func code(_ change: (inout HTTPRequest) -> Void) -> String? {
    var venue = started()
    var request = question(venue)
    change(&request)
    return venue.answer(request)?["code"]?.text
  }

  @Test("headers are missed in the order the venue looks for them; V2's are none of them")
  func headers() {
    #expect(Self.code { _ in } == "SUCCESS")
    var venue = Self.started()
    var request = Self.question(venue)
    let fields = request.fields
    request.fields = [HTTPField("X-edgeX-Signature", fields[1].value)]
    for name in ["Signature", "Timestamp"] {
      let answer = venue.answer(request)
      #expect(answer?["code"]?.text == "GATEWAY_HEADER_REQUIRED")
      #expect(answer?["msg"]?.text == "header required : 'X-edgeX-Api-\(name)'")
      request.fields.append(HTTPField("x-edgex-api-\(name.lowercased())", fields[1].value))
    }
    request.url = request.url.replacing("v1", with: "v2")
    let other = venue.answer(request)
    #expect(other == nil, "paths of V2 are not there")
  }

  @Test("one bit of the proof makes it another's, and so does another question")
  func bits() throws {
    let venue = Self.started()
    let digits = Array(Self.question(venue).fields[1].value)
    #expect(digits.count == 128)
    for bit in 0..<512 {
      var flipped = digits
      let digit = try #require(flipped[bit / 4].hexDigitValue)
      flipped[bit / 4] = Character(String(digit ^ (1 << (bit % 4)), radix: 16))
      #expect(Self.code { $0.fields[1].value = String(flipped) } == "INVALID_SIGNATURE")
    }
    for (part, other) in [("size=200", "size=20"), ("Active", "History"), ("&size=200", "")] {
      #expect(Self.code { $0.url = $0.url.replacing(part, with: other) } == "INVALID_SIGNATURE")
    }
  }

  @Test("a proof may end with the key's y, if it is that")
  func ends() {
    let y = SimulatorScript.stark.publicKey.y
    let other = y.adding(UInt256(1)).sum
    #expect(Self.code { $0.fields[1].value += y.paddedHex } == "SUCCESS")
    #expect(Self.code { $0.fields[1].value += other.paddedHex } == "INVALID_SIGNATURE")
  }

  @Test("the private stream is opened with the same proof, as headers or as a subprotocol")
  func stream() throws {
    func answer(_ change: (inout HTTPRequest) -> Void) -> SimulatorAction? {
      var venue = Self.started()
      let (time, account) = (UInt64(venue.now.wall / 1_000), UInt64(Self.account) ?? 0)
      let query = SimulatorScript.stark.socketQuery(timestamp: time, account: account)
      let fields = SimulatorScript.stark.socketHeaders(timestamp: time, account: account)
      #expect(query == "accountId=\(account)")
      var request = HTTPRequest(
        .get, "/api/v1/private/ws?\(query)", fields: fields.map { HTTPField($0.name, $0.value) })
      change(&request)
      venue.skip()
      venue.give(.upgrade(ConnectionID(1), request))
      return venue.actions.first
    }
    #expect(answer { _ in } == .accept(ConnectionID(1)))
    let browser = answer { request in
      let fields = request.fields.map { ($0.name, $0.value) }
      request.fields = [
        HTTPField("Sec-WebSocket-Protocol", EdgeXAuthentication.subprotocol(fields))
      ]
    }
    #expect(browser == .accept(ConnectionID(1)))
    for place in [0, 1] {
      guard case .refuse(_, let response)? = answer({ $0.fields[place].value += "1" }) else {
        Issue.record("it is granted")
        return
      }
      #expect(response.status == 401)
    }
  }

  @Test(
    "every step to a signature is shown",
    arguments: [
      (
        EdgeXGeneration.v1,
        ["h1", "h2", "h3", "messageHash", "packed0", "packed1", "hashModN", "signature"]
      ),
      (
        .v2,
        ["orderBaseStructHash", "messageStructHash", "domainSeparator", "digest", "signature"]
      ),
    ])
  func steps(generation: EdgeXGeneration, names: [String]) throws {
    let desk = try EdgeXDesk.live(as: generation)
    var dialect = try #require(desk.pair.session as? TradingSession<EdgeXTrading>).dialect
    dialect.trace = SigningTrace()
    let order = OrderSubject(
      key: .own(ClientOrderID("z-1")!), symbol: desk.btc, name: ShortText("z-1"),
      terms: OrderTerms(
        side: .buy, type: .limit, timeInForce: .gtc, price: desk.price(.buy, -100),
        size: Decimal("0.013")!),
      filled: .zero, placed: desk.pair.now)
    let message = try dialect.write(
      .place(ClientOrderID("z-1")!), order, tag: 1, at: desk.pair.now)
    guard case .request(let request) = message else {
      Issue.record("no request")
      return
    }
    let trace = try #require(dialect.trace)
    #expect(trace.steps.map(\.name) == names && trace.isVerified == true)
    #expect(trace.steps.last?.values == [try JSONTree(request.body)["l2Signature"]?.text ?? ""])
  }

  @Test("an order is shown with the parts of its signature")
  func parts() throws {
    var desk = try EdgeXDesk.live(as: .v1)
    desk.place("a", .buy, at: desk.price(.buy, -20_000))
    try desk.wait { $0.status("a") == "open" }
    let sent = try #require(desk.bodies("createOrder").last?["l2Signature"]?.text)
    let order = try #require(desk.atVenue("a").first)
    var text = ByteBuffer(capacity: 2_048)
    desk.simulator.row(of: order)?.write(to: &text)
    let shown = try #require(JSONTree(text.array)["l2Signature"])
    #expect(shown["r"]?.text == "0x" + sent.prefix(64) && shown["v"]?.text == "")
    #expect(shown["s"]?.text == "0x" + sent.suffix(64))
  }

  @Test("what does not fit, or is not known, is not signed")
  func refusals() throws {
    func problem(
      _ amounts: EdgeXSignedAmounts, hours: UInt64 = 1, hasAssets: Bool = true
    ) -> EdgeXSigningError? {
      let assets = (synthetic: UInt256(1), collateral: UInt256(2))
      let contract = EdgeXContracts.Row(
        symbol: EdgeXDesk.btc, name: "1", number: 1, collateral: 1, scale: nil,
        assets: hasAssets ? assets : nil)
      var expiry = EdgeXGeneration.v1.expiry(now: 0)
      expiry.signature = hours * 3_600_000
      let order = EdgeXSignedOrder(
        account: 1, contract: contract, isBuy: true, nonce: 1, amounts: amounts, expiry: expiry)
      do throws(EdgeXSigningError) {
        _ = try EdgeXStarkMessage.LimitOrder(order)
        return nil
      } catch { return error }
    }
    let most = UInt128(UInt64.max)
    let all = EdgeXSignedAmounts(synthetic: most, collateral: most, fee: most)
    #expect(problem(all) == nil)
    for path in [\EdgeXSignedAmounts.synthetic, \.collateral, \.fee] {
      var amounts = all
      amounts[keyPath: path] += 1
      #expect(problem(amounts) == .tooWide)
    }
    #expect(problem(all, hours: 1 << 32) == .tooWide)
    #expect(problem(all, hasAssets: false) == .noAssets)
  }
}
