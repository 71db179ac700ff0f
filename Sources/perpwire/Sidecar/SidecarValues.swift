import PerpCore

/// A member of the gateway's line, and what it is called there.
struct Renamed: ExpressibleByStringLiteral {
  let name: String
  let key: StaticString

  /// What the gateway writes as strings of digits.
  static let amounts: Set<String> = [
    "ask", "ask_size", "available", "avg_price", "bid", "bid_size", "entry_price", "fee", "filled",
    "leverage", "liquidation_price", "margin_used", "mark_price", "price", "remaining", "size",
    "total", "unrealized_pnl",
  ]

  init(_ name: String, as key: StaticString) { (self.name, self.key) = (name, key) }
  init(stringLiteral key: StaticString) { (name, self.key) = ("\(key)", key) }
}

/// The newest that is known of an order.
struct SidecarOrder {
  let fields: JSONFields
  let market: String
  /// Of our own, or of the venue's where it was not placed here.
  let name: String

  init(_ fields: JSONFields, market: String, name: String) {
    (self.fields, self.market, self.name) = (fields, market, name)
  }

  var id: String? { fields.text("order_id") }
  var status: String { fields.text("status") ?? "unknown" }
  var reason: String? { fields.text("venue_message") ?? fields.text("reason") }
  var isFinal: Bool { ["filled", "cancelled", "rejected", "expired"].contains(status) }
}

/// The best levels of the book, kept from changes.
struct SidecarBook {
  private var bids: [Decimal: Decimal] = [:]
  private var asks: [Decimal: Decimal] = [:]
  private(set) var isWhole = false
  private var depth = 0

  /// False while parts of it are missing.
  mutating func apply(_ fields: JSONFields, depth: Int) -> Bool {
    self.depth = depth
    let part = fields.integer("part") ?? 1
    if fields.bool("snapshot") == true, part == 1 { (bids, asks) = ([:], [:]) }
    Self.change(&bids, fields.numbers("bids"))
    Self.change(&asks, fields.numbers("asks"))
    isWhole = part == fields.integer("parts") ?? 1
    return isWhole
  }

  private static func change(
    _ side: inout [Decimal: Decimal], _ levels: [(Decimal, Decimal)]
  ) {
    for (price, size) in levels {
      side[price] = size == .zero ? nil : size
    }
  }

  fileprivate var sides: [(StaticString, [(Decimal, Decimal)])] {
    [
      ("bids", Array(bids.sorted { $0.key > $1.key }.prefix(depth).map { ($0.key, $0.value) })),
      ("asks", Array(asks.sorted { $0.key < $1.key }.prefix(depth).map { ($0.key, $0.value) })),
    ]
  }
}

extension JSONFields {
  /// A list of pairs of numbers; what is none is left out.
  func numbers(_ name: String) -> [(Decimal, Decimal)] {
    guard let raw = raw(name) else { return [] }
    var json = JSONReader(raw.span.bytes)
    var pairs: [(Decimal, Decimal)] = []
    do throws(JSONError) {
      try json.enterArray()
      while try json.nextElement() {
        try json.enterArray()
        var pair: [Decimal] = []
        while try json.nextElement() { pair.append(try json.decimal()) }
        if pair.count == 2 { pairs.append((pair[0], pair[1])) }
      }
    } catch {
      return pairs
    }
    return pairs
  }
}

extension ByteBuffer {
  mutating func put(_ key: StaticString, number: Decimal) {
    put(key)
    append(number)
  }

  /// As it stands in the gateway's line, amounts as numbers; left out where it is not there.
  mutating func put(_ renamed: Renamed, of fields: JSONFields) {
    guard let raw = fields.raw(renamed.name) else { return }
    put(renamed.key)
    let isAmount = Renamed.amounts.contains(renamed.name) && raw.first == UInt8(ascii: "\"")
    append(isAmount ? Array(raw.dropFirst().dropLast()) : raw)
  }

  mutating func append(_ book: SidecarBook) {
    for (index, side) in book.sides.enumerated() {
      append(index > 0 ? ",\"" : "\"")
      append(side.0)
      append("\":[")
      for (index, level) in side.1.enumerated() {
        append(index > 0 ? ",[" : "[")
        append(level.0)
        append(",")
        append(level.1)
        append("]")
      }
      append("]")
    }
  }

  mutating func append(_ order: SidecarOrder) {
    put("market", text: order.market)
    for name in [
      Renamed("order_id", as: "id"), "client_id", "side", Renamed("order_type", as: "type"),
      "size", "price", "filled", "remaining", "avg_price", "status", "reason", "foreign",
    ] as [Renamed] { put(name, of: order.fields) }
  }

  mutating func append(position fields: JSONFields, _ venueNames: [String: String]) {
    let symbol = fields.text("symbol") ?? ""
    append("{")
    put("market", text: venueNames[symbol] ?? symbol)
    for name in [
      "size", "entry_price", "mark_price", "unrealized_pnl", "liquidation_price", "leverage",
    ] as [Renamed] { put(name, of: fields) }
    append("}")
  }
}
