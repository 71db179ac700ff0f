import PerpCore

/// What an asset is worth, to which all pretended venues hold, as a function of time alone: markets
/// of one base and seed that start together see the same path, without sharing anything.
///
/// The path is a sum of noises, each interpolated between random values at fixed instants. One of
/// four times the period has twice the amplitude, as a random walk needs; the slowest bounds how
/// far the price strays.
package struct FairPrice: Sendable {
  /// The shortest period is 2^16 microseconds (66 ms); each octave doubles it.
  private static let shortestShift: Int64 = 16

  private let seed: UInt64
  /// One for each octave, in parts per billion.
  private let amplitudes: [Int64]
  private let fastest: Int
  /// The noise at the start, so that the path begins at nothing.
  private var origin: Int64 = 0

  /// `volatility` is the typical move in a second, in parts per billion. Octave 0 has the shortest
  /// period, 16 lasts 72 minutes.
  package init(seed: UInt64, name: String, volatility: Int64, octaves: Range<Int> = 0..<17) {
    var random = Random(seed: seed, named: name)
    self.seed = random.next()
    fastest = octaves.lowerBound
    // The root of 65.536 ms is 0.256, that of twice as much 0.362.
    amplitudes = octaves.map { octave in
      (volatility * (octave.isMultiple(of: 2) ? 256 : 362) / 1_000) << Int64(octave / 2)
    }
    origin = noise(at: 0)
  }

  /// How far the price is from where it began, in parts per billion, after so many microseconds.
  package func displacement(after elapsed: Int64) -> Int64 { noise(at: elapsed) - origin }

  private func noise(at time: Int64) -> Int64 {
    var sum: Int64 = 0
    for (index, amplitude) in amplitudes.enumerated() {
      let octave = Int64(fastest + index)
      let step = time >> (Self.shortestShift + octave)
      let fraction = (time >> octave) & 0xFFFF
      let (from, to) = (value(octave, step), value(octave, step + 1))
      sum += (amplitude * (from + ((to - from) * fraction) >> 16)) >> 19
    }
    return sum
  }

  /// The random value of an octave at one of its instants, uniform in -2^19 ..< 2^19.
  private func value(_ octave: Int64, _ step: Int64) -> Int64 {
    let key = UInt64(bitPattern: step) &* 32 &+ UInt64(octave)
    var random = Random(seed: seed ^ (key &* 0xD6E8_FEB8_6659_FD93))
    return Int64(random.next() >> 44) - 1 << 19
  }
}
