import PerpCore

/// The hours of the day, UTC, in which a strategy may trade. (S3-16, S3-44)
package struct ActiveHours: Equatable, Sendable {
  package var active: Set<Int>
  package var paused: Set<Int>

  package init(active: Set<Int> = Set(0...23), paused: Set<Int> = []) {
    (self.active, self.paused) = (active, paused)
  }

  /// An hour that is on neither list is none to trade in. `wall` in microseconds since the epoch.
  package func allow(_ wall: Int64) -> Bool {
    let hour = Int(wall / 3_600_000_000 % 24)
    return active.contains(hour) && !paused.contains(hour)
  }

  /// Hours and spans of hours, both ends included, such as `21,22,23,0-5`; nil of anything else.
  package static func hours(_ text: String) -> Set<Int>? {
    var hours: Set<Int> = []
    for part in text.split(separator: ",") {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
        Int($0.filter { $0 != " " })
      }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first <= last, (0...23).contains(first), (0...23).contains(last)
      else { return nil }
      hours.formUnion(first...last)
    }
    return hours
  }
}
