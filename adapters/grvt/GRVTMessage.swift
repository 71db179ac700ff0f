import PerpCore

/// Where a message of data stands in its stream.
///
///     {"stream":"v1.mini.d","selector":"BTC_USDT_Perp@0","sequence_number":"1061718",
///      "feed":{…},"prev_sequence_number":"1061717"}
struct GRVTPlace: Equatable, Sendable {
  let stream: GRVTStream
  /// 0 for a state, which its changes follow with numbers from anywhere on.
  var number: Int64 = 0
  /// Of the message before this one.
  var previous: Int64 = 0

  var isState: Bool { number == 0 }
}

/// What became of a request to subscribe or unsubscribe; lists run in parallel to `subscribed`.
///
///     {"jsonrpc":"2.0","result":{"stream":"v1.mini.d","subs":["BTC_USDT_Perp@0"],"unsubs":[],
///      "num_snapshots":[1],"first_sequence_number":["1061214"],
///      "latest_sequence_number":["1061213"]},"id":1,"method":"subscribe"}
struct GRVTAcknowledgement: Equatable, Sendable {
  var id: Int64?
  var stream: GRVTStream?
  var subscribed: [String] = []
  var unsubscribed: [String] = []
  /// States that come before the first change.
  var snapshotCounts: [Int64] = []
  /// Of the first change.
  var firstNumbers: [Int64] = []
  var latestNumbers: [Int64] = []
}

/// One message from the venue.
enum GRVTMessage: Equatable, Sendable {
  indirect case acknowledged(GRVTAcknowledgement)
  /// `{"jsonrpc":"2.0","error":{"code":3000,"message":"Instrument is invalid"},"id":1,
  /// "method":"subscribe"}`, or in an older form `{"code":1002,"message":"…","status":500}`.
  case refused(id: Int64?, code: Int64, message: String)
  case mini(GRVTWire.Mini, GRVTPlace)
  indirect case book(GRVTWire.Book, GRVTPlace)
  indirect case trade(GRVTWire.Trade, GRVTPlace)
  indirect case ticker(GRVTWire.Ticker, GRVTPlace)
  indirect case candle(GRVTWire.Candle, GRVTPlace)
  /// Data that this version has no use for.
  case account
  case other(stream: String)
}

/// Decodes messages and gathers what it does not know in them.
struct GRVTDecoder {
  /// Paths of unknown keys and values, such as `mini.basis`; empty on most messages.
  var unknown: [String] = []

  private enum Feed {
    case mini(GRVTWire.Mini), book(GRVTWire.Book), trade(GRVTWire.Trade)
    case ticker(GRVTWire.Ticker), candle(GRVTWire.Candle)
    case account
  }

  /// A message is data if it has a feed, else an answer.
  mutating func decode(_ text: RawSpan) throws(JSONError) -> GRVTMessage {
    var json = JSONReader(text)
    var stream: GRVTStream?
    var otherName = ""
    var (number, previous): (Int64?, Int64?)
    var feed: Feed?
    // The stream stands before the feed in all that was seen; should it follow, the feed waits.
    var waiting: [UInt8]?
    var answer = Answer()
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .number {
        number = try json.integer()
      } else if key == .previousNumber {
        previous = try json.integer()
      } else if key == .feed {
        answer.hasFeed = true
        if let stream {
          feed = try self.feed(of: stream, &json)
        } else if otherName.isEmpty {
          waiting = try json.raw().withUnsafeBytes { [UInt8]($0) }
        } else {
          try json.skip()
        }
      } else if key == .stream, try json.peek() == .string {
        let name = try json.string()
        stream = GRVTStream(name)
        if stream == nil { otherName = name.text }
      } else if key == .selector, try json.peek() == .string {
        try json.skip()
      } else {
        try answer.take(key, &json, &unknown)
      }
    }
    try json.finish()
    guard answer.hasFeed else { return try answer.message(stream, json.error(.wrongType)) }
    guard let stream else { return .other(stream: otherName) }
    if let waiting {
      var rest = JSONReader(waiting.span.bytes)
      feed = try self.feed(of: stream, &rest)
    }
    guard let feed else { throw json.error(.wrongType) }
    if case .account = feed { return .account }
    guard let number, let previous else { throw json.error(.wrongType) }
    return Self.message(feed, GRVTPlace(stream: stream, number: number, previous: previous))
  }

  private mutating func feed(
    of stream: GRVTStream, _ json: inout JSONReader
  ) throws(JSONError) -> Feed {
    switch stream {
    case .miniSnapshots, .miniDeltas: return .mini(try GRVTWire.Mini(&json, &unknown))
    case .bookSnapshots, .bookDeltas, .improvedBookSnapshots, .improvedBookDeltas:
      return .book(try GRVTWire.Book(&json, &unknown))
    case .trades: return .trade(try GRVTWire.Trade(&json, &unknown))
    case .tickerSnapshots, .tickerDeltas: return .ticker(try GRVTWire.Ticker(&json, &unknown))
    case .candles: return .candle(try GRVTWire.Candle(&json, &unknown))
    case .account:
      try json.skip()
      return .account
    }
  }

  private static func message(_ feed: Feed, _ place: GRVTPlace) -> GRVTMessage {
    switch feed {
    case .mini(let mini): .mini(mini, place)
    case .book(let book): .book(book, place)
    case .trade(let trade): .trade(trade, place)
    case .ticker(let ticker): .ticker(ticker, place)
    case .candle(let candle): .candle(candle, place)
    case .account: .account
    }
  }
}

/// The parts of a message that is no data.
private struct Answer {
  var hasFeed = false
  private var isResult = false
  private var acknowledgement = GRVTAcknowledgement()
  private var code: Int64?
  private var text = ""
  private var methodOrMessage = ""

  mutating func take(
    _ key: borrowing JSONString, _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) {
    if key == .version || key == "method" {
      try json.skip()
    } else if key == "m" {
      // In errors of the older form it is the message, elsewhere the method.
      methodOrMessage = try json.string().text
    } else if key == .result {
      try takeResult(&json, &unknown)
    } else if key == .error {
      try takeError(&json)
    } else if key == .id || key == .requestID {
      acknowledgement.id = try Self.identifier(&json)
    } else if key == .code {
      code = try json.integer()
    } else if key == "message" {
      text = try json.string().text
    } else if key == .status {
      try json.skip()
    } else if try takeLists(key, &json) {
      // An answer of the older form has no result around it.
      isResult = true
    } else {
      unknown.append("envelope.\(key.text)")
      try json.skip()
    }
  }

  func message(_ stream: GRVTStream?, _ failure: JSONError) throws(JSONError) -> GRVTMessage {
    if let code {
      return .refused(
        id: acknowledgement.id, code: code, message: text.isEmpty ? methodOrMessage : text)
    }
    guard isResult else { throw failure }
    var acknowledgement = acknowledgement
    acknowledgement.stream = acknowledgement.stream ?? stream
    return .acknowledged(acknowledgement)
  }

  /// What calls of the account answer is of no interest: only that they did.
  private mutating func takeResult(
    _ json: inout JSONReader, _ unknown: inout [String]
  ) throws(JSONError) {
    isResult = true
    guard try json.peek() == .object else { return try json.skip() }
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .stream, try json.peek() == .string {
        acknowledgement.stream = GRVTStream(try json.string())
      } else if try !takeLists(key, &json) {
        unknown.append("result.\(key.text)")
        try json.skip()
      }
    }
  }

  private mutating func takeLists(
    _ key: borrowing JSONString, _ json: inout JSONReader
  ) throws(JSONError) -> Bool {
    if key == .subscribed {
      acknowledgement.subscribed = try Self.texts(&json)
    } else if key == .unsubscribed {
      acknowledgement.unsubscribed = try Self.texts(&json)
    } else if key == .snapshotCounts {
      acknowledgement.snapshotCounts = try Self.integers(&json)
    } else if key == .firstNumbers {
      acknowledgement.firstNumbers = try Self.integers(&json)
    } else if key == .latestNumbers {
      acknowledgement.latestNumbers = try Self.integers(&json)
    } else {
      return false
    }
    return true
  }

  private mutating func takeError(_ json: inout JSONReader) throws(JSONError) {
    code = 0
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .code {
        code = try json.integer()
      } else if key == .message {
        text = try json.string().text
      } else {
        try json.skip()
      }
    }
  }

  /// Ours are numbers; the answer to something that could not be read has none.
  private static func identifier(_ json: inout JSONReader) throws(JSONError) -> Int64? {
    guard try json.peek() == .number else {
      try json.skip()
      return nil
    }
    return try json.integer()
  }

  private static func texts(_ json: inout JSONReader) throws(JSONError) -> [String] {
    var texts: [String] = []
    guard try !json.null() else { return texts }
    try json.enterArray()
    while try json.nextElement() { texts.append(try json.string().text) }
    return texts
  }

  /// Written as text on the wire, as numbers in the documents.
  private static func integers(_ json: inout JSONReader) throws(JSONError) -> [Int64] {
    var integers: [Int64] = []
    guard try !json.null() else { return integers }
    try json.enterArray()
    while try json.nextElement() { integers.append(try json.integer()) }
    return integers
  }
}
