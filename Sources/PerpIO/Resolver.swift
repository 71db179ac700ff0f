import Glibc
import Synchronization

/// Looks names up on a thread of its own, because the C library's resolver blocks: a dead name
/// server must not delay the sessions that stand.
package final class Resolver {
  /// Names that may wait; venues are few.
  private static let queueLimit = 64

  private struct Question: Sendable {
    let number: Int
    let host: String
    let port: Int
  }
  private struct Answer: Sendable {
    let number: Int
    let result: AddressLookup.Result
  }

  private let loop: EventLoop
  private let waiting = Completions<AddressLookup.Result>()
  private let questions = Pipeline<Question>()

  package init(loop: EventLoop) {
    self.loop = loop
    let (questions, waiting) = (questions, waiting)
    let answers = loop.mailbox("resolver", limit: Self.queueLimit) { (answer: Answer) in
      waiting.finish(answer.number, answer.result)
    }
    let worker = Worker("resolver") {
      while let question = questions.take() {
        let result = AddressLookup.lookUp(question.host, port: question.port)
        answers.post(Answer(number: question.number, result: result))
      }
    }
    // Nobody can hurry the C library, so nobody waits for it.
    worker.detach()
  }

  /// The thread ends by itself when the C library lets it go.
  deinit { questions.close() }

  /// Calls back on the loop, never before returning.
  func resolve(
    _ host: String, port: Int, then completion: @escaping (AddressLookup.Result) -> Void
  ) {
    guard waiting.count < Self.queueLimit else {
      let text = "more than \(Self.queueLimit) names wait to be resolved"
      return loop.soon { completion(.failed(text)) }
    }
    questions.put(Question(number: waiting.add(completion), host: host, port: port))
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
