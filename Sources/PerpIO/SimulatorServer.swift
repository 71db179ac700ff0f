import CPerpIO
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
  package let port: Int

  private let loop: EventLoop
  private let onNote: (Note) -> Void
  private let listener: Int32
  private var simulator: any VenueSimulator
  private var actions: [SimulatorAction] = []
  private var isPerforming = false
  private var watch: Watch?
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
  ) throws(SimulatorServerError) {
    self.simulator = simulator
    self.loop = loop
    self.onNote = onNote
    (listener, self.port) = try Self.listen(port)
    timer = loop.timer { [unowned self] in receive(.wake) }
    watch = loop.watch(listener, .read) { [unowned self] _ in accept() }
    loop.soon { [weak self] in self?.receive(.start) }
    loop.afterTurn { [weak self] in self?.flush() }
  }

  deinit { stop() }

  /// Closes the port and all connections.
  package func stop() {
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    close(listener)
    timer?.end()
    for connection in connections.values { connection.drop() }
    connections = [:]
  }

  private static func listen(_ port: Int) throws(SimulatorServerError) -> (Int32, Int) {
    let listener = perp_tcp_socket(AF_INET)
    var one: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && Glibc.listen(listener, 512) == 0
          && getsockname(listener, address, &size) == 0
      }
    }
    guard result else {
      let text = errorText(errno)
      close(listener)
      throw SimulatorServerError(text: "127.0.0.1:\(port): \(text)")
    }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  private func accept() {
    while true {
      let descriptor = perp_accept(listener)
      guard descriptor >= 0 else { return }
      guard connections.count < Self.connectionLimit else {
        counters.connectionsRefused += 1
        close(descriptor)
        continue
      }
      lastConnection += 1
      let id = ConnectionID(lastConnection)
      connections[id] = SimulatorConnection(id, descriptor, loop: loop, server: self)
    }
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

package struct SimulatorServerError: Error {
  package let text: String
}
