import Foundation
import PerpCore
import PerpSim
import PerpVenue
import Testing

@testable import Paradex

/// Session against simulator under a swarm of faults, by the thousand. A seed that fails prints
/// its one-line reproduction. `PERPWIRE_SEEDS` sets how many.
@Suite struct ParadexSeedsTests {
  /// A debug build is some ten times slower, and is not what `script/test` runs.
  private static var count: Int {
    if let text = ProcessInfo.processInfo.environment["PERPWIRE_SEEDS"], let count = Int(text) {
      return count
    }
    #if DEBUG
      return 40
    #else
      return 1_000
    #endif
  }

  private static let run = SeededRun(
    venue: Paradex.descriptor,
    symbols: [Symbol("BTC-USD-PERP"), Symbol("ORDI-USD-PERP")].compactMap { $0 }, steps: 2_000)

  @Test("sessions recover from every swarm of faults, and no book is ever wrong")
  func swarm() async {
    let (count, workers) = (Self.count, 4)
    let reports = await withTaskGroup(of: [SeededRun.Report].self) { group in
      for worker in 0..<workers {
        group.addTask {
          stride(from: 1 + worker, through: count, by: workers).map {
            Self.run.run(seed: UInt64($0))
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    for report in reports where !report.violations.isEmpty {
      Issue.record(
        """
        \(report.violations.prefix(3).joined(separator: "; ")), under '\(report.plan)'
          perpwire bench --simulate 1 --seed \(report.seed)
        """)
    }
    let books = reports.reduce(0) { $0 + $1.booksCompared }
    let steps = reports.reduce(0) { $0 + $1.steps }
    let faults = reports.reduce(0) { $0 + $1.faults }
    #expect(books > count * 100, "the oracle must have had something to compare")
    print("seeds: \(count) runs, \(steps) steps, \(faults) faults, \(books) books equal")
  }

  @Test("a seed repeats its run exactly")
  func repeats() {
    for seed in UInt64(1)...8 {
      let (first, second) = (Self.run.run(seed: seed), Self.run.run(seed: seed))
      #expect(first.steps == second.steps)
      #expect(first.entered == second.entered)
      #expect(first.booksCompared == second.booksCompared)
    }
  }
}
