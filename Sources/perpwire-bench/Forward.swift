import ArgumentParser
import PerpCore
import PerpIO
import PerpVenue

/// The floor under every candidate: the same loop and WebSocket, and nothing done to the messages.
struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a WebSocket's messages to stdout, each behind its length.",
    shouldDisplay: false)

  @Argument var url: String

  func run() throws {
    guard let descriptor = StandardOutput.takeOver() else { return }
    let loop = EventLoop()
    var buffer = ByteBuffer(capacity: 1 << 16)
    var output: StandardOutput?
    let flush = {
      if case .closed? = output?.write(&buffer) { loop.stop() }
    }
    output = StandardOutput(
      descriptor, loop: loop, onWritable: { flush() }, onHangUp: { loop.stop() })
    let network = Network(loop: loop, roots: try TrustedRoots())
    let sockets = WebSockets(network: network) { input in
      switch input {
      case .text(_, let bytes), .binary(_, let bytes):
        withUnsafeBytes(of: UInt32(bytes.byteCount)) { buffer.append($0) }
        buffer.append(bytes)
      case .closed: loop.stop()
      default: break
      }
    }
    loop.afterTurn { flush() }
    sockets.open(ConnectionID(1), WebSocketRequest(url: url))
    loop.run()
  }
}
