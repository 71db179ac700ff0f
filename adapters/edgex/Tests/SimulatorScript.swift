import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

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
