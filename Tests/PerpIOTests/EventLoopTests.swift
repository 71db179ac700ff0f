import Glibc
import PerpCore
import Synchronization
import Testing

@testable import PerpIO

@Suite struct EventLoopTests {
  @Test func timersFireInTheirTurnAndMayBeMoved() {
    let loop = EventLoop()
    var log: [String] = []
    let start = loop.now().monotonic
    let early = loop.timer { log.append("early") }
    let late = loop.timer {
      log.append("late")
      loop.stop()
    }
    let never = loop.timer { log.append("never") }
    late.deadline = start + Nanoseconds.milliseconds(3)
    never.deadline = start + Nanoseconds.milliseconds(1)
    early.deadline = start + Nanoseconds.milliseconds(2)
    never.deadline = nil
    loop.run()
    #expect(log == ["early", "late"])
    #expect(Clock.now().monotonic >= start + Nanoseconds.milliseconds(3))
    #expect(early.deadline == nil)
  }

  @Test func aTimerMayGiveItselfANewDeadline() {
    let loop = EventLoop()
    var count = 0
    var timer: Timer?
    timer = loop.timer {
      count += 1
      if count == 5 { loop.stop() } else { timer?.deadline = loop.now().monotonic + 1000 }
    }
    timer?.deadline = loop.now().monotonic
    loop.run()
    #expect(count == 5)
  }

  @Test func oneTurnHasOneMomentAndEndsWithItsHooks() {
    let loop = EventLoop()
    var log: [String] = []
    var moments: Set<UInt64> = []
    loop.afterTurn { log.append("hook") }
    loop.soon {
      moments.insert(loop.now().monotonic)
      log.append("soon")
      loop.soon {
        log.append("next")
        loop.stop()
      }
      moments.insert(loop.now().monotonic)
    }
    loop.run()
    #expect(log == ["soon", "hook", "next", "hook"])
    #expect(moments.count == 1)
  }

  @Test func messagesOfManyThreadsArriveEachInItsOrder() {
    let loop = EventLoop()
    var received: [Int] = []
    let mailbox = loop.mailbox("numbers", limit: 100_000) { (number: Int) in
      received.append(number)
      if received.count == 40_000 { loop.stop() }
    }
    let workers = (0..<4).map { lane in
      Worker("lane \(lane)") { for step in 0..<10_000 { mailbox.post(lane * 10_000 + step) } }
    }
    loop.run()
    for worker in workers { worker.join() }
    for lane in 0..<4 {
      #expect(received.filter { $0 / 10_000 == lane } == Array(lane * 10_000..<(lane + 1) * 10_000))
    }
  }

  @Test func aFullMailboxRefusesAndCounts() {
    let loop = EventLoop()
    let mailbox = loop.mailbox("small", limit: 2) { (_: Int) in }
    #expect([1, 2, 3].map { mailbox.post($0) } == [true, true, false])
    #expect(mailbox.refused == 1)
  }

  @Test func pipesAndRegularFilesAreWatchedWithoutTouchingTheirFlags() {
    let loop = EventLoop()
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    var log: [String] = []
    var watches: [Watch] = []
    watches.append(
      loop.watch(ends[0], .read) { ready in
        var byte: UInt8 = 0
        log.append(read(ends[0], &byte, 1) == 1 ? "byte" : "end \(ready.contains(.hungUp))")
        if log.last == "byte" { close(ends[1]) } else { loop.stop() }
      })
    _ = write(ends[1], "x", 1)
    loop.run()
    #expect(log == ["byte", "end true"])
    #expect(fcntl(ends[0], F_GETFL) & O_NONBLOCK == 0)
    for watch in watches { watch.cancel() }
    close(ends[0])

    let file = open("/proc/self/status", O_RDONLY)
    var isRead = false
    let watch = loop.watch(file, .read) { _ in
      isRead = true
      loop.stop()
    }
    loop.run()
    watch.cancel()
    close(file)
    #expect(isRead)
  }

  /// Two descriptors ready in one turn; the first handler ends the second.
  @Test func aCancelledWatchHearsNothingMore() {
    let loop = EventLoop()
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    _ = write(ends[1], "x", 1)
    let others = [dup(ends[0]), dup(ends[0])]
    var served = 0
    var watches: [Watch] = []
    for other in others {
      watches.append(
        loop.watch(other, .read) { _ in
          served += 1
          for watch in watches { watch.cancel() }
          loop.stop()
        })
    }
    loop.run()
    #expect(served == 1)
    for descriptor in ends + others { close(descriptor) }
  }

  @Test func signalsComeToTheLoop() {
    let loop = EventLoop()
    var received: [Int32] = []
    let signals = Signals(loop: loop) {
      received.append($0)
      loop.stop()
    }
    loop.soon { kill(getpid(), SIGHUP) }
    loop.run()
    #expect(received == [SIGHUP])
    withExtendedLifetime(signals) {}
  }
}
