import PerpCore
import PerpVenue

/// What it takes to make a session again: never a secret, only what secrets there were.
package struct RecordedSession: Equatable, Sendable {
  /// Counts from 1 within a recording.
  package var id: Int
  package var venue: String
  package var seed: UInt64
  package var endpoints: Endpoints
  package var settings: [String: String]
  package var secretNames: [String]
  package var share: Int
  package var isRacing: Bool

  init(id: Int, venue: VenueID, options: SessionOptions, isRacing: Bool) {
    self.init(
      id: id, venue: venue.description, seed: options.seed, endpoints: options.endpoints,
      settings: options.settings, secretNames: options.secrets.keys.sorted(),
      share: options.share, isRacing: isRacing)
  }

  init(
    id: Int, venue: String, seed: UInt64, endpoints: Endpoints, settings: [String: String],
    secretNames: [String], share: Int, isRacing: Bool
  ) {
    self.id = id
    self.venue = venue
    self.seed = seed
    self.endpoints = endpoints
    self.settings = settings
    self.secretNames = secretNames
    self.share = share
    self.isRacing = isRacing
  }

  /// The same, with something meaningless in the place of each secret.
  var options: SessionOptions {
    SessionOptions(
      endpoints: endpoints, seed: seed, settings: settings,
      secrets: Dictionary(
        secretNames.map { ($0, Secret("not-recorded")) }, uniquingKeysWith: { first, _ in first }),
      share: share)
  }
}
