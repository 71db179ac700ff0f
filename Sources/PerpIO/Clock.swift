import Glibc
import PerpCore

/// The only place where the time is read.
package enum Clock {
  package static func now() -> Moment {
    Moment(
      monotonic: UInt64(nanoseconds(CLOCK_MONOTONIC)), wall: nanoseconds(CLOCK_REALTIME) / 1_000)
  }

  private static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
