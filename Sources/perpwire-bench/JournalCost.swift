import Glibc
import PerpCore
import PerpIO

/// What a lossless line costs before it may be told.
enum JournalCost {
  static func measure() throws -> String {
    let path = "/tmp/perpwire-bench-\(getpid()).sqlite"
    defer { for end in ["", "-wal", "-shm", ".lock"] { unlink(path + end) } }
    let journal = try Journal(path, id: "bench")
    let line = [UInt8](repeating: UInt8(ascii: "x"), count: 250)
    var times: [UInt64] = []
    for number in 1...50_000 {
      let start = Clock.now().monotonic
      try journal.append(UInt64(number), line)
      try journal.commit()
      times.append(Clock.now().monotonic - start)
    }
    journal.close()
    let all = Percentiles(times)
    return "journal, a line a commit: p50 \((Float(all.p50) / 1_000).text(1)) us, p99 "
      + "\((Float(all.p99) / 1_000).text(1)), p99.9 \((Float(all.p999) / 1_000).text(1))"
  }
}
