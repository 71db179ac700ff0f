import PerpCore
import PerpVenue
import PerpWebSocket

/// What the faults make of a frame. One that is raw has been mangled before: it can still be lost
/// or sent twice, but not be mangled again.
struct FrameMangler {
  static func mangle(
    _ frame: Frame, by clause: FaultPlan.Clause, _ random: inout Random
  ) -> [Frame] {
    switch clause.kind {
    case .stall, .drop, .noAck: return []
    case .duplicate: return [frame, frame]
    default: if frame.kind == .raw { return [frame] }
    }
    func raw(_ bytes: [UInt8]) -> [Frame] { [frame.raw(bytes)] }
    let opcode = frame.kind == .text ? Opcode.text : Opcode.binary
    switch (clause.kind, clause.value) {
    case (.garbage, _): return [garbage(for: frame, &random)]
    case (.extra, _): return [extended(frame)]
    case (.huge, .number(let count)): return [huge(count, before: frame), frame]
    case (.fragment, .number(let count)): return raw(fragments(of: frame, opcode, count))
    case (.badOpcode, _):
      return raw(Frame.wireBytes(UInt8([3, 7, 11, 15][random.below(4)]), frame.bytes[...]))
    case (.rsv, _):
      return raw(
        Frame.wireBytes(opcode, frame.bytes[...], reservedBits: UInt8(1 + random.below(7))))
    case (.masked, _):
      let mask = (0..<4).reduce(UInt32(0)) { mask, _ in mask << 8 | UInt32(random.below(256)) }
      return raw(Frame.wireBytes(opcode, frame.bytes[...], mask: mask))
    case (.bigControl, _):
      let payload = [UInt8](repeating: UInt8(ascii: "p"), count: 126 + random.below(1_000))
      return raw(Frame.wireBytes(Opcode.ping, payload[...]))
    case (.badUTF8, _): return raw(Frame.wireBytes(Opcode.text, (frame.bytes + [0xFF])[...]))
    default: return [frame]
    }
  }

  /// The frame's bytes as the wire would carry them, so many at a time; each made when it is asked
  /// for.
  static func slices(of frame: Frame, bytes count: Int) -> LazyMapCollection<Range<Int>, Frame> {
    let bytes = frame.wireBytes
    return (0..<(bytes.count + count - 1) / count).lazy.map { index in
      let rest = bytes[(index * count)...]
      return frame.raw(Array(rest.prefix(count)))
    }
  }

  private static func garbage(for frame: Frame, _ random: inout Random) -> Frame {
    var garbage = frame
    switch random.below(4) {
    case 0:
      garbage.kind = .binary
      garbage.bytes = (0...random.below(300)).map { _ in UInt8(random.below(256)) }
    case 1:
      garbage.kind = .text
      garbage.bytes = (0...random.below(300)).map { _ in UInt8(32 + random.below(95)) }
    case 2:
      garbage.kind = .text
      garbage.bytes = Array(
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>".utf8)
    default:
      let part = frame.bytes.prefix(random.below(max(1, frame.bytes.count)))
      // A text must stay UTF-8: here the message is wrong, not the transport.
      garbage.bytes =
        frame.kind == .text ? Array(String(decoding: part, as: UTF8.self).utf8) : Array(part)
    }
    return garbage
  }

  private static func extended(_ frame: Frame) -> Frame {
    guard frame.kind == .text, frame.bytes.starts(with: Array(#"{""#.utf8)),
      let end = frame.bytes.lastIndex(of: UInt8(ascii: "}"))
    else { return frame }
    var extended = frame
    extended.bytes.insert(contentsOf: Array(#","newcomer":{"a":[1,null]}"#.utf8), at: end)
    return extended
  }

  /// A JSON string: well-formed, and nothing one could have asked for.
  private static func huge(_ count: Int, before frame: Frame) -> Frame {
    var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: count)
    bytes[0] = UInt8(ascii: "\"")
    bytes[count - 1] = UInt8(ascii: "\"")
    return Frame(.text, bytes, topic: frame.topic)
  }

  private static func fragments(of frame: Frame, _ opcode: UInt8, _ count: Int) -> [UInt8] {
    let size = max(1, (frame.bytes.count + count - 1) / count)
    var rest = frame.bytes[...]
    var bytes = Frame.wireBytes(opcode, rest.prefix(size), isFinal: false)
    rest = rest.dropFirst(size)
    bytes += Frame.wireBytes(Opcode.ping, Array("between".utf8)[...])
    repeat {
      let part = rest.prefix(size)
      rest = rest.dropFirst(size)
      bytes += Frame.wireBytes(Opcode.continuation, part, isFinal: rest.isEmpty)
    } while !rest.isEmpty
    return bytes
  }
}

extension Frame {
  /// Bytes for the transport in place of this message.
  fileprivate func raw(_ bytes: [UInt8]) -> Frame {
    var raw = self
    (raw.kind, raw.bytes) = (.raw, bytes)
    return raw
  }
}
