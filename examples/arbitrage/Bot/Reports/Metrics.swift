import PerpCore

/// What a bot counts. (C-17)
package struct Metrics: Equatable, Sendable {
  package static let slow = Nanoseconds.seconds(2)

  /// By direction.
  package private(set) var trades: [String: Int] = [:]
  package private(set) var orders = (sent: 0, filled: 0)
  package private(set) var quotes = (asked: 0, sound: 0)
  /// Nanoseconds of both legs together, the latest thousand.
  private var durations: [UInt64] = []
  private let began: UInt64
  package var netPosition = Decimal.zero

  package init(at now: Moment) { began = now.monotonic }

  package mutating func note(trade direction: String) { trades[direction, default: 0] += 1 }
  package mutating func note(duration: UInt64) {
    if durations.count == 1_000 { durations.removeFirst() }
    durations.append(duration)
  }
  package mutating func note(orders sent: Int, filled: Int) {
    orders = (orders.sent + sent, orders.filled + filled)
  }
  package mutating func note(areQuotesSound: Bool) {
    quotes = (quotes.asked + 1, quotes.sound + (areQuotesSound ? 1 : 0))
  }

  /// Milliseconds below which so many of a hundred two-legged trades were done.
  package func milliseconds(percentile: Int) -> UInt64? {
    let sorted = durations.sorted()
    guard !sorted.isEmpty else { return nil }
    return sorted[min(sorted.count - 1, sorted.count * percentile / 100)] / 1_000_000
  }

  package func tradesPerHour(at now: Moment) -> Decimal {
    let hours = Decimal(Int(max(1, (now.monotonic - began) / 1_000_000_000)))
    return Decimal(trades.values.reduce(0, +) * 3_600).over(hours, places: 2)
  }

  /// One line of words and numbers.
  package func text(at now: Moment) -> String {
    let counts = trades.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let latency = [50, 95, 99].compactMap { percentile in
      milliseconds(percentile: percentile).map { "p\(percentile)=\($0)ms" }
    }
    return
      ([
        "trades \(counts.joined(separator: " "))", "net \(netPosition)",
        "orders filled \(orders.filled)/\(orders.sent)",
        "quotes sound \(quotes.sound)/\(quotes.asked)", "per hour \(tradesPerHour(at: now))",
      ] + (latency.isEmpty ? [] : ["two legs \(latency.joined(separator: " "))"]))
      .joined(separator: " | ")
  }

  package static func == (left: Metrics, right: Metrics) -> Bool {
    left.trades == right.trades && left.durations == right.durations
      && left.orders == right.orders && left.quotes == right.quotes
  }
}

/// The kinds of failures, and how often each is worth a line. (C-18)
package enum FailureClass: String, CaseIterable, Sendable {
  case timeout, network
  case rateLimit = "rate-limit"
  case authentication = "auth"
  case venueReject = "venue reject"
  case decode, local

  /// Of a word of the gateway.
  package init(reason: String) {
    self =
      switch reason {
      case "rate_limited": .rateLimit
      case "auth", "refused_401", "refused_403", "locked", "nonce": .authentication
      case "timeout", "no_pong", "no_data", "open_timeout": .timeout
      case "unreachable", "venue_down": .network
      case "malformed", "decode": .decode
      case let word where word.hasPrefix("closed_"): .network
      case "bad_tick", "bad_lot", "below_min", "not_armed", "panic", "frozen", "stale_market",
        "max_size", "max_position", "price_band", "unsupported", "internal":
        .local
      default: .venueReject
      }
  }
}

/// Counts failures in a row; the first is told, and then every tenth.
package struct FailureRun: Equatable, Sendable {
  package private(set) var count = 0

  package init() {}

  /// Whether this one is worth a line.
  package mutating func note() -> Bool {
    count += 1
    return count % 10 == 1
  }

  /// How many there were.
  package mutating func end() -> Int {
    defer { count = 0 }
    return count
  }
}
