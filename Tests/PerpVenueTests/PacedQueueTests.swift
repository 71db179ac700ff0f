import PerpVenue
import Testing

@Suite("Paced queue")
struct PacedQueueTests {
  @Test("work comes out in its order, no faster than the window allows")
  func paced() {
    var queue = PacedQueue<Int>(rate: RollingWindow(limit: 2, per: 100))
    #expect(queue.deadline == nil)
    for piece in 1...3 { queue.append(piece) }
    #expect(queue.next(at: 5) == 1)
    #expect(queue.next(at: 5) == 2)
    #expect(queue.next(at: 5) == nil)
    #expect(queue.deadline == 105)
    #expect(queue.next(at: 105) == 3)
    #expect(queue.deadline == nil)
    #expect(queue.next(at: 500) == nil)
    #expect(queue.isEmpty)
  }

  @Test("the same work waits once, and may come again when it is done")
  func unique() {
    var queue = PacedQueue<String>(rate: RollingWindow(limit: 9, per: 1))
    queue.append("a")
    queue.append("a")
    #expect(queue.next(at: 1) == "a")
    #expect(queue.next(at: 1) == nil)
    queue.append("a")
    #expect(queue.next(at: 1) == "a")
  }

  @Test("asking while nothing waits costs nothing of the allowance")
  func idle() {
    var queue = PacedQueue<Int>(rate: RollingWindow(limit: 1, per: 100))
    for now in 0..<50 { #expect(queue.next(at: UInt64(now)) == nil) }
    queue.append(1)
    #expect(queue.next(at: 50) == 1)
  }

  @Test("a pause holds everything back, and a shorter one does not end it")
  func pause() {
    var queue = PacedQueue<Int>(rate: RollingWindow(limit: 9, per: 1))
    queue.append(1)
    queue.pause(until: 1_000)
    queue.pause(until: 10)
    #expect(queue.deadline == 1_000)
    #expect(queue.next(at: 999) == nil)
    #expect(queue.next(at: 1_000) == 1)
  }

  @Test("what is taken out is gone")
  func removal() {
    var queue = PacedQueue<Int>(rate: RollingWindow(limit: 9, per: 1))
    for piece in 1...4 { queue.append(piece) }
    queue.removeAll { $0.isMultiple(of: 2) }
    #expect(queue.next(at: 1) == 1)
    #expect(queue.next(at: 1) == 3)
    queue.append(5)
    queue.removeAll()
    #expect(queue.isEmpty)
  }
}
