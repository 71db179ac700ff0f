import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values.
enum VariationalSamples {
  static let all: [WireSample] = {
    guard let symbol = VariationalInstrument.symbol("BTC") else { return [] }
    return [
      // Nothing is numbered here: the index tells which message it was.
      WireSample(
        name: "price (JSON)", topic: Topic(.funding, symbol), firstSequence: firstIndex,
        sequenceKey: "index_price"
      ) {
        var text = ByteBuffer(capacity: 512)
        price($0, $1).write(to: &text)
        return Frame(.text, text.array)
      }
    ]
  }()

  private static let firstIndex: Int64 = 1_000_000

  private static func price(_ index: Int, _ time: Int64) -> VariationalWire.Price {
    VariationalWire.Price(
      instrument: ShortText(VariationalInstrument.key("BTC")),
      mark: Decimal(mantissa: Int128(9_123_400 + index % 97), scale: 2),
      ratio: Decimal(mantissa: 10_002, scale: 4),
      index: Decimal(mantissa: Int128(firstIndex) + Int128(index), scale: 0),
      interestRate: Decimal(mantissa: 5_288, scale: 8), time: time)
  }
}
