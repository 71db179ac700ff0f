import ArgumentParser
import PerpVenue
import PerpVenues

extension Registry {
  /// The venue of that name, or an error that says which there are.
  static func required(_ name: String) throws -> VenueDescriptor {
    guard let venue = venue(name) else {
      throw ValidationError("there is no venue '\(name)'; this version has \(names)")
    }
    return venue
  }
}
