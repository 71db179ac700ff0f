import PerpCore

extension ByteBuffer {
  /// One frame. Clients give a mask nobody can foretell, servers none.
  ///
  /// Final, with reserved bits (0 to 7) clear and a known opcode, as everybody should write it; the
  /// rest is for simulators, who need not.
  package mutating func appendFrame(
    _ opcode: UInt8, _ payload: RawSpan, isFinal: Bool = true, reservedBits: UInt8 = 0,
    mask: UInt32? = nil
  ) {
    let count = payload.byteCount
    append((isFinal ? 0x80 : 0) | reservedBits << 4 | opcode)
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    switch count {
    case ...125: append(UInt8(count) | maskBit)
    case ...0xFFFF:
      append(126 | maskBit)
      appendBigEndian(UInt16(count))
    default:
      append(127 | maskBit)
      appendBigEndian(UInt64(count))
    }
    if let mask { appendBigEndian(mask.bigEndian) }
    let place = UnsafeMutableRawBufferPointer(start: room(count), count: count)
    payload.withUnsafeBytes { place.copyMemory(from: $0) }
    if let mask { applyMask(mask, to: place) }
    advance(count)
  }

  /// Code 1005 stands for no code; the reason is cut to what a control frame holds.
  package mutating func appendClose(code: Int, reason: String, mask: UInt32? = nil) {
    var payload: [UInt8] = []
    if code != 1005 {
      payload = [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
      for scalar in reason.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        if payload.count + bytes.count > FrameReader.controlLimit { break }
        payload += bytes
      }
    }
    appendFrame(Opcode.close, payload.span.bytes, mask: mask)
  }

  private mutating func appendBigEndian<T: FixedWidthInteger>(_ value: T) {
    room(MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
    advance(MemoryLayout<T>.size)
  }
}
