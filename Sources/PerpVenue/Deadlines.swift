/// One timer for each name, and the earliest of them: a driver needs to keep only that one.
package struct Deadlines<Name: CaseIterable & RawRepresentable & Sendable>: Sendable
where Name.RawValue == Int {
  private var times: [UInt64]

  package init() { times = Array(repeating: .max, count: Name.allCases.count) }

  /// On the monotonic clock, in nanoseconds; nil when the timer is off.
  package subscript(name: Name) -> UInt64? {
    get { times[name.rawValue] == .max ? nil : times[name.rawValue] }
    set { times[name.rawValue] = newValue ?? .max }
  }

  /// Sets the timer unless it is due sooner already.
  package mutating func bring(_ name: Name, forwardTo time: UInt64) {
    times[name.rawValue] = min(times[name.rawValue], time)
  }

  package var earliest: UInt64? {
    guard let time = times.min(), time != .max else { return nil }
    return time
  }

  /// Whether the timer is due; turns it off if so.
  package mutating func fires(_ name: Name, at now: UInt64) -> Bool {
    guard times[name.rawValue] <= now else { return false }
    times[name.rawValue] = .max
    return true
  }
}
