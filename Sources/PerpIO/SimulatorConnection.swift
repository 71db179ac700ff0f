import CPerpIO
import Glibc
import PerpCore
import PerpVenue
import PerpWebSocket

/// The venue's end of one TCP connection: HTTP requests one after the other, then perhaps a
/// WebSocket, with all the bad manners a venue can have.
final class SimulatorConnection {
  /// Bytes and messages that may wait to be sent; a reader that slow is cut off.
  static let queueLimit = 64 << 20
  static let messageLimit = 100_000
  /// A longer request body is refused, and so is a longer message.
  static let bodyLimit = 16 << 20
  /// For the client's answer to our close, and for its end of the stream after that; for our
  /// answer when the client has ended its side.
  private static let closeLimit = Nanoseconds.seconds(2)
  private static let readsPerTurn = 8

  private enum Phase {
    case http
    /// A request, or an upgrade with its key, is with the simulator; the next one waits.
    case answering, upgrading(key: String)
    case webSocket
    /// Our close frame went out; the client's is awaited.
    case closing
    /// What is queued goes out, then our end of the stream closes; what comes is thrown away.
    case finishing
    /// Neither read nor written, and kept open until the client has enough of it.
    case silent
    case ended
  }

  private let id: ConnectionID
  private let descriptor: Int32
  private unowned let server: SimulatorServer
  private let loop: EventLoop
  private var watch: Watch?
  private var timer: Timer?
  private var phase = Phase.http
  /// Whether the simulator knows of the connection and is owed a `.closed`.
  private var isKnown = false
  private var keepsAlive = true
  /// The client has ended its side of the stream; it may still listen.
  private var isClientDone = false
  private var request = HTTPRequest(.get, "")
  private var bodyLeft = 0
  private var reader = FrameReader(from: .client, maxMessageBytes: bodyLimit)
  private var output = OutputQueue()
  private var lengths = LengthQueue()
  private var backlogToTell = 1000
  private var isBlocked = false

  init(_ id: ConnectionID, _ descriptor: Int32, loop: EventLoop, server: SimulatorServer) {
    self.id = id
    self.descriptor = descriptor
    self.loop = loop
    self.server = server
    timer = loop.timer { [unowned self] in end() }
    watch = loop.watch(descriptor, .read) { [unowned self] in serve($0) }
  }

  /// Closes without a word to the simulator.
  func drop() {
    if case .ended = phase { return }
    phase = .ended
    watch?.cancel()
    timer?.end()
    forgetOutput()
    Glibc.close(descriptor)
  }

  // MARK: What the simulator asks

  func accept() {
    guard case .upgrading(let key) = phase else { return }
    phase = .webSocket
    let answer = """
      HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Accept: \(WebSocketHandshake.acceptance(of: key))\r\n\(subprotocol)\r\n
      """
    append { $0.append(answer) }
    goOn()
  }

  /// Of those that are offered the first is granted: a client may insist on one. (RFC 6455 4.1.)
  private var subprotocol: String {
    let offered = request.fields.first { $0.name.lowercased() == "sec-websocket-protocol" }
    let first = offered?.value.split(separator: ",").first?.trimmingPrefix(while: \.isWhitespace)
    return first.map { "Sec-WebSocket-Protocol: \($0)\r\n" } ?? ""
  }

  func respond(_ response: HTTPResponse) {
    switch phase {
    case .answering: break
    case .upgrading:
      isKnown = false
      keepsAlive = false
    default: return
    }
    append {
      $0.append(response.head(keepsAlive: keepsAlive))
      $0.append(response.body)
    }
    if keepsAlive {
      phase = .http
      goOn()
    } else {
      finish()
    }
  }

  func send(_ frame: Frame) {
    guard case .webSocket = phase else { return }
    append { buffer in
      switch frame.kind {
      case .raw: buffer.append(frame.bytes)
      case .text: buffer.appendFrame(Opcode.text, frame.bytes.span.bytes)
      case .binary: buffer.appendFrame(Opcode.binary, frame.bytes.span.bytes)
      }
    }
    cutOffIfSlow()
    tellBacklog()
  }

  func ping() {
    guard case .webSocket = phase else { return }
    append { $0.appendFrame(Opcode.ping, RawSpan()) }
  }

  /// 1006 stands for no closing handshake at all.
  func close(code: Int, reason: String) {
    guard case .webSocket = phase, code != 1006 else {
      flush()
      return end()
    }
    append { $0.appendClose(code: code, reason: reason) }
    phase = .closing
    timer?.deadline = loop.now().monotonic + Self.closeLimit
  }

  func abort() {
    flush()
    if case .ended = phase { return }
    perp_reset_on_close(descriptor)
    end()
  }

  /// Keeps the socket open until the client closes it; the simulator hears nothing of it any more.
  func silence() {
    flush()
    if case .ended = phase { return }
    phase = .silent
    isKnown = false
    forgetOutput()
    updateInterest()
  }

  // MARK: Reading

  private var isReading: Bool {
    switch phase {
    case .http, .webSocket, .closing, .finishing: !isClientDone
    case .answering, .upgrading, .silent, .ended: false
    }
  }

  private func serve(_ ready: Readiness) {
    if ready.contains(.write) { flush() }
    if isReading {
      receive()
    } else if !ready.isDisjoint(with: [.hungUp, .failed]) {
      end()
    } else if ready.contains(.peerDone) {
      clientIsDone()
    }
  }

  private func receive() {
    for _ in 0..<Self.readsPerTurn where isReading {
      var isFull = false
      let result = reader.receive { room, count in
        let result = recv(descriptor, room.baseAddress, room.count, 0)
        count = max(result, 0)
        isFull = count == room.count
        return result
      }
      guard result > 0 else {
        if result == 0 {
          clientIsDone()
        } else if errno != EAGAIN, errno != EINTR {
          end()
        }
        return
      }
      goOn()
      if !isFull { return }
    }
  }

  /// What it has asked for it still gets: it may have ended its side only to say that it is done.
  private func clientIsDone() {
    isClientDone = true
    switch phase {
    case .answering:
      timer?.deadline = loop.now().monotonic + Self.closeLimit
      updateInterest()
    case .http, .finishing: finish()
    default: end()
    }
  }

  /// Takes all there is to take from the bytes received.
  private func goOn() {
    var isGoing = true
    while isGoing {
      switch phase {
      case .http: isGoing = takeRequest()
      case .webSocket, .closing: isGoing = takeFrame(&reader)
      case .finishing:
        reader.skip(reader.buffered.byteCount)
        isGoing = false
      default: isGoing = false
      }
    }
    if isClientDone, case .http = phase { finish() }
    updateInterest()
  }

  private func takeFrame(_ reader: inout FrameReader) -> Bool {
    switch reader.next() {
    case .more: return false
    case .text:
      if case .webSocket = phase { server.receive(.text(id, reader.payload)) }
    case .binary:
      if case .webSocket = phase { server.receive(.binary(id, reader.payload)) }
    case .ping:
      append { $0.appendFrame(Opcode.pong, reader.payload) }
      cutOffIfSlow()
    case .pong: server.receive(.pong(id))
    case .close(let code, let reason): finish(code: code, reason: reason)
    case .violation(let code, let text): finish(code: code, reason: text)
    }
    return true
  }

  // MARK: Requests

  private func takeRequest() -> Bool {
    if bodyLeft == 0 {
      switch HTTPHead.parse(reader.buffered) {
      case .incomplete: return false
      case .malformed(let text): return refuse(400, text)
      case .head(let head, let length):
        reader.skip(length)
        return begin(head)
      }
    }
    let part = reader.take(atMost: bodyLeft)
    request.body += part
    bodyLeft -= part.count
    if bodyLeft == 0 { ask() }
    return bodyLeft == 0
  }

  private func begin(_ head: HTTPHead) -> Bool {
    let words = head.firstLine.split(separator: " ")
    guard words.count == 3, words[2].hasPrefix("HTTP/1.") else { return refuse(400, "no HTTP") }
    guard let method = HTTPRequest.Method(rawValue: String(words[0])) else {
      return refuse(405, "method \(words[0])")
    }
    request = HTTPRequest(method, String(words[1]), fields: head.fields)
    keepsAlive = words[2] == "HTTP/1.1" && !head.field("Connection", has: "close")
    if head.field("Upgrade", has: "websocket") { return upgrade(head) }
    if head.field("Transfer-Encoding") != nil { return refuse(411, "length required") }
    bodyLeft = head.field("Content-Length").map { Int($0) ?? -1 } ?? 0
    guard 0...Self.bodyLimit ~= bodyLeft else {
      bodyLeft = 0
      return refuse(413, "body too long")
    }
    if bodyLeft == 0 { ask() }
    return true
  }

  private func ask() {
    phase = .answering
    server.asks(id, request)
  }

  private func upgrade(_ head: HTTPHead) -> Bool {
    guard let key = head.field("Sec-WebSocket-Key"), request.method == .get,
      head.field("Connection", has: "upgrade"), head.field("Sec-WebSocket-Version") == "13"
    else { return refuse(400, "not a WebSocket handshake") }
    phase = .upgrading(key: key)
    isKnown = true
    server.receive(.upgrade(id, request))
    return true
  }

  /// What is wrong before the simulator could be asked.
  private func refuse(_ status: Int, _ text: String) -> Bool {
    phase = .answering
    keepsAlive = false
    respond(HTTPResponse(status: status, body: Array(text.utf8)))
    return true
  }

  // MARK: Writing

  private func append(_ write: (inout ByteBuffer) -> Void) {
    let before = output.count
    write(&output.buffer)
    lengths.append(output.count - before)
    if !isBlocked, lengths.count == 1 { server.owesFlush(self) }
  }

  private func cutOffIfSlow() {
    guard lengths.count > Self.messageLimit || output.count > Self.queueLimit else { return }
    server.countOverrun()
    abort()
  }

  /// A burst is no backlog until the socket has refused some of it.
  private func tellBacklog() {
    guard lengths.count >= backlogToTell else { return }
    if !isBlocked { flush() }
    guard lengths.count >= backlogToTell else { return }
    server.receive(.backlog(id, messages: backlogToTell))
    backlogToTell += 1000
  }

  func flush() {
    while !output.isEmpty {
      let bytes = output.bytes
      let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      guard count >= 0 else {
        if errno == EAGAIN || errno == EINTR {
          isBlocked = true
          return updateInterest()
        }
        return end()
      }
      output.removeFirst(count)
      lengths.remove(bytes: count)
    }
    isBlocked = false
    backlogToTell = 1000
    if case .finishing = phase {
      if isClientDone { return end() }
      shutdown(descriptor, Int32(SHUT_WR))
    }
    updateInterest()
  }

  private func forgetOutput() {
    output.clear()
    lengths = LengthQueue()
  }

  private func updateInterest() {
    var interest: Readiness = []
    if isReading { interest.insert(.read) } else if !isClientDone { interest.insert(.peerDone) }
    if isBlocked { interest.insert(.write) }
    watch?.want(interest)
  }

  // MARK: The end

  private func finish(code: Int, reason: String) {
    if case .webSocket = phase { append { $0.appendClose(code: code, reason: reason) } }
    finish()
  }

  /// The connection is over for the simulator; the client is given time to read the last of it.
  private func finish() {
    phase = .finishing
    timer?.deadline = loop.now().monotonic + Self.closeLimit
    flush()
    tellClosed()
  }

  private func end() {
    if case .ended = phase { return }
    drop()
    server.forget(id)
    tellClosed()
  }

  private func tellClosed() {
    guard isKnown else { return }
    isKnown = false
    server.receive(.closed(id))
  }
}
