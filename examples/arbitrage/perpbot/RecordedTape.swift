import Bot
import Glibc
import PerpCore
import PerpIO

/// The lines of a recording, as `perpwire replay --speed max --markets` prints them.
enum RecordedTape {
  static func read(_ recordings: [String], perpwire: String) throws -> Tape {
    var output: [Int32] = [-1, -1]
    guard pipe(&output) == 0 else { throw Failure(Failure.ioError, "no pipe: \(systemError())") }
    defer { close(output[0]) }
    for file in output { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    let process = try spawn(
      [perpwire, "replay", "--speed", "max", "--markets"] + recordings, into: output[1])
    var tape = Tape()
    let problem = read(output[0], into: &tape)
    if problem != nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    waitpid(process, &status, 0)
    if let problem { throw Failure(Failure.ioError, problem) }
    let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
    guard code == 0 else {
      throw Failure(
        Failure.ioError,
        "\(perpwire) replay \(recordings.joined(separator: " ")) ended with \(code)")
    }
    guard tape.count > 0 else {
      throw Failure("\(recordings.joined(separator: " ")): there are no quotes in it")
    }
    return tape
  }

  private static func spawn(_ words: [String], into output: Int32) throws -> pid_t {
    defer { close(output) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process: pid_t = 0
    let code = posix_spawnp(
      &process, words[0], &actions, nil, &arguments, ProcessEnvironment.pointer)
    guard code == 0 else {
      throw Failure(
        Failure.ioError,
        "\(words[0]): \(String(cString: strerror(code))); name it by --perpwire or PERPWIRE")
    }
    return process
  }

  /// What is wrong with the lines, if anything is.
  private static func read(_ file: Int32, into tape: inout Tape) -> String? {
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    var heard: [UInt8] = []
    var number = 0
    while true {
      let count = Glibc.read(file, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? nil : systemError() }
      heard += piece.prefix(count)
      guard let last = heard.lastIndex(of: 10) else { continue }
      for line in heard[...last].split(separator: 10) {
        number += 1
        do throws(JSONError) { try tape.add(Array(line)) } catch {
          return "line \(number) of the recording cannot be read: \(error)"
        }
      }
      heard.removeFirst(last + 1)
    }
  }
}
