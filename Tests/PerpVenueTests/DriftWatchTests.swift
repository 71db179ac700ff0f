import PerpCore
import PerpVenue
import Testing

@Suite("Drift watch")
struct DriftWatchTests {
  private static let now = Moment(monotonic: 1, wall: 5)

  private func drifts(_ actions: VenueActions) -> [Drift] {
    actions.list.compactMap {
      if case .emit(.drift(let drift)) = $0 { drift } else { nil }
    }
  }

  @Test("each finding is told once")
  func once() {
    var watch = DriftWatch(venue: VenueID("paradex"))
    var actions = VenueActions()
    for _ in 0..<3 {
      for path in ["a", "b"] {
        watch.found(channel: "bbo", path: path, sample: "{}", at: Self.now, into: &actions)
      }
    }
    #expect(
      drifts(actions) == [
        Drift(venue: VenueID("paradex"), channel: "bbo", path: "a", sample: "{}", time: 5),
        Drift(venue: VenueID("paradex"), channel: "bbo", path: "b", sample: "{}", time: 5),
      ])
    #expect(watch.untold == 0)
  }

  @Test("a venue that invents names without end is told of 200 times, in short texts")
  func bound() {
    var watch = DriftWatch(venue: VenueID("paradex"))
    var actions = VenueActions()
    let long = String(repeating: "x", count: 10_000)
    for number in 0..<1_000 {
      watch.found(
        channel: "\(number)\(long)", path: long, sample: long, at: Self.now, into: &actions)
    }
    let drifts = drifts(actions)
    #expect(drifts.count == DriftWatch.maxFindings)
    #expect(watch.untold == 1_000 - DriftWatch.maxFindings)
    for drift in drifts {
      #expect(drift.channel.count + drift.path.count + drift.sample.count <= 600)
    }
  }
}
