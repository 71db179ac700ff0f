import PerpCore
import PerpGateway
import PerpIO
import PerpVenue

/// Signs commands as an account would, and sends nothing of them.
struct SigningDesk {
  struct Answer {
    var text: String
    var isRefusal: Bool
  }

  private let venue: VenueID
  private let markets: MarketList
  private let probe: Probe
  private var dialect: any TradingDialect
  private var names: OrderNames
  private var lastTag: Int64 = 0

  init(
    _ venue: VenueDescriptor, _ trading: VenueTrading, _ options: TradingOptions, _ probe: Probe
  ) throws {
    self.venue = venue.id
    self.probe = probe
    do throws(TradingProblem) { dialect = try trading.makeDialect(options) } catch {
      throw Failure(.configuration, error.text)
    }
    names = OrderNames(dialect.tracking.naming)
    dialect.trace = SigningTrace()
    let session = SessionOptions(
      endpoints: options.endpoints, seed: 0, settings: options.settings, secrets: options.secrets)
    switch probe.markets(venue.makeDialect(session)) {
    case .success(let found): markets = MarketList(found)
    case .failure(let cause): throw Failure(.venueUnavailable, "\(venue.id): \(cause)")
    }
  }

  /// One line for one command.
  mutating func answer(to line: RawSpan) -> Answer {
    let request = Request(line, venues: [venue])
    var text = ByteBuffer(capacity: 2_048)
    text.append(#"{"id":"#)
    text.append(request.id ?? "null")
    do throws(Refusal) {
      let subject = try subject(of: try request.command.get())
      let message = try sign(subject)
      text.put("venue", text: venue.description)
      text.put("symbol", text: subject.symbol.description)
      if let name = subject.name { text.put("venue_client_id", text: name.string) }
      putSteps(into: &text)
      put(message, into: &text)
      text.append("}\n")
      return Answer(text: text.string, isRefusal: false)
    } catch {
      text.put("error")
      text.append(error)
      text.append("}\n")
      return Answer(text: text.string, isRefusal: true)
    }
  }

  private mutating func subject(of command: Command) throws(Refusal) -> OrderSubject {
    guard case .place(let placement) = command else {
      throw Refusal(Refusal.refused, "unsupported", "sign shows order.place alone")
    }
    let symbols: [Symbol]
    switch placement.symbol.resolve(in: markets, of: venue) {
    case .success(let found): symbols = found
    case .failure(let unresolved):
      throw Refusal(Refusal.refused, "unknown_symbol", unresolved.message)
    }
    guard symbols.count == 1, let market = markets[symbols[0]] else {
      throw Refusal(Refusal.refused, "unknown_symbol", "an order is of one market")
    }
    let intent = OrderIntent(
      clientID: placement.clientID, symbol: market.symbol, terms: placement.terms)
    if let refusal = intent.refusal(on: market) ?? dialect.refusal(of: intent) {
      throw Refusal(refusal)
    }
    let now = Clock.now()
    return OrderSubject(
      placing: intent, name: names.next(for: intent.clientID, at: now.wall), at: now)
  }

  /// Written as soon as enough is known: a login that is not needed is not made.
  private mutating func sign(_ order: OrderSubject) throws(Refusal) -> TradingMessage {
    guard case .own(let id) = order.key else { preconditionFailure("an order of ours") }
    while true {
      dialect.trace = SigningTrace()
      lastTag += 1
      let refusal: OrderRefusal
      do throws(OrderRefusal) {
        let message = try dialect.write(.place(id), order, tag: lastTag, at: Clock.now())
        // Where each has a number of its own, the next one has it again.
        dialect.lost(.place(id), wasSent: false)
        return message
      } catch { refusal = error }
      var isStepTaken = false
      do throws(TradingProblem) { isStepTaken = try probe.takeStep(&dialect) } catch {
        throw Refusal(Refusal.refused, "venue_down", error.text)
      }
      guard isStepTaken else { throw Refusal(refusal) }
    }
  }

  // MARK: Writing

  private func putSteps(into text: inout ByteBuffer) {
    text.put("steps")
    text.append("[")
    for (index, step) in (dialect.trace?.steps ?? []).enumerated() {
      text.append(index == 0 ? "{" : ",{")
      text.put("name", text: step.name)
      if step.values.count == 1 {
        text.put("value", text: step.values[0])
      } else {
        text.put("values")
        text.append("[")
        for (place, value) in step.values.enumerated() {
          if place > 0 { text.append(",") }
          text.append(json: value)
        }
        text.append("]")
      }
      text.append("}")
    }
    text.append("]")
    if let isVerified = dialect.trace?.isVerified {
      text.put("verified")
      text.append(isVerified ? "true" : "false")
    }
  }

  private func put(_ message: TradingMessage, into text: inout ByteBuffer) {
    text.put("request")
    text.append("{")
    switch message {
    case .message(let bytes):
      text.put("message", text: String(decoding: bytes, as: UTF8.self))
    case .request(let request):
      text.put("method", text: request.method.rawValue)
      text.put("url", text: request.url)
      text.put("headers")
      text.append("{")
      for (index, field) in request.fields.enumerated() {
        if index > 0 { text.append(",") }
        text.append(json: field.name)
        text.append(":")
        let isSecret = Self.secretFields.contains(field.name.lowercased())
        text.append(json: isSecret ? "(secret)" : field.value)
      }
      text.append("}")
      text.put("body", text: String(decoding: request.body, as: UTF8.self))
    }
    text.append("}")
  }

  /// What opens an account to whoever has it.
  private static let secretFields: Set<String> = [
    "authorization", "cookie", "x-edgex-passphrase", "x-edgex-api-key",
  ]
}
