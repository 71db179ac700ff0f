/// Lines of orders and fills, read back from what `ByteBuffer.append(_:sequence:sent:style:)`
/// wrote: the same value comes out, with the same digits. The journal is read so.

extension OrderUpdate {
  /// `line` is one JSON object, with or without its LF, with decimals as texts or as bare numbers.
  /// Members that this version does not know are passed over. A line of another venue is refused.
  package init(line: RawSpan, venue: VenueID) throws(JSONError) {
    let members = try LineMembers(of: line, type: "order", venue: venue)
    self.init(
      header: try members.header(venue), symbol: try members.symbol(),
      clientID: try members.value("client_id") { ClientOrderID($0) },
      orderID: try members.value("order_id") { ShortText($0) },
      change: try members.need("event", Change.init(rawValue:)),
      status: try members.need("status", OrderStatus.init(rawValue:)),
      terms: try members.terms(),
      originalClientID: try members.value("orig_client_id") { ClientOrderID($0) },
      filled: try members.decimal("filled"), remaining: try members.decimal("remaining"),
      averagePrice: try members.decimal("avg_price"), reason: try members.text("reason"),
      venueCode: try members.text("venue_code"), venueMessage: try members.text("venue_message"),
      evidence: try members.value("evidence", OrderEvidence.init(rawValue:)),
      isForeign: try members.flag("foreign"),
      isCancelPending: try members.flag("cancel_pending"),
      isReplacePending: try members.flag("replace_pending"), flags: try members.texts("flags"))
  }
}

extension Fill {
  /// As `OrderUpdate(line:venue:)`.
  package init(line: RawSpan, venue: VenueID) throws(JSONError) {
    let members = try LineMembers(of: line, type: "fill", venue: venue)
    self.init(
      header: try members.header(venue), symbol: try members.symbol(),
      tradeID: try members.need("trade_id") { ShortText($0) },
      clientID: try members.value("client_id") { ClientOrderID($0) },
      orderID: try members.need("order_id") { ShortText($0) },
      side: try members.need("side", Side.init(rawValue:)),
      price: try members.needDecimal("price"), size: try members.needDecimal("size"),
      fee: try members.needDecimal("fee"), feeAsset: try members.need("fee_asset") { $0 },
      liquidity: try members.need("liquidity", Liquidity.init(rawValue:)),
      isLiquidation: try members.flag("liquidation"),
      filled: try members.needDecimal("filled"), remaining: try members.needDecimal("remaining"))
  }
}

extension Balance {
  /// As `OrderUpdate(line:venue:)`.
  package init(line: RawSpan, venue: VenueID) throws(JSONError) {
    let members = try LineMembers(of: line, type: "balance", venue: venue)
    self.init(
      header: try members.header(venue), asset: try members.need("asset") { $0 },
      total: try members.needDecimal("total"), available: try members.needDecimal("available"),
      marginUsed: try members.decimal("margin_used"))
  }
}

/// The members of a line by their keys: texts, numbers, flags and lists of texts. What is deeper is
/// checked, and passed over.
private struct LineMembers {
  private enum Value {
    case text(String)
    /// As it stands.
    case number(String)
    case flag(Bool)
    case texts([String])
  }

  private var members: [String: (value: Value, offset: Int)] = [:]
  private var end = 0

  init(of line: RawSpan, type: String, venue: VenueID) throws(JSONError) {
    var json = JSONReader(line)
    try json.enterObject()
    while let key = try json.nextKey() {
      let name = key.text
      let offset = json.error(.wrongType).offset
      switch try json.peek() {
      case .string: members[name] = (.text(try json.string().text), offset)
      case .number: members[name] = (.number(String(copying: try json.number())), offset)
      case .bool: members[name] = (.flag(try json.bool()), offset)
      case .array: members[name] = try Self.texts(&json).map { (.texts($0), offset) }
      case .object, .null: try json.skip()
      }
    }
    try json.finish()
    end = line.byteCount
    _ = try need("type") { $0 == type ? $0 : nil }
    _ = try need("venue") { $0 == venue.description ? $0 : nil }
  }

  /// Nil of a list in which something is no text.
  private static func texts(_ json: inout JSONReader) throws(JSONError) -> [String]? {
    var texts: [String]? = []
    try json.enterArray()
    while try json.nextElement() {
      if try json.peek() == .string {
        texts?.append(try json.string().text)
      } else {
        texts = nil
        try json.skip()
      }
    }
    return texts
  }

  /// Nil where the line has no such member.
  func texts(_ key: String) throws(JSONError) -> [String]? {
    guard let (value, offset) = members[key] else { return nil }
    guard case .texts(let texts) = value else { throw JSONError(cause: .wrongType, offset: offset) }
    return texts
  }

  /// Nil where the line has no such member.
  func text(_ key: String) throws(JSONError) -> String? { try value(key) { $0 } }

  /// What `make` makes of a text, which must not be nil; nil where the line has no such member.
  func value<Made>(_ key: String, _ make: (String) -> Made?) throws(JSONError) -> Made? {
    guard let (value, offset) = members[key] else { return nil }
    guard case .text(let text) = value else { throw JSONError(cause: .wrongType, offset: offset) }
    guard let made = make(text) else { throw JSONError(cause: .unknownValue, offset: offset) }
    return made
  }

  func need<Made>(_ key: String, _ make: (String) -> Made?) throws(JSONError) -> Made {
    try present(try value(key, make))
  }

  func decimal(_ key: String) throws(JSONError) -> Decimal? {
    guard let (value, offset) = members[key] else { return nil }
    switch value {
    case .text(let text), .number(let text):
      guard let decimal = Decimal(text) else { throw JSONError(cause: .outOfRange, offset: offset) }
      return decimal
    case .flag, .texts: throw JSONError(cause: .wrongType, offset: offset)
    }
  }

  func needDecimal(_ key: String) throws(JSONError) -> Decimal { try present(try decimal(key)) }

  func flag(_ key: String) throws(JSONError) -> Bool {
    guard let (value, offset) = members[key] else { return false }
    guard case .flag(let flag) = value else { throw JSONError(cause: .wrongType, offset: offset) }
    return flag
  }

  func header(_ venue: VenueID) throws(JSONError) -> AccountHeader {
    AccountHeader(
      venue: venue, account: try need("account") { $0 }, venueTime: try time("ts"),
      received: try time("recv_ts"))
  }

  func symbol() throws(JSONError) -> Symbol { try need("symbol") { Symbol($0) } }

  /// Nil where the line does not tell the side.
  func terms() throws(JSONError) -> OrderTerms? {
    guard let side = try value("side", Side.init(rawValue:)) else { return nil }
    return OrderTerms(
      side: side, type: try need("order_type", OrderType.init(rawValue:)),
      timeInForce: try value("tif", TimeInForce.init(rawValue:)), price: try decimal("price"),
      stopPrice: try decimal("stop_price"), size: try needDecimal("size"),
      isPostOnly: try flag("post_only"), isReduceOnly: try flag("reduce_only"))
  }

  private func time(_ key: String) throws(JSONError) -> Int64? {
    guard let (value, offset) = members[key] else { return nil }
    guard case .number(let text) = value else { throw JSONError(cause: .wrongType, offset: offset) }
    guard let time = Int64(text) else { throw JSONError(cause: .outOfRange, offset: offset) }
    return time
  }

  private func present<Made>(_ value: Made?) throws(JSONError) -> Made {
    guard let value else { throw JSONError(cause: .missingMember, offset: end) }
    return value
  }
}
