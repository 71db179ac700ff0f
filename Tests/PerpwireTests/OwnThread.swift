import Foundation
import Synchronization
import Testing

/// Runs each test on a thread of its own. These tests wait for processes, whose clocks go on while
/// the threads that all tests share are taken by those that compute. Few run at a time: all
/// together would start more programs than two cores can run in their time.
struct OwnThread: SuiteTrait, TestTrait, TestScoping {
  /// Whether it computes, or starts programs that do: of the others any number may run.
  let isBusy: Bool
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    let thread = ThreadExecutor(isBusy: isBusy)
    defer { thread.end() }
    try await withTaskExecutorPreference(thread) { try await function() }
  }
}

extension Trait where Self == OwnThread {
  static var ownThread: Self { OwnThread(isBusy: true) }
  /// Of a test that lets time pass, and hardly does anything else.
  static var idleThread: Self { OwnThread(isBusy: false) }
}

/// Lets time pass on the thread of this test.
func pass(seconds: Double) { usleep(UInt32(seconds * 1_000_000)) }

private final class ThreadExecutor: TaskExecutor {
  /// Tests that may run now.
  private static let places = DispatchSemaphore(value: 4)

  /// Nil ends the thread.
  private let jobs = Mutex<[UnownedJob?]>([])
  private let isWork = DispatchSemaphore(value: 0)

  init(isBusy: Bool) {
    Thread.detachNewThread { [self] in
      if isBusy { Self.places.wait() }
      while true {
        isWork.wait()
        guard let job = jobs.withLock({ $0.removeFirst() }) else { break }
        job.runSynchronously(on: asUnownedTaskExecutor())
      }
      if isBusy { Self.places.signal() }
    }
  }

  func enqueue(_ job: consuming ExecutorJob) { put(UnownedJob(job)) }

  func end() { put(nil) }

  private func put(_ job: UnownedJob?) {
    jobs.withLock { $0.append(job) }
    isWork.signal()
  }
}
