import PerpCore

/// What one can subscribe to, by the name the venue has for it ("Market Data WebSocket Streams",
/// "Trading WebSocket Streams").
enum GRVTStream: Hashable, Sendable {
  case miniSnapshots, miniDeltas
  case tickerSnapshots, tickerDeltas
  case bookSnapshots, bookDeltas
  /// With the orders of those who improve prices for retail traders (RPI). In no document; the
  /// venue's own pages use them.
  case improvedBookSnapshots, improvedBookDeltas
  case trades
  case candles
  /// For those who are logged in.
  case account
}

extension GRVTStream {
  private static let names: [(name: StaticString, stream: GRVTStream)] = [
    ("v1.mini.d", .miniDeltas), ("v1.book.d", .bookDeltas), ("v1.trade", .trades),
    ("v1.ticker.s", .tickerSnapshots), ("v1.mini.s", .miniSnapshots),
    ("v1.book.s", .bookSnapshots), ("v1.ticker.d", .tickerDeltas), ("v1.candle", .candles),
    ("v1.rpi.book.d", .improvedBookDeltas), ("v1.rpi.book.s", .improvedBookSnapshots),
    ("v1.order", .account), ("v1.state", .account), ("v1.fill", .account),
    ("v1.position", .account), ("v1.cancel", .account), ("v1.deposit", .account),
    ("v1.withdrawal", .account), ("v1.transfer", .account), ("v1.group", .account),
  ]

  init?(_ name: borrowing JSONString) {
    for row in Self.names where name == row.name {
      self = row.stream
      return
    }
    return nil
  }

  init?(_ name: String) {
    guard let row = Self.names.first(where: { $0.name.description == name }) else { return nil }
    self = row.stream
  }

  /// Of a public stream.
  var name: String { Self.names.first { $0.stream == self }?.name.description ?? "" }

  /// Milliseconds at which it can be had; empty where a rate means nothing.
  var rates: [Int] {
    switch self {
    case .miniSnapshots: [200, 500, 1_000, 5_000]
    case .miniDeltas: [0, 50, 100, 200, 500, 1_000, 5_000]
    case .tickerSnapshots: [500, 1_000, 5_000]
    case .tickerDeltas: [100, 200, 500, 1_000, 5_000]
    case .bookSnapshots, .improvedBookSnapshots: [500, 1_000]
    case .bookDeltas, .improvedBookDeltas: [50, 100, 500, 1_000]
    case .trades, .candles, .account: []
    }
  }

  /// Changes that follow a state, numbered; the others are whole states, all numbered 0.
  var isDelta: Bool {
    switch self {
    case .miniDeltas, .tickerDeltas, .bookDeltas, .improvedBookDeltas: true
    default: false
    }
  }
}

/// `BTC_USDT_Perp@500-50`: whom it is about, and in what form it is wanted.
struct GRVTSelector: Hashable, Sendable {
  let stream: GRVTStream
  let instrument: ShortText
  /// Behind the `@`: a rate, a rate and a depth, a limit, an interval and a kind.
  let form: ShortText

  init(_ stream: GRVTStream, _ instrument: ShortText, _ form: String) {
    self.stream = stream
    self.instrument = instrument
    self.form = ShortText(form) ?? ShortText()
  }

  var text: String { "\(instrument.string)@\(form.string)" }

  /// What stands before the `@`, which need not be there.
  static func instrument(in text: String) -> ShortText? { ShortText(text.prefix { $0 != "@" }) }
}
