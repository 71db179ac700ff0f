import PerpCore

/// Commands about orders and accounts.
extension Request {
  /// Orders of one batch.
  static let maxBatch = 50

  /// Nil where there is no such method.
  static func orderCommand(
    _ method: String, _ params: [UInt8], venues: [VenueID]
  ) throws -> Command? {
    var fields = try Fields(params, venues: venues)
    let command: Command
    switch method {
    case "order.place": command = .place(try fields.placement())
    case "order.batch": command = .batch(try batch(params, venues: venues, &fields))
    case "order.cancel": command = .cancel(try fields.reference())
    case "order.query": command = .query(try fields.reference())
    case "order.modify": command = .modify(try fields.modification())
    case "order.cancel_all": command = .cancelAll(try fields.filter(allowsScope: true))
    case "orders": command = .orders(try fields.filter(allowsScope: false))
    case "positions": command = .positions(try fields.filter(allowsScope: false))
    case "balances": command = .balances(try fields.filter(allowsScope: false))
    case "limits": command = .accountLimits(try fields.filter(allowsScope: false))
    case "arm":
      guard let text = try fields.text("confirm") else {
        throw Refusal(Refusal.invalidParams, "arm needs confirm")
      }
      command = .arm(confirmation: text)
    case "panic": command = .panic(flatten: try fields.flag("flatten") ?? false)
    default: return nil
    }
    try fields.requireNoMore()
    return command
  }

  static func venue(_ name: String, among venues: [VenueID]) throws -> VenueID {
    if let venue = venues.first(where: { $0.description == name }) { return venue }
    let known = venues.map(\.description).joined(separator: ", ")
    throw Refusal(Refusal.invalidParams, "there is no venue '\(name)'; there are \(known)")
  }

  static func market(_ name: String) throws -> MarketName {
    if let market = MarketName(name) { return market }
    throw Refusal(
      Refusal.invalidParams, "unknown_symbol",
      "'\(name)' is no symbol; they look like BTC-USD-PERP, or BTC, or *")
  }

  static func deadMan(_ json: inout JSONReader) throws -> Command.DeadMan {
    var deadMan = Command.DeadMan()
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "scope" {
        deadMan.scope = try word(try json.string().text, "deadman.scope")
      } else if key == "grace_ms" {
        let milliseconds = try whole(&json, "deadman.grace_ms", 0...600_000)
        deadMan.grace = UInt64(milliseconds) * 1_000_000
      } else {
        throw unknown("deadman.\(key.text)", of: ["deadman.scope", "deadman.grace_ms"])
      }
    }
    return deadMan
  }

  private static func batch(
    _ params: [UInt8], venues: [VenueID], _ fields: inout Fields
  ) throws -> [Command.Placement] {
    guard let raw = fields.take("orders") else {
      throw Refusal(Refusal.invalidParams, "order.batch needs orders: a list of objects")
    }
    var json = JSONReader(raw.span.bytes)
    guard try json.peek() == .array else {
      throw Refusal(Refusal.invalidParams, "orders is a list of objects")
    }
    var orders: [Command.Placement] = []
    try json.enterArray()
    while try json.nextElement() {
      guard orders.count < maxBatch else {
        throw Refusal(Refusal.invalidParams, "orders has more than \(maxBatch) elements")
      }
      var order = try Fields(try json.raw().withUnsafeBytes { Array($0) }, venues: venues)
      orders.append(try order.placement())
      try order.requireNoMore()
    }
    guard !orders.isEmpty else { throw Refusal(Refusal.invalidParams, "orders is empty") }
    guard Set(orders.map(\.clientID)).count == orders.count else {
      throw Refusal(
        Refusal.refused, "duplicate_client_id", "two orders of the batch have one client_id")
    }
    return orders
  }

  fileprivate static func word<Word: RawRepresentable & CaseIterable>(
    _ text: String, _ name: String
  ) throws -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text) { return word }
    let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw Refusal(Refusal.invalidParams, "\(name) is one of \(known)")
  }
}

/// The members of `params`, each taken once; what is left nobody knows.
private struct Fields {
  private var members: [(name: String, value: [UInt8])] = []
  private var known: [String] = []
  private let venues: [VenueID]

  init(_ params: [UInt8], venues: [VenueID]) throws {
    self.venues = venues
    var json = JSONReader(params.span.bytes)
    guard try json.peek() == .object else {
      throw Refusal(Refusal.invalidParams, "an order is an object")
    }
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      guard !members.contains(where: { $0.name == name }) else {
        throw Refusal(Refusal.invalidParams, "'\(name)' is there twice")
      }
      members.append((name, try json.raw().withUnsafeBytes { Array($0) }))
    }
    try json.finish()
  }

  mutating func take(_ name: String) -> [UInt8]? {
    known.append(name)
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    return members.remove(at: index).value
  }

  func requireNoMore() throws {
    if let member = members.first { throw Request.unknown(member.name, of: known) }
  }

  // MARK: Kinds of values

  mutating func text(_ name: String) throws -> String? {
    guard let raw = take(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    guard try json.peek() == .string else {
      throw Refusal(Refusal.invalidParams, "\(name) is a string")
    }
    return try json.string().text
  }

  mutating func flag(_ name: String) throws -> Bool? {
    guard let raw = take(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    guard try json.peek() == .bool else {
      throw Refusal(Refusal.invalidParams, "\(name) is true or false")
    }
    return try json.bool()
  }

  mutating func number(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
    guard let raw = take(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    return try Request.whole(&json, name, range)
  }

  /// Of a string or of a number, by its text.
  mutating func decimal(_ name: String) throws -> Decimal? {
    guard let raw = take(name) else { return nil }
    var json = JSONReader(raw.span.bytes)
    guard [.string, .number].contains(try json.peek()), let value = try? json.decimal() else {
      throw Refusal(
        Refusal.invalidParams, "\(name) is a decimal number, such as \"0.25\"")
    }
    return value
  }

  mutating func word<Word: RawRepresentable & CaseIterable>(_ name: String) throws -> Word?
  where Word.RawValue == String {
    try text(name).map { try Request.word($0, name) }
  }

  private mutating func venue() throws -> VenueID? {
    try text("venue").map { try Request.venue($0, among: venues) }
  }

  private mutating func clientID(_ name: String = "client_id") throws -> ClientOrderID? {
    guard let text = try text(name) else { return nil }
    guard let id = ClientOrderID(text) else {
      throw Refusal(Refusal.invalidParams, "\(name) is 1 to 36 of A-Z a-z 0-9 _ -")
    }
    return id
  }

  // MARK: What they come to

  mutating func placement() throws -> Command.Placement {
    func needs(_ name: String) -> Refusal {
      Refusal(Refusal.invalidParams, "an order needs \(name)")
    }
    guard let venue = try venue() else { throw needs("venue") }
    guard let name = try text("symbol") else { throw needs("symbol") }
    guard let clientID = try clientID() else { throw needs("client_id") }
    guard let side: Side = try word("side") else { throw needs("side") }
    guard let type: OrderType = try word("order_type") else { throw needs("order_type") }
    guard let size = try decimal("size") else { throw needs("size") }
    let isPostOnly = try flag("post_only") ?? false
    let inForce: TimeInForce? = try word("tif")
    let terms = OrderTerms(
      side: side, type: type, timeInForce: inForce ?? (type == .market ? .ioc : .gtc),
      price: try decimal("price"), stopPrice: try decimal("stop_price"), size: size,
      isPostOnly: isPostOnly, isReduceOnly: try flag("reduce_only") ?? false)
    return Command.Placement(
      account: try text("account"), venue: venue, symbol: try Request.market(name),
      clientID: clientID, terms: terms,
      lifetime: try number("ttl_ms", 1...86_400_000).map { UInt64($0) * 1_000_000 },
      slippage: try number("max_slippage_bps", 0...10_000).map(Int.init))
  }

  mutating func reference() throws -> Command.OrderReference {
    let reference = Command.OrderReference(
      account: try text("account"), venue: try venue(), clientID: try clientID(),
      orderID: try text("order_id").flatMap(ShortText.init))
    if reference.clientID == nil, reference.orderID == nil || reference.venue == nil {
      throw Refusal(Refusal.invalidParams, "an order is named by client_id, or order_id and venue")
    }
    return reference
  }

  mutating func modification() throws -> Command.Modification {
    let change = Command.Modification(
      order: try reference(), newID: try clientID("new_client_id"), price: try decimal("price"),
      size: try decimal("size"))
    guard change.price != nil || change.size != nil else {
      throw Refusal(Refusal.invalidParams, "order.modify needs price or size")
    }
    return change
  }

  mutating func filter(allowsScope: Bool) throws -> Command.AccountFilter {
    var filter = Command.AccountFilter(account: try text("account"), venue: try venue())
    filter.symbol = try text("symbol").map { try Request.market($0) }
    if allowsScope {
      filter.scope = try word("scope") ?? .mine
    } else {
      filter.includesFinal = try flag("all") ?? false
    }
    return filter
  }
}
