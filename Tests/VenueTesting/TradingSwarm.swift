import PerpCore
import PerpVenue
import Testing

/// Accounts of one venue under a swarm of faults, by the hundred. A seed that fails prints itself.
/// As `seedCount` says.
package struct TradingSwarm: Sendable {
  private static let workers = 4
  private static let steps = 60

  private let venue: VenueDescriptor
  private let share: Int

  /// One of `share` seeds is run: for a form of a venue that shares most of the way with another.
  package init(_ venue: VenueDescriptor, share: Int = 1) {
    (self.venue, self.share) = (venue, share)
  }

  private var count: Int { seedCount(220) / share }

  /// Without faults nothing is ever in doubt, but where a venue says nothing of what it refuses.
  package func expectCalm(refusesSilently: Bool = false) async {
    let reports = await reports(20) { TradingRun(venue, seed: $0, trouble: .nothing) }
    for report in reports {
      #expect(report.violations.isEmpty, "seed \(report.seed): \(report.violations.prefix(3))")
      #expect(report.unknown == 0 || refusesSilently, "seed \(report.seed): \(report)")
    }
    #expect(reports.reduce(0) { $0 + $1.fills } > 100, "there must have been something to tell")
  }

  /// Whatever goes wrong on the way, in the end all is told as it is at the venue.
  package func expectSound() async {
    let count = count
    let reports = await reports(count) { TradingRun(venue, seed: $0) }
    let failed = reports.filter { !$0.violations.isEmpty }
    for report in failed.prefix(10) {
      Issue.record(
        "\(venue.id), seed \(report.seed): \(report.violations.prefix(3).joined(separator: "; "))")
    }
    func sum(_ value: (TradingRun.Report) -> Int) -> Int { reports.reduce(0) { $0 + value($1) } }
    let (placed, unknown, restarts) = (sum(\.placed), sum(\.unknown), sum(\.restarts))
    print(
      #"{"evid":"X20","ok":\#(failed.isEmpty),"venue":"\#(venue.id)","runs":\#(count),"#
        + #""placed":\#(placed),"fills":\#(sum(\.fills)),"unknown":\#(unknown),"#
        + #""restarts":\#(restarts),"outages":\#(sum(\.outages)),"violations":\#(failed.count)}"#)
    #expect(unknown > count / 4 && restarts > count / 4, "faults must have struck")
  }

  /// The rows of the fault table that are about orders (`reliability.md` X), one after the other.
  /// Where nothing takes effect and nobody says so, orders must have been in doubt; else the
  /// private stream may have told of them in time.
  private static let rows:
    [(id: String, title: String, trouble: TradingRun.Trouble, isDoubt: Bool)] =
      [
        ("X20", "answers are lost", .orders("lose-answer%60"), false),
        ("X21", "requests are lost", .orders("lose-request%60"), true),
        ("X22", "answers come a minute late", .orders("late=60000%40"), false),
      ]
      + [500, 503].flatMap { status in
        [
          ("X23", "status \(status) without effect", .orders("fail=\(status)%50"), true),
          ("X23", "status \(status) with effect", .orders("fail-after=\(status)%50"), false),
        ]
      } + [
        ("X25", "fills and reports come before the answer", .orders("report-first"), false),
        ("X30", "all reports come twice", .orders("duplicate-report"), false),
        ("X32", "what is taken is dropped without a word", .orders("ignore%40"), false),
        ("X35", "nobody to log in at for five minutes", .absence, false),
        ("X40", "the venue asks to wait", .orders("throttle%40"), false),
        ("X43", "the network goes again and again", .outages, false),
        ("X50", "killed and started again", .restarts, false),
      ]

  /// Each row of the fault table, on eight accounts; prints a line of evidence for each.
  package func expectRows() async {
    for (id, title, trouble, isDoubt) in Self.rows {
      let reports = await reports(8) { TradingRun(venue, seed: $0 + 1_000, trouble: trouble) }
      func sum(_ value: (TradingRun.Report) -> Int) -> Int { reports.reduce(0) { $0 + value($1) } }
      let wrong = reports.flatMap(\.violations)
      let hasStruck = !isDoubt || sum(\.unknown) > 0
      print(
        #"{"evid":"\#(id)","ok":\#(wrong.isEmpty && hasStruck),"venue":"\#(venue.id)","#
          + #""case":"\#(title)","runs":\#(reports.count),"placed":\#(sum(\.placed)),"#
          + #""fills":\#(sum(\.fills)),"unknown":\#(sum(\.unknown)),"#
          + #""restarts":\#(sum(\.restarts)),"outages":\#(sum(\.outages)),"#
          + #""violations":\#(wrong.count)}"#)
      #expect(wrong.isEmpty, "\(venue.id) \(id) \(title): \(wrong.prefix(3))")
      #expect(hasStruck, "\(venue.id) \(id) \(title): nothing was ever in doubt")
    }
  }

  private func reports(
    _ count: Int, _ make: @escaping @Sendable (UInt64) -> TradingRun
  ) async -> [TradingRun.Report] {
    await withTaskGroup(of: [TradingRun.Report].self) { group in
      for worker in 0..<Self.workers {
        group.addTask {
          stride(from: 1 + worker, through: count, by: Self.workers).map { seed in
            var run = make(UInt64(seed))
            return run.run(steps: Self.steps)
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }
    }
  }
}
