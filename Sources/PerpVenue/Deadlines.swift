/// One timer for each name, and the earliest of them: a driver needs to keep only that one.
package struct Deadlines<Name: CaseIterable & RawRepresentable & Sendable>: Sendable
where Name.RawValue == Int {
  private var times: [UInt64]
  /// Kept up to date by who changes a time, as it is read far more often: after every message.
  private var next = UInt64.max

  package init() { times = Array(repeating: .max, count: Name.allCases.count) }

  package var earliest: UInt64? { next == .max ? nil : next }

  /// On the monotonic clock, in nanoseconds; nil when the timer is off.
  package subscript(name: Name) -> UInt64? {
    get { times[name.rawValue] == .max ? nil : times[name.rawValue] }
    set { set(name, newValue ?? .max) }
  }

  /// Sets the timer unless it is due sooner already.
  package mutating func bring(_ name: Name, forwardTo time: UInt64) {
    if time < times[name.rawValue] { set(name, time) }
  }

  /// Whether the timer is due; turns it off if so.
  package mutating func fires(_ name: Name, at now: UInt64) -> Bool {
    guard times[name.rawValue] <= now else { return false }
    set(name, .max)
    return true
  }

  private mutating func set(_ name: Name, _ time: UInt64) {
    times[name.rawValue] = time
    next = times.min() ?? .max
  }
}
