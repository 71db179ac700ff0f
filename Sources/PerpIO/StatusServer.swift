import CPerpIO
import Glibc
import PerpCore
import PerpVenue

/// Answers `GET` over HTTP/1.1 for people and programs that look after us: metrics and health.
/// One request a connection.
package final class StatusServer {
  /// Connections at once; more are closed as they come.
  private static let connectionLimit = 32
  /// Bytes of a request.
  private static let requestLimit = 16 << 10
  /// A connection that has not been served by then is closed, in nanoseconds.
  private static let patience = Nanoseconds.seconds(5)

  /// By path, without a query; nil for what there is not.
  package typealias Respond = (_ path: Substring) -> HTTPResponse?

  private let loop: EventLoop
  private let respond: Respond
  private var connections: [Int32: Connection] = [:]
  private var timer: Timer?

  package init(loop: EventLoop, respond: @escaping Respond) {
    self.loop = loop
    self.respond = respond
    timer = loop.timer { [unowned self] in closeLate() }
  }

  deinit { stop() }

  package func stop() {
    for connection in Array(connections.values) { connection.close() }
    connections = [:]
    timer?.end()
  }

  /// Takes the descriptor of a connection, which does not block, and closes it in the end.
  package func serve(_ descriptor: Int32) {
    guard connections.count < Self.connectionLimit else {
      close(descriptor)
      return
    }
    let deadline = loop.now().monotonic + Self.patience
    connections[descriptor] = Connection(descriptor, deadline: deadline, loop: loop) {
      [unowned self] connection in serve(connection)
    }
    timer?.deadline = min(timer?.deadline ?? .max, deadline)
  }

  private func closeLate() {
    let now = loop.now().monotonic
    for connection in Array(connections.values) where connection.deadline <= now { end(connection) }
    timer?.deadline = connections.values.map(\.deadline).min()
  }

  private func end(_ connection: Connection) {
    connection.close()
    connections[connection.descriptor] = nil
  }

  private func serve(_ connection: Connection) {
    if connection.answer.isEmpty {
      guard connection.read(limit: Self.requestLimit) else { return end(connection) }
      switch HTTPHead.parse(connection.request.span.bytes) {
      case .incomplete: return
      case .malformed: connection.answer = bytes(of: HTTPResponse(status: 400), true)
      case .head(let head, _): connection.answer = answer(head)
      }
    }
    if connection.write() { end(connection) }
  }

  private func answer(_ head: HTTPHead) -> [UInt8] {
    let words = head.firstLine.split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else {
      return bytes(of: HTTPResponse(status: 400), true)
    }
    guard words[0] == "GET" || words[0] == "HEAD" else {
      return bytes(of: HTTPResponse(status: 405, fields: [HTTPField("Allow", "GET, HEAD")]), true)
    }
    let response = respond(words[1].prefix { $0 != "?" }) ?? HTTPResponse(status: 404)
    return bytes(of: response, words[0] == "GET")
  }

  private func bytes(of response: HTTPResponse, _ hasBody: Bool) -> [UInt8] {
    Array(response.head(keepsAlive: false).utf8) + (hasBody ? response.body : [])
  }

  private final class Connection {
    let descriptor: Int32
    let deadline: UInt64
    private(set) var request: [UInt8] = []
    var answer: [UInt8] = []
    private var written = 0
    private var watch: Watch?

    init(
      _ descriptor: Int32, deadline: UInt64, loop: EventLoop,
      onReady: @escaping (Connection) -> Void
    ) {
      self.descriptor = descriptor
      self.deadline = deadline
      watch = loop.watch(descriptor, .read) { [unowned self] _ in onReady(self) }
    }

    /// False when nothing more is to be expected of it.
    func read(limit: Int) -> Bool {
      var room = [UInt8](repeating: 0, count: 4 << 10)
      let count = recv(descriptor, &room, room.count, 0)
      if count < 0 { return errno == EAGAIN || errno == EINTR }
      request += room.prefix(count)
      return count > 0 && request.count <= limit
    }

    /// True when there is no more to do.
    func write() -> Bool {
      let count = answer.withUnsafeBytes { bytes in
        send(
          descriptor, bytes.baseAddress! + written, bytes.count - written, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno != EAGAIN, errno != EINTR { return true }
      written += max(0, count)
      watch?.want(.write)
      return written == answer.count
    }

    func close() {
      watch?.cancel()
      Glibc.close(descriptor)
    }
  }
}
