import PerpVenue

/// The numbers of one key's transactions: each one more than the one before, without a gap. A
/// transaction that the venue takes uses its number up, whatever becomes of it; one that it refuses
/// does not. So one is under way at a time, and where nobody knows what became of it the venue must
/// be asked ("nextNonce") before another is signed. ("Nonce management")
struct LighterNonceLine: Sendable {
  /// A transaction under way.
  struct Reserved: Equatable, Sendable {
    let nonce: Int64
    let request: OrderRequest
    /// What its answer is told by.
    let tag: Int64
    /// Empty until it is signed.
    var hash = ""
  }

  /// Of the next transaction; nil while the venue must be asked.
  private(set) var next: Int64?
  private(set) var reserved: Reserved?
  /// How often the venue had counted further than we, though nothing of ours was in doubt.
  private(set) var conflicts = 0
  /// Since nothing of ours was in doubt any more.
  private var isCertain = false
  /// The number that was refused, until the venue says what it should have been.
  private var refuted: Int64?
  /// What is below was used up for certain.
  private(set) var floor: Int64 = 0

  var isFree: Bool { next != nil && reserved == nil }
  var mustAsk: Bool { next == nil && reserved == nil }

  /// The number of a transaction that is signed now; nil unless the line is free.
  mutating func reserve(for request: OrderRequest, tag: Int64) -> Int64? {
    guard reserved == nil, let next else { return nil }
    reserved = Reserved(nonce: next, request: request, tag: tag)
    return next
  }

  mutating func sign(as hash: String) { reserved?.hash = hash }

  /// The venue took the transaction.
  mutating func use() {
    guard let reserved else { return }
    (next, floor, isCertain) = (reserved.nonce + 1, reserved.nonce + 1, true)
    self.reserved = nil
  }

  /// The number is free again: nothing left, or the venue refused it before it counted.
  mutating func release() { reserved = nil }

  /// Nobody knows whether the number is used up.
  mutating func doubt() { (next, reserved, isCertain) = (nil, nil, false) }

  /// The venue said that the number was the wrong one: so what we believed is worth nothing.
  mutating func refute() {
    refuted = isCertain ? reserved?.nonce : nil
    doubt()
    floor = 0
  }

  /// What the venue says. One of its servers may lag behind what another has taken.
  mutating func learn(_ nonce: Int64) {
    if let refuted, nonce > refuted { conflicts += 1 }
    refuted = nil
    next = max(nonce, floor)
  }
}
