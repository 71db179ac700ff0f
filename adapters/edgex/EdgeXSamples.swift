import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values. Versions start far beyond those of
/// the simulator, so that a session takes them as new.
enum EdgeXSamples {
  static let all: [WireSample] = {
    guard let symbol = Symbol("BTC-USDC-PERP") else { return [] }
    return [
      sample("bbo (depth of 15)", Topic(.bbo, symbol)) { index, _ in
        depth(index, levels: 15, changes: 3)
      },
      sample("trade", Topic(.trade, symbol)) { index, time in trade(index, time) },
      sample("book delta of 3", Topic(.book, symbol)) { index, _ in
        depth(index, levels: 200, changes: 3)
      },
      sample("book snapshot of 2x200", Topic(.book, symbol)) { index, _ in
        depth(index, levels: 200, changes: nil)
      },
    ]
  }()

  private static let contract = ShortText("30000001") ?? ShortText()

  private static func sample(
    _ name: String, _ topic: Topic, make: @escaping @Sendable (Int, Int64) -> Frame
  ) -> WireSample {
    WireSample(name: name, topic: topic, firstSequence: version(0), make: make)
  }

  private static func version(_ index: Int) -> Int64 { 7_000_000_000 + Int64(index) }

  private static func level(_ ticks: Int, _ lots: Int) -> Level {
    Level(
      price: Decimal(trimming: Int64(ticks), scale: 1),
      size: Decimal(trimming: Int64(lots), scale: 3))
  }

  /// The first is a snapshot, and so are all without `changes`. Those of 15 levels change the best
  /// ones each time: no other change of them makes a quote.
  private static func depth(_ index: Int, levels: Int, changes: Int?) -> Frame {
    let isSnapshot = index == 0 || changes == nil
    let count = isSnapshot ? levels : changes ?? 0
    let shift = isSnapshot || levels == 15 ? 0 : index * 7 % (levels - 3)
    func side(_ best: Int, _ direction: Int, _ count: Int) -> [Level] {
      (0..<count).map { step in
        level(best + direction * (shift + step), 1 + (index * 7 + step) % 999)
      }
    }
    let depth = EdgeXWire.Depth(
      contract: contract, contractName: "BTCUSDC", startVersion: version(index) - 1,
      endVersion: version(index), level: Int64(levels), isSnapshot: isSnapshot,
      bids: side(910_000, -1, isSnapshot ? count : count - 1),
      asks: side(910_011, 1, isSnapshot ? count : 1))
    return frame(.depth(contract: contract, levels: levels), isSnapshot: isSnapshot, depth)
  }

  private static func trade(_ index: Int, _ time: Int64) -> Frame {
    let level = level(910_000 + index % 11, 15 + index % 50)
    let number = String(String(1_000_000_000_000 + index).dropFirst())
    let trade = EdgeXWire.Trade(
      contract: contract, contractName: "BTCUSDC",
      id: ShortText("0f8d3b52-6c1e-4f0a-9d27-\(number)"), time: time, price: level.price,
      size: level.size, value: level.price.multiplied(by: level.size), isBestMatch: true,
      isBuyerMaker: index % 2 == 1)
    let match = EdgeXSimulatorMarket.Match(trade, order: 790_000_000_000_000_002)
    return frame(.trades(contract: contract), isSnapshot: false, match)
  }

  private static func frame(
    _ channel: EdgeXChannel, isSnapshot: Bool, _ row: any EdgeXRow
  ) -> Frame {
    Frame(.text, EdgeXWire.event(channel, isSnapshot: isSnapshot, [row], as: .v2))
  }
}
