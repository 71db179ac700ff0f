import Glibc
import PerpCore
import PerpIO

/// A program of the user's that prints secrets, such as `pass show venue`.
enum SecretCommand {
  /// It may ask a person for a passphrase in a window of its own.
  private static let limit = Nanoseconds.seconds(60)

  /// What it prints. Its words for people go where ours do; it cannot read our input.
  static func run(_ command: [String], for origin: String) throws -> [UInt8] {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(.ioError, "no pipe for \(command[0])") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let pid: pid_t
    do {
      defer { close(ends[1]) }
      pid = try spawn(command, output: ends[1], for: origin)
    }
    let printed = collect(ends[0], until: Clock.now().monotonic + limit)
    if printed == nil { kill(pid, SIGKILL) }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    guard let printed else {
      throw Failure(
        .configuration,
        "\(origin): \(command[0]) did not end within 60 s, or printed more than "
          + "\(Secrets.maxBytes) bytes")
    }
    guard status == 0 else {
      throw Failure(
        .configuration,
        "\(origin): \(command[0]) failed with "
          + (status & 0x7f == 0 ? "status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"))
    }
    return printed
  }

  private static func spawn(
    _ command: [String], output: Int32, for origin: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, command[0], &actions, nil, &arguments, ProcessEnvironment.pointer)
    guard code == 0 else {
      throw Failure(
        .configuration, "\(origin): \(command[0]): \(String(cString: strerror(code)))")
    }
    return pid
  }

  /// Nil when it takes too long or is too much.
  private static func collect(_ descriptor: Int32, until deadline: UInt64) -> [UInt8]? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while true {
      let now = Clock.now().monotonic
      guard now < deadline, bytes.count <= Secrets.maxBytes else { return nil }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32((deadline - now) / 1_000_000 + 1)) > 0 else { continue }
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count > 0 { bytes += chunk[..<count] }
    }
  }
}
