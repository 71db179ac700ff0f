/// A venue's name in the line protocol, such as `paradex`. Each adapter declares its own; there
/// is no list of them here.
public struct VenueID: Hashable, Comparable, Sendable, CustomStringConvertible {
  public let name: StaticString

  public init(_ name: StaticString) { self.name = name }

  public var description: String { name.description }

  public static func == (left: VenueID, right: VenueID) -> Bool {
    left.name.utf8Start == right.name.utf8Start || left.bytes.elementsEqual(right.bytes)
  }

  public func hash(into hasher: inout Hasher) {
    // Names are few, and short: their beginnings tell them apart.
    var beginning = bytes.count
    for byte in bytes.prefix(6) { beginning = beginning &<< 8 | Int(byte) }
    hasher.combine(beginning)
  }

  public static func < (left: VenueID, right: VenueID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  private var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }
}
