import CPerpIO
import Glibc
import Synchronization

/// Brings messages from other threads to the thread of an event loop, in order, at most `limit`
/// of them at a time.
package final class Mailbox<Message: Sendable>: Sendable {
  private struct State {
    var messages: [Message] = []
    var refused = 0
  }

  package let name: String
  package let limit: Int
  private let wakeup: Wakeup
  private let state = Mutex(State())

  init(_ name: String, limit: Int, wakeup: Wakeup) {
    self.name = name
    self.limit = limit
    self.wakeup = wakeup
  }

  /// How many messages found the mailbox full.
  package var refused: Int { state.withLock { $0.refused } }

  /// False when the mailbox is full; the message is then lost and counted.
  @discardableResult
  package func post(_ message: Message) -> Bool {
    let isTaken = state.withLock { state in
      guard state.messages.count < limit else {
        state.refused += 1
        return false
      }
      state.messages.append(message)
      return true
    }
    if isTaken { wakeup.call() }
    return isTaken
  }

  func takeAll() -> [Message] {
    state.withLock { state in
      let messages = state.messages
      state.messages = []
      return messages
    }
  }
}

/// Ends the wait of an event loop from any thread.
final class Wakeup: Sendable {
  let descriptor: Int32
  private let isCalled = Atomic(false)

  init() {
    descriptor = perp_eventfd()
    precondition(descriptor >= 0, "no event counter")
  }

  deinit { close(descriptor) }

  func call() {
    guard !isCalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
    var one: UInt64 = 1
    _ = write(descriptor, &one, 8)
  }

  /// From the loop, before it looks into its mailboxes.
  func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, 8)
    isCalled.store(false, ordering: .sequentiallyConsistent)
  }
}
