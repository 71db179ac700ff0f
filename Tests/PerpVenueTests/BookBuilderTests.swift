import PerpCore
import PerpVenue
import Testing

@Suite("Book builder")
struct BookBuilderTests {
  private func levels(_ pairs: (Int, Int)...) -> [Level] { pairs.map { level($0, $1) } }
  private func level(_ price: Int, _ size: Int) -> Level {
    Level(price: Decimal(price), size: Decimal(size))
  }

  @Test("snapshot, delta, removal")
  func life() {
    var builder = BookBuilder()
    #expect(builder.sequence == nil)
    #expect(
      builder.snapshot(bids: levels((99, 1), (98, 2)), asks: levels((101, 3)), sequence: 7)
        == .applied)
    #expect(
      builder.delta(
        bids: levels((99, 0), (97, 4)), asks: levels((100, 5)), sequence: 8, previous: 7)
        == .applied)
    #expect(builder.book.bids == levels((98, 2), (97, 4)))
    #expect(builder.book.asks == levels((100, 5), (101, 3)))
    #expect(builder.sequence == 8)
  }

  @Test("before a snapshot nothing applies")
  func noSnapshot() {
    var builder = BookBuilder()
    #expect(
      builder.delta(bids: levels((1, 1)), asks: [], sequence: 2, previous: 1) == .ignored)
    #expect(builder.book.bids.isEmpty)
  }

  @Test("old deltas and duplicates are ignored, a missing one voids the book")
  func gap() {
    var builder = BookBuilder()
    _ = builder.snapshot(bids: levels((99, 1)), asks: [], sequence: 7)
    #expect(
      builder.delta(bids: levels((99, 9)), asks: [], sequence: 7, previous: 6) == .ignored)
    #expect(
      builder.delta(bids: levels((99, 9)), asks: [], sequence: 3, previous: 2) == .ignored)
    #expect(builder.book.bids == levels((99, 1)))
    #expect(builder.delta(bids: [], asks: [], sequence: 9, previous: 8) == .gap)
    #expect(builder.sequence == nil)
    #expect(builder.book.bids.isEmpty)
    #expect(builder.delta(bids: [], asks: [], sequence: 10, previous: 9) == .ignored)
  }

  @Test("a snapshot in mid-stream replaces all, even with an older sequence")
  func replacement() {
    var builder = BookBuilder()
    _ = builder.snapshot(bids: levels((99, 1)), asks: levels((101, 1)), sequence: 7)
    #expect(builder.snapshot(bids: levels((50, 1)), asks: [], sequence: 5) == .applied)
    #expect(builder.book.bids == levels((50, 1)))
    #expect(builder.book.asks.isEmpty)
    #expect(builder.sequence == 5)
  }

  @Test("a book beyond the limit is refused, whether it comes at once or grows")
  func tooLarge() {
    let limit = BookBuilder.maxLevels
    var builder = BookBuilder()
    let full = (1...limit).map { level($0, 1) }
    #expect(builder.snapshot(bids: full, asks: full, sequence: 1) == .applied)
    #expect(
      builder.delta(bids: [level(limit + 1, 1)], asks: [], sequence: 2, previous: 1) == .tooLarge)
    #expect(builder.sequence == nil)
    #expect(builder.book.asks.isEmpty)
    #expect(builder.snapshot(bids: [], asks: full + [level(0, 1)], sequence: 3) == .tooLarge)
    #expect(builder.snapshot(bids: full, asks: [], sequence: 4) == .applied)
  }

  @Test("sequences at the ends of 64 bits do not trap")
  func hostileSequences() {
    var builder = BookBuilder()
    _ = builder.snapshot(bids: [], asks: [], sequence: .max)
    #expect(builder.delta(bids: [], asks: [], sequence: .min, previous: .max) == .ignored)
    _ = builder.snapshot(bids: [], asks: [], sequence: .min)
    #expect(builder.delta(bids: [], asks: [], sequence: .max, previous: .max - 1) == .gap)
  }

  @Test("random snapshots and deltas give the same book as a plain dictionary")
  func model() {
    for seed in 0..<30 {
      var random = Random(seed: UInt64(seed))
      var builder = BookBuilder()
      var model: [[Int: Int]] = [[:], [:]]
      var sequence: Int64 = 0
      for _ in 0..<400 {
        let isSnapshot = sequence == 0 || random.chance(1, in: 50)
        if isSnapshot { model = [[:], [:]] }
        let changes = (0..<2).map { _ in
          (0..<random.below(6)).map { _ in (random.below(40) + 1, random.below(4)) }
        }
        for side in 0..<2 {
          for (price, size) in changes[side] { model[side][price] = size == 0 ? nil : size }
        }
        let bids = changes[0].map { level($0.0, $0.1) }
        let asks = changes[1].map { level($0.0, $0.1) }
        sequence += 1
        let verdict =
          isSnapshot
          ? builder.snapshot(bids: bids, asks: asks, sequence: sequence)
          : builder.delta(bids: bids, asks: asks, sequence: sequence, previous: sequence - 1)
        #expect(verdict == .applied)
        let expected = [
          model[0].sorted { $0.key > $1.key }.map { level($0.key, $0.value) },
          model[1].sorted { $0.key < $1.key }.map { level($0.key, $0.value) },
        ]
        #expect([builder.book.bids, builder.book.asks] == expected, "seed \(seed)")
      }
    }
  }
}
