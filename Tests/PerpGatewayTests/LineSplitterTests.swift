import PerpCore
import PerpGateway
import Testing

@Suite("Lines of clients")
struct LineSplitterTests {
  /// What comes of bytes that arrive in pieces of this length.
  private static func lines(_ text: String, pieces: Int, limit: Int = 10) -> [String] {
    var splitter = LineSplitter(limit: limit)
    var lines: [String] = []
    let bytes = Array(text.utf8)
    func take() {
      while splitter.take({ next in
        switch next {
        case .line(let span): lines.append(String(copying: span))
        case .tooLong: lines.append("too long")
        }
      }) {}
    }
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { splitter.append($0) }
      take()
    }
    splitter.finish()
    take()
    return lines
  }

  @Test("lines are the same whatever pieces they come in", arguments: [1, 2, 3, 7, 100])
  func pieces(length: Int) {
    let text = "one\n\n0123456789\n01234567890\nrest of it, too long\nthree\r\nlast"
    #expect(
      Self.lines(text, pieces: length) == [
        "one", "", "0123456789", "too long", "too long", "three\r", "last",
      ])
  }

  @Test("a line without end takes no more memory than the limit, and is told once")
  func endless() {
    let text = String(repeating: "x", count: 100_000)
    #expect(Self.lines(text, pieces: 64) == ["too long"])
    #expect(Self.lines(text + "\nnext\n", pieces: 64) == ["too long", "next"])
  }
}
