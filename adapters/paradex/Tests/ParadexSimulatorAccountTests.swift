import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

/// Tokens, and what an account may ask of itself.
@Suite struct ParadexSimulatorAccountTests {
  @Test("a signature is exchanged for a token, which ends")
  func token() throws {
    var script = try SimulatorScript()
    #expect(
      try script.request(.get, "/account").tree?["message"]?.text == "missing or malformed jwt")
    #expect(try script.logIn().status == 200)
    let account = try script.request(.get, "/account")
    #expect(account.status == 200)
    #expect(account.tree?["account"]?.text == script.signer.account.hex)
    #expect(account.tree?["account_value"]?.text == "100000")
    script.wait(milliseconds: 301_500)
    let late = try script.request(.get, "/account")
    #expect(late.status == 401)
    let message = late.tree?["message"]?.text ?? ""
    #expect(message.hasPrefix("missing or malformed jwt: token is expired by 1.5"), "\(message)")
    #expect(try script.logIn(path: "/auth").status == 200)
    #expect(try script.request(.get, "/account").status == 200)
  }

  @Test("a key that may trade for the account logs in under its own name")
  func subkey() throws {
    var script = try SimulatorScript(key: ParadexTestKeys.subkey)
    #expect(try script.logIn().status == 200)
    #expect(try script.place("BUY", "0.01").status == 201)
    // Without the key in the path the main key is meant.
    #expect(try script.logIn(path: "/auth").status == 401)
  }

  @Test("the test keys are those of the README")
  func keys() {
    let keys = (ParadexTestKeys.accounts + [ParadexTestKeys.subkey]).map {
      ParadexTestKeys.publicKey($0).hex
    }
    #expect(
      keys == [
        "0x55a8f682de17399ba25a08a9c9773cf17fb929e5547ad6ee25de00435753864",
        "0x3a7f8ccdc03e11cff62f43b66ead95afe35e0f7e2733f235c5026fcd4dae1f3",
        "0x592cb34756f8bbc1d44bda8e272bae63d29e730bab3353f5b4a539d0313729b",
      ])
  }

  @Test("a signature that differs in anything is refused")
  func refusedTokens() throws {
    var script = try SimulatorScript()
    func code(_ change: (inout [HTTPField]) -> Void) throws -> String? {
      try script.logIn(changing: change).tree?["error"]?.text
    }
    let failed = "STARKNET_SIGNATURE_VERIFICATION_FAILED"
    #expect(try code { $0[3].value = "\(Int($0[3].value)! + 1)" } == failed)
    #expect(try code { $0[2].value = "\(Int($0[2].value)! - 1)" } == failed)
    #expect(
      try code { $0[1].value = $0[1].value.replacing("1", with: "2", maxReplacements: 1) } == failed
    )
    #expect(try code { $0[1].value = "[]" } == "INVALID_STARKNET_SIGNATURE")
    #expect(try code { $0[0].value = "0x123" } == "NOT_ONBOARDED")
    #expect(try code { $0[2].value = "1895132803" } == "INVALID_TIMESTAMP")
    #expect(try script.logIn(path: "/auth/0x5").tree?["error"]?.text == "INVALID_SUBKEY")
    #expect(script.token == nil)
  }

  @Test("a connection is nobody's until it says whose")
  func connections() throws {
    var script = try SimulatorScript()
    script.connect(1)
    script.call("subscribe", #"{"channel":"orders.ALL"}"#)
    script.call("order.cancel_all")
    script.authenticate()
    #expect(
      try script.answers().map { $0["error"]?["code"] } == [
        .number("40300"), .number("40300"), .number("40111"),
      ])
    try script.logIn()
    script.skip()
    script.authenticate()
    script.call("subscribe", #"{"channel":"orders.ALL"}"#)
    script.call("subscribe", #"{"channel":"orders.ALL"}"#)
    script.call("subscribe", #"{"channel":"orders"}"#)
    script.call("unsubscribe", #"{"channel":"orders.ALL"}"#)
    let answers = try script.answers()
    #expect(answers[0]["result"]?["node_id"]?.text != nil)
    #expect(answers[1]["result"]?["channel"]?.text == "orders.ALL")
    #expect(answers[2]["error"]?["data"]?.text == "already subscribed to orders.ALL")
    #expect(answers[3]["error"]?["data"]?.text == "invalid channel")
    #expect(answers[4]["result"]?["channel"]?.text == "orders.ALL")
  }

  @Test("positions, balance, fills and history agree after a trade")
  func account() throws {
    var script = try SimulatorScript.loggedIn()
    try script.place("BUY", "0.5")
    try script.place("SELL", "0.2")
    try script.place("BUY", "0.1", at: "80000", client: "low")
    let position = try #require(
      script.request(.get, "/positions").tree?["results"]?.elements.first)
    #expect(position["size"]?.text == "0.3" && position["side"]?.text == "LONG")
    let fills = try #require(script.request(.get, "/fills").tree?["results"]?.elements)
    let fees = fills.compactMap { $0["fee"]?.text.flatMap { Decimal($0) } }
      .reduce(Decimal.zero) { $0.adding($1)! }
    let realized = fills.compactMap { $0["realized_pnl"]?.text.flatMap { Decimal($0) } }
      .reduce(Decimal.zero) { $0.adding($1)! }
    let balance = try #require(
      script.request(.get, "/balance").tree?["results"]?.elements.first?["size"]?.text)
    #expect(Decimal(balance) == Decimal(100_000).adding(realized)!.subtracting(fees))
    let history = try #require(
      script.request(.get, "/orders-history").tree?["results"]?.elements)
    #expect(history.map { $0["status"]?.text } == ["OPEN", "CLOSED", "CLOSED"])
    let page = try script.request(.get, "/orders-history?page_size=2").tree
    #expect(page?["results"]?.elements.count == 2)
    let cursor = try #require(page?["next"]?.text)
    let rest = try script.request(.get, "/orders-history?page_size=2&cursor=\(cursor)").tree
    #expect(rest?["results"]?.elements.count == 1 && rest?["next"] == .null)
    let low = try script.request(.get, "/orders/by_client_id/low").tree
    #expect(low?["price"]?.text == "80000" && low?["remaining_size"]?.text == "0.1")
    #expect(try script.request(.get, "/orders").tree?["results"]?.elements.count == 1)
    #expect(try script.request(.get, "/orders/1").status == 404)
  }

  @Test("leverage is set and asked for")
  func margin() throws {
    var script = try SimulatorScript.loggedIn()
    let body = #"{"leverage":7,"margin_type":"CROSS"}"#
    #expect(try script.request(.post, "/account/margin/BTC-USD-PERP", body).status == 200)
    let configs = try #require(
      script.request(.get, "/account/margin?market=BTC-USD-PERP").tree?["configs"]?.elements)
    #expect(configs.map { $0["leverage"] } == [.number("7"), .number("50")])
    let over = #"{"leverage":51}"#
    #expect(try script.request(.post, "/account/margin/BTC-USD-PERP", over).status == 400)
  }
}
