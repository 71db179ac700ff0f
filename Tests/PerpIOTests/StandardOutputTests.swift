import Glibc
import PerpCore
import Testing

@testable import PerpIO

@Suite struct StandardOutputTests {
  /// An output on one end of something, its reader on the other.
  private final class Desk {
    let loop = EventLoop()
    let reader: Int32
    /// What a parent keeps of the end it gave us.
    let parents: Int32
    private(set) var writable = 0
    private(set) var hangUps = 0
    private(set) var output: StandardOutput!
    var buffer = ByteBuffer()

    init(reader: Int32, writer: Int32) {
      self.reader = reader
      parents = dup(writer)
      output = StandardOutput(
        writer, loop: loop, onWritable: { [unowned self] in writable += 1 },
        onHangUp: { [unowned self] in hangUps += 1 })
      loop.afterTurn { [unowned self] in loop.stop() }
    }

    static func pipe() -> Desk {
      var ends: [Int32] = [0, 0]
      _ = Glibc.pipe(&ends)
      return Desk(reader: ends[0], writer: ends[1])
    }

    func take(_ count: Int) -> Int {
      var room = [UInt8](repeating: 0, count: count)
      var total = 0
      while total < count {
        let got = read(reader, &room, count - total)
        if got <= 0 { break }
        total += got
      }
      return total
    }

    func fill(_ count: Int) { for _ in 0..<count { buffer.append(UInt8(ascii: "x")) } }

    deinit {
      close(parents)
      close(reader)
    }
  }

  @Test func aSlowReaderOfAPipeNeverBlocksTheWriter() {
    let desk = Desk.pipe()
    desk.fill(3 << 20)
    #expect(desk.output.write(&desk.buffer) == .partial)
    let left = desk.buffer.count
    #expect(left > 0 && left <= 2 << 20, "the pipe was made larger")
    #expect(desk.output.write(&desk.buffer) == .partial)
    #expect(desk.take((3 << 20) - left) == (3 << 20) - left)
    desk.loop.run()
    #expect(desk.writable == 1)
    #expect(desk.output.write(&desk.buffer) == .partial || desk.buffer.isEmpty)
  }

  @Test func theParentsDescriptorStaysBlocking() {
    let desk = Desk.pipe()
    desk.fill(2 << 20)
    #expect(desk.output.write(&desk.buffer) == .partial)
    #expect(fcntl(desk.parents, F_GETFL) & O_NONBLOCK == 0)
  }

  @Test func theReadersLeavingIsNoticedWithoutAWrite() {
    var ends: [Int32] = [0, 0]
    _ = Glibc.pipe(&ends)
    let desk = Desk(reader: dup(ends[0]), writer: ends[1])
    close(desk.reader)
    close(ends[0])
    desk.loop.run()
    #expect(desk.hangUps == 1)
    desk.fill(1)
    #expect(desk.output.write(&desk.buffer) == .closed)
  }

  @Test func aSocketIsWrittenWithoutBlockingAndKeepsItsFlags() {
    var ends: [Int32] = [0, 0]
    _ = socketpair(AF_UNIX, 1, 0, &ends)
    let desk = Desk(reader: ends[0], writer: ends[1])
    desk.fill(2 << 20)
    #expect(desk.output.write(&desk.buffer) == .partial)
    #expect(fcntl(desk.parents, F_GETFL) & O_NONBLOCK == 0)
    let left = desk.buffer.count
    #expect(desk.take((2 << 20) - left) == (2 << 20) - left)
    desk.loop.run()
    #expect(desk.writable == 1)
    shutdown(ends[0], Int32(SHUT_RDWR))
    desk.loop.run()
    #expect(desk.hangUps == 1)
    #expect(desk.output.write(&desk.buffer) == .closed)
  }

  @Test func aFileTakesAll() {
    var path = Array("/tmp/perpwire-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    unlink(path)
    let desk = Desk(reader: dup(file), writer: file)
    desk.fill(1 << 20)
    #expect(desk.output.write(&desk.buffer) == .all)
    #expect(lseek(desk.reader, 0, SEEK_END) == 1 << 20)
  }

  @Test func aFullDiskIsToldInWords() {
    let desk = Desk(reader: -1, writer: open("/dev/full", O_WRONLY))
    desk.fill(10)
    #expect(desk.output.write(&desk.buffer) == .failed("No space left on device"))
    #expect(desk.buffer.count == 10)
  }

  @Test func theLastWordsWaitForASlowReaderButNotForEver() {
    let desk = Desk.pipe()
    desk.fill(2 << 20)
    let deadline = Clock.now().monotonic + Nanoseconds.milliseconds(50)
    #expect(desk.output.flush(&desk.buffer, until: deadline) == .partial)
    #expect(Clock.now().monotonic >= deadline)
    let (reader, left) = (desk.reader, desk.buffer.count)
    let worker = Worker("reader") {
      var room = [UInt8](repeating: 0, count: 1 << 20)
      var total = 0
      while total < 2 << 20 { total += max(1, read(reader, &room, room.count)) }
    }
    #expect(left > 0)
    let patience = Clock.now().monotonic + Nanoseconds.seconds(10)
    #expect(desk.output.flush(&desk.buffer, until: patience) == .all)
    worker.join()
  }
}
