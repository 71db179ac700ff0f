/// A venue's name in the line protocol, such as `paradex`. Each adapter declares its own; there
/// is no list of them here.
package struct VenueID: Hashable, Sendable, CustomStringConvertible {
  package let name: StaticString

  package init(_ name: StaticString) { self.name = name }

  package var description: String { name.description }

  package static func == (left: VenueID, right: VenueID) -> Bool {
    left.name.utf8Start == right.name.utf8Start || left.bytes.elementsEqual(right.bytes)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
  }

  private var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }
}
