import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import GRVT

/// The simulator on pretended time, and what it sent to whom.
struct SimulatorScript {
  var simulator: GRVTSimulator
  /// 13 ms after a round second.
  private(set) var now = Moment(
    monotonic: Nanoseconds.seconds(500), wall: 1_795_132_803_013_000)
  private(set) var actions: [SimulatorAction] = []
  var answersPings = true

  init(_ settings: [String: String] = [:], seed: UInt64 = 1, symbols: [Symbol] = []) {
    simulator = GRVTSimulator(
      options: SimulatorOptions(
        seed: seed, symbols: symbols, eventsPerSecond: 200, settings: settings))
  }

  static func connected(_ settings: [String: String] = [:]) -> Self {
    var script = Self(settings)
    script.give(.start)
    script.connect(1)
    return script
  }

  mutating func connect(_ id: Int, _ path: String = "/ws/full") {
    give(.upgrade(ConnectionID(id), HTTPRequest(.get, path)))
  }

  mutating func text(_ text: String, _ id: Int = 1) {
    let bytes = Array(text.utf8)
    give(.text(ConnectionID(id), bytes.span.bytes))
  }

  mutating func request(
    _ method: String, _ stream: String, _ selectors: [String], global: Bool = false, on id: Int = 1
  ) {
    let request = GRVTRequest(
      id: 1, method: method, stream: stream, selectors: selectors, usesGlobalSequence: global)
    let bytes = request.text(simulator.clients[ConnectionID(id)]?.encoding ?? .full)
    give(.text(ConnectionID(id), bytes.span.bytes))
  }

  mutating func subscribe(
    _ stream: String, _ selectors: String..., global: Bool = false, on id: Int = 1
  ) {
    request("subscribe", stream, selectors, global: global, on: id)
  }

  mutating func post(
    _ path: String, _ body: String, type: String? = "application/json"
  ) -> (status: Int, tree: JSONTree?) {
    let fields = type.map { [HTTPField("content-type", $0)] } ?? []
    give(.request(RequestID(1), HTTPRequest(.post, path, fields: fields, body: Array(body.utf8))))
    guard
      case .respond(_, let response)? = actions.last(where: {
        if case .respond = $0 { true } else { false }
      })
    else { return (0, nil) }
    return (response.status, try? JSONTree(response.body))
  }

  mutating func wait(milliseconds: Int) { wait(Nanoseconds.milliseconds(milliseconds)) }
  mutating func wait(seconds: Int) { wait(Nanoseconds.seconds(seconds)) }

  private mutating func wait(_ duration: UInt64) {
    let end = now.monotonic + duration
    while let deadline = simulator.deadline, deadline <= end {
      if deadline > now.monotonic { now = now.advanced(by: deadline - now.monotonic) }
      give(.wake)
    }
    now = now.advanced(by: end - now.monotonic)
  }

  mutating func give(_ input: borrowing SimulatorInput) {
    let count = actions.count
    simulator.receive(input, at: now, into: &actions)
    guard answersPings else { return }
    for case .ping(let id) in actions[count...] {
      simulator.receive(.pong(id), at: now, into: &actions)
    }
  }

  mutating func skip() { actions = [] }

  /// Every message sent on the connection since the last `skip`.
  func messages(_ id: Int = 1) throws -> [JSONTree] {
    try actions.compactMap { action in
      guard case .send(ConnectionID(id), let frame) = action else { return nil }
      return try JSONTree(frame.bytes)
    }
  }

  func data(_ id: Int = 1) throws -> [JSONTree] {
    try messages(id).filter { $0["feed"] != nil || $0["f"] != nil }
  }

  func answers(_ id: Int = 1) throws -> [JSONTree] {
    try messages(id).filter { $0["result"] != nil || $0["error"] != nil }
  }
}

extension JSONTree {
  var number: Int64? { self["sequence_number"]?.text.flatMap { Int64($0) } }
  var previous: Int64? { self["prev_sequence_number"]?.text.flatMap { Int64($0) } }
}
