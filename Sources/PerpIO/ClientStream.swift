import Glibc
import PerpCore
import PerpGateway

/// The descriptors of one client: its commands in, our lines out.
final class ClientStream {
  /// Read at a time: no client keeps the loop from the others for long.
  private static let pieceBytes = 64 << 10

  let id: ClientID
  let output: StandardOutput
  private let reading: Int32
  private let ownsReading: Bool
  private var watch: Watch?
  private var splitter = LineSplitter()
  private var hasEnded = false
  private let onInput: () -> Void

  /// `reading` keeps its flags and may block: it is read when it is readable. Both descriptors are
  /// ours from now on, but standard input.
  init(
    _ id: ClientID, reading: Int32, writing: Int32, loop: EventLoop,
    onInput: @escaping () -> Void, onWritable: @escaping () -> Void,
    onHangUp: @escaping () -> Void
  ) {
    self.id = id
    self.reading = reading
    self.onInput = onInput
    ownsReading = reading != STDIN_FILENO
    output = StandardOutput(
      writing, loop: loop, onWritable: onWritable, onHangUp: onHangUp)
    watch = loop.watch(reading, .read) { [unowned self] _ in read() }
  }

  deinit { close() }

  func close() {
    watch?.cancel()
    watch = nil
    if ownsReading, !isClosed { Glibc.close(reading) }
    isClosed = true
  }

  private var isClosed = false

  /// No more lines will come after those that wait.
  var isAtEnd: Bool { hasEnded }

  /// Stops or goes on reading.
  func reads(_ isWanted: Bool) { watch?.want(isWanted && !hasEnded ? .read : []) }

  /// It sends a line without end: it need not be read as fast as it can.
  var isEndless: Bool { splitter.isPassingOver }

  /// Whether a line waits.
  func hasLine() -> Bool { splitter.hasNext() }

  /// The next line, if there is one.
  func take(_ body: (borrowing LineSplitter.Next) -> Void) -> Bool { splitter.take(body) }

  private func read() {
    let count = withUnsafeTemporaryAllocation(
      byteCount: Self.pieceBytes, alignment: 16
    ) { room in
      let count = Glibc.read(reading, room.baseAddress, room.count)
      if count > 0 { splitter.append(UnsafeRawBufferPointer(rebasing: room[..<count])) }
      return count
    }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    if count <= 0 {
      hasEnded = true
      splitter.finish()
      // An end would be told again in every turn.
      watch?.cancel()
      watch = nil
    }
    onInput()
  }
}
