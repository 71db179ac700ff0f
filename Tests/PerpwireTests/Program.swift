import Foundation
import Synchronization

/// One run of the built `perpwire`, which lies beside the test bundle in every build layout.
final class Program: Sendable {
  /// Where a standard stream of the program leads.
  enum End: Sendable {
    /// To us; for standard input, nothing comes and the end comes at once.
    case collected
    case closed
    case file(String)
    /// A descriptor of ours, which stays open here.
    case descriptor(Int32)
  }

  struct Ending: Sendable {
    /// Nil when a signal ended it.
    var status: Int32?
    var signal: Int32?
    var isOverdue = false
    var output = ""
    var errors = ""

    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  let pid: pid_t
  /// Standard output, line by line as it comes; for one reader.
  let lines: AsyncStream<String>
  private let ending: AsyncStream<Ending>
  private let isGone = Mutex(false)
  private let isPaused: Mutex<Bool>
  private let outputReader: Int32

  static let path: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/perpwire"
  }()

  /// Starts it; it is killed unless it ends within so many seconds. With `reading` false its
  /// output is left in the pipe at first. `blocked` are signals its parent has blocked.
  init(
    _ arguments: [String], of path: String = Program.path, input: End = .collected,
    output: End = .collected, environment: [String: String] = [:], reading: Bool = true,
    blocked: [Int32] = [], within seconds: Double = 30
  ) throws {
    isPaused = Mutex(!reading)
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(nothing) }
    let pipes: [Pipe]
    (pid, pipes) = try Self.oneAtATime.withLock { _ in
      let pipes = [try Pipe(), try Pipe()]
      defer { for pipe in pipes { close(pipe.writer) } }
      let pid = try Self.spawn(
        path, arguments, environment, blocked,
        [
          Self.descriptor(input, else: nothing), Self.descriptor(output, else: pipes[0].writer),
          (pipes[1].writer, nil),
        ])
      return (pid, pipes)
    }
    let (lines, lineFeed) = AsyncStream<String>.makeStream()
    let (ending, endFeed) = AsyncStream<Ending>.makeStream()
    (self.lines, self.ending) = (lines, ending)
    let readers = pipes.map(\.reader)
    outputReader = readers[0]
    let deadline = Date(timeIntervalSinceNow: seconds)
    Thread.detachNewThread { [self] in
      var ending = collect(readers, until: deadline, lineFeed)
      var status: Int32 = 0
      // Under the lock, lest a signal is sent to a stranger who got the number.
      isGone.withLock {
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        $0 = true
      }
      if status & 0x7f == 0 {
        ending.status = (status >> 8) & 0xff
      } else {
        ending.signal = status & 0x7f
      }
      for reader in readers { close(reader) }
      endFeed.yield(ending)
      endFeed.finish()
    }
  }

  static func run(
    _ arguments: String..., input: End = .collected, output: End = .collected,
    environment: [String: String] = [:], within seconds: Double = 30
  ) async throws -> Ending {
    try await Program(
      arguments, input: input, output: output, environment: environment, within: seconds
    ).end()
  }

  func send(_ signal: Int32) {
    isGone.withLock { if !$0 { kill(pid, signal) } }
  }

  /// From now on its output stays in the pipe, or is read again.
  func pause(_ paused: Bool) { isPaused.withLock { $0 = paused } }

  /// Bytes of its output that lie in the pipe; of meaning while it runs and is paused.
  var unread: Int {
    var count: Int32 = 0
    return ioctl(outputReader, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
  }

  /// Resident memory in KiB.
  var memory: Int {
    let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
  }

  /// Waits for its end; to be asked once.
  func end() async -> Ending {
    for await ending in ending { return ending }
    return Ending()
  }

  // MARK: Spawning

  /// Lest a program inherits a pipe of another between its making and its marking.
  private static let oneAtATime = Mutex(())

  private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      (reader, writer) = (ends[0], ends[1])
    }
  }

  private static func descriptor(_ end: End, else own: Int32) -> (Int32?, String?) {
    switch end {
    case .collected: (own, nil)
    case .closed: (nil, nil)
    case .file(let path): (nil, path)
    case .descriptor(let descriptor): (descriptor, nil)
    }
  }

  /// With no other signal blocked and none ignored, whatever thread of the test runner this is.
  private static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String: String],
    _ blocked: [Int32], _ streams: [(Int32?, String?)]
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, stream) in zip(Int32(0)..., streams) {
      if let own = stream.0 {
        posix_spawn_file_actions_adddup2(&actions, own, target)
      } else if let path = stream.1 {
        posix_spawn_file_actions_addopen(&actions, target, path, O_RDWR, 0)
      } else {
        posix_spawn_file_actions_addclose(&actions, target)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var mask = sigset_t()
    var all = sigset_t()
    sigemptyset(&mask)
    for signal in blocked { sigaddset(&mask, signal) }
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &mask)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var argv = ([path] + arguments).map { strdup($0) } + [nil]
    var envp = merged.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .ENOENT) }
    return pid
  }

  // MARK: Collecting

  /// Reads both streams to their ends, or kills the program when its time is over.
  private func collect(
    _ readers: [Int32], until deadline: Date, _ lineFeed: AsyncStream<String>.Continuation
  ) -> Ending {
    var ending = Ending()
    var bytes: [[UInt8]] = [[], []]
    var (open, told) = ([true, true], 0)
    while open.contains(true) {
      let left = deadline.timeIntervalSinceNow
      if left <= 0 {
        ending.isOverdue = true
        kill(pid, SIGKILL)
        break
      }
      let paused = isPaused.withLock { $0 }
      let wanted = [open[0] && !paused, open[1]]
      var entries = zip(readers, wanted).map { pollfd(fd: $1 ? $0 : -1, events: 1, revents: 0) }
      _ = poll(&entries, 2, paused ? 20 : min(50, Int32(left * 1_000) + 1))
      for index in 0...1 where entries[index].revents != 0 {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(readers[index], &chunk, chunk.count)
        if count > 0 { bytes[index] += chunk[..<count] } else { open[index] = false }
      }
      while let end = bytes[0][told...].firstIndex(of: UInt8(ascii: "\n")) {
        lineFeed.yield(String(decoding: bytes[0][told..<end], as: UTF8.self))
        told = end + 1
      }
    }
    lineFeed.finish()
    ending.output = String(decoding: bytes[0], as: UTF8.self)
    ending.errors = String(decoding: bytes[1], as: UTF8.self)
    return ending
  }
}
