import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values.
enum VariationalSamples {
  static let all: [WireSample] = {
    guard let symbol = VariationalInstrument.symbol("BTC") else { return [] }
    return [
      // Nothing is numbered here: a sequence is only asked for where quotes are compared.
      WireSample(name: "price (JSON)", topic: Topic(.funding, symbol), firstSequence: 0) {
        var text = ByteBuffer(capacity: 512)
        price($0, $1).write(to: &text)
        return Frame(.text, text.array)
      }
    ]
  }()

  private static func price(_ index: Int, _ time: Int64) -> VariationalWire.Price {
    VariationalWire.Price(
      instrument: ShortText(VariationalInstrument.key("BTC")),
      mark: Decimal(mantissa: Int128(9_123_400 + index % 97), scale: 2),
      ratio: Decimal(mantissa: 10_002, scale: 4),
      index: Decimal(mantissa: Int128(9_121_500 + index % 89), scale: 2),
      interestRate: Decimal(mantissa: 5_288, scale: 8), time: time)
  }
}
