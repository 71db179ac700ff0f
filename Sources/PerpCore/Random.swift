/// A seeded generator (SplitMix64, Steele, Lea and Flood 2014): the same seed gives the same
/// sequence on every machine, so that a run can be repeated from its seed.
package struct Random: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number in `0 ..< bound`; `bound` must be positive.
  package mutating func below(_ bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True `parts` times out of `whole`, on average.
  package mutating func chance(_ parts: Int, in whole: Int) -> Bool { below(whole) < parts }

  /// An independent generator, for a part that must not disturb the sequence of the others.
  package mutating func fork() -> Random { Random(seed: next()) }
}
