import PerpCore

/// Orders that take come A·e^(−kδ) times a second to at least the distance δ from the middle, those
/// of both sides together. (B-09)
package struct ArrivalRate: Equatable, Sendable {
  /// A, each second.
  package var intensity: Double
  /// k, for each quote unit of distance.
  package var decay: Double

  package init(intensity: Double, decay: Double) {
    (self.intensity, self.decay) = (intensity, decay)
  }

  /// Of so many seconds in place of one, as the volatility that it is set against is of these.
  package func each(seconds: Double) -> ArrivalRate {
    ArrivalRate(intensity: intensity * seconds, decay: decay)
  }
}

/// The rate that the trades of the latest minutes had. Time in which trades were not heard is none:
/// neither does it count as time without them, nor does what was before it grow old. (B-09)
package struct ArrivalFit: Equatable, Sendable {
  package struct Settings: Equatable, Sendable {
    /// Nanoseconds that an arrival counts.
    package var window = Nanoseconds.seconds(600)
    /// Nanoseconds from one fit to the next.
    package var refit = Nanoseconds.seconds(5)
    /// Fewer arrivals say nothing.
    package var least = 50
    /// More are not kept: the oldest tenth is given up, and with it that much of the window.
    package var most = 20_000

    package init() {}
  }

  private struct Arrival: Equatable {
    /// Nanoseconds for which trades had been heard.
    let time: UInt64
    /// Quote units from the middle to the furthest price that the order was filled at.
    var reach: Decimal
  }

  private let settings: Settings
  private var arrivals: [Arrival] = []
  private var last: TradeLine?
  /// Nanoseconds for which trades were heard, up to `heardSince`.
  private var heard: UInt64 = 0
  /// On the monotonic clock; nil while trades are not heard.
  private var heardSince: UInt64?
  /// All arrivals since then are known; nanoseconds for which trades had been heard.
  private var start: UInt64 = 0
  private var nextFit: UInt64 = 0
  /// Arrivals that were given up before their time.
  package private(set) var dropped = 0
  /// Nil until there are enough arrivals, and while they fit no rate.
  package private(set) var rate: ArrivalRate?

  package init(_ settings: Settings = Settings()) { self.settings = settings }

  package var count: Int { arrivals.count }

  /// Whether trades are heard from now on, on the monotonic clock.
  package mutating func hear(_ isHeard: Bool, at now: UInt64) {
    heard = time(at: now)
    heardSince = isHeard ? now : nil
  }

  private func time(at now: UInt64) -> UInt64 { heard + (heardSince.map { now - $0 } ?? 0) }

  /// `middle` is that of the quote when the trade was heard.
  package mutating func note(_ trade: TradeLine, middle: Decimal, at now: UInt64) {
    guard heardSince != nil else { return }
    let reach = trade.price.minus(middle).magnitude
    let isSameOrder = trade.time != nil && trade.time == last?.time && trade.side == last?.side
    last = trade
    if isSameOrder, let index = arrivals.indices.last {
      // An order that goes through several prices is told as several trades.
      return arrivals[index].reach = max(arrivals[index].reach, reach)
    }
    if arrivals.count >= settings.most {
      let tenth = max(1, settings.most / 10)
      start = arrivals[tenth - 1].time
      arrivals.removeFirst(tenth)
      dropped += tenth
    }
    arrivals.append(Arrival(time: time(at: now), reach: reach))
  }

  /// Fits anew where that is due. `tick` is how wide, in quote units, each step of distances is.
  package mutating func refit(tick: Decimal, at now: UInt64) {
    guard nextFit <= now else { return }
    nextFit = now + settings.refit
    let time = time(at: now)
    let start = max(start, time - min(time, settings.window))
    arrivals.removeFirst(arrivals.firstIndex { $0.time >= start } ?? arrivals.count)
    let seconds = Double(time - start) / 1e9
    rate =
      arrivals.count >= settings.least && seconds > 0
      ? Self.rate(of: arrivals.map(\.reach), tick: tick, seconds: seconds) : nil
  }

  /// The line of least squares through the logarithms of how many have come each second to at least
  /// a step. Steps to which orders came count as often as they came there: of the few that come
  /// furthest the logarithm is chance. Nil where the orders of all steps are equally many.
  package static func rate(
    of reaches: [Decimal], tick: Decimal, seconds: Double
  ) -> ArrivalRate? {
    guard tick > .zero else { return nil }
    var steps: [Int: Int] = [:]
    for reach in reaches {
      steps[Int(clamping: reach.divided(by: tick, scale: 0)?.mantissa ?? 0), default: 0] += 1
    }
    var further = 0
    let points = steps.sorted { $0.key > $1.key }.map { step, count in
      further += count
      return (
        x: Double(step) * tick.approximate, y: (Double(further) / seconds).logarithm,
        weight: Double(count)
      )
    }
    let weight = Double(reaches.count)
    let x = points.reduce(0) { $0 + $1.weight * $1.x } / weight
    let y = points.reduce(0) { $0 + $1.weight * $1.y } / weight
    let slope =
      points.reduce(0) { $0 + $1.weight * ($1.x - x) * ($1.y - y) }
      / points.reduce(0) { $0 + $1.weight * ($1.x - x) * ($1.x - x) }
    let rate = ArrivalRate(intensity: (y - slope * x).exponential, decay: -slope)
    return rate.decay > 0 && rate.intensity.isFinite ? rate : nil
  }
}
