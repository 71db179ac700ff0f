import PerpCore

/// What is held of one market, what it has cost, and what was gained by closing it. (S3-47)
package struct Inventory: Equatable, Sendable {
  /// Base units, long positive.
  package private(set) var size = Decimal.zero
  /// Paid or received for one base unit of it.
  package private(set) var average = Decimal.zero
  /// Quote units, fees not taken off.
  package private(set) var realised = Decimal.zero

  package init() {}

  /// What this execution has realised.
  @discardableResult
  package mutating func note(_ side: Side, _ amount: Decimal, at price: Decimal) -> Decimal {
    let before = size
    size = size.plus(side == .buy ? amount : amount.negated)
    guard !before.isZero, before.isNegative == (side == .buy) else {
      let cost = before.magnitude.times(average).plus(amount.times(price))
      average = cost.over(size.magnitude)
      return .zero
    }
    let closed = min(before.magnitude, amount)
    let rise = price.minus(average).times(closed)
    let gain = before.isNegative ? rise.negated : rise
    realised = realised.plus(gain)
    if size.isZero {
      average = .zero
    } else if size.isNegative != before.isNegative {
      average = price
    }
    return gain
  }

  /// The venue's word; what of it was not known here is taken to have cost `price`.
  package mutating func correct(to position: Decimal, at price: Decimal) {
    if position.isZero || size.isZero || position.isNegative != size.isNegative { average = price }
    if position.isZero { average = .zero }
    size = position
  }

  /// If it were closed at this price.
  package func unrealised(at price: Decimal) -> Decimal { price.minus(average).times(size) }
}

/// One position that is told in two ways: the venue's own word is absolute, executions are changes.
/// Executions are counted, the word is only compared with them, and put in their place once both
/// have differed for a while: so that nothing counts twice, whichever comes first. (S3-48)
package struct PositionTruth: Equatable, Sendable {
  /// Nanoseconds that a difference may last.
  package static let patience = Nanoseconds.seconds(2)
  /// Nanoseconds during which an execution without a time may belong to a correction.
  private static let lateness = Nanoseconds.seconds(10)

  private struct Correction: Equatable {
    /// Of it, no executions were told yet; base units.
    var rest: Decimal
    let time: Int64?
    let at: UInt64

    /// Whether the word that was believed knew of this execution.
    func contains(_ fill: FillLine, _ change: Decimal, at now: UInt64) -> Bool {
      guard rest.isNegative == change.isNegative, rest.magnitude >= change.magnitude else {
        return false
      }
      if let told = time, let time = fill.time { return time <= told }
      return now < at + PositionTruth.lateness
    }
  }

  package private(set) var inventory = Inventory()
  private var word: PositionLine?
  private var heard: UInt64 = 0
  private var lastFill: (time: Int64?, at: UInt64)?
  private var differsSince: UInt64?
  private var correction: Correction?

  package init() {}

  package mutating func note(_ line: PositionLine, at now: UInt64) {
    (word, heard) = (line, now)
    compare(at: now)
  }

  /// What it has realised; nil of one that the venue's word contained already.
  package mutating func note(_ fill: FillLine, at now: UInt64) -> Decimal? {
    let change = fill.side == .buy ? fill.size : fill.size.negated
    if var correction, correction.contains(fill, change, at: now) {
      correction.rest = correction.rest.minus(change)
      self.correction = correction
      return nil
    }
    let gain = inventory.note(fill.side, fill.size, at: fill.price)
    lastFill = (fill.time, now)
    differsSince = nil
    compare(at: now)
    return gain
  }

  /// The venue's word counts at once, as nothing is on its way; unless it is older than the latest
  /// execution.
  package mutating func adopt(_ line: PositionLine, at price: Decimal, _ now: UInt64) {
    (word, heard) = (line, now)
    if isNewest(line) { _ = correct(line, price, now) }
  }

  /// By how much the executions were corrected; nil where they were not. `price` is the market's.
  package mutating func reconcile(at price: Decimal, _ now: UInt64) -> Decimal? {
    guard let word, let since = differsSince, now >= since + Self.patience, isNewest(word) else {
      return nil
    }
    return correct(word, price, now)
  }

  private mutating func correct(
    _ line: PositionLine, _ price: Decimal, _ now: UInt64
  ) -> Decimal {
    let difference = line.size.minus(inventory.size)
    differsSince = nil
    guard !difference.isZero else { return difference }
    correction = Correction(rest: difference, time: line.time, at: now)
    inventory.correct(to: line.size, at: line.entryPrice ?? price)
    return difference
  }

  private mutating func compare(at now: UInt64) {
    guard let word, word.size != inventory.size else { return differsSince = nil }
    differsSince = differsSince ?? now
  }

  /// A word that is older than the latest execution cannot contain it.
  private func isNewest(_ word: PositionLine) -> Bool {
    guard let lastFill else { return true }
    if let told = word.time, let time = lastFill.time { return told >= time }
    return heard >= lastFill.at
  }

  package static func == (left: PositionTruth, right: PositionTruth) -> Bool {
    left.inventory == right.inventory && left.word == right.word
      && left.correction == right.correction
  }
}
