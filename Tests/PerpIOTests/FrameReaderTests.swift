import PerpCore
import Testing

@testable import PerpIO

@Suite struct FrameReaderTests {
  /// All kinds and lengths of frames, as a client masks them or a server does not.
  private func script(mask: UInt32?) -> [UInt8] {
    var bytes: [UInt8] = []
    for length in [0, 1, 7, 8, 9, 125, 126, 127, 300, 65_535, 65_536, 70_000] {
      bytes += frame(2, (0..<length).map { UInt8(truncatingIfNeeded: $0) }, mask: mask)
    }
    bytes += frame(1, Array("one ".utf8), isFinal: false, mask: mask)
    bytes += frame(9, [1, 2], mask: mask)
    bytes += frame(0, Array("message".utf8), mask: mask)
    bytes += frame(8, [0x03, 0xE8] + Array("bye".utf8), mask: mask)
    return bytes
  }

  private func read(_ bytes: [UInt8], inPiecesOf size: Int, from peer: FrameReader.Peer) -> [String]
  {
    var reader = FrameReader(from: peer, maxMessageBytes: 100_000)
    var log: [String] = []
    var start = 0
    while start < bytes.count {
      let room = reader.room()
      let count = min(size, room.count, bytes.count - start)
      bytes[start..<start + count].withUnsafeBytes { room.copyMemory(from: $0) }
      reader.advance(count)
      start += count
      while true {
        let step = reader.next()
        if step == .more { break }
        let sum = reader.payload.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
        log.append("\(step) \(reader.payload.count) \(sum)")
        if case .violation = step { return log }
      }
    }
    return log
  }

  @Test(arguments: [1, 2, 3, 13, 1000, 65_549])
  func slicesOfAnySizeGiveTheSameMessages(size: Int) {
    let whole = read(script(mask: nil), inPiecesOf: 1 << 20, from: .server)
    #expect(whole.count == 15)
    #expect(read(script(mask: nil), inPiecesOf: size, from: .server) == whole)
    #expect(read(script(mask: 0xA1B2_C3D4), inPiecesOf: size, from: .client) == whole)
  }

  @Test func eachSideInsistsOnItsMask() {
    #expect(
      read(frame(1, [65]), inPiecesOf: 9, from: .client)
        == [#"violation(code: 1002, "unmasked frame") 0 0"#])
    #expect(
      read(frame(1, [65], mask: 1), inPiecesOf: 9, from: .server)
        == [#"violation(code: 1002, "masked frame") 0 0"#])
  }

  @Test func piecesCountTogetherAgainstTheCap() {
    let piece = [UInt8](repeating: 65, count: 60_000)
    let bytes = frame(2, piece, isFinal: false) + frame(0, piece)
    #expect(read(bytes, inPiecesOf: 5000, from: .server).first?.contains("code: 1009") == true)
  }

  /// The example of RFC 6455, section 1.3.
  @Test func acceptanceOfTheSampleKey() {
    #expect(
      WebSocketHandshake.acceptance(of: "dGhlIHNhbXBsZSBub25jZQ==")
        == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test func closeReasonsAreCutAtACharacter() {
    var buffer = ByteBuffer()
    buffer.appendClose(code: 1000, reason: String(repeating: "€", count: 60))
    #expect(buffer.count == 2 + 2 + 41 * 3)
  }
}
