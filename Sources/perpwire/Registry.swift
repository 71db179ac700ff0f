import Paradex
import PerpCore
import PerpVenue

/// The only list of venues.
enum Registry {
  static let venues: [VenueDescriptor] = [Paradex.descriptor]

  static func venue(_ name: String) -> VenueDescriptor? {
    venues.first { $0.id.description == name }
  }

  static var names: String { venues.map(\.id.description).joined(separator: ", ") }
}
