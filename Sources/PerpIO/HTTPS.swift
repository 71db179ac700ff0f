import PerpVenue

/// Makes HTTP requests on a thread of its own, over connections that are kept and used again.
package final class HTTPS {
  package enum Result: Equatable, Sendable {
    case response(HTTPResponse)
    case failed(HTTPFailure)
  }

  /// Requests that may be under way or waiting.
  package static let queueLimit = 256
  /// A longer response is a failure.
  package static let responseLimit = 16 << 20

  struct Job: Sendable {
    let number: Int
    let request: HTTPRequest
  }

  struct Answer: Sendable {
    let number: Int
    let result: Result
  }

  private let loop: EventLoop
  private let queue = HTTPSQueue()
  private let waiting = Completions<Result>()
  private let worker: Worker

  package init(loop: EventLoop, roots: TrustedRoots) {
    self.loop = loop
    let (queue, waiting, file) = (queue, waiting, roots.file)
    let answers = loop.mailbox("https", limit: Self.queueLimit) { (answer: Answer) in
      waiting.finish(answer.number, answer.result)
    }
    worker = Worker("https") {
      HTTPSWorker(queue, rootsFile: file) { answers.post(Answer(number: $0, result: $1)) }.run()
    }
  }

  /// Requests under way are dropped, their completions not called.
  deinit {
    queue.close()
    worker.join()
  }

  /// Calls back on the loop, never before returning.
  package func perform(_ request: HTTPRequest, then completion: @escaping (Result) -> Void) {
    guard waiting.count < Self.queueLimit else {
      let failure = HTTPFailure.notSent("more than \(Self.queueLimit) requests at once")
      return loop.soon { completion(.failed(failure)) }
    }
    queue.put(Job(number: waiting.add(completion), request: request))
  }
}

/// Who waits on the loop for what a worker does, by number.
final class Completions<Result> {
  private var waiting: [Int: (Result) -> Void] = [:]
  private var lastNumber = 0

  var count: Int { waiting.count }

  func add(_ completion: @escaping (Result) -> Void) -> Int {
    lastNumber += 1
    waiting[lastNumber] = completion
    return lastNumber
  }

  func finish(_ number: Int, _ result: Result) {
    waiting.removeValue(forKey: number)?(result)
  }
}
