import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// Logins and calls of the account ("Trading API"), by REST or on the WebSocket.
extension GRVTSimulator {
  static let accountRoutes: Set<String> = [
    "create_order", "cancel_order", "cancel_all_orders", "bulk_orders", "order", "open_orders",
    "order_history", "fill_history", "positions", "account_summary", "get_sub_accounts",
    "aggregated_account_summary", "funding_account_summary", "get_all_initial_leverage",
    "set_initial_leverage", "cancel_on_disconnect", "funding_payment_history",
  ]

  /// Of those, what asks for nothing about one sub account.
  private static let mainRoutes: Set<String> = [
    "get_sub_accounts", "aggregated_account_summary", "funding_account_summary",
  ]

  /// False for a request that is none of the account.
  mutating func answerAccount(
    _ id: RequestID, _ request: HTTPRequest, at now: Moment, into actions: inout [SimulatorAction]
  ) -> Bool {
    if request.path.hasPrefix("/auth/") {
      actions.append(.respond(id, logIn(request, at: now)))
      return true
    }
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 3, let encoding = GRVTEncoding(rawValue: parts[0]),
      Self.accountRoutes.contains(parts[2])
    else { return false }
    let caller = GRVTCaller.http(id, encoding)
    guard request.method == .post else {
      actions.append(.respond(id, HTTPResponse(status: 405)))
      return true
    }
    let type = Self.field("content-type", of: request) ?? ""
    guard type.hasPrefix("application/json") else {
      actions.append(caller.failure(.malformed))
      return true
    }
    let session = session(of: request)
    call(
      "\(parts[1])/\(parts[2])", request.body, session: session, caller, at: now, into: &actions)
    return true
  }

  /// A call by JSON-RPC; its parameters are what REST has as the body.
  mutating func call(
    _ method: String, _ text: RawSpan, _ request: GRVTRequest, on id: ConnectionID,
    at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let client = clients[id] else { return }
    let caller = GRVTCaller.socket(id, id: request.id, method: method, client.encoding)
    let fields = (try? JSONFields(text)).map { GRVTFields($0, client.encoding) }
    guard let body = fields?.raw(.parameters),
      Self.accountRoutes.contains(String(method.dropFirst(3)))
    else { return actions.append(caller.failure(.notFound)) }
    call(method, body, session: client.session, caller, at: now, into: &actions)
  }

  private mutating func call(
    _ method: String, _ body: [UInt8], session: String?, _ caller: GRVTCaller, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    let route = String(method.dropFirst(3))
    func refuse(_ failure: GRVTFailure) { actions.append(caller.failure(failure)) }
    guard method.hasPrefix(route == "bulk_orders" ? "v2/" : "v1/") else { return refuse(.notFound) }
    guard let session, desk.isValid(session, at: now) else { return refuse(.unauthenticated) }
    guard desk.mayCall(route, at: now) else { return refuse(.rateLimited) }
    publish(at: now, into: &actions)
    guard let fields = GRVTFields(body, caller.encoding) else { return refuse(.malformed) }
    if !Self.mainRoutes.contains(route), route != "create_order" {
      guard let account = fields.text(.subAccount), UInt64(account) != nil else {
        return refuse(.subAccountFormat)
      }
      guard account == GRVTSimulatedAccount.subAccount else { return refuse(.unauthorized) }
    }
    switch route {
    case "create_order", "cancel_order", "cancel_all_orders", "bulk_orders":
      carryOut(route, fields, caller, at: now, into: &actions)
    default:
      do throws(GRVTFailure) {
        actions.append(caller.answer(try answer(route, fields, at: now)))
      } catch {
        refuse(error)
      }
    }
  }

  // MARK: Sessions

  private mutating func logIn(_ request: HTTPRequest, at now: Moment) -> HTTPResponse {
    guard request.method == .post else { return HTTPResponse(status: 405) }
    guard desk.mayCall("login", at: now) else { return Self.failure(.rateLimited, .full) }
    guard let fields = GRVTFields(request.body, .full),
      Self.field("content-type", of: request)?.hasPrefix("application/json") == true
    else { return Self.failure(.malformed, .full) }
    do throws(GRVTFailure) {
      switch request.path {
      case "/auth/api_key/login":
        guard fields.fields.text("api_key") == GRVTSimulatedAccount.apiKey else {
          throw .unauthenticated
        }
      case "/auth/wallet/login": try checkWallet(fields, at: now)
      default: return HTTPResponse(status: 404)
      }
      return welcome(at: now)
    } catch {
      return Self.failure(error, .full)
    }
  }

  /// "Wallet login": a key signs that it wants in, for five minutes at most, with each nonce once.
  ///
  ///     {"address":"0x…","signature":{"signer":"0x…","r":"0x…","s":"0x…","v":27,
  ///      "expiration":"1795132830000000000","nonce":1795132800,"chain_id":"325"}}
  private mutating func checkWallet(_ fields: GRVTFields, at now: Moment) throws(GRVTFailure) {
    guard let signed = fields.object(.signature), let text = fields.fields.text("address"),
      text.hasPrefix("0x"), let address = EthereumAddress(text),
      let signer = signed.text(.signer).flatMap({ EthereumAddress($0) }),
      let nonce = signed.integer(.nonce).flatMap({ UInt32(exactly: $0) }),
      let expiration = signed.integer(.expiration), expiration >= 0,
      let r = signed.text(.signatureR), let s = signed.text(.signatureS),
      let v = signed.integer(.signatureV)
    else { throw .malformed }
    let ahead = expiration - now.wall * 1_000
    guard ahead <= 300_000_000_000 else { throw .malformed }
    guard ahead > 0 else { throw .unauthenticated }
    guard ["", "0", "\(desk.chainID)"].contains(signed.text(.chainID) ?? "") else { throw .chainID }
    let signature = try GRVTSimulatorSignature.parse(r: r, s: s, v: v)
    let digest = GRVTSimulatorSignature.loginDigest(
      of: signer, nonce: nonce, expiration: expiration, chainID: desk.chainID)
    guard Secp256k1.signer(of: digest, signature) == signer, signer == address,
      signer == desk.signer, desk.loginNonces.insert(nonce).inserted
    else { throw .unauthenticated }
  }

  /// A cookie, the account's id in a field, and both names of it.
  private mutating func welcome(at now: Moment) -> HTTPResponse {
    let expires = now.wall / 1_000_000 + desk.sessionLife
    let token = "\(random.uuid().string)-\(random.uuid().string)"
    desk.sessions = desk.sessions.filter { $0.value * 1_000_000 > now.wall }
    desk.sessions[token] = expires
    var response = HTTPResponse.json { text in
      text.append("{")
      text.put("status", text: "success")
      text.put("location", text: "")
      text.put("funding_account_address", text: GRVTSimulatedAccount.mainAccount)
      text.put("sub_account_id", text: GRVTSimulatedAccount.subAccount)
      text.append("}")
    }
    response.fields += [
      HTTPField("Set-Cookie", GRVTCookie(value: token, expires: expires).setting),
      HTTPField("X-Grvt-Account-Id", GRVTSimulatedAccount.accountID),
    ]
    return response
  }

  /// The cookie counts together with the account's id alone.
  func session(of request: HTTPRequest) -> String? {
    let account =
      Self.field("x-grvt-account-id", of: request)
      ?? request.query("x_grvt_account_id").map(String.init)
    guard account == GRVTSimulatedAccount.accountID,
      let cookies = Self.field("cookie", of: request)
    else { return nil }
    return cookies.split(separator: ";").map { $0.drop { $0 == " " } }
      .first { $0.hasPrefix("\(GRVTCookie.name)=") }
      .map { String($0.dropFirst(GRVTCookie.name.count + 1)) }
  }

  private static func field(_ name: String, of request: HTTPRequest) -> String? {
    request.fields.first { $0.name.lowercased() == name }?.value
  }

  /// Sockets whose session is over.
  mutating func expireSessions(at now: Moment, into actions: inout [SimulatorAction]) {
    for id in clients.ids {
      guard let session = clients[id]?.session, !desk.isValid(session, at: now) else { continue }
      clients[id]?.session = nil
      clients[id]?.sessionEnd = .max
      clients[id]?.accountFeeds = []
      guard desk.closesExpired else { continue }
      actions.append(.close(id, code: 1008, reason: "session expired"))
      clients.remove(id)
    }
  }
}
