import PerpCore
import PerpGateway
import Testing

@testable import PerpIO

@Suite("Lines on their way out")
struct LineOutputTests {
  /// Somebody who reads, in his own way.
  private final class Reader {
    var lines: [String] = []
    var writes = 0
    /// Bytes he takes before he falls behind; nil for all there ever are.
    var appetite: Int?
    private var rest: [UInt8] = []

    func write(_ bytes: UnsafeRawBufferPointer) -> (taken: Int, outcome: StandardOutput.Outcome) {
      writes += 1
      let taken = min(bytes.count, appetite ?? bytes.count)
      appetite? -= taken
      rest += bytes[..<taken]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        lines.append(String(decoding: rest[..<end], as: UTF8.self))
        rest.removeFirst(end + 1)
      }
      return (taken, taken == bytes.count ? .all : .partial)
    }
  }

  private static let now = Moment(monotonic: 1, wall: 1)

  private func quote(_ number: Int) -> Event {
    let header = EventHeader(
      venue: VenueID("paradex"), symbol: Symbol("BTC-USD-PERP")!, mseq: UInt64(number),
      venueTime: 1, received: 2)
    let level = Level(price: Decimal(number), size: Decimal(1))
    return .bbo(BBO(header: header, bid: level, ask: level, venueSequence: nil, source: .bbo))
  }

  @Test("a flood within one turn costs a reader that keeps up nothing")
  func flood() {
    let reader = Reader()
    var output = LineOutput(Outlet())
    for number in 1...5_000 {
      let outcome = output.put(quote(number), at: Self.now) { reader.write($0) }
      #expect(outcome == .goesOn)
    }
    _ = output.flush(at: Self.now) { reader.write($0) }
    let leftOut = output.outlet.counters.conflatedStates
    #expect(leftOut == 0)
    #expect(reader.lines.count == 5_000)
    #expect(reader.writes < 50, "in large pieces")
  }

  @Test("a reader that is behind is left alone until he has room, and gets the newest state")
  func behind() {
    let reader = Reader()
    reader.appetite = 1_000
    var output = LineOutput(Outlet())
    for number in 1...5_000 { _ = output.put(quote(number), at: Self.now) { reader.write($0) } }
    let isBehind = output.isReaderBehind
    #expect(isBehind)
    #expect(reader.writes == 1)
    reader.appetite = nil
    _ = output.flush(at: Self.now) { reader.write($0) }
    let (isStillBehind, leftOut) = (output.isReaderBehind, output.outlet.counters.conflatedStates)
    #expect(!isStillBehind)
    #expect(reader.lines.last?.contains(#""mseq":5000"#) == true)
    #expect(leftOut > 0 && UInt64(reader.lines.count) + leftOut == 5_000)
  }

  @Test("no line beyond those asked for", arguments: [nil, 100])
  func counted(appetite: Int?) {
    let reader = Reader()
    reader.appetite = appetite
    var output = LineOutput(Outlet(), lines: 3)
    for number in 1...5 { _ = output.put(quote(number), at: Self.now) { reader.write($0) } }
    var outcome = output.flush(at: Self.now) { reader.write($0) }
    if appetite != nil {
      #expect(outcome == .goesOn)
      reader.appetite = nil
      outcome = output.flush(at: Self.now) { reader.write($0) }
    }
    #expect(outcome == .enough)
    #expect(reader.lines.count == 3)
  }

  @Test("the end of the reader, and other ends, are told")
  func ends() {
    var output = LineOutput(Outlet())
    _ = output.put(quote(1), at: Self.now) { _ in (0, .partial) }
    let gone = output.flush(at: Self.now) { _ in (0, .closed) }
    let full = output.flush(at: Self.now) { _ in (0, .failed("full")) }
    #expect((gone, full) == (.readerGone, .failed("full")))
  }
}
