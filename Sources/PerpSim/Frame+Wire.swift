import PerpCore
import PerpVenue
import PerpWebSocket

extension Frame {
  /// As it would go over the wire; bytes that are raw already as they are.
  var wireBytes: [UInt8] {
    switch kind {
    case .text: Self.wireBytes(Opcode.text, bytes[...])
    case .binary: Self.wireBytes(Opcode.binary, bytes[...])
    case .raw: bytes
    }
  }

  /// One frame as a server writes it, or as no server should.
  static func wireBytes(
    _ opcode: UInt8, _ payload: ArraySlice<UInt8>, isFinal: Bool = true, reservedBits: UInt8 = 0,
    mask: UInt32? = nil
  ) -> [UInt8] {
    var wire = ByteBuffer(capacity: payload.count + 14)
    wire.appendFrame(
      opcode, payload.span.bytes, isFinal: isFinal, reservedBits: reservedBits, mask: mask)
    return wire.array
  }
}
