import CPerpIO
import Glibc
import PerpCore
import PerpVenue
import PerpWebSocket

@testable import PerpIO

/// A TCP peer that says exactly the bytes a test gives it and keeps all it hears.
final class RawVenue {
  let port: Int
  private(set) var heard: [UInt8] = []
  /// Connections accepted.
  private(set) var accepted = 0
  private let listener: Int32
  private var peer: Int32 = -1
  private var watches: [Watch] = []
  private let loop: EventLoop
  /// Called with all that was heard on the present connection, each time more was.
  var onBytes: (RawVenue) -> Void = { _ in }

  init(_ loop: EventLoop) {
    self.loop = loop
    listener = perp_tcp_socket(AF_INET)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, size)
        _ = listen(listener, 16)
        _ = getsockname(listener, $0, &size)
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    watches.append(loop.watch(listener, .read) { [unowned self] _ in accept() })
  }

  deinit {
    for watch in watches { watch.cancel() }
    close(listener)
    if peer >= 0 { close(peer) }
  }

  var url: String { "ws://127.0.0.1:\(port)/" }

  var heardText: String { String(decoding: heard, as: UTF8.self) }

  /// Answers a WebSocket handshake, if all of it was heard, and forgets it.
  func answerHandshake(with field: String = "") -> Bool {
    let head = HTTPHead.parse(heard.span.bytes)
    guard case .head(let request, _) = head, let key = request.field("Sec-WebSocket-Key") else {
      return false
    }
    heard = []
    say(
      """
      HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
      Sec-WebSocket-Accept: \(WebSocketHandshake.acceptance(of: key))\r\n\
      \(field.isEmpty ? "" : field + "\r\n")\r\n
      """)
    return true
  }

  func forget() { heard = [] }

  func say(_ text: String) { say(Array(text.utf8)) }

  func say(_ bytes: [UInt8]) { _ = send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Ends the connection: with a reset, or politely.
  func hangUp(reset: Bool) {
    if reset { perp_reset_on_close(peer) }
    watches.popLast()?.cancel()
    close(peer)
    peer = -1
  }

  /// The code of the first close frame heard.
  var closeCode: Int? {
    var reader = FrameReader(from: .client, maxMessageBytes: 1 << 20)
    _ = reader.receive(heard[...])
    while true {
      switch reader.next() {
      case .close(let code, _): return code
      case .more, .violation: return nil
      default: break
      }
    }
  }

  private func accept() {
    let descriptor = perp_accept(listener)
    guard descriptor >= 0 else { return }
    if peer >= 0 { hangUp(reset: false) }
    peer = descriptor
    accepted += 1
    heard = []
    watches.append(loop.watch(descriptor, .read) { [unowned self] _ in read() })
  }

  /// Reads no more from the present connection.
  var isDeaf = false {
    didSet { watches.last?.want(isDeaf ? [] : .read) }
  }

  private func read() {
    var room = [UInt8](repeating: 0, count: 65536)
    let count = recv(peer, &room, room.count, 0)
    guard count > 0 else {
      if count == 0 { hangUp(reset: false) }
      return
    }
    heard += room[..<count]
    onBytes(self)
  }
}

/// A frame as a server sends it.
func frame(
  _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, reservedBits: UInt8 = 0,
  mask: UInt32? = nil
) -> [UInt8] {
  var buffer = ByteBuffer()
  buffer.appendFrame(
    opcode, payload.span.bytes, isFinal: isFinal, reservedBits: reservedBits, mask: mask)
  return buffer.array
}

/// A client that says exactly the bytes a test gives it.
final class RawClient {
  static let handshake = Array(
    """
    GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
    """.utf8)

  private let stream: ByteStream
  private var heard: [UInt8] = []
  private(set) var isEnded = false

  init(port: Int) {
    stream = ByteStream(connecting: AddressLookup.numeric("127.0.0.1", port: port)!)!
    var entry = pollfd(fd: stream.descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&entry, 1, 10_000)
  }

  func say(_ bytes: [UInt8]) { _ = sayWhatFits(bytes) }

  /// How many bytes the kernel took.
  func sayWhatFits(_ bytes: [UInt8]) -> Int {
    guard case .bytes(let count) = bytes.withUnsafeBytes({ stream.write($0) }) else { return 0 }
    return count
  }

  /// Says that nothing more follows, and goes on listening.
  func finish() { stream.finishWriting() }

  func close() { stream.close() }

  /// All that was heard so far.
  func listen() -> String {
    var room = [UInt8](repeating: 0, count: 65536)
    while true {
      switch room.withUnsafeMutableBytes({ stream.read($0) }) {
      case .bytes(let count):
        heard += room[..<count]
        continue
      case .ended, .failed: isEnded = true
      case .wouldBlock: break
      }
      return String(decoding: heard, as: UTF8.self)
    }
  }
}
