import Glibc
import PerpCore
import PerpVenue
import PerpWebSocket

/// One connection of ours from the name of its host to its end.
///
/// Frames are our own work and not libwebsockets' (4.1.6 in Debian 12), because as a client that
/// library turns the close codes 1012 to 1014 into 1002, accepts masked frames, closes on broken
/// frames without a code, hides pings, resolves names on the loop and parses byte by byte.
final class WebSocketConnection {
  /// From the start to the answered upgrade.
  static let establishLimit = Nanoseconds.seconds(10)
  /// For one address when there are others to try.
  static let attemptLimit = Nanoseconds.seconds(3)
  /// For the peer's answer to our close, and for its end of the stream after that.
  static let closeLimit = Nanoseconds.seconds(2)
  /// Bytes that may wait to be sent; the connection is given up beyond.
  static let queueLimit = 4 << 20
  /// Reads of one connection in one turn; then the others have theirs.
  private static let readsPerTurn = 8

  private enum Phase {
    case resolving, connecting, securing, upgrading, open
    /// We asked for the end and wait for the peer's word.
    case closing
    /// The owner knows of the end; the peer is given the time to read our last bytes.
    case lingering
    case ended
  }

  let id: ConnectionID
  private let request: WebSocketRequest
  private let network: Network
  private let deliver: (borrowing VenueInput) -> Void
  private var onEnd: (() -> Void)?
  private var phase = Phase.resolving
  private var addresses: [SocketAddress] = []
  /// The address being tried, for messages.
  private var attempt = ""
  private var url: WebURL?
  private var establishDeadline: UInt64 = 0
  private var key = ""
  private var stream: ByteStream?
  private var watch: Watch?
  private var timer: Timer?
  private var reader: FrameReader
  private var output = OutputQueue()
  /// A write failed: what the peer said before is still to be read.
  private var isWriteBroken = false
  private var random = SystemRandomNumberGenerator()

  /// `onEnd` comes before the `.closed` it announces, so that the number can be used again.
  init(
    _ id: ConnectionID, _ request: WebSocketRequest, network: Network,
    deliver: @escaping (borrowing VenueInput) -> Void, onEnd: @escaping () -> Void
  ) {
    self.id = id
    self.request = request
    self.network = network
    self.deliver = deliver
    self.onEnd = onEnd
    reader = FrameReader(from: .server, maxMessageBytes: request.maxMessageBytes)
  }

  /// Nothing is delivered before this has returned.
  func start() {
    establishDeadline = network.loop.now().monotonic + Self.establishLimit
    timer = network.loop.timer { self.timeIsUp() }
    timer?.deadline = establishDeadline
    guard let url = WebURL(request.url), url.scheme.hasPrefix("ws") else {
      return giveUp(.unreachable("not a WebSocket URL: \(request.url)"))
    }
    self.url = url
    guard url.isSecure || url.isLoopback else {
      return giveUp(.unreachable("plain ws only to loopback"))
    }
    if let address = AddressLookup.numeric(url.host, port: url.port) {
      network.loop.soon { self.resolved(.addresses([address])) }
    } else {
      network.resolver.resolve(url.host, port: url.port) { self.resolved($0) }
    }
  }

  func send(text: [UInt8]) {
    guard phase == .open else { return }
    queue(Opcode.text, text.span.bytes)
  }

  func ping() {
    guard phase == .open else { return }
    queue(Opcode.ping, RawSpan())
  }

  func close(code: Int) {
    switch phase {
    case .open:
      phase = .closing
      queueClose(code: code, reason: "")
      timer?.deadline = network.loop.now().monotonic + Self.closeLimit
    case .closing, .lingering, .ended: break
    default: giveUp(.unreachable("given up before it was open"))
    }
  }

  /// Ends at once and delivers nothing.
  func abandon() {
    onEnd = nil
    release()
  }

  // MARK: Becoming a WebSocket

  private func resolved(_ result: AddressLookup.Result) {
    guard phase == .resolving else { return }
    switch result {
    case .failed(let text): end(.unreachable("\(url?.host ?? ""): \(text)"))
    case .addresses(let found):
      let isPlain = url?.isSecure == false
      addresses = found.filter { !isPlain || $0.isLoopback }
      connectToNext(after: "no loopback address")
    }
  }

  private func connectToNext(after failure: String) {
    dropStream()
    guard !addresses.isEmpty else { return end(.unreachable(failure)) }
    let address = addresses.removeFirst()
    guard let stream = ByteStream(connecting: address) else {
      return connectToNext(after: "\(address.description): \(errorText(errno))")
    }
    phase = .connecting
    attempt = address.description
    self.stream = stream
    watch = network.loop.watch(stream.descriptor, .write) { self.serve($0) }
    let limit = network.loop.now().monotonic + Self.attemptLimit
    timer?.deadline = addresses.isEmpty ? establishDeadline : min(limit, establishDeadline)
  }

  private func connected() {
    guard let stream, let url else { return }
    let code = stream.connectionError
    guard code == 0 else { return connectToNext(after: "\(attempt): \(errorText(code))") }
    timer?.deadline = establishDeadline
    if url.isSecure {
      guard stream.secure(host: url.host, roots: network.roots) else {
        return end(.unreachable("no TLS for the name \(url.host)"))
      }
      phase = .securing
      secure()
    } else {
      upgrade()
    }
  }

  private func secure() {
    switch stream?.handshake() {
    case .bytes: upgrade()
    case .wouldBlock(let wantsWrite): watch?.want(wantsWrite ? .write : .read)
    case .failed(let text): end(.unreachable("TLS: \(text)"))
    case .ended, nil: end(.unreachable("TLS: end of stream"))
    }
  }

  private func upgrade() {
    key = WebSocketHandshake.makeKey()
    guard let url, let text = WebSocketHandshake.request(url, fields: request.fields, key: key)
    else { return end(.unreachable("a header field that cannot be written")) }
    phase = .upgrading
    watch?.want(.read)
    output.buffer.append(text)
    flush()
  }

  private func readAnswer() {
    switch HTTPHead.parse(reader.buffered) {
    case .incomplete: break
    case .malformed(let text): end(.unreachable("upgrade: \(text)"))
    case .head(let head, let length):
      switch WebSocketHandshake.judge(head, key: key) {
      case .refused(let status): end(.refused(status: status))
      case .malformed(let text): end(.unreachable("upgrade: \(text)"))
      case .accepted:
        reader.skip(length)
        phase = .open
        timer?.deadline = nil
        deliver(.opened(id))
        readFrames(&reader)
      }
    }
  }

  // MARK: Reading

  private func serve(_ ready: Readiness) {
    switch phase {
    case .connecting: connected()
    case .securing: secure()
    case .upgrading, .open, .closing, .lingering:
      if ready.contains(.write) { flush() }
      receive()
    case .resolving, .ended: break
    }
  }

  private func receive() {
    for _ in 0..<Self.readsPerTurn {
      guard let stream, phase != .ended else { return }
      var isFull = false
      let outcome = reader.receive { room, count in
        let outcome = stream.read(room)
        if case .bytes(let taken) = outcome { count = taken }
        isFull = count == room.count
        return outcome
      }
      switch outcome {
      case .bytes:
        consume()
        // A short read has emptied a plain socket; TLS may hold more of its own.
        if !isFull, !stream.isSecure { return }
      case .wouldBlock(let wantsWrite):
        if wantsWrite { watch?.want([.read, .write]) }
        return
      case .ended: return streamEnded("end of stream")
      case .failed(let text): return streamEnded(text)
      }
    }
    // TLS may hold decrypted bytes that no readiness will tell of.
    if stream?.isSecure == true { network.loop.soon { self.receive() } }
  }

  private func consume() {
    switch phase {
    case .upgrading: readAnswer()
    case .open, .closing: readFrames(&reader)
    default: reader.skip(reader.buffered.byteCount)
    }
  }

  /// The reader is taken once for all frames, and nothing that happens on their account may touch
  /// it: asking for it anew with each would cost more than taking a frame apart.
  private func readFrames(_ reader: inout FrameReader) {
    while phase == .open || phase == .closing {
      switch reader.next() {
      case .more: return
      case .text: if phase == .open { deliver(.text(id, reader.payload)) }
      case .binary: if phase == .open { deliver(.binary(id, reader.payload)) }
      case .pong: if phase == .open { deliver(.pong(id)) }
      case .ping: if phase == .open { queue(Opcode.pong, reader.payload) }
      case .close(let code, let reason):
        if phase == .open { queueClose(code: code, reason: reason) }
        linger(.closed(code: code, reason: reason))
      case .violation(let code, let text):
        if phase == .open { queueClose(code: code, reason: text) }
        linger(.violation(code: code, text))
      }
    }
  }

  private func streamEnded(_ text: String) {
    switch phase {
    case .upgrading: end(.unreachable("\(text) before the upgrade"))
    case .lingering: release()
    default: end(.lost(text))
    }
  }

  // MARK: Writing

  private func queue(_ opcode: UInt8, _ payload: RawSpan) {
    guard output.count + payload.byteCount <= Self.queueLimit else {
      network.counters.sendQueuesOverrun += 1
      return giveUp(.lost("send queue longer than \(Self.queueLimit) bytes"))
    }
    let wasEmpty = output.isEmpty
    output.buffer.appendFrame(opcode, payload, mask: random.next())
    if wasEmpty { flush() }
  }

  private func queueClose(code: Int, reason: String) {
    output.buffer.appendClose(code: code, reason: reason, mask: random.next())
    flush()
  }

  private func flush() {
    while let stream, !output.isEmpty, !isWriteBroken {
      switch stream.write(output.bytes) {
      case .bytes(let count): output.removeFirst(count)
      case .wouldBlock(let wantsWrite):
        watch?.want(wantsWrite ? [.read, .write] : .read)
        return
      case .ended, .failed:
        isWriteBroken = true
        output.clear()
      }
    }
    watch?.want(.read)
    if phase == .lingering { stream?.finishWriting() }
  }

  // MARK: The end

  private func timeIsUp() {
    switch phase {
    case .connecting where !addresses.isEmpty:
      connectToNext(after: "\(attempt): no answer")
    case .resolving: end(.unreachable("\(url?.host ?? ""): name not resolved within 10 s"))
    case .connecting: end(.unreachable("\(attempt): no connection within 10 s"))
    case .securing: end(.unreachable("\(attempt): no TLS within 10 s"))
    case .upgrading: end(.unreachable("\(attempt): no upgrade within 10 s"))
    case .closing: end(.lost("no answer to our close within 2 s"))
    case .lingering: release()
    case .open, .ended: break
    }
  }

  /// The owner is told now, the socket lives on until the peer closes it or `closeLimit` is over:
  /// closing it with bytes unread would reset the connection and could destroy our close frame.
  private func linger(_ reason: CloseReason) {
    phase = .lingering
    timer?.deadline = network.loop.now().monotonic + Self.closeLimit
    if output.isEmpty { stream?.finishWriting() }
    tell(reason)
  }

  private func end(_ reason: CloseReason) {
    release()
    tell(reason)
  }

  /// Nothing more happens on the connection from here on, the owner only hears of it later.
  private func giveUp(_ reason: CloseReason) {
    release()
    network.loop.soon { self.tell(reason) }
  }

  private func tell(_ reason: CloseReason) {
    guard let onEnd else { return }
    self.onEnd = nil
    onEnd()
    deliver(.closed(id, reason))
  }

  private func release() {
    guard phase != .ended else { return }
    phase = .ended
    timer?.end()
    timer = nil
    dropStream()
  }

  private func dropStream() {
    watch?.cancel()
    watch = nil
    stream?.close()
    stream = nil
  }
}
