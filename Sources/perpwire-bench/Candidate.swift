import CPerpIO
import Glibc
import PerpCore
import PerpIO

/// A client of the venue in a process of its own, whose standard output we read.
final class Candidate {
  let name: String
  let output: Int32
  private let process: pid_t
  private var isReaped = false

  /// Arguments begin with the program. `environment` is added to ours.
  init(
    _ name: String, _ arguments: [String], environment: [(String, String)] = []
  ) throws(Unmeasurable) {
    self.name = name
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Unmeasurable("no pipe for \(name)") }
    // The same for all: a reader that is late now and then is not what is measured.
    _ = perp_set_pipe_size(ends[1], 1 << 20)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    for (key, value) in environment { setenv(key, value, 1) }
    var pointers = arguments.map { strdup($0) }
    pointers.append(nil)
    var process = pid_t()
    let result = posix_spawnp(&process, arguments[0], &actions, nil, pointers, environ)
    for pointer in pointers { free(pointer) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    guard result == 0 else {
      close(ends[0])
      throw Unmeasurable("cannot run \(arguments[0]): \(String(cString: strerror(result)))")
    }
    output = ends[0]
    self.process = process
  }

  deinit { end() }

  /// What all of its threads have used, in nanoseconds.
  var processorTime: UInt64 {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else {
      return 0
    }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// The most memory it had at once, in kilobytes.
  var mostMemory: Int { kilobytes("VmHWM:") }
  /// What it has now, in kilobytes.
  var memory: Int { kilobytes("VmRSS:") }

  /// Open file descriptors.
  var descriptors: Int {
    guard let directory = opendir("/proc/\(process)/fd") else { return 0 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count - 2
  }

  private func kilobytes(_ name: String) -> Int {
    guard let file = fopen("/proc/\(process)/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
      let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        .split { $0 == " " || $0 == "\t" }
      if words.first.map(String.init) == name { return Int(words[1]) ?? 0 }
    }
    return 0
  }

  /// Asks it to end, and makes it after two seconds.
  func end() {
    guard !isReaped else { return }
    isReaped = true
    close(output)
    kill(process, SIGTERM)
    for _ in 0..<200 {
      if waitpid(process, nil, WNOHANG) == process { return }
      usleep(10_000)
    }
    kill(process, SIGKILL)
    waitpid(process, nil, 0)
  }
}
