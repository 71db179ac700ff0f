import PerpCore
import PerpVenue

/// Answers by REST. ("Public API".) All are in one envelope, and a failure may come with the HTTP
/// status 200:
///
///     {"code":"SUCCESS","data":{"timeMillis":"1795132800123"},"msg":null,"errorParam":null,
///      "requestTime":"1795132800122","responseTime":"1795132800123","traceId":"0a…"}
///     {"code":"INVALID_CONTRACT_ID","data":null,"msg":"invalid contractId","errorParam":null,…}
struct EdgeXREST: ~Escapable {
  /// Nil for success, else code and message.
  let failure: String?
  /// As it stands; null where there is none.
  let data: RawSpan

  @_lifetime(copy body)
  init(_ body: RawSpan) throws(JSONError) {
    var code = ""
    var message = ""
    var data = body.extracting(0..<0)
    var json = JSONReader(body)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "code" {
        code = try json.string().text
      } else if key == "data" {
        data = try json.raw()
      } else if key == "msg", try json.peek() == .string {
        message = try json.string().text
      } else {
        try json.skip()
      }
    }
    try json.finish()
    guard !code.isEmpty else { throw json.error(.wrongType) }
    failure = code == "SUCCESS" ? nil : (message.isEmpty ? code : "\(code): \(message)")
    self.data = data
  }

  /// "Get Server Time": `{"timeMillis":"1795132800123"}`; in microseconds.
  func serverTime() throws(JSONError) -> Int64 {
    var json = JSONReader(data)
    var time: Int64?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "timeMillis" { time = try json.milliseconds() } else { try json.skip() }
    }
    guard let time else { throw json.error(.wrongType) }
    return time
  }

  /// "Get Order Book Depth": one row, none for a contract that the venue does not know.
  func depth(_ unknown: inout [String]) throws(JSONError) -> EdgeXWire.Depth? {
    var json = JSONReader(data)
    var depth: EdgeXWire.Depth?
    try json.enterArray()
    while try json.nextElement() {
      depth = try EdgeXWire.Depth(&json, isSnapshot: true, &unknown)
    }
    return depth
  }

  /// "Get 24-Hour Quotes".
  func tickers(_ unknown: inout [String]) throws(JSONError) -> [EdgeXWire.Ticker] {
    var json = JSONReader(data)
    var rows: [EdgeXWire.Ticker] = []
    try json.enterArray()
    while try json.nextElement() { rows.append(try EdgeXWire.Ticker(&json, &unknown)) }
    return rows
  }

  /// "Get Meta Data".
  func metadata(_ venue: VenueID) throws(JSONError) -> EdgeXMetadata {
    var json = JSONReader(data)
    return try EdgeXMetadata(&json, venue: venue)
  }
}
