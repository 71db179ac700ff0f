import PerpCore
import PerpVenue

/// One connection of a `FaultySimulator`, with what waits to be sent on it.
struct FaultyLink: Sendable {
  struct Held: Sendable {
    let due: UInt64
    let action: SimulatorAction
    /// False for a slice with more of its message to come.
    let isWhole: Bool
  }

  /// A frame that waits for its successor waits no longer than that.
  static let reorderLimit = Nanoseconds.seconds(1)

  let id: ConnectionID
  var isAccepted = false
  /// Messages held back.
  private(set) var messages = 0
  /// Due in this order.
  private var held: [Held] = []
  private var first = 0
  /// Waits for the next frame of its stream to go before it.
  private var swapped: (frame: Frame, until: UInt64)?

  init(_ id: ConnectionID) { self.id = id }

  /// Slices and messages held back.
  var count: Int { held.count - first }
  /// When the last of them goes; nil when there are none.
  var latestDue: UInt64? { count > 0 ? held.last?.due : nil }

  var deadline: UInt64? {
    guard first < held.count else { return swapped?.until }
    return min(held[first].due, swapped?.until ?? .max)
  }

  /// Sends now, or after what waits already.
  mutating func send(
    _ action: SimulatorAction, at due: UInt64, now: UInt64, isWhole: Bool = true,
    into actions: inout [SimulatorAction]
  ) {
    guard first < held.count || due > now else {
      actions.append(action)
      return
    }
    held.append(Held(due: max(due, latestDue ?? 0), action: action, isWhole: isWhole))
    if isWhole { messages += 1 }
  }

  /// Keeps the frame back until another of its stream has gone; false when there is one already.
  mutating func swap(_ frame: Frame, now: UInt64) -> Bool {
    guard swapped == nil else { return false }
    swapped = (frame, now + Self.reorderLimit)
    return true
  }

  /// Lets the frame go that was kept back, if it waits for this one, which has been sent; without
  /// another it goes in any case. What belongs to no stream waits for any.
  mutating func sendSwapped(
    after other: Frame? = nil, now: UInt64, into actions: inout [SimulatorAction]
  ) {
    guard let frame = swapped?.frame else { return }
    if let other {
      guard frame.isOfAccount ? other.isOfAccount : frame.topic == nil || frame.topic == other.topic
      else { return }
    }
    swapped = nil
    send(.send(id, frame), at: now, now: now, into: &actions)
  }

  mutating func release(now: UInt64, into actions: inout [SimulatorAction]) {
    while first < held.count, held[first].due <= now {
      actions.append(held[first].action)
      if held[first].isWhole { messages -= 1 }
      first += 1
    }
    if first > 64, first > held.count / 2 {
      held.removeFirst(first)
      first = 0
    } else if first == held.count {
      held.removeAll(keepingCapacity: true)
      first = 0
    }
    if let until = swapped?.until, until <= now { sendSwapped(now: now, into: &actions) }
  }
}
