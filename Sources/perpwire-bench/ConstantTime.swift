import ArgumentParser
import PerpCore
import PerpCrypto
import PerpIO

/// Whether the time of a signature tells of its key; that of libsecp256k1, which has such tests of
/// its own, is left out. Keys of two classes, one of which has the
/// same key again and again, sign by turns that chance decides; Welch's t says whether their times
/// differ. (Reparaz, Balasch, Verbauwhede, "dude, is my code constant time?", 2017.)
struct ConstantTime: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "constant-time",
    abstract: "Whether the time of signing tells of the key: |t| beyond 4.5 says that it does.",
    discussion: """
      EXAMPLES
        perpwire bench constant-time
        perpwire bench constant-time --samples 100000
      """)

  @Option(help: "Signatures of each kind of key.")
  var samples = 1_000_000

  func run() throws {
    var table = TextTable(["signing", "samples", "t", "t of the faster 90 %", "may be"])
    var isConstant = true
    for (name, keys) in try Self.subjects() {
      let (all, fast) = measure(keys)
      isConstant = isConstant && abs(fast) < 4.5
      table.add([name, "\(samples)", signed(all), signed(fast), "4.50"])
    }
    print(table.text)
    guard isConstant else { throw ExitCode(1) }
  }

  /// Keys of the class that is always the same, and of the other: as many objects of each, lest
  /// the one is in nearer memory than the other.
  struct Keys {
    var sign: (_ isFixed: Bool, _ index: Int, _ message: Int) -> Void
  }

  private static let keysPerClass = 256

  private static func subjects() throws -> [(String, Keys)] {
    var random = Random(seed: 7)
    func keys<Key>(_ count: Int, _ make: (SecretBytes) throws -> Key) throws -> ([Key], [Key]) {
      func bytes() -> [UInt8] {
        // Below every order in either order of bytes.
        var bytes = (0..<count).map { _ in UInt8(random.below(256)) }
        (bytes[0], bytes[count - 1]) = (3, 3)
        return bytes
      }
      func key(_ bytes: [UInt8]) throws -> Key {
        try make(SecretBytes(count: count) { $0.copyBytes(from: bytes) })
      }
      let same = bytes()
      var (fixed, others): ([Key], [Key]) = ([], [])
      for _ in 0..<keysPerClass {
        fixed.append(try key(same))
        others.append(try key(bytes()))
      }
      return (fixed, others)
    }
    // How many candidates RFC 6979 passes over differs by key and message: with other messages all
    // the time it is the same chance for both classes.
    let digests = (0..<1_024).map { UInt256(UInt64($0 + 1), 2, 3, 4) }
    let (stark, otherStark) = try keys(32) { try StarkPrivateKey($0) }
    let (schnorr, otherSchnorr) = try keys(40) { try SchnorrPrivateKey($0) }
    let messages = (0..<1_024).map { Poseidon2.hashToQuintic([Goldilocks(UInt64($0))]) }
    return [
      (
        "Paradex (Stark curve)",
        Keys { isFixed, index, message in
          // All of a signature but its verification, which works on what everybody may see.
          let key = (isFixed ? stark : otherStark)[index]
          _ = key.nonce(for: digests[message], extraEntropy: .number(32))
        }
      ),
      (
        "Lighter (ECgFp5)",
        Keys { isFixed, index, message in
          let key = (isFixed ? schnorr : otherSchnorr)[index]
          let nonce = key.nonce(for: messages[message])
          _ = ECgFp5.multiplyGenerator(nonce)
          _ = nonce - ECgFp5Scalar(messages[message]) * key.scalar
        }
      ),
    ]
  }

  /// Welch's t of all times, and of those that are among the faster 90 %: interruptions are not.
  private func measure(_ keys: Keys) -> (all: Double, fast: Double) {
    var random = Random(seed: 11)
    var times: [(isFixed: Bool, nanoseconds: UInt64)] = []
    times.reserveCapacity(samples)
    for sample in 0..<samples + 1_000 {
      let isFixed = random.below(2) == 0
      let (index, message) = (random.below(Self.keysPerClass), random.below(1_024))
      let start = Clock.now().monotonic
      keys.sign(isFixed, index, message)
      let end = Clock.now().monotonic
      // The first ones warm the tables up.
      if sample >= 1_000 { times.append((isFixed, end - start)) }
    }
    let limit = times.map(\.nanoseconds).sorted()[times.count * 9 / 10]
    return (
      Self.welch(times.map { ($0.isFixed, Double($0.nanoseconds)) }),
      Self.welch(
        times.filter { $0.nanoseconds <= limit }.map { ($0.isFixed, Double($0.nanoseconds)) })
    )
  }

  static func welch(_ samples: [(isFirst: Bool, value: Double)]) -> Double {
    func moments(_ isFirst: Bool) -> (count: Double, mean: Double, variance: Double) {
      let values = samples.filter { $0.isFirst == isFirst }.map(\.value)
      let count = Double(values.count)
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (count, mean, squares / (count - 1))
    }
    let (first, second) = (moments(true), moments(false))
    let spread = (first.variance / first.count + second.variance / second.count).squareRoot()
    return spread > 0 ? (first.mean - second.mean) / spread : 0
  }

  private func signed(_ value: Double) -> String {
    (value < 0 ? "-" : "") + Float(abs(value)).text(2)
  }
}
