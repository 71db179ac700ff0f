import ArgumentParser
import CPerpBench
import CPerpIO
import Glibc
import PerpCore
import PerpGateway
import PerpIO
import Synchronization

/// Clients that misbehave, each on its own thread, in a process of their own: what they do to their
/// memory must not hold up those who are timed.
struct Trouble: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The clients that misbehave, for `clients`.", shouldDisplay: false)

  @Option(help: "The gateway's socket.")
  var path: String

  @Option(help: "For how long.")
  var seconds: Int

  @Option(help: "How many do no harm: they read what the healthy read.")
  var harmless = 0

  @Option(help: "How many never read.")
  var stalled = 0

  @Option(help: "How many read what the healthy read, and come back every 50 ms.")
  var flapping = 0

  @Option(help: "How many send garbage as fast as it is taken.")
  var hostile = 0

  /// What the stalled ones have missed must have been counted for them, or they were cut off.
  func run() throws {
    let (path, flag) = (self.path, StopFlag())
    let members = try (0..<stalled).map { _ in
      try CrowdMember(path, channels: #""bbo","trade","book","funding""#, symbols: "*")
    }
    var workers = (0..<flapping).map { _ in
      Worker("flapping") {
        bench_yield_to_others()
        while !flag.isSet {
          guard let member = try? CrowdMember(path) else { return }
          usleep(50_000)
          try? member.read(nil)
        }
      }
    }
    workers.append(
      Worker("harmless") { [harmless] in
        bench_yield_to_others()
        let members = (0..<harmless).compactMap { _ in try? CrowdMember(path) }
        try? Crowd.read(members, while: !flag.isSet)
      })
    workers += (0..<hostile).map { _ in Worker("hostile") { Self.attack(path, flag) } }
    sleep(UInt32(seconds))
    flag.set()
    for worker in workers { worker.join() }
    for member in members { try CheckedRest(member.descriptor).check() }
    print("sound")
  }

  /// Has run to its end, and found nothing wrong.
  static func wasSound(_ process: Candidate) -> Bool {
    var (text, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 256))
    while case let count = read(process.output, &chunk, chunk.count), count > 0 {
      text += chunk[..<count]
    }
    return text == Array("sound\n".utf8)
  }

  private static func attack(_ path: String, _ flag: StopFlag) {
    bench_yield_to_others()
    let garbage = Array(#"{"id":1,"method":"nonsense"}"#.utf8) + [10] + [0, 255, 10, 123, 10]
    let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
    var descriptor = perp_unix_connect(path)
    // A hostile client does not wait for ever either.
    var limit = timeval(tv_sec: 0, tv_usec: 200_000)
    var round = 0
    while !flag.isSet {
      setsockopt(
        descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      let bytes = round % 100 < 50 ? garbage : endless
      round += 1
      if send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0, errno == EPIPE {
        close(descriptor)
        descriptor = perp_unix_connect(path)
      }
    }
    close(descriptor)
  }
}

private final class StopFlag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

/// What a client that did not read finds in its socket at last: a true story, with what is left
/// out counted.
private struct CheckedRest {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func check() throws {
    var checker = try LineChecker()
    var (bytes, problems): ([UInt8], [LineProblem]) = ([], [])
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    let deadline = Clock.now().monotonic + Nanoseconds.milliseconds(100)
    while Clock.now().monotonic < deadline {
      let count = recv(descriptor, &chunk, chunk.count, Int32(MSG_DONTWAIT))
      if count == 0 { break }
      if count < 0 { usleep(1_000) }
      bytes += chunk[..<max(0, count)]
    }
    for line in bytes.split(separator: UInt8(ascii: "\n")).dropLast() {
      let line = Array(line)
      checker.check(line.span.bytes, into: &problems)
    }
    if let problem = problems.first(where: { $0.severity == .error }) {
      throw Unmeasurable("a stalled client was told something wrong: \(problem)")
    }
    guard checker.lines > 0 else { throw Unmeasurable("a stalled client was told nothing") }
  }
}
