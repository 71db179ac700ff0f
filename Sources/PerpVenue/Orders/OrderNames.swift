import PerpCore

/// How a venue lets us name our orders.
package enum OrderNaming: Equatable, Sendable {
  /// Texts: the client's own name (Paradex, edgeX).
  case text
  /// Numbers within bounds (Lighter: 48 bits; GRVT: the upper half of 64).
  case number(ClosedRange<UInt64>)
  /// Not at all; its own id comes with the answer (Variational).
  case none
}

/// Gives orders their names at the venue, each once.
///
/// Numbers rise with the clock, so that they are new even where the journal that has the earlier
/// ones is lost; those of one journal never repeat whatever the clock does.
package struct OrderNames: Sendable {
  /// Numbers for each millisecond; 2^48 of them last until the year 2109.
  private static let perMillisecond: UInt64 = 64

  package let naming: OrderNaming
  private var last: UInt64 = 0

  package init(_ naming: OrderNaming) { self.naming = naming }

  /// Nil where the venue takes no names, or has none left. `wall` in microseconds since the epoch.
  package mutating func next(for clientID: ClientOrderID, at wall: Int64) -> ShortText? {
    switch naming {
    case .text: return clientID.text
    case .none: return nil
    case .number(let bounds):
      let time = UInt64(max(0, wall) / 1_000) * Self.perMillisecond
      let offset = max(last + 1, time)
      guard offset <= bounds.upperBound - bounds.lowerBound else { return nil }
      last = offset
      return ShortText("\(bounds.lowerBound + offset)")
    }
  }

  /// A name of the journal: later ones will be others.
  package mutating func note(_ name: ShortText) {
    guard case .number(let bounds) = naming, let number = UInt64(name.string),
      bounds.contains(number)
    else { return }
    last = max(last, number - bounds.lowerBound)
  }
}
