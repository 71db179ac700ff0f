import Glibc
import PerpCore
import Synchronization

/// What the venue sends in one run, and when each message left it; shared by the thread that sends
/// and the one that reads what has become of it.
///
/// First messages on time tables, each with its distance from the start, then a flood: as many as
/// the candidate takes, with a bounded number on their way.
final class Traffic: @unchecked Sendable {
  struct Plan {
    /// Messages, and nanoseconds between them.
    var warmUp = (count: 1_000, every: Nanoseconds.milliseconds(1))
    var paced = (count: 6_000, every: Nanoseconds.milliseconds(1) / 2)
    var bursts = (count: 300, of: 20, every: Nanoseconds.milliseconds(10))
    /// So many may be on their way: less than makes `perpwire` leave quotes out.
    var floodWindow = 2_000
    var floodSeconds = 2
    var floodLimit = 4_000_000
    /// Between the parts, for everything to come to rest.
    var pause = Nanoseconds.milliseconds(300)

    /// One of several alike that make up the same load together.
    func shared(by number: Int) -> Plan {
      var plan = self
      plan.warmUp = (warmUp.count / number, warmUp.every * UInt64(number))
      plan.paced = (paced.count / number, paced.every * UInt64(number))
      plan.bursts.of /= number
      plan.floodWindow /= number
      plan.floodLimit /= number
      return plan
    }
  }

  let plan: Plan
  /// When each message before the flood is due, in nanoseconds from the start.
  let timetable: [UInt64]
  /// Places of the messages of each part.
  let paced: Range<Int>
  let bursts: Range<Int>
  let floodStart: Int
  /// The number after that of the newest message that has come out of the candidate.
  let arrived = Atomic<Int>(0)
  let sent = Atomic<Int>(0)
  let isOver = Atomic<Bool>(false)
  /// On the monotonic clock. An entry is written before its message is sent and read after it has
  /// come back: the kernel's pipes and sockets lie between the two threads.
  private let times: UnsafeMutableBufferPointer<UInt64>

  init(_ plan: Plan) {
    self.plan = plan
    var timetable: [UInt64] = []
    var start = plan.pause
    for index in 0..<plan.warmUp.count {
      timetable.append(start + UInt64(index) * plan.warmUp.every)
    }
    start = timetable[timetable.count - 1] + plan.pause
    paced = timetable.count..<timetable.count + plan.paced.count
    for index in 0..<plan.paced.count {
      timetable.append(start + UInt64(index) * plan.paced.every)
    }
    start = timetable[timetable.count - 1] + plan.pause
    bursts = timetable.count..<timetable.count + plan.bursts.count * plan.bursts.of
    for index in 0..<plan.bursts.count * plan.bursts.of {
      timetable.append(start + UInt64(index / plan.bursts.of) * plan.bursts.every)
    }
    floodStart = timetable.count
    self.timetable = timetable
    times = .allocate(capacity: floodStart + plan.floodLimit)
    times.initialize(repeating: 0)
  }

  deinit { times.deallocate() }

  var limit: Int { times.count }

  func noteSent(_ place: Int, at time: UInt64) { times[place] = time }

  func timeSent(_ place: Int) -> UInt64 { times[place] }
}
