import PerpCore

extension Random {
  /// The generator of a named part of a seeded run: parts with other names draw independently,
  /// however many there are and in whatever order they begin.
  package init(seed: UInt64, named name: String) {
    // FNV-1a, since Swift's own hashes differ from run to run.
    var hash = seed ^ 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    self.init(seed: hash)
  }

  /// An exponentially distributed number, as between the events of a Poisson process.
  ///
  /// Von Neumann's method ("Various techniques used in connection with random digits", 1951)
  /// needs nothing but comparisons: count how long uniform numbers keep falling; an odd run gives
  /// the fraction, each even run before it adds one.
  package mutating func exponential(mean: UInt64) -> UInt64 {
    var whole: UInt64 = 0
    while true {
      let first = next()
      var (previous, length) = (first, 1)
      while true {
        let drawn = next()
        if drawn > previous { break }
        previous = drawn
        length += 1
      }
      if length & 1 == 1 { return whole &* mean &+ first.multipliedFullWidth(by: mean).high }
      whole += 1
    }
  }
}
