import Testing

@testable import PerpSim

@Suite struct FrameDecoderTests {
  func items(_ bytes: [UInt8], limit: Int = 1 << 20, step: Int = .max) -> [FrameDecoder.Item] {
    var decoder = FrameDecoder(maxMessageBytes: limit)
    var items: [FrameDecoder.Item] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      decoder.append(Array(rest.prefix(step)))
      rest = rest.dropFirst(step)
      while let item = decoder.next() { items.append(item) }
    }
    return items
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000], [1_000, .max])
  func whatIsEncodedIsDecoded(count: Int, step: Int) {
    let payload = [UInt8](repeating: 120, count: count)
    let bytes =
      FrameEncoder.encode(FrameEncoder.text, payload)
      + FrameEncoder.encode(FrameEncoder.binary, payload)
    #expect(items(bytes, step: step) == [.text(payload), .binary(payload)])
  }

  @Test func piecesAreJoinedAroundControlFrames() {
    let bytes =
      FrameEncoder.encode(FrameEncoder.text, [0xC3], isFinal: false)
      + FrameEncoder.encode(FrameEncoder.ping, [1, 2])
      + FrameEncoder.encode(FrameEncoder.continuation, [0xA9], isFinal: true)
    for step in [1, 2, .max] {
      #expect(items(bytes, step: step) == [.ping, .text(Array("é".utf8))])
    }
  }

  @Test(
    arguments: [
      ([0xC1, 0], "reserved bits"),
      ([0x81, 0x81, 1, 2, 3, 4, 5], "masked by the server"),
      ([0x83, 0], "unknown opcode 3"),
      ([0x80, 0], "continuation of nothing"),
      ([0x01, 1, 65, 0x81, 1, 65], "message inside a message"),
      ([0x09, 0], "control frame in pieces"),
      ([0x89, 126, 0, 200], "long control frame"),
      ([0x82, 126, 0, 5], "length not in its shortest form"),
      ([0x82, 127, 0, 0, 0, 0, 0, 0, 1, 0], "length not in its shortest form"),
      ([0x82, 127, 0xFF, 0, 0, 0, 0, 0, 1, 0], "impossible length"),
      ([0x81, 2, 0xC0, 0xAF], "text is not UTF-8"),
      ([0x88, 1, 3], "malformed close frame"),
      ([0x88, 3, 3, 0xE8, 0xFF], "malformed close frame"),
    ] as [([UInt8], String)])
  func violationsEndTheStream(bytes: [UInt8], violation: String) {
    #expect(items(bytes + [0x81, 0]) == [.violation(violation)])
  }

  @Test func aMessageThatIsTooLongIsNotWaitedFor() {
    #expect(items([0x82, 11], limit: 10) == [.tooLong])
    #expect(items([0x02, 6, 1, 2, 3, 4, 5, 6, 0x80, 5], limit: 10) == [.tooLong])
    #expect(
      items([0x02, 1, 9, 0x80, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255]) == [.tooLong])
  }

  @Test func aCloseFrameSaysWhy() {
    #expect(items([0x88, 0]) == [.close(code: 1005, reason: "")])
    #expect(items([0x88, 4, 0x0F, 0xBF, 111, 107]) == [.close(code: 4031, reason: "ok")])
  }
}
