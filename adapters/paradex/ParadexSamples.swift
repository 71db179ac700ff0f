import PerpCore
import PerpVenue

/// Messages for measurements: typical sizes, made-up values. Sequences start far beyond those of
/// the simulator, so that a session takes them as new.
enum ParadexSamples {
  static let all: [WireSample] = {
    guard let symbol = Symbol("BTC-USD-PERP") else { return [] }
    return [
      sample("bbo (SBE)", Topic(.bbo, symbol)) { index, time in
        Frame(.binary, quote(symbol, index, time).frame(version: 2))
      },
      sample("bbo (JSON)", Topic(.bbo, symbol), json) { index, time in
        Frame(.text, notification("bbo.\(symbol)") { quote(symbol, index, time).write(to: &$0) })
      },
      sample("trade (SBE)", Topic(.trade, symbol)) { index, time in
        Frame(.binary, trade(symbol, index, time).frame(version: 2))
      },
      sample("book delta of 3 (SBE)", Topic(.book, symbol)) { index, time in
        Frame(.binary, book(symbol, index, time, levels: index == 0 ? 60 : 3).frame(version: 2))
      },
      sample("book snapshot of 2x100 (SBE)", Topic(.book, symbol)) {
        Frame(.binary, book(symbol, $0, $1, levels: 100).frame(version: 2))
      },
      // What a client gets that asks for books to see the best prices only.
      sample("book snapshot of 2x1 (SBE)", Topic(.book, symbol)) {
        Frame(.binary, book(symbol, $0, $1, levels: 1).frame(version: 2))
      },
      sample("book snapshot of 2x1 (JSON)", Topic(.book, symbol), json) { index, time in
        Frame(
          .text,
          notification("order_book.\(symbol).snapshot@15@100ms") {
            book(symbol, index, time, levels: 1).write(to: &$0)
          })
      },
    ]
  }()

  private static let json = ["encoding": "json"]

  private static func sample(
    _ name: String, _ topic: Topic, _ settings: [String: String] = [:],
    make: @escaping @Sendable (Int, Int64) -> Frame
  ) -> WireSample {
    WireSample(
      name: name, topic: topic, settings: settings, firstSequence: sequence(0), make: make)
  }

  private static func sequence(_ index: Int) -> Int64 { 7_000_000_000 + Int64(index) }

  private static func level(_ ticks: Int, _ lots: Int) -> Level {
    Level(
      price: Decimal(trimming: Int64(ticks), scale: 1),
      size: Decimal(trimming: Int64(lots), scale: 5))
  }

  private static func quote(_ symbol: Symbol, _ index: Int, _ time: Int64) -> ParadexWire.BBO {
    ParadexWire.BBO(
      market: symbol.text, time: time, sequence: sequence(index),
      bid: level(912_340 + index % 7, 15_000 + index % 100),
      ask: level(912_351 + index % 5, 31_000 + index % 90))
  }

  private static func trade(_ symbol: Symbol, _ index: Int, _ time: Int64) -> ParadexWire.Trade {
    let level = level(912_340 + index % 11, 1_500 + index % 50)
    return ParadexWire.Trade(
      market: symbol.text, time: time, sequence: sequence(index),
      id: ShortText("1795132800123456" + String(String(1_000_000_000_000 + index).dropFirst())),
      side: index % 2 == 0 ? .buy : .sell, price: level.price, size: level.size, createdAt: time,
      kind: .fill)
  }

  /// The first is a snapshot, and so are all but those of 3 levels.
  private static func book(
    _ symbol: Symbol, _ index: Int, _ time: Int64, levels: Int
  ) -> ParadexWire.Book {
    let isSnapshot = index == 0 || levels != 3
    let shift = isSnapshot ? 0 : index * 7 % 60
    func side(_ best: Int, _ direction: Int, _ count: Int) -> [Level] {
      (0..<count).map { step in
        level(best + direction * (shift + step), 1_000 + (index + step) % 999)
      }
    }
    return ParadexWire.Book(
      market: symbol.text, time: time, sequence: sequence(index), isSnapshot: isSnapshot,
      bids: side(912_340, -1, isSnapshot ? levels : 2),
      asks: side(912_351, 1, isSnapshot ? levels : 1))
  }

  private static func notification(
    _ channel: String, _ data: (inout ByteBuffer) -> Void
  ) -> [UInt8] {
    var text = ByteBuffer(capacity: 512)
    text.append(#"{"jsonrpc":"2.0","method":"subscription","params":{"channel":"#)
    text.append(json: channel)
    text.append(#","data":"#)
    data(&text)
    text.append("}}\n")
    return text.array
  }
}
