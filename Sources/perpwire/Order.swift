import ArgumentParser
import PerpCore
import PerpGateway
import PerpVenue
import PerpVenues

struct Order: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Place, cancel or change one order, and wait for what becomes of it.",
    discussion: """
      EXAMPLES
        perpwire order place --sim paradex:BTC buy 0.01 --price 60000 --post-only
        perpwire order place paradex:BTC sell 0.01 --live --confirm ENABLE_LIVE_ORDER \\
          --journal orders.sqlite
        perpwire order cancel paradex --client-id m-1 --socket "$XDG_RUNTIME_DIR/perpwire.sock"

      Orders stay when this command ends. Exits with 0 once the order is where it was asked to
      be, 64 or 65 where it was refused, 69 where the venue does not answer.
      """,
    subcommands: [Place.self, Cancel.self, CancelAll.self, Modify.self])
}

extension Order {
  struct Place: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Place one order.")

    @Argument(help: "The market, such as paradex:BTC.")
    var target: String

    @Argument(help: "buy or sell.")
    var side: String

    @Argument(help: "In base units.")
    var size: String

    @Option(help: "Of a limit order; without it the order is a market order.")
    var price: String?

    @Option(help: "From which price on a stop or take-profit order is placed.")
    var stopPrice: String?

    @Option(
      help: "limit, market, stop_limit, stop_market, take_profit_limit, take_profit_market.")
    var type: String?

    @Option(help: "gtc, ioc or fok.")
    var tif: String?

    @Flag(help: "Refuse to be filled at once.")
    var postOnly = false

    @Flag(help: "Only make a position smaller.")
    var reduceOnly = false

    @Option(help: "Cancel it after so many milliseconds.")
    var ttlMs: Int?

    @Option(help: "Your name for it, 1 to 36 of A-Z a-z 0-9 _ -; the same name never orders twice.")
    var clientId: String?

    @Option(help: "The account, where the venue has several.")
    var account: String?

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
      let target = try Target(parsing: target)
      guard case .all = target.name else { return try place(target) }
      throw ValidationError("an order is of one market: write \(target.venue):BTC")
    }

    private func place(_ target: Target) throws {
      let link = try gateway.connect([target.venue])
      defer { try? link.close() }
      try link.awaitAccounts(of: [target.venue], seconds: gateway.timeout)
      // By this the order is judged.
      let topic =
        "{\"venues\":[\"\(target.venue)\"],\"channels\":[\"bbo\"],"
        + "\"symbols\":[\(json: "\(target.name)")]}"
      try link.ask("subscribe", topic, seconds: gateway.timeout)
      guard try link.event(seconds: gateway.timeout, where: { $0.text("type") == "bbo" }) != nil
      else { throw Failure(.venueUnavailable, "\(target.text) has no quote") }
      let id = clientId ?? "cli-" + String(UInt64.random(in: 0 ... .max), radix: 36)
      try link.ask("order.place", parameters(target, id), seconds: gateway.timeout)
      try OrderOutcome(link, id, gateway).tell { status in status != "pending" }
    }

    private func parameters(_ target: Target, _ id: String) -> String {
      var words = [
        "\"venue\":\"\(target.venue)\"", "\"symbol\":\(json: "\(target.name)")",
        "\"client_id\":\(json: id)", "\"side\":\(json: side)", "\"size\":\(json: size)",
        "\"order_type\":\(json: type ?? (price == nil ? "market" : "limit"))",
      ]
      if let price { words.append("\"price\":\(json: price)") }
      if let stopPrice { words.append("\"stop_price\":\(json: stopPrice)") }
      if let tif { words.append("\"tif\":\(json: tif)") }
      if let account { words.append("\"account\":\(json: account)") }
      if let ttlMs { words.append("\"ttl_ms\":\(ttlMs)") }
      if postOnly { words.append("\"post_only\":true") }
      if reduceOnly { words.append("\"reduce_only\":true") }
      return "{" + words.joined(separator: ",") + "}"
    }
  }

  /// Which order is meant.
  struct Reference: ParsableArguments {
    @Argument(help: "The venue.")
    var venue: String

    @Option(help: "Your name for the order.")
    var clientId: String?

    @Option(help: "The venue's id of it.")
    var orderId: String?

    func validate() throws {
      guard (clientId == nil) != (orderId == nil) else {
        throw ValidationError("name the order by --client-id or by --order-id")
      }
    }

    var words: [String] {
      ["\"venue\":\(json: venue)"]
        + (clientId.map { ["\"client_id\":\(json: $0)"] } ?? [])
        + (orderId.map { ["\"order_id\":\(json: $0)"] } ?? [])
    }

    func connect(_ gateway: GatewayOptions) throws -> GatewayLink {
      let id = try Registry.required(venue).id
      let link = try gateway.connect([id])
      try link.awaitAccounts(of: [id], seconds: gateway.timeout)
      return link
    }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Cancel one order.")

    @OptionGroup var order: Reference
    @OptionGroup var gateway: GatewayOptions

    func run() throws {
      let link = try order.connect(gateway)
      defer { try? link.close() }
      try link.ask("order.cancel", "{\(order.words.joined(separator: ","))}")
      try OrderOutcome(link, order.clientId, gateway, orderID: order.orderId).tell { status in
        ["cancelled", "filled", "expired", "rejected"].contains(status)
      }
    }
  }

  struct Modify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give an order another price or size.")

    @OptionGroup var order: Reference

    @Option(help: "The new price.")
    var price: String?

    @Option(help: "The new size, what is filled already included.")
    var size: String?

    @Option(help: "Cancel it, and place it anew under this name: for venues that change no orders.")
    var newClientId: String?

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
      let link = try order.connect(gateway)
      defer { try? link.close() }
      var words = order.words
      if let newClientId { words.append("\"new_client_id\":\(json: newClientId)") }
      if let price { words.append("\"price\":\(json: price)") }
      if let size { words.append("\"size\":\(json: size)") }
      try link.ask("order.modify", "{\(words.joined(separator: ","))}")
      if let newClientId {
        try OrderOutcome(link, newClientId, gateway).tell { status in status != "pending" }
      } else {
        try OrderOutcome(link, order.clientId, gateway, orderID: order.orderId)
          .tell(events: ["replaced", "replace_rejected"])
      }
    }
  }

  struct CancelAll: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel-all",
      abstract: "Cancel all orders of an account, or of one market.")

    @Argument(help: "The venue, or a market of it, such as paradex or paradex:BTC.")
    var target: String

    @OptionGroup var gateway: GatewayOptions

    func run() throws {
      let parts = target.split(separator: ":", maxSplits: 1).map(String.init)
      let venue = try Registry.required(parts.first ?? "").id
      let link = try gateway.connect([venue])
      defer { try? link.close() }
      try link.awaitAccounts(of: [venue], seconds: gateway.timeout)
      var filter = "\"venue\":\"\(venue)\""
      if parts.count == 2 { filter += ",\"symbol\":\(json: parts[1])" }
      try link.ask("order.cancel_all", "{\(filter),\"scope\":\"account\"}")
      for _ in 0..<gateway.timeout * 4 {
        let open = try link.ask("orders", "{\(filter)}").objects("orders") ?? []
        guard !open.isEmpty else { return }
        _ = try link.event(seconds: 1) { $0.text("type") == "order" }
      }
      throw Failure(.venueUnavailable, "orders are still open; see `perpwire orders \(venue)`")
    }
  }
}

/// What becomes of one order, told as it comes.
struct OrderOutcome {
  private let link: GatewayLink
  private let clientID: String?
  private let orderID: String?
  private let options: GatewayOptions

  init(
    _ link: GatewayLink, _ clientID: String?, _ options: GatewayOptions, orderID: String? = nil
  ) {
    (self.link, self.clientID, self.options, self.orderID) = (link, clientID, options, orderID)
  }

  /// Prints the order's lines until its status is as wanted.
  func tell(until isDone: (String) -> Bool) throws {
    try tell { isDone($0.text("status") ?? "") }
  }

  /// Prints the order's lines until one of these events.
  func tell(events: [String]) throws {
    try tell { events.contains($0.text("event") ?? "") }
  }

  private func tell(_ isDone: (JSONFields) -> Bool) throws {
    while true {
      let line = try link.event(seconds: options.timeout) { fields in
        ["order", "fill"].contains(fields.text("type") ?? "")
          && (fields.text("client_id") == clientID || fields.text("order_id") == orderID)
      }
      guard let line else {
        throw Failure(
          .venueUnavailable,
          "nothing was heard of the order within \(options.timeout) s: `perpwire orders` looks")
      }
      try Output.write(options.json ? line.line : Self.row(line))
      guard line.text("type") == "order", isDone(line) else { continue }
      guard line.text("status") != "rejected" else {
        throw Failure(.badInput, "the order was rejected: \(line.text("reason") ?? "no reason")")
      }
      return
    }
  }

  private static func row(_ line: JSONFields) -> String {
    let names =
      line.text("type") == "fill"
      ? ["type", "side", "size", "price", "fee", "fee_asset", "liquidity"]
      : [
        "client_id", "order_id", "status", "side", "size", "price", "filled", "avg_price", "reason",
      ]
    return names.compactMap { name in
      line.text(name).map { name == "type" ? $0 : "\(name) \($0)" }
    }.joined(separator: "  ") + "\n"
  }
}
