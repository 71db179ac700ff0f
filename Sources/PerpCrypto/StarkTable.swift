/// Multiples of a point, window by window: entry `index` of window w is `digits[index]` times
/// 2^(width·w) times the point. Made once and never freed, so that look-ups count no references.
struct StarkTable: Sendable {
  private nonisolated(unsafe) let entries: UnsafePointer<StarkAffinePoint>
  private let size: Int

  /// Of all `digits`, which ascend from 1, for each of `windows` windows of `width` bits.
  init(_ point: StarkAffinePoint, windows: Int, width: Int, digits: [Int]) {
    size = digits.count
    let entries = UnsafeMutablePointer<StarkAffinePoint>.allocate(capacity: windows * size)
    var first = point
    for window in 0..<windows {
      let multiples = StarkPoint.multiples(of: first, count: digits[size - 1])
      var next = StarkPoint(first)
      for _ in 0..<width { next = next.doubled }
      let points = StarkPoint.affine(digits.map { multiples[$0 - 1] } + [next])
      for index in 0..<size { (entries + window * size + index).initialize(to: points[index]) }
      first = points[size]
    }
    self.entries = UnsafePointer(entries)
  }

  /// One window with these points.
  init(_ points: [StarkAffinePoint]) {
    size = points.count
    let entries = UnsafeMutablePointer<StarkAffinePoint>.allocate(capacity: size)
    for index in 0..<size { (entries + index).initialize(to: points[index]) }
    self.entries = UnsafePointer(entries)
  }

  /// Where it is seen which entry is read: for what is public.
  @inline(__always)
  func entry(window: Int, _ index: Int) -> StarkAffinePoint { entries[window * size + index] }

  /// Reads all entries of the window and keeps one, so that nobody sees which.
  @inline(__always)
  func secretEntry(window: Int, _ index: UInt64) -> StarkAffinePoint {
    let entries = entries + window * size
    var x = UInt256(0)
    var y = UInt256(0)
    for candidate in 0..<size {
      // All ones where they are equal.
      let mask = UInt64(bitPattern: Int64(bitPattern: (UInt64(candidate) ^ index) &- 1) >> 63)
      let point = entries[candidate]
      x = x | point.x.raw.masked(mask)
      y = y | point.y.raw.masked(mask)
    }
    return StarkAffinePoint(x: StarkField(raw: x), y: StarkField(raw: y))
  }
}

extension UInt256 {
  @inline(__always)
  fileprivate func masked(_ mask: UInt64) -> UInt256 {
    UInt256(w0 & mask, w1 & mask, w2 & mask, w3 & mask)
  }
}
