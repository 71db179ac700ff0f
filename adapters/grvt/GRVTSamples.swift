import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values. No acknowledgement is needed to take
/// them: the first is a change, the second the state, and those that follow are its neighbours.
enum GRVTSamples {
  static let all: [WireSample] = {
    guard let symbol = Symbol("BTC-USDT-PERP"), let name = ShortText("BTC_USDT_Perp") else {
      return []
    }
    return [GRVTEncoding.full, .lite].flatMap { encoding in
      [
        sample("quote", Topic(.bbo, symbol), encoding, "BTC_USDT_Perp@0", .miniDeltas) {
          quote(name, $0, $1)
        },
        sample("trade", Topic(.trade, symbol), encoding, "BTC_USDT_Perp@50", .trades) {
          trade(name, $0, $1)
        },
        sample("book delta of 3", Topic(.book, symbol), encoding, "BTC_USDT_Perp@50", .bookDeltas) {
          book(name, $0, $1)
        },
      ]
    }
  }()

  private static func sample(
    _ kind: String, _ topic: Topic, _ encoding: GRVTEncoding, _ selector: String,
    _ stream: GRVTStream, _ record: @escaping @Sendable (Int, Int64) -> any GRVTRecord
  ) -> WireSample {
    // Lines of trades have the number of the trade.
    let isTrade = topic.channel == .trade
    return WireSample(
      name: "\(kind) (\(encoding.rawValue))", topic: topic,
      settings: ["encoding": encoding.rawValue], firstSequence: isTrade ? firstTrade : number(0),
      sequenceKey: isTrade ? "trade_id" : "venue_seq"
    ) { index, time in
      var writer = GRVTWriter(encoding)
      let isState = index == 1 && stream.isDelta
      writer.object { writer in
        writer.put(.stream, text: stream.name)
        writer.put(.selector, text: selector)
        writer.put(.number, number: isState ? 0 : number(index))
        writer.key(.feed)
        record(index, time * 1_000).write(to: &writer)
        // The state takes no number: the change after it follows the one before it.
        let last = number(index) - (index == 2 && stream.isDelta ? 2 : 1)
        writer.put(.previousNumber, number: isState ? 0 : last)
      }
      return Frame(.text, writer.text.array)
    }
  }

  private static let firstTrade: Int64 = 73_808_524

  private static func number(_ index: Int) -> Int64 { 7_000_000_000 + Int64(index) }

  private static func decimal(_ digits: Int, scale: UInt8) -> Decimal {
    Decimal(mantissa: Int128(digits), scale: scale)
  }

  /// A state first, then what a change of the best bid looks like.
  private static func quote(_ name: ShortText, _ index: Int, _ time: Int64) -> GRVTWire.Mini {
    var mini = GRVTWire.Mini(instrument: name, time: time)
    mini.bidPrice = .value(decimal(912_340 + index % 7, scale: 1))
    mini.bidSize = .value(decimal(1_500 + index % 100, scale: 3))
    mini.markPrice = .value(decimal(91_234_250_000_000 + index, scale: 9))
    if index <= 1 || index % 3 == 0 {
      mini.askPrice = .value(decimal(912_351 + index % 5, scale: 1))
      mini.askSize = .value(decimal(310 + index % 90, scale: 3))
      mini.midPrice = .value(decimal(9_123_455, scale: 2))
    }
    return mini
  }

  private static func trade(_ name: ShortText, _ index: Int, _ time: Int64) -> GRVTWire.Trade {
    GRVTWire.Trade(
      instrument: name, time: time, isTakerBuyer: index % 2 == 0,
      size: decimal(15 + index % 50, scale: 3), price: decimal(912_340 + index % 11, scale: 1),
      markPrice: decimal(91_234_250_000_000, scale: 9),
      indexPrice: decimal(91_230_118_000_001, scale: 9), interestRate: decimal(0, scale: 1),
      forwardPrice: decimal(0, scale: 1),
      id: ShortText("\(firstTrade + Int64(index))-1") ?? ShortText(),
      venue: .orderBook, isRPI: false)
  }

  private static func book(_ name: ShortText, _ index: Int, _ time: Int64) -> GRVTWire.Book {
    let isState = index == 1
    let shift = isState ? 0 : index * 7 % 60
    func side(_ best: Int, _ direction: Int, _ count: Int) -> [Level] {
      (0..<count).map { step in
        Level(
          price: decimal(best + direction * (shift + step), scale: 1),
          size: decimal(100 + (index + step) % 999, scale: 3))
      }
    }
    return GRVTWire.Book(
      instrument: name, time: time, bids: side(912_340, -1, isState ? 60 : 2),
      asks: side(912_351, 1, isState ? 60 : 1))
  }
}
