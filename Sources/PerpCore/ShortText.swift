/// At most 39 bytes of UTF-8, held inside the value: copying, hashing and comparing it never
/// allocates or counts references. Symbols and trade ids are made of it; the longest are UUIDs, of
/// 36 characters.
public struct ShortText: Hashable, Sendable {
  public static let capacity = 39

  /// Bytes in memory order (little-endian words); the last byte of `word4` is the length.
  private var word0: UInt64 = 0
  private var word1: UInt64 = 0
  private var word2: UInt64 = 0
  private var word3: UInt64 = 0
  private var word4: UInt64 = 0

  /// Empty.
  public init() {}

  /// Returns nil when the text is longer than `capacity`. The bytes must be valid UTF-8,
  /// as those of a `JSONReader` are.
  public init?(_ bytes: RawSpan) {
    let count = bytes.byteCount
    guard count <= Self.capacity else { return nil }
    withUnsafeMutableBytes(of: &self) { own in
      bytes.withUnsafeBytes { own.copyMemory(from: $0) }
      own[Self.capacity] = UInt8(count)
    }
  }

  public init?(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.span.bytes)
  }

  public init?(_ text: Substring) { self.init(String(text)) }

  /// The hasher's work grows with what it is fed, and it is asked for every trade.
  public func hash(into hasher: inout Hasher) { hasher.combine(fold) }

  /// All five words folded into one; what differs in any of them changes its low bits.
  var fold: Int {
    let odd: UInt64 = 0x9E37_79B9_7F4A_7C15
    let folded = ((((word0 &* odd) ^ word1) &* odd ^ word2) &* odd ^ word3) &* odd ^ word4
    return Int(truncatingIfNeeded: (folded &* odd) >> 32)
  }

  public var count: Int { Int(word4 >> 56) }
  public var isEmpty: Bool { count == 0 }

  public var string: String {
    withUnsafeBytes(of: self) { String(decoding: $0.prefix(count), as: UTF8.self) }
  }

  /// Four numbers for a table of recent texts: all of the text up to 32 bytes, of longer ones all
  /// but a chance in 2^64 that two are mistaken for one.
  public var key: SIMD4<Int64> {
    SIMD4(
      Int64(bitPattern: word0), Int64(bitPattern: word1), Int64(bitPattern: word2),
      Int64(bitPattern: word3 ^ (word4 &* 0x9E37_79B9_7F4A_7C15)))
  }

  /// The bytes without the length, for writers.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    let count = count
    return withUnsafeBytes(of: self) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }
}

extension ShortText: Comparable {
  public static func < (left: ShortText, right: ShortText) -> Bool {
    // The first word that differs decides, its first byte the most; the length comes last.
    if left.word0 != right.word0 { return left.word0.bigEndian < right.word0.bigEndian }
    if left.word1 != right.word1 { return left.word1.bigEndian < right.word1.bigEndian }
    if left.word2 != right.word2 { return left.word2.bigEndian < right.word2.bigEndian }
    if left.word3 != right.word3 { return left.word3.bigEndian < right.word3.bigEndian }
    return left.word4.bigEndian < right.word4.bigEndian
  }
}
