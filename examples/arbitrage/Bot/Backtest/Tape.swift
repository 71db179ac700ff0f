import PerpCore

/// The market data of a recording: the gateway's lines in the order of time, read once for as many
/// runs as are wanted. Lines of accounts and orders are not among them: they were another's.
package struct Tape: Sendable {
  /// What a subscription is for.
  struct Topic: Hashable, Sendable {
    let listing: Listing
    /// `bbo`, `trade`, `book` or `funding`.
    let channel: String
  }

  struct Entry: Sendable {
    /// When the gateway told it, microseconds since the epoch; never earlier than the one before.
    let wall: Int64
    let topic: Topic
    let line: GatewayLine
  }

  private(set) var entries: [Entry] = []
  private var told: [Listing: MarketRules] = [:]
  private var digits: [Listing: (price: UInt8, size: UInt8)] = [:]

  package init() {}

  package var count: Int { entries.count }
  /// Microseconds from the first line to the last.
  package var duration: Int64 { (entries.last?.wall ?? 0) - (entries.first?.wall ?? 0) }

  /// One line of the gateway, without its LF.
  package mutating func add(_ text: [UInt8]) throws(JSONError) {
    let fields = try JSONFields(text.span.bytes)
    guard let listing = fields.listing, let type = fields.text("type") else { return }
    let line = try GatewayLine(text)
    if case .market(_, let rules) = line { return told[listing] = rules }
    let isData = ["bbo", "book", "trade", "funding"].contains(type)
    guard isData || type == "stream" else { return }
    if case .quote(_, let quote) = line { note(quote, of: listing) }
    let times = ["send_ts", "recv_ts", "ts"].lazy.compactMap { fields.integer($0) }
    let wall = max(times.first ?? 0, entries.last?.wall ?? 0)
    let channel = isData ? type : fields.text("channel") ?? ""
    entries.append(
      Entry(
        wall: wall, topic: Topic(listing: listing, channel: channel), line: line))
  }

  private mutating func note(_ quote: Quote, of listing: Listing) {
    let known = digits[listing] ?? (0, 0)
    digits[listing] = (
      max(known.price, quote.bid.scale, quote.ask.scale),
      max(known.size, quote.bidSize.scale, quote.askSize.scale)
    )
  }

  /// The first line at or after this part of the recording's time.
  package func index(after part: Decimal) -> Int {
    let start = entries.first?.wall ?? 0
    let span =
      Decimal(Int(duration)).times(part).floored(to: Decimal(1)).rescaled(to: 0)?.mantissa ?? 0
    return entries.firstIndex { $0.wall - start >= Int64(clamping: span) } ?? entries.count
  }

  package var listings: [Listing] { digits.keys.sorted { $0.description < $1.description } }

  /// What orders on a market must keep to: as the recording tells it, or else no finer than the
  /// digits that its quotes had.
  package func rules(_ listing: Listing) -> MarketRules? {
    if let rules = told[listing] { return rules }
    guard let (price, size) = digits[listing] else { return nil }
    let lot = Decimal(mantissa: 1, scale: size)
    return MarketRules(tick: Decimal(mantissa: 1, scale: price), lot: lot, minSize: lot)
  }
}
