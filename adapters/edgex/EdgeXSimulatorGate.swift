import PerpCore
import PerpCrypto
import PerpVenue

/// Who may ask about the account: what is proven in the headers is made anew from the request as it
/// came, by nothing that the client's side uses. ("Authentication".)
enum EdgeXSimulatorGate: String, Sendable {
  /// By a code that the secret of the API key makes.
  case hmac
  /// By a signature of the account's key.
  case stark

  /// "Timestamps must be within 60 s", in milliseconds.
  private static let window: Int64 = 60_000

  /// The first generation has either; the second wants codes.
  init(_ settings: [String: String]) {
    let wanted = settings["v1_proof"].flatMap(EdgeXSimulatorGate.init) ?? .stark
    self = EdgeXGeneration(settings) == .v1 ? wanted : .hmac
  }

  /// Headers in the order the venue looks for them; time and proof are the last two.
  private var names: [String] {
    switch self {
    case .hmac: ["X-edgeX-Api-Key", "X-edgeX-Passphrase", "X-edgeX-Signature", "X-edgeX-Timestamp"]
    case .stark: ["X-edgeX-Api-Signature", "X-edgeX-Api-Timestamp"]
    }
  }

  /// `time` is the venue's, in milliseconds.
  func check(
    _ request: HTTPRequest, headers: [HTTPField], body: String, at time: Int64
  ) throws(EdgeXSimulatorFailure) {
    var values: [String] = []
    for name in names {
      let field = headers.first { $0.name.lowercased() == name.lowercased() }
      guard let field, !field.value.isEmpty else { throw .header(name) }
      values.append(field.value)
    }
    func refuse(_ code: String, _ message: String) -> EdgeXSimulatorFailure {
      EdgeXSimulatorFailure(code, message, status: 401)
    }
    if self == .hmac, values[0] != EdgeXSimulatedAccount.apiKey {
      throw refuse("INVALID_API_KEY", "invalid api key")
    }
    if self == .hmac, values[1] != EdgeXSimulatedAccount.passphrase {
      throw refuse("INVALID_PASSPHRASE", "invalid passphrase")
    }
    let (proof, timestamp) = (values[values.count - 2], values[values.count - 1])
    guard let stamp = Int64(timestamp), abs(stamp.saturating(subtracting: time)) <= Self.window
    else {
      throw refuse("INVALID_TIMESTAMP", "timestamp is not within 60 s of the venue's")
    }
    let message = timestamp + request.method.rawValue + request.path + body
    guard proves(proof, message) else { throw refuse("INVALID_SIGNATURE", "invalid signature") }
  }

  private func proves(_ proof: String, _ message: String) -> Bool {
    switch self {
    case .hmac:
      let key = Array(EdgeXSimulatedAccount.codeKey.utf8)
      return proof == HMACSHA256.code(Array(message.utf8), key: key).paddedHex
    case .stark: return EdgeXSimulatorStark.isProof(proof, of: message)
    }
  }

  /// The headers of a request, or those that a browser has put into the subprotocol.
  static func headers(of request: HTTPRequest) -> [HTTPField] {
    let protocols = request.fields.first { $0.name.lowercased() == "sec-websocket-protocol" }
    guard let text = protocols?.value, let json = decode(base64: text),
      let fields = try? JSONFields(json.span.bytes)
    else { return request.fields }
    return fields.names.compactMap { name in fields.text(name).map { HTTPField(name, $0) } }
  }

  private static func decode(base64 text: String) -> [UInt8]? {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var (bits, count, bytes) = (UInt32(0), 0, [UInt8]())
    for character in text.utf8 where character != UInt8(ascii: "=") {
      guard let digit = digits.firstIndex(of: character) else { return nil }
      bits = bits << 6 | UInt32(digit)
      count += 6
      guard count >= 8 else { continue }
      count -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
    }
    return bytes
  }

  // MARK: What is proven

  /// The query as it is proven: decoded, sorted, nothing twice, nothing empty.
  static func text(ofQuery request: HTTPRequest) -> String {
    var seen: Set<String> = []
    return query(request).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      .filter { !$0.value.isEmpty && seen.insert($0.name).inserted }
      .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
  }

  static func query(_ request: HTTPRequest) -> [(name: String, value: String)] {
    let parts = request.url.split(separator: "?", maxSplits: 1)
    guard parts.count == 2 else { return [] }
    return parts[1].split(separator: "&").map { pair in
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (decode(percent: halves[0]), halves.count == 2 ? decode(percent: halves[1]) : "")
    }
  }

  private static func decode(percent text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A body of JSON as it is proven.
  static func text(ofBody body: [UInt8]) throws(EdgeXSimulatorFailure) -> String {
    do throws(JSONError) {
      var json = JSONReader(body.span.bytes)
      let text = try flatten(&json)
      try json.finish()
      return text
    } catch { throw .malformed }
  }

  private static func flatten(_ json: inout JSONReader) throws(JSONError) -> String {
    switch try json.peek() {
    case .object:
      var members: [(name: String, value: String)] = []
      try json.enterObject()
      while let key = try json.nextKey() {
        let name = key.text
        members.append((name, try flatten(&json)))
      }
      members.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      return members.map { $0.name + "=" + $0.value }.joined(separator: "&")
    case .array:
      var elements: [String] = []
      try json.enterArray()
      while try json.nextElement() { elements.append(try flatten(&json)) }
      return elements.joined(separator: "&")
    case .string: return try json.string().text
    case .bool: return try json.bool() ? "true" : "false"
    case .null:
      _ = try json.null()
      return ""
    case .number:
      let digits = try json.number()
      return String(decoding: digits.withUnsafeBytes { [UInt8]($0) }, as: UTF8.self)
    }
  }
}
