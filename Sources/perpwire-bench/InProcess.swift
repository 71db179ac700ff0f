import ArgumentParser
import CPerpBench
import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpVenue
import PerpVenues

/// From the bytes of a message to the finished line, in one thread: session, then outlet.
struct InProcess: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "in-process", abstract: "From the bytes of a message to the finished line.")

  @Option(help: "Measure each kind of message for so many milliseconds.")
  var milliseconds = 1_000

  @Option(help: "Only samples whose name contains this, such as 'bbo'.")
  var only = ""

  func validate() throws {
    guard (1...60_000).contains(milliseconds) else {
      throw ValidationError("--milliseconds must be 1 to 60000")
    }
  }

  func run() throws {
    var table = TextTable(["in process, ns a message", "p50", "p99", "allocations", "k/s at p50"])
    var ratio = ""
    try warmUp()
    for venue in Registry.venues {
      var ours: UInt64?
      for sample in venue.samples where only.isEmpty || sample.name.contains(only) {
        var session = try LiveSession(venue, sample)
        let result = Self.measure(&session, milliseconds)
        table.add("\(venue.id) \(sample.name)", result)
        if sample.name == FoundationBaseline.sampleName { ours = result.nanoseconds.p50 }
        guard session.lines == session.messages else {
          throw Unmeasurable(
            "\(venue.id) \(sample.name): \(session.lines) lines of \(session.messages)")
        }
      }
      guard let sample = venue.samples.first(where: { $0.name == FoundationBaseline.sampleName }),
        sample.name.contains(only) || only.isEmpty
      else { continue }
      var baseline = FoundationBaseline(sample)
      let result = Self.measure(&baseline, milliseconds)
      table.add("\(sample.name) by Foundation", result)
      if let ours {
        let times = Float(result.nanoseconds.p50) / Float(ours)
        ratio = "\nFoundation takes \(times.text(1)) times as long for \(sample.name)"
      }
    }
    print(table.text + ratio)
  }

  /// A processor that has rested takes seconds to come to its speed; what is measured first would
  /// be half as slow again.
  private func warmUp() throws {
    guard let venue = Registry.venues.first, let sample = venue.samples.first else { return }
    var session = try LiveSession(venue, sample)
    _ = Self.measure(&session, 2_500)
  }

  struct Result {
    var nanoseconds: Percentiles
    var allocations: Float
  }

  /// Messages between two looks at the clock, which costs as much as one of them.
  private static let batch = 16

  private static func measure(
    _ work: inout some Measured & ~Copyable, _ milliseconds: Int
  ) -> Result {
    let warmUp = Clock.now().monotonic + Nanoseconds.milliseconds(milliseconds) / 4
    let end = warmUp + Nanoseconds.milliseconds(milliseconds)
    var times: [UInt64] = []
    var allocations: UInt64 = 0
    times.reserveCapacity(1 << 20)
    while times.count < 1 << 20 {
      work.prepare(Self.batch)
      let before = bench_allocations()
      bench_count_allocations(1)
      let start = nanoseconds()
      work.run()
      let stop = nanoseconds()
      bench_count_allocations(0)
      if stop >= end { break }
      guard stop >= warmUp else { continue }
      times.append((stop - start) / UInt64(Self.batch))
      allocations += bench_allocations() - before
    }
    return Result(
      nanoseconds: Percentiles(times),
      allocations: Float(allocations) / Float(times.count * Self.batch))
  }

  @inline(__always)
  private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

/// Something to be done with a batch of messages.
protocol Measured: ~Copyable {
  /// Not part of what is measured.
  mutating func prepare(_ count: Int)
  mutating func run()
}

extension TextTable {
  fileprivate mutating func add(_ name: String, _ result: InProcess.Result) {
    add([
      name, "\(result.nanoseconds.p50)", "\(result.nanoseconds.p99)",
      result.allocations.text(2), (1e6 / Float(result.nanoseconds.p50)).text(0),
    ])
  }
}
