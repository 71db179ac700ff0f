import PerpCore
import PerpVenue
import Testing

@testable import PerpIO

/// A loop, run by the test's own thread, with a pretended venue on it and a client of it.
final class Bench {
  let loop = EventLoop()
  let network: Network
  private(set) var log: [String] = []
  private(set) var messages: [[UInt8]] = []
  private var isDone: (() -> Bool)?
  private(set) var webSockets: WebSockets!
  private(set) var server: SimulatorServer!
  /// Called with each line of the log.
  var onLine: (String) -> Void = { _ in }

  init(_ venue: any VenueSimulator = Venue(), roots: String? = nil) throws {
    network = Network(loop: loop, roots: try TrustedRoots(file: roots))
    server = try SimulatorServer(venue, loop: loop, onNote: { _ in })
    webSockets = WebSockets(network: network) { [unowned self] in record($0) }
    loop.afterTurn { [unowned self] in if isDone?() == true { loop.stop() } }
  }

  var url: String { "ws://127.0.0.1:\(server.port)/" }

  /// Turns the loop until the condition holds; a test that waits for ten seconds has failed.
  func wait(for what: String = "", _ condition: @escaping () -> Bool) {
    if condition() { return }
    var isLate = false
    let timer = loop.timer { isLate = true }
    timer.deadline = loop.now().monotonic + Nanoseconds.seconds(10)
    isDone = { condition() || isLate }
    loop.run()
    isDone = nil
    timer.end()
    if isLate { Issue.record("waited in vain \(what); the log: \(log)") }
  }

  /// Waits until a line begins so, and returns it.
  @discardableResult
  func wait(for start: String) -> String {
    wait(for: start) { self.log.contains { $0.hasPrefix(start) } }
    return log.first { $0.hasPrefix(start) } ?? ""
  }

  /// Opens connection 1 and waits for it.
  func connect(_ path: String = "", maxMessageBytes: Int = 16 << 20) {
    open(url + path, maxMessageBytes: maxMessageBytes)
    wait(for: "opened 1")
  }

  func open(_ url: String, id: Int = 1, fields: [HTTPField] = [], maxMessageBytes: Int = 16 << 20) {
    webSockets.open(
      ConnectionID(id),
      WebSocketRequest(url: url, fields: fields, maxMessageBytes: maxMessageBytes))
  }

  func send(_ text: String) { webSockets.send(ConnectionID(1), text: Array(text.utf8)) }

  /// What became of one HTTP request.
  func ask(_ request: HTTPRequest, of https: HTTPS? = nil) -> HTTPS.Result? {
    var result: HTTPS.Result?
    (https ?? network.https).perform(request) { result = $0 }
    wait(for: "an answer") { result != nil }
    return result
  }

  private func record(_ input: borrowing VenueInput) {
    switch input {
    case .opened(let id): line("opened \(id.number)")
    case .text(let id, let bytes): message("text \(id.number)", bytes)
    case .binary(let id, let bytes): message("binary \(id.number)", bytes)
    case .pong(let id): line("pong \(id.number)")
    case .closed(let id, let reason): line("closed \(id.number) \(reason)")
    default: line("unexpected")
    }
  }

  private func message(_ kind: String, _ bytes: RawSpan) {
    let copy = bytes.withUnsafeBytes { [UInt8]($0) }
    messages.append(copy)
    line("\(kind) \(copy.count < 100 ? String(decoding: copy, as: UTF8.self) : "\(copy.count) B")")
  }

  private func line(_ text: String) {
    log.append(text)
    onLine(text)
  }
}

/// A venue in a few lines: sends back what it gets, unless a test gives it other manners.
struct Venue: VenueSimulator {
  typealias Manners = @Sendable (borrowing SimulatorInput, inout [SimulatorAction]) -> Bool

  var deadline: UInt64?
  /// True when it has dealt with the input.
  var manners: Manners = { _, _ in false }

  mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    if manners(input, &actions) { return }
    switch input {
    case .upgrade(let id, _): actions.append(.accept(id))
    case .text(let id, let bytes): actions.append(.send(id, Frame(.text, copy(bytes))))
    case .binary(let id, let bytes): actions.append(.send(id, Frame(.binary, copy(bytes))))
    case .request(let id, let request):
      let text = "\(request.method.rawValue) \(request.url) "
      let key = request.fields.first { $0.name == "X-Key" }?.value ?? ""
      actions.append(
        .respond(
          id,
          HTTPResponse(
            status: 200, fields: [HTTPField("X-Echo", key)],
            body: Array(text.utf8) + request.body)))
    default: break
    }
  }
}

func copy(_ bytes: RawSpan) -> [UInt8] { bytes.withUnsafeBytes { [UInt8]($0) } }

func text(_ bytes: RawSpan) -> String { String(decoding: copy(bytes), as: UTF8.self) }

/// A venue that does something special with what it is sent as text.
func venue(
  onText: @escaping @Sendable (ConnectionID, String, inout [SimulatorAction]) -> Void
) -> Venue {
  Venue { input, actions in
    guard case .text(let id, let bytes) = input else { return false }
    onText(id, text(bytes), &actions)
    return true
  }
}
