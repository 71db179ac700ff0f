import PerpCore
import PerpCrypto
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX
@testable import PerpSim

/// The simulator on pretended time, and what it sent to whom.
struct SimulatorScript {
  var simulator: EdgeXSimulator
  /// Three seconds after a round time of pings.
  private(set) var now = Moment(
    monotonic: Nanoseconds.seconds(500), wall: 1_795_132_803_000_000)
  private(set) var actions: [SimulatorAction] = []

  init(_ settings: [String: String] = [:], seed: UInt64 = 1, symbols: [Symbol] = []) {
    simulator = EdgeXSimulator(
      options: SimulatorOptions(
        seed: seed, symbols: symbols, eventsPerSecond: 200, settings: settings))
  }

  mutating func start() { give(.start) }

  mutating func connect(_ id: Int, _ path: String = "/api/v1/public/ws") {
    give(.upgrade(ConnectionID(id), HTTPRequest(.get, path)))
  }

  mutating func text(_ text: String, _ id: Int) {
    let bytes = Array(text.utf8)
    give(.text(ConnectionID(id), bytes.span.bytes))
  }

  mutating func subscribe(_ channel: String, _ id: Int) {
    text(#"{"type":"subscribe","channel":"\#(channel)"}"#, id)
  }

  mutating func get(_ path: String) -> JSONTree? {
    give(.request(RequestID(1), HTTPRequest(.get, path)))
    guard case .respond(_, let response)? = actions.last else { return nil }
    return try? JSONTree(response.body)
  }

  mutating func wait(seconds: Int) { wait(Nanoseconds.seconds(seconds)) }

  mutating func wait(_ duration: UInt64) {
    let end = now.monotonic + duration
    while let deadline = simulator.deadline, deadline <= end {
      if deadline > now.monotonic { now = now.advanced(by: deadline - now.monotonic) }
      give(.wake)
    }
    now = now.advanced(by: end - now.monotonic)
  }

  mutating func give(_ input: borrowing SimulatorInput) {
    simulator.receive(input, at: now, into: &actions)
  }

  mutating func skip() { actions = [] }

  /// Every message sent on the connection since the last `skip`.
  func messages(_ id: Int) throws -> [JSONTree] {
    try actions.compactMap { action in
      guard case .send(ConnectionID(id), let frame) = action else { return nil }
      return try JSONTree(frame.bytes)
    }
  }

  func events(_ id: Int) throws -> [JSONTree] {
    try messages(id).filter { $0["type"]?.text == "quote-event" }
  }
}

// MARK: - The account

extension SimulatorScript {
  static let authentication = EdgeXAuthentication(
    key: EdgeXSimulatedAccount.apiKey, passphrase: EdgeXSimulatedAccount.passphrase,
    secret: secret)
  static let stark = (try? StarkPrivateKey(hex: EdgeXSimulatedAccount.starkPrivateKey))
    .map { EdgeXStarkSigner(key: $0) }!

  static func proof(_ generation: EdgeXGeneration) -> any EdgeXProof {
    generation == .v1 ? stark : authentication
  }

  private static var secret: SecretBytes {
    let bytes = Array(EdgeXSimulatedAccount.secret.utf8)
    return SecretBytes(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  static func signed(_ tree: JSONTree) -> EdgeXSignedBody {
    switch tree {
    case .object(let members): .object(members.mapValues(signed))
    case .array(let elements): .array(elements.map(signed))
    case .text(let text): .text(text)
    case .number(let digits): .number(digits)
    case .bool(let flag): .flag(flag)
    case .null: .null
    }
  }

  /// The request with a body, or with what its query says, and the headers that prove it.
  static func prove(
    _ request: HTTPRequest, _ body: EdgeXSignedBody, as generation: EdgeXGeneration = .v2,
    at now: Moment
  ) -> HTTPRequest {
    var request = request
    if request.method == .post {
      var text = ByteBuffer(capacity: 1_024)
      body.write(to: &text)
      request.body = text.array
    }
    let path = Pair.target(of: request.url)
    request.fields = proof(generation).headers(
      timestamp: UInt64(now.wall / 1_000), method: request.method.rawValue,
      path: String(path.prefix { $0 != "?" }), body: body.flattened
    ).map { HTTPField($0.name, $0.value) }
    return request
  }

  /// Asks by GET, proven.
  mutating func look(_ path: String, _ members: [String: String] = [:]) -> JSONTree? {
    let all = members.merging(["accountId": EdgeXSimulatedAccount.accountID]) { old, _ in old }
    let query = all.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
    let request = HTTPRequest(.get, "/api/v2/private/\(path)?\(query)")
    return answer(Self.prove(request, .object(all.mapValues { .text($0) }), at: now))
  }

  mutating func post(_ path: String, _ members: [String: EdgeXSignedBody]) -> JSONTree? {
    let all = members.merging(["accountId": .text(EdgeXSimulatedAccount.accountID)]) { old, _ in
      old
    }
    let request = HTTPRequest(.post, "/api/v2/private/\(path)")
    return answer(Self.prove(request, .object(all), at: now))
  }

  mutating func answer(_ request: HTTPRequest) -> JSONTree? {
    let start = actions.count
    give(.request(RequestID(1), request))
    for case .respond(_, let response) in actions[start...] { return try? JSONTree(response.body) }
    return nil
  }
}
