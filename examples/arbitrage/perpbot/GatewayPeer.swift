import Glibc
import PerpCore
import PerpIO

/// The gateway as a bot has it: a process of ours that speaks on its standard streams, or a socket.
/// One that ends is started again, after a while that grows with each failure.
final class GatewayPeer {
  private static let shortestPause = Nanoseconds.milliseconds(500)
  private static let longestPause = Nanoseconds.seconds(30)
  /// Bytes that may wait for a gateway that does not read.
  private static let unreadLimit = 1 << 20

  private let command: String
  private let socketPath: String
  private let loop: EventLoop
  private let onLine: ([UInt8]) -> Void
  private let onEnd: (String) -> Void
  private var reading: Int32 = -1
  private var writing: Int32 = -1
  private var watches: [Watch] = []
  private var process: pid_t = 0
  private var heard: [UInt8] = []
  private var unwritten: [UInt8] = []
  private var pause = GatewayPeer.shortestPause
  private var timer: Timer?
  private var isStopping = false

  init(
    command: String, socket: String, loop: EventLoop, onLine: @escaping ([UInt8]) -> Void,
    onEnd: @escaping (String) -> Void
  ) {
    (self.command, socketPath, self.loop) = (command, socket, loop)
    (self.onLine, self.onEnd) = (onLine, onEnd)
    timer = loop.timer { [unowned self] in start() }
  }

  func start() {
    do {
      if socketPath.isEmpty { try spawn() } else { try connect() }
    } catch {
      return end("\(error)")
    }
    for file in Set([reading, writing]) {
      _ = fcntl(file, F_SETFL, fcntl(file, F_GETFL) | O_NONBLOCK)
    }
    watches = [loop.watch(reading, .read) { [unowned self] _ in read() }]
    if writing != reading {
      watches.append(loop.watch(writing, []) { [unowned self] _ in flush() })
    }
  }

  func send(_ line: [UInt8]) {
    guard writing >= 0 else { return }
    unwritten += line
    guard unwritten.count <= Self.unreadLimit else { return end("it does not read") }
    flush()
  }

  /// Ends our side: a gateway that is ours ends by that.
  func stop() {
    isStopping = true
    disconnect()
    guard process > 0 else { return }
    for _ in 0..<100 {
      if waitpid(process, nil, WNOHANG) != 0 { return }
      usleep(100_000)
    }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }

  /// Asks a gateway that is ours to end; it is started again when it has.
  func restart() { if process > 0 { kill(process, SIGTERM) } }

  private func spawn() throws {
    var toGateway: [Int32] = [-1, -1]
    var fromGateway: [Int32] = [-1, -1]
    guard pipe(&toGateway) == 0, pipe(&fromGateway) == 0 else {
      throw Failure(Failure.ioError, "no pipe: \(systemError())")
    }
    for file in toGateway + fromGateway { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    defer {
      close(toGateway[0])
      close(fromGateway[1])
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, toGateway[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, fromGateway[1], STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Ctrl-C is for us: the gateway ends when we have closed our positions. Signals that we
    // block must be its own again.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
    let words = ["sh", "-c", "exec \(command)"]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    let code = posix_spawn(
      &process, "/bin/sh", &actions, &attributes, &arguments, ProcessEnvironment.pointer)
    guard code == 0 else {
      close(toGateway[1])
      close(fromGateway[0])
      process = 0
      throw Failure(Failure.ioError, "\(command): \(String(cString: strerror(code)))")
    }
    (reading, writing) = (fromGateway[0], toGateway[1])
  }

  private func connect() throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socketPath.utf8)
    let limit = MemoryLayout.size(ofValue: address.sun_path)
    guard path.count < limit else { throw Failure("\(socketPath): the path is too long") }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let peer = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(peer, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let error = systemError()
      close(peer)
      throw Failure(Failure.ioError, "\(socketPath): \(error)")
    }
    (reading, writing) = (peer, peer)
  }

  private func read() {
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while reading >= 0 {
      let count = Glibc.read(reading, &piece, piece.count)
      if count < 0, errno == EAGAIN || errno == EINTR { return }
      guard count > 0 else { return end(count == 0 ? "it ended" : systemError()) }
      heard += piece.prefix(count)
      guard let last = heard.lastIndex(of: 10) else { continue }
      let lines = heard[...last].split(separator: 10)
      heard.removeFirst(last + 1)
      pause = Self.shortestPause
      for line in lines { onLine(Array(line)) }
    }
  }

  private func flush() {
    while writing >= 0, !unwritten.isEmpty {
      let count = write(writing, unwritten, unwritten.count)
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN { break }
      guard count > 0 else { return end(systemError()) }
      unwritten.removeFirst(count)
    }
    let waits = !unwritten.isEmpty
    guard writing >= 0, let watch = watches.last else { return }
    watch.want(writing == reading ? (waits ? [.read, .write] : .read) : (waits ? .write : []))
  }

  private func end(_ cause: String) {
    guard !isStopping else { return }
    disconnect()
    if process > 0 {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      process = 0
    }
    onEnd(cause)
    timer?.deadline = loop.now().monotonic + pause
    pause = min(Self.longestPause, pause * 2)
  }

  private func disconnect() {
    for watch in watches { watch.cancel() }
    watches = []
    for file in Set([reading, writing]) where file >= 0 { close(file) }
    (reading, writing) = (-1, -1)
    (heard, unwritten) = ([], [])
  }
}
