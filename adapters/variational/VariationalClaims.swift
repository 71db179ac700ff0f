import PerpCore
import PerpVenue

/// Which orders of the venue's lists are ours. Orders have no names here: the answer to a request
/// has the venue's id, and where that answer is lost, terms and time must do.
///
/// A row that may be an order whose id is not known yet is nobody's until it can be told: it counts
/// as ours only where no other order of the account, not even one that is on its way, explains it.
struct VariationalClaims: Sendable {
  /// What was asked for, and when, on the venue's clock in microseconds.
  struct Placement: Equatable, Sendable {
    let symbol: Symbol
    let side: Side
    let type: OrderType
    let size: Decimal
    let price: Decimal?
    let isReduceOnly: Bool
    let from: Int64
    let until: Int64
    /// Its answer may still come.
    var isAwaited: Bool

    func isAlike(_ other: Placement) -> Bool {
      symbol == other.symbol && side == other.side && type == other.type && size == other.size
        && price == other.price && isReduceOnly == other.isReduceOnly
    }

    /// A row that leaves something out is not excluded by it.
    func admits(_ row: VariationalOrder) -> Bool {
      row.symbol == symbol && row.side == side && row.type.map { $0 == type } ?? true
        && row.size.map { $0 == size } ?? true && row.limitPrice.map { $0 == price } ?? true
        && row.isReduceOnly.map { $0 == isReduceOnly } ?? true
        && row.createdAt.map { (from...until).contains($0) } ?? true
    }
  }

  /// So long after it was sent a request may come to be an order: a quote is over by then.
  private static let longest: Int64 = 60_000_000
  /// After that its row would be anybody's.
  private static let keptFor: Int64 = 600_000_000

  /// Ids of our orders.
  private var known = RecentSet<ShortText>(capacity: 20_000)
  private var placements: [ClientOrderID: Placement] = [:]

  init(_ records: [OrderRecord]) {
    for case .order(let update) in records where update.clientID != nil {
      if let id = update.orderID { known.insert(id) }
    }
  }

  // MARK: What was sent

  mutating func sent(
    _ id: ClientOrderID, _ symbol: Symbol, _ terms: OrderTerms, from: Int64, until now: Int64,
    isAwaited: Bool = true
  ) {
    placements = placements.filter { $0.value.until.saturating(adding: Self.keptFor) > now }
    let until = max(from, now).saturating(adding: Self.longest)
    placements[id] = Placement(
      symbol: symbol, side: terms.side, type: terms.type, size: terms.size, price: terms.price,
      isReduceOnly: terms.isReduceOnly, from: from, until: until, isAwaited: isAwaited)
  }

  /// The answer told its id.
  mutating func named(_ orderID: ShortText, _ id: ClientOrderID) {
    known.insert(orderID)
    placements[id] = nil
  }

  /// No answer will tell its id; without doubt there is none.
  mutating func answered(_ id: ClientOrderID, isInDoubt: Bool) {
    if isInDoubt { placements[id]?.isAwaited = false } else { placements[id] = nil }
  }

  func isKnown(_ id: ClientOrderID) -> Bool { placements[id] != nil }

  // MARK: What is found

  /// Whether the row may be an order whose id we do not know yet.
  func mayBeOurs(_ row: VariationalOrder) -> Bool {
    !known.contains(row.id) && placements.values.contains { $0.admits(row) }
  }

  /// Whose the rows are, all that there are of some time; of those that can be told.
  mutating func resolve(_ rows: [VariationalOrder]) -> [ShortText: ClientOrderID] {
    var owners: [ShortText: ClientOrderID] = [:]
    for (id, wanted) in placements.sorted(by: { ($0.value.from, $0.key) < ($1.value.from, $1.key) })
    {
      let alike = placements.values.filter { $0.isAlike(wanted) }
      let candidates = rows.filter { !known.contains($0.id) && wanted.admits($0) }
      // What does not tell all of itself is not taken for ours, and more than ours could be are
      // somebody else's too.
      guard alike.allSatisfy({ !$0.isAwaited }), candidates.count <= alike.count,
        candidates.allSatisfy({ $0.size != nil && $0.type != nil && $0.createdAt != nil }),
        let first = candidates.min(by: { ($0.createdAt!, $0.id) < ($1.createdAt!, $1.id) })
      else { continue }
      owners[first.id] = id
      named(first.id, id)
    }
    return owners
  }
}
