import PerpCore
import PerpVenue
import Testing

@testable import Paradex

/// What is made of recorded deltas is what the venue would have sent.
struct ParadexSnapshotChannelTests {
  @Test(arguments: ["json", "sbe"], ["", "@10"])
  func snapshotsAreThoseOfTheVenue(encoding: String, tick: String) throws {
    let name = "order_book.BTC-USD-PERP.snapshot@15@50ms\(tick)"
    var script = try SimulatorScript(["encoding": encoding], rate: 200)
    // A binary connection has one channel of a book.
    for id in [1, 2] { script.connect(id) }
    script.call("subscribe", #"{"channel":"order_book.BTC-USD-PERP.deltas"}"#, on: 1)
    script.call("subscribe", #"{"channel":"\#(name)"}"#, on: 2)
    var maker = try #require(ParadexSnapshotChannel(name))
    #expect(maker.source == "order_book.BTC-USD-PERP.deltas")
    var (theirs, ours): ([Int64: ParadexWire.Book], [Int64: ParadexWire.Book]) = ([:], [:])
    var (taken, times) = (script.actions.count, [UInt64]())
    for action in script.actions[..<taken] { take(action, at: 0) }
    for _ in 0..<500 {
      script.wait(milliseconds: 5)
      for action in script.actions[taken...] { take(action, at: script.now.monotonic) }
      taken = script.actions.count
    }

    func take(_ action: SimulatorAction, at time: UInt64) {
      guard case .send(let id, let frame) = action, let book = Self.book(frame) else { return }
      if id == ConnectionID(2) { return theirs[book.sequence] = book }
      guard let made = maker.take(frame, age: time) else { return }
      #expect(made.kind == frame.kind)
      times.append(time)
      ours[book.sequence] = Self.book(made)
    }

    let both = Set(theirs.keys).intersection(ours.keys)
    #expect(both.count > 10, "\(ours.keys.sorted()) \(theirs.keys.sorted())")
    for sequence in both {
      var their = try #require(theirs[sequence])
      // What changes nothing for the public has a time as well.
      their.time = ours[sequence]?.time ?? 0
      #expect(ours[sequence] == their)
    }
    #expect(ours.values.allSatisfy { $0.isSnapshot && $0.bids.count <= 15 && $0.asks.count <= 15 })
    #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 >= Nanoseconds.milliseconds(50) })
  }

  @Test func otherChannelsAreNotMade() {
    for name in [
      "bbo.BTC-USD-PERP", "order_book.BTC-USD-PERP.deltas", "trades.ALL", "nonsense",
      "order_book.BTC-USD-PERP.interactive@15@100ms", "order_book.BTC-USD-PERP.snapshot@15",
    ] { #expect(ParadexSnapshotChannel(name) == nil) }
  }

  @Test func changesBeforeASnapshotMeanNothing() throws {
    var maker = try #require(ParadexSnapshotChannel("order_book.BTC-USD-PERP.snapshot@15@50ms"))
    var book = ParadexWire.Book(
      market: ShortText("BTC-USD-PERP")!, time: 1, sequence: 1, isSnapshot: false,
      bids: [Level(price: Decimal(90_000), size: Decimal(1))], asks: [])
    #expect(maker.take(Frame(.binary, book.frame(version: 2)), age: 0) == nil)
    #expect(maker.take(Frame(.binary, [1, 2, 3]), age: 0) == nil)
    book.isSnapshot = true
    #expect(maker.take(Frame(.binary, book.frame(version: 2)), age: 0) != nil)
  }

  private static func book(_ frame: Frame) -> ParadexWire.Book? {
    if frame.kind == .text {
      var decoder = ParadexTextDecoder()
      guard case .book(let book)? = try? decoder.decode(frame.bytes.span.bytes) else { return nil }
      return book
    }
    guard var fields = try? ParadexFrame(frame.bytes.span.bytes), fields.template == .book
    else { return nil }
    return try? ParadexWire.Book(&fields)
  }
}
