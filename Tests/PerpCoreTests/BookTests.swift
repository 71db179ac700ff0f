import PerpCore
import Testing

@Suite("Book")
struct BookTests {
  @Test("random changes leave what a dictionary would hold, best first")
  func model() {
    var random = Random(seed: 21)
    var book = Book()
    var model: [Side: [Int: Int]] = [.buy: [:], .sell: [:]]
    for _ in 0..<20_000 {
      let side: Side = random.chance(1, in: 2) ? .buy : .sell
      let (price, size) = (random.below(300), random.chance(1, in: 3) ? 0 : 1 + random.below(50))
      // The same price in another number of digits is the same level.
      let text = random.chance(1, in: 2) ? "\(price)" : "\(price).00"
      let level = Level(price: Decimal(text)!, size: Decimal(size))
      let known = model[side]?[price] != nil
      #expect(book.set(level, on: side) == (size > 0 || known))
      model[side]?[price] = size > 0 ? size : nil
    }
    for (side, levels) in [(Side.buy, book.bids), (.sell, book.asks)] {
      let expected = model[side, default: [:]]
        .sorted { side == .buy ? $0.key > $1.key : $0.key < $1.key }
        .map { Level(price: Decimal($0.key), size: Decimal($0.value)) }
      #expect(levels == expected)
      #expect(levels.count > 100)
    }
    #expect(book.bestBid == book.bids[0] && book.bestAsk == book.asks[0])
    book.removeAll()
    #expect(book == Book())
  }

  @Test("a book is sound, locked or crossed by its best prices")
  func flags() {
    var book = Book()
    #expect(book.flags == [])
    book.set(Level(price: Decimal(10), size: Decimal(1)), on: .buy)
    #expect(book.flags == [], "one side alone")
    book.set(Level(price: Decimal(11), size: Decimal(1)), on: .sell)
    #expect(book.flags == [])
    book.set(Level(price: Decimal("10.0")!, size: Decimal(1)), on: .sell)
    #expect(book.flags == .locked)
    book.set(Level(price: Decimal("9.9")!, size: Decimal(1)), on: .sell)
    #expect(book.flags == .crossed)
  }
}
