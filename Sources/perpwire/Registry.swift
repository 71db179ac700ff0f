import ArgumentParser
import Paradex
import PerpCore
import PerpVenue

/// The only list of venues.
enum Registry {
  static let venues: [VenueDescriptor] = [Paradex.descriptor]

  static func venue(_ name: String) -> VenueDescriptor? {
    venues.first { $0.id.description == name }
  }

  /// The venue of that name, or an error that says which there are.
  static func required(_ name: String) throws -> VenueDescriptor {
    guard let venue = venue(name) else {
      throw ValidationError("there is no venue '\(name)'; this version has \(names)")
    }
    return venue
  }

  static var names: String { venues.map(\.id.description).joined(separator: ", ") }
}
