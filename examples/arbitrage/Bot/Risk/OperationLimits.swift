import PerpCore

/// How often orders may be placed and cancelled: by second, minute, hour and day. (S3-15, S3-43)
package struct OperationLimits: Equatable, Sendable {
  /// Messages that leave so far apart may arrive closer: windows are longer by that, in
  /// nanoseconds.
  package static let margin = Nanoseconds.milliseconds(100)

  /// From the shortest on.
  private var windows: [WindowLimiter]

  package init(second: Int, minute: Int, hour: Int, day: Int) {
    windows = [(second, 1), (minute, 60), (hour, 3_600), (day, 86_400)].map { limit, seconds in
      WindowLimiter(limit: limit, window: Nanoseconds.seconds(seconds) + Self.margin)
    }
  }

  package mutating func note(at now: UInt64) {
    for index in windows.indices { windows[index].note(at: now) }
  }

  /// When one more is allowed that leaves room for `reserve` others: to cancel what is placed must
  /// be allowed too. The second's window opens soon enough for that by itself.
  package func opening(reserve: Int = 0, at now: UInt64) -> UInt64 {
    let times = windows.enumerated().map { index, window in
      window.opening(for: index == 0 ? 1 : 1 + reserve, at: now) ?? .max
    }
    return times.max() ?? now
  }

  /// What is told of the hour and the day.
  package func text(at now: UInt64) -> String {
    let parts = zip(["1h", "24h"], windows.suffix(2)).map { name, window in
      "\(name)=\(window.count(at: now))/\(window.limit)"
    }
    return parts.joined(separator: " ")
  }
}
