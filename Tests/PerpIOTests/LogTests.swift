import Glibc
import PerpCore
import Testing

@testable import PerpIO

@Suite struct LogTests {
  /// The lines that a log wrote to a pipe.
  private func lines(
    _ format: Log.Format = .text, _ body: (Log) -> Void
  ) -> [String] {
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    body(Log(level: .info, format: format, descriptor: ends[1]))
    close(ends[1])
    var room = [UInt8](repeating: 0, count: 65536)
    let count = read(ends[0], &room, room.count)
    close(ends[0])
    return String(decoding: room[..<max(count, 0)], as: UTF8.self).split(separator: "\n")
      .map(String.init)
  }

  private func second(_ number: UInt64) -> Moment {
    Moment(monotonic: number * 1_000_000_000, wall: Int64(number) * 1_000_000)
  }

  @Test func levelsBelowTheSetOneAreSilent() {
    let lines = lines { log in
      log.write(.debug, "frames", at: second(1))
      log.write(.warning, "lost\nconnection", at: second(1))
    }
    #expect(lines == ["perpwire: warning: lost connection"])
  }

  @Test func repeatsAreCounted() {
    let lines = lines { log in
      for step in 0..<5 { log.write(.warning, "again", at: second(UInt64(step))) }
      log.write(.info, "other", at: second(5))
      log.write(.warning, "again", at: second(10))
      log.write(.warning, "again", at: second(11))
      log.finish(at: second(12))
    }
    #expect(
      lines == [
        "perpwire: warning: again", "perpwire: info: other",
        "perpwire: warning: again (repeated 4 times)", "perpwire: warning: again",
        "perpwire: warning: again (repeated once)",
      ])
  }

  @Test func jsonIsOneObjectALine() {
    let lines = lines(.json) { $0.write(.error, "say \"no\"\n", at: second(3)) }
    #expect(lines == [#"{"time":3000000,"level":"error","message":"say \"no\"\n"}"#])
  }

  @Test func aFullPipeLosesLinesInsteadOfTime() {
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    let log = Log(descriptor: ends[1])
    for number in 0..<3000 { log.write(.info, "line \(number) is long enough", at: second(1)) }
    #expect(log.lost > 0)
    close(ends[0])
    close(ends[1])
  }
}
