import PerpCore

/// The latest of every quote stream, for people to look at: what `perpwire top` shows.
package struct QuoteBoard: Sendable {
  package struct Row: Equatable, Sendable {
    package let venue: VenueID
    package let symbol: Symbol
    package let quote: BBO?
    /// Between ask and bid in basis points of their middle, cut to two digits.
    package let spread: Decimal?
    /// Milliseconds since the quote came; nil before the first.
    package let age: UInt64?
    /// Quotes a second, of the last ten seconds.
    package let rate: Decimal
    /// Connections of the venue that brought data, after the first.
    package let reconnects: Int
    package let state: StreamStatus.State
    package let cause: String
  }

  /// The best that can be had of one asset by buying on one venue and selling on another.
  package struct Crossing: Equatable, Sendable {
    package let base: String
    package let buyOn: VenueID
    package let ask: Decimal
    package let sellOn: VenueID
    package let bid: Decimal
    /// In basis points of their middle, cut to two digits; negative where it would cost.
    package let spread: Decimal
  }

  private struct Key: Hashable {
    let venue: VenueID
    let symbol: Symbol
  }

  private struct Entry: Sendable {
    var quote: BBO?
    var quotedAt: UInt64 = 0
    var rate: MessageRate
    var state = StreamStatus.State.connecting
    var cause = "subscribing"
    /// Of the connection that brought data last; 0 where there is none.
    var epoch: UInt64?
    var reconnects = 0

    init(rate: MessageRate) { self.rate = rate }

    /// Data on another connection than before were brought by a new one.
    mutating func enter(_ status: StreamStatus) {
      (state, cause) = (status.state, status.cause)
      guard status.state == .live else { return }
      if let epoch, epoch != status.epoch { reconnects += 1 }
      epoch = status.epoch
    }

    /// The quote, if one may trade on it. Where no connection carries the stream it is read from
    /// time to time, and what was read is the past; a first quote that is read beside a connection
    /// holds until the next comes.
    var sound: BBO? {
      guard state == .live, let quote, quote.flags.isEmpty else { return nil }
      return quote.source == .poll && epoch == 0 ? nil : quote
    }
  }

  private var entries: [Key: Entry] = [:]
  /// By asset, then by venue: what is to be compared stands together.
  private var keys: [Key] = []

  package init() {}

  /// From now on the market has a row.
  package mutating func expect(_ symbol: Symbol, on venue: VenueID, at now: Moment) {
    let key = Key(venue: venue, symbol: symbol)
    guard entries[key] == nil else { return }
    entries[key] = Entry(rate: MessageRate(since: now.monotonic))
    let order: (Key) -> [String] = {
      [String($0.symbol.base), $0.venue.description, $0.symbol.description]
    }
    let place = keys.firstIndex { order(key).lexicographicallyPrecedes(order($0)) }
    keys.insert(key, at: place ?? keys.endIndex)
  }

  /// Takes in quotes and the health of their streams; other events change nothing.
  package mutating func observe(_ event: borrowing Event, at now: Moment) {
    switch event {
    case .bbo(let quote):
      let key = Key(venue: quote.header.venue, symbol: quote.header.symbol)
      entries[key]?.quote = quote
      entries[key]?.quotedAt = now.monotonic
      entries[key]?.rate.count(at: now.monotonic)
    case .stream(let status) where status.topic.channel == .bbo:
      let key = Key(venue: status.venue, symbol: status.topic.symbol)
      entries[key]?.enter(status)
    default: break
    }
  }

  /// Every stream has data, and none is late.
  package var isLive: Bool {
    !entries.isEmpty && entries.values.allSatisfy { $0.state == .live && $0.quote != nil }
  }

  package var hasData: Bool { entries.values.contains { $0.quote != nil } }

  package func rows(at now: Moment) -> [Row] {
    keys.compactMap { key in
      guard let entry = entries[key] else { return nil }
      return Row(
        venue: key.venue, symbol: key.symbol, quote: entry.quote, spread: entry.quote?.spread,
        age: entry.quote.map { _ in (now.monotonic - min(entry.quotedAt, now.monotonic)) / 1_000_000
        },
        rate: entry.rate.perSecond(at: now.monotonic), reconnects: entry.reconnects,
        state: entry.state, cause: entry.cause)
    }
  }

  /// One for each asset that two venues or more have a sound quote of. Quotes that are only read
  /// from time to time do not count: who would trade on them?
  package func crossings() -> [Crossing] {
    var best: [Crossing] = []
    for sell in keys {
      guard let bid = entries[sell]?.sound?.bid?.price else { continue }
      for buy in keys where buy.venue != sell.venue && buy.symbol.base == sell.symbol.base {
        guard let ask = entries[buy]?.sound?.ask?.price,
          let spread = Decimal.basisPoints(from: ask, to: bid)
        else { continue }
        let crossing = Crossing(
          base: String(sell.symbol.base), buyOn: buy.venue, ask: ask, sellOn: sell.venue,
          bid: bid, spread: spread)
        if best.last?.base != crossing.base {
          best.append(crossing)
        } else if best[best.count - 1].spread < spread {
          best[best.count - 1] = crossing
        }
      }
    }
    return best
  }
}

extension BBO {
  fileprivate var spread: Decimal? {
    guard let bid, let ask else { return nil }
    return .basisPoints(from: bid.price, to: ask.price)
  }
}

extension Decimal {
  /// How far `to` is above `from` in basis points of their middle, cut to two digits.
  fileprivate static func basisPoints(from: Decimal, to: Decimal) -> Decimal? {
    guard let sum = from.adding(to), sum > .zero else { return nil }
    return to.subtracting(from)?.multiplied(by: Decimal(20_000))?.divided(by: sum, scale: 2)
  }
}

/// How many messages a second came of late.
struct MessageRate: Sendable {
  private static let seconds: UInt64 = 10

  private let since: UInt64
  /// One for each of the last seconds of the clock; the newest is that of `second`.
  private var counts = [Int](repeating: 0, count: Int(seconds))
  private var second: UInt64

  /// `now` is nanoseconds on the monotonic clock, as all times here.
  init(since now: UInt64) {
    since = now
    second = now / 1_000_000_000
  }

  mutating func count(at now: UInt64) {
    let current = max(now / 1_000_000_000, second)
    for passed in 0..<min(current - second, Self.seconds) {
      counts[Int((current - passed) % Self.seconds)] = 0
    }
    second = current
    counts[Int(current % Self.seconds)] += 1
  }

  /// With one digit after the point.
  func perSecond(at now: UInt64) -> Decimal {
    let current = max(now / 1_000_000_000, second)
    let first = current + 1 - min(current + 1, Self.seconds)
    var sum = 0
    for moment in first...current where moment <= second && moment + Self.seconds > second {
      sum += counts[Int(moment % Self.seconds)]
    }
    let span = max(now - min(now, max(first * 1_000_000_000, since)), 1_000_000_000)
    let tenths = (UInt64(sum) * 10_000_000_000 + span / 2) / span
    return Decimal(mantissa: Int128(tenths), scale: 1)
  }
}
