import PerpCore

/// One side of a market maker's quotes: what it is to be, and the order that stands for it. It is
/// replaced only once its end is proven, so that a side never has two. (S3-42)
package struct QuoteSlot: Equatable, Sendable {
  package struct Terms: Equatable, Sendable {
    package var price: Decimal
    /// Base units.
    package var size: Decimal
    package var isReduceOnly = false

    package init(price: Decimal, size: Decimal, isReduceOnly: Bool = false) {
      (self.price, self.size, self.isReduceOnly) = (price, size, isReduceOnly)
    }
  }

  package enum Step: Equatable, Sendable {
    case nothing
    case place(Terms)
    case cancel(clientID: String)
  }

  package let side: Side
  /// Nil: this side is not to be quoted.
  package var wanted: Terms?
  package private(set) var standing: Terms?
  package private(set) var clientID: String?
  private var isCancelled = false

  package init(_ side: Side) { self.side = side }

  /// An order whose price is right keeps its place in the queue, whatever its size is.
  package var step: Step {
    guard let standing, let clientID else { return wanted.map { .place($0) } ?? .nothing }
    let isRight =
      wanted?.price == standing.price && wanted?.isReduceOnly == standing.isReduceOnly
    return isRight || isCancelled ? .nothing : .cancel(clientID: clientID)
  }

  package mutating func place(_ terms: Terms, as clientID: String) {
    (standing, self.clientID, isCancelled) = (terms, clientID, false)
  }

  package mutating func cancel() { isCancelled = true }

  /// Its order has ended, by itself or not: the side is decided upon anew. False of any other.
  package mutating func end(_ clientID: String) -> Bool {
    guard clientID == self.clientID else { return false }
    // What was cancelled makes way for what is wanted; all else was filled, or refused.
    if !isCancelled { wanted = nil }
    (standing, self.clientID, isCancelled) = (nil, nil, false)
    return true
  }
}
