import Glibc
import PerpIO

/// A gateway that serves us alone: our own program as a child, which ends when its input does.
struct GatewayProcess {
  let pid: pid_t
  /// Its output, for us to read.
  let reading: Int32
  /// Its input, for us to write.
  let writing: Int32

  /// `arguments` come after `serve --stdio`.
  init(_ arguments: [String]) throws {
    var (down, up): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
    guard pipe(&down) == 0, pipe(&up) == 0 else { throw Failure(.ioError, "no pipe is left") }
    for end in down + up { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO)
    let words = ["perpwire", "serve", "--stdio"] + arguments
    var pointers = words.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var pid: pid_t = 0
    let code = posix_spawn(
      &pid, "/proc/self/exe", &actions, nil, &pointers, ProcessEnvironment.pointer)
    close(down[0])
    close(up[1])
    guard code == 0 else {
      throw Failure(.ioError, "a gateway cannot be started: \(String(cString: strerror(code)))")
    }
    (self.pid, reading, writing) = (pid, up[0], down[1])
  }

  /// Its status as a shell tells it: the code it ended with, or 128 and the signal.
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
  }
}
