import PerpCore

/// How far the middle of a market moves, in quote units.
package protocol Volatility: Sendable {
  /// `time` on the monotonic clock.
  mutating func note(mid: Decimal, at time: UInt64)
  var sigma: Double { get }
  /// Seconds in which it moves by `sigma`; nil before that is known.
  var span: Double? { get }
}

/// From one middle to the next: the deviation of the latest differences. (S3-30)
package struct TickVolatility: Volatility, Equatable {
  /// Below so many middles the last estimate stands.
  package static let fewest = 10

  private let window: Int
  private let least: Double
  private var mids: [Double] = []
  private var times: [UInt64] = []
  package private(set) var sigma: Double

  package init(window: Int = 60, initial: Double = 5, least: Double = 1) {
    (self.window, self.least, sigma) = (window, least, initial)
  }

  package mutating func note(mid: Decimal, at time: UInt64 = 0) {
    if mids.count == window {
      mids.removeFirst()
      times.removeFirst()
    }
    mids.append(mid.approximate)
    times.append(time)
    guard mids.count >= Self.fewest else { return }
    let steps = zip(mids.dropFirst(), mids).map { $0 - $1 }
    let mean = steps.reduce(0, +) / Double(steps.count)
    let variance = steps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(steps.count)
    sigma = max(least, variance.squareRoot())
  }

  /// From one middle to the next, in the middle.
  package var span: Double? {
    guard mids.count >= Self.fewest, let first = times.first, let last = times.last, last > first
    else { return nil }
    return Double(last - first) / 1e9 / Double(times.count - 1)
  }
}

/// From candles of a few seconds, which see what happened between their ends: Rogers and Satchell's
/// measure, averaged so that it rises faster than it falls. (S3-60)
package struct CandleVolatility: Volatility, Equatable {
  package struct Settings: Equatable, Sendable {
    /// Nanoseconds.
    package var candle = Nanoseconds.seconds(5)
    /// What the past counts for when a candle moved more than it, and when it moved less.
    package var whenRising = 0.70
    package var whenFalling = 0.95
    /// Quote units.
    package var least = 15.0

    package init() {}
  }

  package struct Candle: Equatable, Sendable {
    package var open: Double
    package var high: Double
    package var low: Double
    package var close: Double
    package var ticks = 1

    package init(open: Double, high: Double, low: Double, close: Double, ticks: Int) {
      (self.open, self.high, self.low, self.close) = (open, high, low, close)
      self.ticks = ticks
    }

    init(_ mid: Double) { self.init(open: mid, high: mid, low: mid, close: mid, ticks: 1) }

    mutating func note(_ mid: Double) {
      (high, low, close) = (max(high, mid), min(low, mid), mid)
      ticks += 1
    }

    /// Squared, as part of the price. Of a candle that has no range, its distance from the end of
    /// the one before; nil where there is none.
    package func variance(after last: Double?) -> Double? {
      guard high > low, ticks >= 2 else {
        return last.map { (close / $0).logarithm }.map { $0 * $0 }
      }
      let up = (high / close).logarithm * (high / open).logarithm
      let down = (low / close).logarithm * (low / open).logarithm
      return max(0, up + down)
    }
  }

  private let settings: Settings
  private var candle: Candle?
  private var number: UInt64 = 0
  private var last: Double?
  /// Of one candle, as part of the price, squared; nil before the first.
  package private(set) var variance: Double?

  package init(_ settings: Settings = Settings()) { self.settings = settings }

  package mutating func note(mid: Decimal, at time: UInt64) {
    let number = time / settings.candle
    if let candle, number != self.number {
      finish(candle)
      self.candle = nil
    }
    self.number = number
    if candle == nil { candle = Candle(mid.approximate) } else { candle?.note(mid.approximate) }
  }

  package mutating func finish(_ candle: Candle) {
    if let value = candle.variance(after: last) { note(variance: value) }
    last = candle.close
  }

  package mutating func note(variance value: Double) {
    guard let before = variance else { return variance = value }
    let weight = value > before ? settings.whenRising : settings.whenFalling
    variance = weight * before + (1 - weight) * value
  }

  package var span: Double? { Double(settings.candle) / 1e9 }

  package var sigma: Double {
    guard let variance, let last else { return settings.least }
    return max(settings.least, last * variance.squareRoot())
  }
}
