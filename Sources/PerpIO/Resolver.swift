import Glibc
import Synchronization

/// Looks names up on a thread of its own, because the C library's resolver blocks: a dead name
/// server must not delay the sessions that stand.
///
/// Whoever asks for a name that is being looked up waits for the same answer: a session that
/// tries again and again while the name server is silent adds no work.
package final class Resolver {
  typealias LookUp = @Sendable (_ host: String, _ port: Int) -> AddressLookup.Result
  typealias Completion = (AddressLookup.Result) -> Void

  /// Questions that may wait; venues are few.
  static let queueLimit = 64

  private struct Name: Hashable, Sendable {
    let host: String
    let port: Int
  }
  private struct Answer: Sendable {
    let name: Name
    let result: AddressLookup.Result
  }

  private let loop: EventLoop
  private let names = Pipeline<Name>()
  private var waiting: [Name: [Completion]] = [:]

  init(loop: EventLoop, lookUp: @escaping LookUp = AddressLookup.lookUp) {
    self.loop = loop
    let names = names
    let answers = loop.mailbox("resolver", limit: Self.queueLimit) { [weak self] (answer: Answer) in
      self?.finish(answer)
    }
    let worker = Worker("resolver") {
      while let name = names.take() {
        answers.post(Answer(name: name, result: lookUp(name.host, name.port)))
      }
    }
    // Nobody can hurry the C library, so nobody waits for it.
    worker.detach()
  }

  /// The thread ends by itself when the C library lets it go.
  deinit { names.close() }

  /// Calls back on the loop, never before returning.
  func resolve(_ host: String, port: Int, then completion: @escaping Completion) {
    guard waiting.values.reduce(0, { $0 + $1.count }) < Self.queueLimit else {
      let text = "more than \(Self.queueLimit) questions wait for the name server"
      return loop.soon { completion(.failed(text)) }
    }
    let name = Name(host: host, port: port)
    if waiting[name] == nil { names.put(name) }
    waiting[name, default: []].append(completion)
  }

  private func finish(_ answer: Answer) {
    for completion in waiting.removeValue(forKey: answer.name) ?? [] { completion(answer.result) }
  }
}

/// Hands values to a worker that waits for them; whoever puts them in sees to their number.
final class Pipeline<Element: Sendable>: @unchecked Sendable {
  // Two words of the C library guarded by one of themselves; the condition variable is why this
  // is not a `Mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var elements: [Element] = []
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func put(_ element: Element) {
    pthread_mutex_lock(mutex)
    elements.append(element)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for the next element; nil when closed.
  func take() -> Element? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while elements.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
    return isClosed ? nil : elements.removeFirst()
  }
}
