/// A venue's name in the line protocol, such as `paradex`. Each adapter declares its own; there
/// is no list of them here.
public struct VenueID: Hashable, Sendable, CustomStringConvertible {
  public let name: StaticString

  public init(_ name: StaticString) { self.name = name }

  public var description: String { name.description }

  public static func == (left: VenueID, right: VenueID) -> Bool {
    left.name.utf8Start == right.name.utf8Start || left.bytes.elementsEqual(right.bytes)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
  }

  private var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
  }
}
