import Bot
import FlyingFox
import Foundation
import Synchronization

/// Everybody who reads the stream. A message is put into each client's own queue, and nothing waits
/// for a client that does not read. (S1-80, D-17)
final class StreamHub: Sendable {
  private let clients = Mutex<[ObjectIdentifier: StreamClient]>([:])
  private let onChange: @Sendable (Int) -> Void

  /// `onChange` is told how many there are.
  init(onChange: @escaping @Sendable (Int) -> Void) { self.onChange = onChange }

  var count: Int { clients.withLock { $0.count } }

  func publish(_ message: String) {
    for client in clients.withLock({ Array($0.values) }) { client.add(message) }
  }

  func add(_ client: StreamClient) {
    let count = clients.withLock { clients in
      clients[ObjectIdentifier(client)] = client
      return clients.count
    }
    onChange(count)
  }

  func remove(_ client: StreamClient) {
    let count = clients.withLock { clients in
      clients[ObjectIdentifier(client)] = nil
      return clients.count
    }
    onChange(count)
    client.end()
  }
}

/// What one client is still to be sent. Frames are handed over one by one, when the connection has
/// room for the next.
final class StreamClient: Sendable {
  private struct State {
    var messages = StreamQueue()
    /// Answers to pings and to a close, which go first.
    var answers: [WSFrame] = []
    var waiting: CheckedContinuation<WSFrame?, Never>?
    var isOver = false
  }

  private let state = Mutex(State())

  func add(_ message: String) {
    let waiting = state.withLock { state -> CheckedContinuation<WSFrame?, Never>? in
      guard let waiting = state.waiting else {
        if !state.isOver { state.messages.add(message) }
        return nil
      }
      state.waiting = nil
      return waiting
    }
    waiting?.resume(returning: Self.frame(message))
  }

  func answer(_ frame: WSFrame) {
    let waiting = state.withLock { state -> CheckedContinuation<WSFrame?, Never>? in
      guard let waiting = state.waiting else {
        // One who sends pings and reads nothing.
        if state.answers.count < 8 { state.answers.append(frame) }
        return nil
      }
      state.waiting = nil
      return waiting
    }
    waiting?.resume(returning: frame)
  }

  func end() {
    let waiting = state.withLock { state in
      defer { (state.isOver, state.waiting) = (true, nil) }
      return state.waiting
    }
    waiting?.resume(returning: nil)
  }

  /// The next frame, once there is one; nil at the end.
  func next() async -> WSFrame? {
    await withCheckedContinuation { continuation in
      let ready = state.withLock { state -> WSFrame?? in
        if !state.answers.isEmpty { return .some(state.answers.removeFirst()) }
        if let message = state.messages.next() { return .some(Self.frame(message)) }
        if state.isOver { return .some(nil) }
        state.waiting = continuation
        return nil
      }
      if let ready { continuation.resume(returning: ready) }
    }
  }

  private static func frame(_ message: String) -> WSFrame {
    WSFrame(fin: true, opcode: .text, mask: nil, payload: Data(message.utf8))
  }
}

/// One connection of the stream. The library's own handler takes messages faster than they are
/// read, and would keep them all.
struct StreamHandler: WSHandler {
  let hub: StreamHub
  let greeting: String

  func makeFrames(
    for client: AsyncThrowingStream<WSFrame, any Error>
  ) async throws -> AsyncStream<WSFrame> {
    let own = StreamClient()
    own.add(greeting)
    hub.add(own)
    Task { [hub] in
      do {
        frames: for try await frame in client {
          switch frame.opcode {
          case .ping:
            own.answer(WSFrame(fin: true, opcode: .pong, mask: nil, payload: frame.payload))
          case .close:
            own.answer(.close(code: .normalClosure))
            break frames
          default: break
          }
        }
      } catch {
        // A connection that broke is one that ended.
      }
      hub.remove(own)
    }
    return AsyncStream {
      await own.next()
    } onCancel: { [hub] in
      hub.remove(own)
    }
  }
}
