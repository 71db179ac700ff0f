import PerpCore
import Testing

@testable import PerpWebSocket

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

  private func read(
    _ bytes: [UInt8], inPiecesOf size: Int = .max, from peer: FrameReader.Peer = .server,
    limit: Int = 100_000
  ) -> [String] {
    var reader = FrameReader(from: peer, maxMessageBytes: limit)
    var log: [String] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(size)
      let left = reader.receive(piece)
      rest = rest.dropFirst(piece.count - left.count)
      while true {
        let step = reader.next()
        if step == .more { break }
        if case .violation(let code, let text) = step { return log + ["\(code) \(text)"] }
        let payload = reader.payload.withUnsafeBytes { [UInt8]($0) }
        let sum = payload.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF_FFFF }
        log.append("\(step) \(payload.count) \(sum)")
      }
    }
    #expect(reader.isIdle)
    return log
  }

  @Test(arguments: [1, 2, 3, 13, 1000, 65_549])
  func slicesOfAnySizeGiveTheSameMessages(size: Int) {
    let whole = read(script(mask: nil))
    #expect(whole.count == 15)
    #expect(whole.suffix(3).map { $0.prefix { $0 != " " } } == ["ping", "text", "close(code:"])
    #expect(read(script(mask: nil), inPiecesOf: size) == whole)
    #expect(read(script(mask: 0xA1B2_C3D4), inPiecesOf: size, from: .client) == whole)
  }

  @Test func aCopyInTheMiddleOfAMessageIsAReaderOfItsOwn() {
    var reader = FrameReader(from: .server, maxMessageBytes: 100)
    _ = reader.receive([0x01, 2, 65, 66, 0x80][...])
    #expect(reader.next() == .more)
    var copy = reader
    _ = reader.receive([1, 67][...])
    _ = copy.receive([2, 68, 69][...])
    #expect(reader.next() == .text)
    #expect(copy.next() == .text)
    #expect(reader.payload.withUnsafeBytes { [UInt8]($0) } == [65, 66, 67])
    #expect(copy.payload.withUnsafeBytes { [UInt8]($0) } == [65, 66, 68, 69])
  }

  @Test func itIsIdleBetweenMessagesOnly() {
    var reader = FrameReader(from: .server, maxMessageBytes: 100)
    var idle: [Bool] = []
    for byte: UInt8 in [0x01, 1, 65, 0x89, 0, 0x80, 1, 66, 0x81] {
      _ = reader.receive([byte])
      while reader.next() != .more {}
      idle.append(reader.isIdle)
    }
    #expect(idle == [false, false, false, false, false, false, false, true, false])
  }

  @Test func eachSideInsistsOnItsMask() {
    #expect(read(frame(1, [65]), from: .client) == ["1002 unmasked frame"])
    #expect(read(frame(1, [65], mask: 1)) == ["1002 masked frame"])
  }

  @Test(
    arguments: [
      ([0xC1, 0], "1002 reserved bits set"),
      ([0x90 | 1, 0], "1002 reserved bits set"),
      ([0x81, 0x81, 1, 2, 3, 4, 5], "1002 masked frame"),
      ([0x83, 0], "1002 opcode 3"),
      ([0x8B, 0], "1002 opcode 11"),
      ([0x80, 0], "1002 continuation of nothing"),
      ([0x01, 1, 65, 0x81, 1, 65], "1002 new message inside another"),
      ([0x09, 0], "1002 control frame too long or in pieces"),
      ([0x89, 126, 0, 200], "1002 control frame too long or in pieces"),
      ([0x89, 126, 0, 5, 1, 2, 3, 4, 5], "1002 length not in its shortest form"),
      ([0x82, 126, 0, 5], "1002 length not in its shortest form"),
      ([0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0], "1002 length not in its shortest form"),
      ([0x82, 127, 0xFF, 0, 0, 0, 0, 0, 1, 0], "1002 impossible length"),
      ([0x81, 2, 0xC0, 0xAF], "1007 text that is not UTF-8"),
      ([0x01, 1, 0xC3, 0x80, 1, 0x28], "1007 text that is not UTF-8"),
      ([0x88, 1, 3], "1002 close frame of one byte"),
      ([0x88, 2, 3, 0xED], "1002 close code 1005"),
      ([0x88, 2, 3, 0xEE], "1002 close code 1006"),
      ([0x88, 3, 3, 0xE8, 0xFF], "1007 close reason that is not UTF-8"),
    ] as [([UInt8], String)])
  func violationsEndTheStream(bytes: [UInt8], violation: String) {
    #expect(read(bytes + [0x81, 0]) == [violation])
  }

  @Test func aMessageThatIsTooLongIsNotWaitedFor() {
    let tooLong = ["1009 message longer than 10 bytes"]
    #expect(read([0x82, 11], limit: 10) == tooLong)
    #expect(read([0x02, 6, 1, 2, 3, 4, 5, 6, 0x80, 5], limit: 10) == tooLong)
    #expect(
      read([0x02, 1, 9, 0x80, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], limit: 10) == tooLong)
    #expect(read([0x02, 6, 1, 2, 3, 4, 5, 6, 0x80, 4, 1, 2, 3, 4], limit: 10).count == 1)
  }

  @Test func piecesOfManyReadsCountTogetherAgainstTheLimit() {
    let piece = [UInt8](repeating: 65, count: 60_000)
    let bytes = frame(2, piece, isFinal: false) + frame(0, piece)
    #expect(read(bytes, inPiecesOf: 5000) == ["1009 message longer than 100000 bytes"])
  }

  @Test func aCloseFrameSaysWhy() {
    #expect(read([0x88, 0]) == [#"close(code: 1005, reason: "") 0 0"#])
    #expect(
      read([0x88, 4, 0x0F, 0xBF, 111, 107]).first?.hasPrefix(
        #"close(code: 4031, reason: "ok")"#) == true)
  }

  @Test func closeReasonsAreCutAtACharacter() {
    var buffer = ByteBuffer()
    buffer.appendClose(code: 1000, reason: String(repeating: "€", count: 60))
    #expect(buffer.count == 2 + 2 + 41 * 3)
  }
}

private func frame(
  _ opcode: UInt8, _ payload: [UInt8], isFinal: Bool = true, mask: UInt32? = nil
) -> [UInt8] {
  var buffer = ByteBuffer()
  buffer.appendFrame(opcode, payload.span.bytes, isFinal: isFinal, mask: mask)
  return buffer.array
}
