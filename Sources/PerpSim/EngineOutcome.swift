import PerpCore

/// All that one operation on a `MatchingEngine` brought about.
package struct EngineOutcome: Equatable, Sendable {
  /// In the order in which it happened.
  package var events: [EngineEvent] = []
  /// The levels whose total differs now, each once.
  package var changes: [LevelChange] = []

  package init() {}

  /// Forgets the content, keeps the memory.
  mutating func removeAll() {
    events.removeAll(keepingCapacity: true)
    changes.removeAll(keepingCapacity: true)
  }

  /// An operation is done with one level before it comes to the next, so a level that is met again
  /// is the last one.
  mutating func record(_ side: Side, _ price: Int64, _ size: Int64) {
    if let last = changes.last, last.price == price, last.side == side { changes.removeLast() }
    changes.append(LevelChange(side: side, price: price, size: size))
  }
}

package enum EngineEvent: Equatable, Sendable {
  package enum CancelReason: Sendable {
    case requested
    /// Of an immediate-or-cancel or market order, when nothing more can be filled.
    case remainder
    /// A fill-or-kill order that could not be filled whole.
    case unfillable
    case selfTrade
    /// It comes back with another price or a larger size.
    case replaced
  }

  package enum Refusal: Sendable {
    case unknownOrder, duplicateOrder, bookFull
    /// A price or size below 1 or above `MatchingEngine.maxQuantity`.
    case outOfRange
    /// A post-only order that would have been filled.
    case wouldCross
  }

  case filled(EngineFill)
  /// With this open size.
  case rested(id: UInt64, size: Int64)
  /// By request, to this open size, without losing its place.
  case reduced(id: UInt64, owner: UInt32, size: Int64)
  /// So much of it was still open.
  case cancelled(id: UInt64, owner: UInt32, size: Int64, CancelReason)
  case refused(id: UInt64, Refusal)
}

/// One resting order met by one incoming order, at the price of the former.
package struct EngineFill: Equatable, Sendable {
  package var maker: UInt64
  package var makerOwner: UInt32
  package var taker: UInt64
  package var takerOwner: UInt32
  package var takerSide: Side
  package var price: Int64
  package var size: Int64
  package var makerRemaining: Int64
  package var takerRemaining: Int64
}

/// The new total of a level, zero when it is gone.
package struct LevelChange: Equatable, Sendable {
  package var side: Side
  package var price: Int64
  package var size: Int64
}

/// A price in ticks with the total on offer there in lots.
package struct EngineLevel: Equatable, Sendable {
  package var price: Int64
  package var size: Int64
}
