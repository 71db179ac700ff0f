import EdgeX
import GRVT
import Lighter
import Paradex
import PerpVenue
import Variational

/// The only list of venues.
package enum Registry {
  package static let venues: [VenueDescriptor] = [
    Paradex.descriptor,
    EdgeX.descriptor,
    GRVT.descriptor,
    Lighter.descriptor,
    Variational.descriptor,
  ]

  package static func venue(_ name: String) -> VenueDescriptor? {
    venues.first { $0.id.description == name }
  }

  package static var names: String { venues.map(\.id.description).joined(separator: ", ") }
}
