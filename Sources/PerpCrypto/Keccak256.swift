/// Keccak-256 as Ethereum uses it: the padding of the original submission, not that of SHA-3.
/// (keccak.team, "Keccak reference", version 3.0; rate 136 bytes.)
package struct Keccak256: Sendable {
  private static let rate = 136

  private var state = KeccakState()
  /// Bytes of the block that is not yet full, which are in the state already.
  private var filled = 0

  package init() {}

  /// The hash, as the number whose most significant byte comes first.
  package static func hash(_ bytes: [UInt8]) -> UInt256 { hash(bytes.span.bytes) }

  package static func hash(_ text: some StringProtocol) -> UInt256 { hash(Array(text.utf8)) }

  package static func hash(_ bytes: RawSpan) -> UInt256 {
    var keccak = Keccak256()
    keccak.update(bytes)
    return keccak.finish()
  }

  /// The hash of 32-byte words, each the most significant byte first.
  package static func hash(words: [UInt256]) -> UInt256 {
    var keccak = Keccak256()
    for word in words { keccak.update(word) }
    return keccak.finish()
  }

  package mutating func update(_ bytes: RawSpan) {
    var index = 0
    while index < bytes.byteCount {
      if filled & 7 == 0, bytes.byteCount - index >= 8 {
        let lane = bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        absorb(lane: UInt64(littleEndian: lane))
        index += 8
      } else {
        absorb(byte: bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self))
        index += 1
      }
    }
  }

  package mutating func update(_ word: UInt256) {
    for limb in [word.w3, word.w2, word.w1, word.w0] {
      if filled & 7 == 0 {
        absorb(lane: limb.byteSwapped)
      } else {
        for shift in stride(from: 56, through: 0, by: -8) {
          absorb(byte: UInt8(truncatingIfNeeded: limb >> UInt64(shift)))
        }
      }
    }
  }

  package mutating func update(byte: UInt8) { absorb(byte: byte) }

  package consuming func finish() -> UInt256 {
    state.lanes[filled >> 3] ^= 0x01 << UInt64(8 * (filled & 7))
    state.lanes[(Self.rate >> 3) - 1] ^= 0x80 << 56
    state.permute()
    return UInt256(
      state.lanes[3].byteSwapped, state.lanes[2].byteSwapped, state.lanes[1].byteSwapped,
      state.lanes[0].byteSwapped)
  }

  private mutating func absorb(lane: UInt64) {
    state.lanes[filled >> 3] ^= lane
    advance(8)
  }

  private mutating func absorb(byte: UInt8) {
    state.lanes[filled >> 3] ^= UInt64(byte) << UInt64(8 * (filled & 7))
    advance(1)
  }

  private mutating func advance(_ count: Int) {
    filled += count
    guard filled == Self.rate else { return }
    state.permute()
    filled = 0
  }
}

/// The permutation Keccak-f[1600] on 25 lanes, those of a plane one after another.
private struct KeccakState: Sendable {
  var lanes: InlineArray<25, UInt64> = InlineArray(repeating: 0)

  /// Five lanes of one plane.
  private struct Plane {
    var a, b, c, d, e: UInt64

    @inline(__always)
    init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, _ e: UInt64) {
      (self.a, self.b, self.c, self.d, self.e) = (a, b, c, d, e)
    }

    @inline(__always)
    init(_ lanes: InlineArray<25, UInt64>, _ start: Int) {
      self.init(
        lanes[start], lanes[start + 1], lanes[start + 2], lanes[start + 3], lanes[start + 4])
    }

    @inline(__always)
    static func ^ (left: Plane, right: Plane) -> Plane {
      Plane(
        left.a ^ right.a, left.b ^ right.b, left.c ^ right.c, left.d ^ right.d,
        left.e ^ right.e)
    }

    /// χ
    @inline(__always)
    var mixed: Plane { Plane(a ^ ~b & c, b ^ ~c & d, c ^ ~d & e, d ^ ~e & a, e ^ ~a & b) }

    @inline(__always)
    func write(to lanes: inout InlineArray<25, UInt64>, _ start: Int) {
      lanes[start] = a
      lanes[start + 1] = b
      lanes[start + 2] = c
      lanes[start + 3] = d
      lanes[start + 4] = e
    }
  }

  mutating func permute() {
    var (p, q, r, s, t) = (
      Plane(lanes, 0), Plane(lanes, 5), Plane(lanes, 10), Plane(lanes, 15), Plane(lanes, 20)
    )
    for round in 0..<24 {
      // θ
      let c = p ^ q ^ r ^ s ^ t
      let d = Plane(
        c.e ^ rotate(c.b, 1), c.a ^ rotate(c.c, 1), c.b ^ rotate(c.d, 1), c.c ^ rotate(c.e, 1),
        c.d ^ rotate(c.a, 1))
      (p, q, r, s, t) = (p ^ d, q ^ d, r ^ d, s ^ d, t ^ d)
      // ρ and π
      let moved = (
        Plane(p.a, rotate(q.b, 44), rotate(r.c, 43), rotate(s.d, 21), rotate(t.e, 14)),
        Plane(
          rotate(p.d, 28), rotate(q.e, 20), rotate(r.a, 3), rotate(s.b, 45), rotate(t.c, 61)),
        Plane(rotate(p.b, 1), rotate(q.c, 6), rotate(r.d, 25), rotate(s.e, 8), rotate(t.a, 18)),
        Plane(
          rotate(p.e, 27), rotate(q.a, 36), rotate(r.b, 10), rotate(s.c, 15), rotate(t.d, 56)),
        Plane(rotate(p.c, 62), rotate(q.d, 55), rotate(r.e, 39), rotate(s.a, 41), rotate(t.b, 2))
      )
      (p, q, r, s, t) = (
        moved.0.mixed, moved.1.mixed, moved.2.mixed, moved.3.mixed, moved.4.mixed
      )
      p.a ^= Self.roundConstants[round]
    }
    p.write(to: &lanes, 0)
    q.write(to: &lanes, 5)
    r.write(to: &lanes, 10)
    s.write(to: &lanes, 15)
    t.write(to: &lanes, 20)
  }

  @inline(__always)
  private func rotate(_ lane: UInt64, _ count: UInt64) -> UInt64 {
    lane << count | lane >> (64 - count)
  }

  private static let roundConstants: InlineArray<24, UInt64> = [
    0x0000_0000_0000_0001, 0x0000_0000_0000_8082, 0x8000_0000_0000_808a, 0x8000_0000_8000_8000,
    0x0000_0000_0000_808b, 0x0000_0000_8000_0001, 0x8000_0000_8000_8081, 0x8000_0000_0000_8009,
    0x0000_0000_0000_008a, 0x0000_0000_0000_0088, 0x0000_0000_8000_8009, 0x0000_0000_8000_000a,
    0x0000_0000_8000_808b, 0x8000_0000_0000_008b, 0x8000_0000_0000_8089, 0x8000_0000_0000_8003,
    0x8000_0000_0000_8002, 0x8000_0000_0000_0080, 0x0000_0000_0000_800a, 0x8000_0000_8000_000a,
    0x8000_0000_8000_8081, 0x8000_0000_0000_8080, 0x0000_0000_8000_0001, 0x8000_0000_8000_8008,
  ]
}
