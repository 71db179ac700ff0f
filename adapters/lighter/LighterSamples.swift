import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values. Nonces start far beyond those of the
/// simulator, so that a session takes them as new.
enum LighterSamples {
  static let all: [WireSample] = {
    guard let symbol = Symbol("BTC-USDC-PERP") else { return [] }
    return [
      sample("bbo (ticker)", Topic(.bbo, symbol)) { ticker($0, $1) },
      sample("book delta of 3", Topic(.book, symbol)) { index, time in
        book(index, time, levels: index == 0 ? 60 : 3)
      },
    ]
  }()

  private static let market = ShortText("1") ?? ShortText()
  private static let digits = LighterDigits(price: 1, size: 5)

  private static func sample(
    _ name: String, _ topic: Topic, make: @escaping @Sendable (Int, Int64) -> [UInt8]
  ) -> WireSample {
    WireSample(name: name, topic: topic, firstSequence: nonce(0)) { index, time in
      Frame(.text, make(index, time))
    }
  }

  private static func nonce(_ index: Int) -> Int64 { 70_000_000_000 + Int64(index) }

  private static func level(_ ticks: Int, _ lots: Int) -> Level {
    Level(
      price: Decimal(mantissa: Int128(ticks), scale: 1),
      size: Decimal(mantissa: Int128(lots), scale: 5))
  }

  private static func ticker(_ index: Int, _ time: Int64) -> [UInt8] {
    LighterWire.Ticker(
      market: market, isFirst: false, nonce: nonce(index), changedAt: time, sentAt: time,
      bid: level(910_000 + index % 7, 25_000 + index % 900),
      ask: level(910_011 + index % 7, 3_100 + index % 700)
    ).message("BTC", digits)
  }

  private static func book(_ index: Int, _ time: Int64, levels: Int) -> [UInt8] {
    LighterWire.Book(
      market: market, isFirst: index == 0, nonce: nonce(index),
      beginNonce: index == 0 ? 0 : nonce(index - 1), changedAt: time,
      bids: (0..<levels - 1).map { level(910_000 - $0, 1 + (index * 7 + $0) % 999) },
      asks: [level(910_011, 1 + index % 999)]
    ).message(offset: Int64(index), sentAt: time, digits)
  }
}
