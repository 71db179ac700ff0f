import PerpCore
import PerpSim
import PerpVenue

/// What needs a token, or a signature, on the socket.
extension LighterSimulator {
  static let privateFamilies = [
    "account_all_orders", "account_all_trades", "account_all_positions", "account_all_assets",
    "user_stats",
  ]

  /// The account a token is for.
  func account(for text: String, at now: Moment) throws(LighterSimulatorRefusal)
    -> LighterSimulatorAccount
  {
    guard let token = LighterSimulatorToken(text),
      let account = accounts.first(where: { $0.index == token.account }),
      let key = account.keys[token.key], token.isSigned(by: key.publicKey)
    else {
      throw LighterSimulatorRefusal(20_013, "invalid auth: invalid auth string", status: 401)
    }
    // "At most 8 hours ahead."
    guard (1...8 * 3_600).contains(token.deadline - now.wall / 1_000_000) else {
      throw LighterSimulatorRefusal(20_013, "invalid auth: invalid deadline", status: 401)
    }
    return account
  }

  /// Subscribes to a channel of an account; its first message holds how things stand.
  mutating func subscribe(
    private name: String, auth: String, _ id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) throws(LighterSimulatorRefusal) {
    let told = Self.told(name)
    let parts = name.split(separator: "/").map(String.init)
    guard parts.count == 2, Self.privateFamilies.contains(parts[0]) else {
      throw LighterSimulatorRefusal(30_005, "Invalid Channel")
    }
    // "Required unless a public pool", say the documents; the venue was seen not to ask.
    let isOpen = ["account_all_trades", "account_all_positions"].contains(parts[0])
    guard !auth.isEmpty || isOpen else {
      throw LighterSimulatorRefusal(20_001, "invalid param : auth field is required: \(told)")
    }
    let named = accounts.first { "\($0.index)" == parts[1] }
    let account = try auth.isEmpty ? named : self.account(for: auth, at: now)
    guard let account, account.index == named?.index else {
      throw LighterSimulatorRefusal(20_013, "invalid auth: account mismatch")
    }
    guard clients[id]?.privateChannels[name] == nil else {
      throw LighterSimulatorRefusal(30_003, "Already Subscribed to : \(told)")
    }
    clients[id]?.privateChannels[name] =
      auth.isEmpty ? .max : LighterSimulatorToken(auth)?.deadline ?? 0
    let text = message(parts[0], account.index, isFirst: true, at: now) { text in
      writeState(parts[0], of: account.number, at: now, to: &text)
    }
    actions.append(.send(id, Frame(.text, text)))
  }

  private func writeState(
    _ family: String, of account: UInt32, at now: Moment, to text: inout ByteBuffer
  ) {
    switch family {
    case "account_all_orders":
      text.put("orders")
      text.append("{")
      var isFirst = true
      for index in markets.indices {
        let rows = exchange.openOrders(of: account, market: index)
          .filter { $0.status != .pending }.compactMap(row)
        guard !rows.isEmpty else { continue }
        if !isFirst { text.append(",") }
        isFirst = false
        text.append(json: markets[index].name.string)
        text.append(":[")
        for (place, row) in rows.enumerated() {
          if place > 0 { text.append(",") }
          row.write(to: &text, isUpdate: false)
        }
        text.append("]")
      }
      text.append("}")
    case "account_all_trades":
      for name in ["daily_volume", "monthly_volume", "total_volume", "weekly_volume"]
        as [StaticString]
      {
        text.put(name, 0)
      }
      text.put("trades")
      text.append("{}")
    case "account_all_positions":
      let held = markets.indices.compactMap { exchange.position(of: account, market: $0) }
      writePositions(held.filter { $0.updatedAt > 0 }, of: account, to: &text)
    case "account_all_assets":
      text.put("assets")
      text.append(
        #"{"3":{"symbol":"USDC","asset_id":3,"balance":"0.000000","locked_balance":"0.000000","#
          + #""margin_mode":"disabled""#)
      text.put("margin_balance", exchange.balance(of: account, at: 0).map { Self.money($0.total) })
      text.append("}}")
    default:
      if let balance = exchange.balance(of: account, at: now.wall) {
        writeStats(balance, to: &text)
      }
    }
  }

  /// "Whether a token is checked again during a subscription" is not known: here it is, and the
  /// subscription ends with it.
  mutating func endSubscriptions(
    of id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    guard let channels = clients[id]?.privateChannels else { return }
    for name in channels.keys.sorted() where (channels[name] ?? 0) <= now.wall / 1_000_000 {
      clients[id]?.privateChannels[name] = nil
      refuse(20_013, "invalid auth: expired token: \(Self.told(name))", id, into: &actions)
    }
  }

  // MARK: Transactions

  /// `{"type":"jsonapi/sendtx","data":{"id":"my-1","tx_type":14,"tx_info":{…}}}`
  mutating func send(
    transaction message: RawSpan, from id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let data = (try? JSONFields(message))?.object("data"),
      let type = data.integer("tx_type"), let text = data.raw("tx_info"),
      text.first == UInt8(ascii: "{")
    else {
      // Without the id, as the venue does where it cannot read that far.
      return refuse(21_501, "invalid tx info", id, into: &actions)
    }
    let name = data.text("id") ?? ""
    carryOut(type, text, at: now, into: &actions) { answer in
      var frame = ByteBuffer(capacity: 256)
      frame.append("{")
      switch answer {
      case .success(let hash):
        frame.append("\"code\":200")
        frame.put("id", text: name)
        frame.put("predicted_execution_time_ms", now.wall / 1_000 + 1)
        frame.put("tx_hash", text: hash)
        frame.put("type", text: "jsonapi/sendtx")
      case .failure(let refusal):
        frame.append(#""error":{"code":"#)
        frame.append(refusal.code)
        frame.put("message", text: refusal.message)
        frame.append("}")
        frame.put("id", text: name)
      }
      frame.append("}")
      return .send(id, Frame(.text, frame.array))
    }
  }

  /// Submits a transaction, with what goes wrong on its way.
  mutating func carryOut(
    _ type: Int64, _ text: [UInt8], at now: Moment, into actions: inout [SimulatorAction],
    _ respond: (Result<String, LighterSimulatorRefusal>) -> SimulatorAction
  ) {
    let fate = orderFaults.draw()
    var told = Told()
    var answer = Result<String, LighterSimulatorRefusal>.failure(
      LighterSimulatorRefusal(29_500, "internal server error", status: 500))
    if fate.takesEffect || fate.answer == .success {
      do throws(LighterSimulatorRefusal) {
        answer = .success(
          try submit(type: type, text, isIgnored: !fate.takesEffect, at: now, into: &told))
      } catch {
        answer = .failure(error)
      }
    }
    switch fate.answer {
    case .own, .success, .none: break
    case .status(429):
      answer = .failure(LighterSimulatorRefusal(23_000, "Too Many Requests!", status: 429))
    case .status(let status):
      let code: Int64 = status < 500 ? 20_001 : 29_500
      answer = .failure(LighterSimulatorRefusal(code, "service unavailable", status: status))
    }
    actions += told.published
    fate.deliver(
      answer: fate.answer == .none ? [] : [respond(answer)], reports: told.reports, at: now,
      holding: &held, into: &actions)
  }
}
