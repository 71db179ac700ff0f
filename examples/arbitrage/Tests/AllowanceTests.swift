import Bot
import PerpCore
import Testing

/// Rows B-06, C-10 and C-11.
@Suite("How much, and how often") struct AllowanceTests {
  @Test("C-11 a bucket of 8 a second and 12: 12 pass, 6 wait, the 19th is refused")
  func bucket() throws {
    var bucket = try TokenBucket(rate: 8, capacity: 12, at: 0)
    let timeout = Nanoseconds.milliseconds(800)
    let waits = try (1...19).map { _ in try bucket.acquire(timeout: timeout, at: 0) }
    #expect(waits.prefix(12) == Array(repeating: 0, count: 12)[...])
    #expect(waits[12..<18].map { $0.map { $0 / 1_000_000 } } == [125, 250, 375, 500, 625, 750])
    #expect(waits[18] == nil)
    // What was refused took nothing.
    #expect(try bucket.acquire(timeout: timeout, at: Nanoseconds.milliseconds(75)) == timeout)
  }

  @Test("C-11 a bucket that makes no sense is refused")
  func impossibleBuckets() throws {
    #expect(throws: TokenBucket.Problem.self) { try TokenBucket(rate: 0, capacity: 1, at: 0) }
    #expect(throws: TokenBucket.Problem.self) { try TokenBucket(rate: 1, capacity: 0, at: 0) }
    var bucket = try TokenBucket(rate: 1, capacity: 2, at: 0)
    #expect(throws: TokenBucket.Problem.self) { try bucket.acquire(3, timeout: .max, at: 0) }
  }

  @Test("C-10 a window holds what is younger than it")
  func window() {
    var window = WindowLimiter(limit: 2, window: 100)
    #expect(window.allows(2, at: 0))
    #expect(!window.allows(3, at: 0))
    window.note(at: 0)
    window.note(at: 50)
    #expect(!window.allows(at: 99))
    #expect(window.allows(at: 100))
    #expect(window.count(at: 149) == 1)
    #expect(window.count(at: 150) == 0)
  }

  @Test("B-06 orders in doubt count in full")
  func reservation() {
    var reservation = Reservation(target: decimal("1"))
    #expect(reservation.mayAcquire == decimal("1"))
    reservation.firstWorking = decimal("0.4")
    #expect(reservation.mayAcquire == decimal("0.6"))
    (reservation.firstFilled, reservation.firstWorking) = (decimal("0.3"), decimal("0.1"))
    #expect(reservation.mayAcquire == decimal("0.6"))
    #expect(reservation.mayHedge == decimal("0.3"))
    reservation.secondWorking = decimal("0.3")
    #expect(reservation.mayHedge == .zero)
    (reservation.secondFilled, reservation.secondWorking) = (decimal("0.5"), .zero)
    #expect(reservation.mayHedge == .zero)
  }

  @Test("C-10 a window says when it opens again")
  func opening() {
    var window = WindowLimiter(limit: 2, window: 100)
    #expect(window.opening(at: 5) == 5 && window.opening(for: 3, at: 5) == nil)
    for time: UInt64 in [10, 20, 130] { window.note(at: time) }
    #expect(window.count(at: 130) == 1)
    window.note(at: 150)
    #expect(window.opening(at: 160) == 230 && window.opening(for: 2, at: 160) == 250)
    #expect(window.opening(at: 230) == 230)
  }
}
