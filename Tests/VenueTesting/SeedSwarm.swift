import PerpCore
import PerpSim
import PerpVenue
import Testing

/// Session against simulator under a swarm of faults, by the thousand. A seed that fails prints
/// its one-line reproduction. As `seedCount` says.
package struct SeedSwarm: Sendable {
  private static let workers = 4

  private let run: SeededRun

  package init(_ venue: VenueDescriptor, bundle: SessionBundle.Policy? = nil) {
    run = SeededRun(venue: venue, steps: 2_000, bundle: bundle)
  }

  /// A debug build is some ten times slower, and is not what `script/test` runs.
  private static var count: Int {
    #if DEBUG
      seedCount(40)
    #else
      seedCount(1_000)
    #endif
  }

  /// Sessions recover from every swarm of faults, and no book is ever wrong. `part` of the seeds
  /// are run. A run must have had more than `least` books and quotes to compare on average.
  package func expectSound(part: Int = 1, compared least: Int = 100) async {
    let count = Self.count / part
    let reports = await withTaskGroup(of: [SeededRun.Report].self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          stride(from: 1 + worker, through: count, by: Self.workers).map {
            run.run(seed: UInt64($0))
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
    for report in reports where !report.violations.isEmpty {
      Issue.record(
        """
        \(report.violations.prefix(3).joined(separator: "; ")), under '\(report.plan)'
          perpwire bench --simulate 1 --venue \(run.venue.id) --seed \(report.seed)
        """)
    }
    let compared = reports.reduce(0) { $0 + $1.booksCompared + $1.quotesCompared }
    let steps = reports.reduce(0) { $0 + $1.steps }
    let faults = reports.reduce(0) { $0 + $1.faults }
    #expect(compared > count * least, "the oracle must have had something to compare")
    print(
      "seeds of \(run.venue.id): \(count) runs, \(steps) steps, \(faults) faults, "
        + "\(compared) books and quotes equal")
  }

  /// A seed repeats its run exactly.
  package func expectRepeatable() {
    for seed in UInt64(1)...8 {
      let (first, second) = (run.run(seed: seed), run.run(seed: seed))
      #expect(first.steps == second.steps)
      #expect(first.entered == second.entered)
      #expect(first.booksCompared == second.booksCompared)
      #expect(first.quotesCompared == second.quotesCompared)
    }
  }
}
