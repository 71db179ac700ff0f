import PerpCore
import PerpVenue

/// Answers of "Market Data API": `{"result":…}`, of lists with `"next"` beside it.
enum GRVTREST {
  /// The one object that an answer has.
  static func object<Record: GRVTRecord>(
    _ type: Record.Type, _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> Record {
    var json = JSONReader(body)
    var record: Record?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .result { record = try Record(&json, &unknown) } else { try json.skip() }
    }
    try json.finish()
    guard let record else { throw json.error(.wrongType) }
    return record
  }

  static func list<Record: GRVTRecord>(
    _ type: Record.Type, _ body: RawSpan, _ unknown: inout [String]
  ) throws(JSONError) -> [Record] {
    var records: [Record] = []
    var found: [String] = []
    var json = JSONReader(body)
    try eachRow(&json) { (row: inout JSONReader) throws(JSONError) in
      records.append(try Record(&row, &found))
    }
    unknown += found
    return records
  }

  /// Perpetual markets; rows of other kinds are left out, and those that cannot be read are named.
  static func instruments(
    _ body: RawSpan, venue: VenueID, _ unknown: inout [String]
  ) throws(JSONError) -> (markets: [ListedMarket], unreadable: [String]) {
    var markets: [ListedMarket] = []
    var (unreadable, found): ([String], Set<String>) = ([], [])
    var json = JSONReader(body)
    try eachRow(&json) { (row: inout JSONReader) throws(JSONError) in
      // One row of nonsense must not cost all the others.
      var reader = JSONReader(try row.raw())
      var paths: [String] = []
      guard let instrument = try? GRVTInstrument(&reader, &paths) else {
        unreadable.append("(malformed)")
        return
      }
      found.formUnion(paths)
      guard instrument.isPerpetual else { return }
      if let market = instrument.market(venue) {
        markets.append(ListedMarket(name: instrument.name, market: market))
      } else {
        unreadable.append(instrument.name.isEmpty ? "(no name)" : instrument.name.string)
      }
    }
    unknown += found.sorted()
    return (markets, unreadable)
  }

  /// `GET /time`: `{"server_time":1795132800123}`; returned in microseconds.
  static func serverTime(_ body: RawSpan) throws(JSONError) -> Int64 {
    var json = JSONReader(body)
    var time: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "server_time" { time = try json.milliseconds() } else { try json.skip() }
    }
    try json.finish()
    guard let time else { throw json.error(.wrongType) }
    return time
  }

  private static func eachRow(
    _ json: inout JSONReader, _ body: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    var isFound = false
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .result {
        isFound = true
        try json.enterArray()
        while try json.nextElement() { try body(&json) }
      } else {
        try json.skip()
      }
    }
    try json.finish()
    guard isFound else { throw json.error(.wrongType) }
  }
}
