import PerpCore

/// A channel's name. ("WebSocket API", Public WebSocket.) The `.all` forms are the only wildcards.
///
///     depth.30000001.15
///     bookTicker.all.1s
///     kline.LAST_PRICE.30000001.MINUTE_1
enum EdgeXChannel: Hashable, Sendable {
  /// Markets are named by the digits of their contract id.
  enum Scope: Hashable, Sendable {
    case contract(ShortText)
    case all
    /// All, once a second.
    case allEverySecond
  }

  enum PriceKind: String, CaseIterable, Sendable {
    case last = "LAST_PRICE"
    case index = "INDEX_PRICE"
    case oracle = "ORACLE_PRICE"
    case mark = "MARK_PRICE"
    case bestAsk = "ASK1_PRICE"
    case bestBid = "BID1_PRICE"
  }

  enum Interval: String, CaseIterable, Sendable {
    case minute1 = "MINUTE_1"
    case minute5 = "MINUTE_5"
    case minute15 = "MINUTE_15"
    case minute30 = "MINUTE_30"
    case hour1 = "HOUR_1"
    case hour2 = "HOUR_2"
    case hour4 = "HOUR_4"
    case hour6 = "HOUR_6"
    case hour8 = "HOUR_8"
    case hour12 = "HOUR_12"
    case day = "DAY_1"
    case week = "WEEK_1"
    case month = "MONTH_1"
  }

  case depth(contract: ShortText, levels: Int)
  case trades(contract: ShortText)
  case ticker(Scope)
  case bookTicker(Scope)
  case fundingRate(Scope)
  case kline(PriceKind, contract: ShortText, Interval)
  case metadata

  /// Levels a side that depth is offered with.
  static let depths = [15, 200]

  /// The contract of a channel that is of one only.
  var contract: ShortText? {
    switch self {
    case .depth(let contract, _), .trades(let contract), .kline(_, let contract, _): contract
    case .ticker(let scope), .bookTicker(let scope), .fundingRate(let scope): scope.contract
    case .metadata: nil
    }
  }
}

extension EdgeXChannel.Scope {
  var contract: ShortText? {
    if case .contract(let contract) = self { contract } else { nil }
  }

  fileprivate var name: String {
    switch self {
    case .contract(let contract): contract.string
    case .all: "all"
    case .allEverySecond: "all.1s"
    }
  }
}

extension EdgeXChannel {
  var name: String {
    switch self {
    case .depth(let contract, let levels): "depth.\(contract.string).\(levels)"
    case .trades(let contract): "trades.\(contract.string)"
    case .ticker(let scope): "ticker.\(scope.name)"
    case .bookTicker(let scope): "bookTicker.\(scope.name)"
    case .fundingRate(let scope): "fundingRate.\(scope.name)"
    case .kline(let price, let contract, let interval):
      "kline.\(price.rawValue).\(contract.string).\(interval.rawValue)"
    case .metadata: "metadata"
    }
  }

  /// Nil for a name that is none of these. Whether the contract exists is not judged.
  init?(_ name: borrowing JSONString) {
    guard !name.hasEscapes else {
      self.init(text: name.text)
      return
    }
    self.init(name.bytes)
  }

  init?(text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.span.bytes)
  }

  private init?(_ name: RawSpan) {
    let first = name.part(from: 0)
    let kind = name.extracting(0..<first)
    guard first < name.byteCount else {
      guard kind.equals("metadata") else { return nil }
      self = .metadata
      return
    }
    let second = name.part(from: first + 1)
    let subject = name.extracting(first + 1..<second)
    if kind.equals("depth") {
      guard second < name.byteCount, let contract = Self.contract(subject),
        let levels = Self.levels(name.extracting(second + 1..<name.byteCount))
      else { return nil }
      self = .depth(contract: contract, levels: levels)
    } else if kind.equals("trades") {
      guard second == name.byteCount, let contract = Self.contract(subject) else { return nil }
      self = .trades(contract: contract)
    } else if kind.equals("kline") {
      self.init(kline: String(copying: name))
    } else {
      let rest = name.extracting(first + 1..<name.byteCount)
      guard let scope = Scope(rest) else { return nil }
      if kind.equals("ticker") {
        self = .ticker(scope)
      } else if kind.equals("bookTicker") {
        self = .bookTicker(scope)
      } else if kind.equals("fundingRate") {
        self = .fundingRate(scope)
      } else {
        return nil
      }
    }
  }

  private init?(kline name: String) {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, let price = PriceKind(rawValue: parts[1]),
      let contract = ShortText(parts[2]), !contract.isEmpty,
      let interval = Interval(rawValue: parts[3])
    else { return nil }
    self = .kline(price, contract: contract, interval)
  }

  private static func levels(_ text: RawSpan) -> Int? {
    if text.equals("15") { return 15 }
    return text.equals("200") ? 200 : nil
  }

  fileprivate static func contract(_ text: RawSpan) -> ShortText? {
    text.byteCount > 0 ? ShortText(text) : nil
  }
}

extension EdgeXChannel.Scope {
  fileprivate init?(_ text: RawSpan) {
    if text.equals("all") {
      self = .all
    } else if text.equals("all.1s") {
      self = .allEverySecond
    } else {
      guard text.part(from: 0) == text.byteCount, let contract = EdgeXChannel.contract(text) else {
        return nil
      }
      self = .contract(contract)
    }
  }
}

extension RawSpan {
  /// Where the part between dots ends that begins at `start`.
  fileprivate func part(from start: Int) -> Int {
    var index = start
    while index < byteCount,
      unsafeLoad(fromByteOffset: index, as: UInt8.self) != UInt8(ascii: ".")
    {
      index += 1
    }
    return index
  }
}
