import PerpCore

/// Tells once of each thing a venue sends that this version does not know, and counts the rest.
package struct DriftWatch: Sendable {
  /// Different findings that are told; later ones are only counted.
  package static let maxFindings = 200
  /// Characters of each text that are kept: a venue may send names of any length.
  package static let maxText = 200

  private let venue: VenueID
  private var findings: [String: Int] = [:]
  package private(set) var untold = 0

  package init(venue: VenueID) { self.venue = venue }

  package mutating func found(
    channel: String, path: String, sample: String, at now: Moment,
    into actions: inout VenueActions
  ) {
    let channel = String(channel.prefix(Self.maxText))
    let path = String(path.prefix(Self.maxText))
    let key = "\(channel) \(path)"
    if findings[key] == nil, findings.count >= Self.maxFindings {
      untold += 1
      return
    }
    findings[key, default: 0] += 1
    guard findings[key] == 1 else { return }
    actions.append(
      .emit(
        .drift(
          Drift(
            venue: venue, channel: channel, path: path, sample: String(sample.prefix(Self.maxText)),
            time: now.wall))))
  }
}
