import Glibc
import PerpCore
import PerpVenue

/// Serves one simulated venue on a TCP port: HTTP/1.1 and WebSocket on the same one, as venues do.
/// Any number of them run on one loop.
package final class SimulatorServer {
  /// Connections at once; more are closed as they come.
  package static let connectionLimit = 1024

  package struct Counters {
    package var connectionsRefused = 0
    /// Connections cut off because their reader was too slow.
    package var queuesOverrun = 0
  }

  package private(set) var counters = Counters()
  /// Connections and requests that are there now.
  var load: (connections: Int, requests: Int) { (connections.count, requests.count) }
  /// The port it listens on.
  package var port: Int { listener.port }

  private let loop: EventLoop
  private let onNote: (Note) -> Void
  private let listener: TCPListener
  private var simulator: any VenueSimulator
  private var actions: [SimulatorAction] = []
  private var isPerforming = false
  private var isStopped = false
  private var timer: Timer?
  /// Connections with something to write.
  private var flushes: [SimulatorConnection] = []
  private var connections: [ConnectionID: SimulatorConnection] = [:]
  private var requests: [RequestID: ConnectionID] = [:]
  private var lastConnection = 0
  private var lastRequest = 0

  /// Listens at once and starts the simulator in the loop's next turn. Port 0 takes a free one.
  package init(
    _ simulator: any VenueSimulator, loop: EventLoop, port: Int = 0,
    onNote: @escaping (Note) -> Void
  ) throws(TCPListener.Problem) {
    self.simulator = simulator
    self.loop = loop
    self.onNote = onNote
    listener = try TCPListener(port: port)
    timer = loop.timer { [unowned self] in receive(.wake) }
    listener.accept(on: loop) { [unowned self] in take($0) }
    loop.soon { [weak self] in self?.receive(.start) }
    loop.afterTurn { [weak self] in self?.flush() }
  }

  deinit { stop() }

  /// Closes the port and all connections.
  package func stop() {
    guard !isStopped else { return }
    isStopped = true
    listener.close()
    timer?.end()
    for connection in connections.values { connection.drop() }
    connections = [:]
  }

  private func take(_ descriptor: Int32) {
    guard connections.count < Self.connectionLimit else {
      counters.connectionsRefused += 1
      close(descriptor)
      return
    }
    lastConnection += 1
    let id = ConnectionID(lastConnection)
    connections[id] = SimulatorConnection(id, descriptor, loop: loop, server: self)
  }

  /// One write for each connection and turn.
  private func flush() {
    while let connection = flushes.popLast() { connection.flush() }
  }

  // MARK: From the connections

  func asks(_ id: ConnectionID, _ request: HTTPRequest) {
    lastRequest += 1
    requests[RequestID(lastRequest)] = id
    receive(.request(RequestID(lastRequest), request))
  }

  func receive(_ input: borrowing SimulatorInput) {
    simulator.receive(input, at: loop.now(), into: &actions)
    perform()
  }

  func owesFlush(_ connection: SimulatorConnection) { flushes.append(connection) }

  func forget(_ id: ConnectionID) {
    connections[id] = nil
    // Few: a connection has one request at a time, and none once it is answered.
    requests = requests.filter { $0.value != id }
  }

  func countOverrun() { counters.queuesOverrun += 1 }

  // MARK: Actions

  private func perform() {
    guard !isPerforming else { return }
    isPerforming = true
    while !actions.isEmpty {
      var batch: [SimulatorAction] = []
      swap(&batch, &actions)
      for action in batch { perform(action) }
    }
    isPerforming = false
    timer?.deadline = simulator.deadline
  }

  private func perform(_ action: SimulatorAction) {
    switch action {
    case .send(let id, let frame): connections[id]?.send(frame)
    case .accept(let id): connections[id]?.accept()
    case .refuse(let id, let response): connections[id]?.respond(response)
    case .ping(let id): connections[id]?.ping()
    case .close(let id, let code, let reason): connections[id]?.close(code: code, reason: reason)
    case .abort(let id): connections[id]?.abort()
    case .silence(let id): connections[id]?.silence()
    case .respond(let id, let response):
      guard let connection = requests.removeValue(forKey: id) else { return }
      connections[connection]?.respond(response)
    case .note(let note): onNote(note)
    }
  }
}
