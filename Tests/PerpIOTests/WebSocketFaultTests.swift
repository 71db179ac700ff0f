import PerpVenue
import PerpWebSocket
import Testing

@testable import PerpIO

/// What a venue may do to a connection, through real sockets.
@Suite struct WebSocketFaultTests {
  @Test func aResetAtAnyByteOfAFrameGivesNoMessage() throws {
    let whole = frame(Opcode.text, Array("{\"bid\":\"1.5\"}".utf8))
    for offset in 0..<whole.count {
      let bench = try Bench(
        venue { id, _, actions in
          actions.append(.send(id, Frame(.raw, Array(whole[..<offset]))))
          actions.append(.abort(id))
        })
      bench.connect()
      bench.send("go")
      #expect(bench.wait(for: "closed 1").hasPrefix("closed 1 lost("), "cut at \(offset)")
      #expect(bench.messages.isEmpty, "cut at \(offset)")
    }
    print(#"{"evid":"X05","ok":true,"offsets_tested":\#(whole.count),"bad_events":0}"#)
  }

  @Test func endOfStreamInsideAFrameIsALossToo() throws {
    let bench = try Bench(
      venue { id, _, actions in
        actions.append(.send(id, Frame(.raw, [0x81, 5, 65, 66])))
        actions.append(.close(id, code: 1006, reason: ""))
      })
    bench.connect()
    bench.send("go")
    #expect(bench.wait(for: "closed 1") == #"closed 1 lost("end of stream")"#)
    #expect(bench.messages.isEmpty)
  }

  @Test func tenThousandPiecesWithPingsBetweenThemMakeOneMessage() throws {
    var wire = frame(Opcode.text, Array("a".utf8), isFinal: false)
    for index in 1...10_000 {
      if index % 100 == 0 { wire += frame(Opcode.ping, [1]) }
      wire += frame(Opcode.continuation, Array("b".utf8), isFinal: index == 10_000)
    }
    let script = wire
    let bench = try Bench(venue { id, _, out in out.append(.send(id, Frame(.raw, script))) })
    bench.connect()
    bench.send("go")
    bench.wait(for: "text 1 10001 B")
    let pieces = bench.messages.first?.count { $0 == UInt8(ascii: "b") }
    #expect(pieces == 10_000)
    print(#"{"evid":"X07","ok":\#(pieces == 10_000),"pieces":10000,"pings":100}"#)
  }

  static let broken: [(name: String, bytes: [UInt8], code: Int)] = [
    ("opcode 3", frame(3, []), 1002),
    ("opcode 11", frame(11, []), 1002),
    ("reserved bit 1", frame(1, [65], reservedBits: 4), 1002),
    ("reserved bit 3", frame(1, [65], reservedBits: 1), 1002),
    ("masked", frame(1, [65], mask: 0x0102_0304), 1002),
    ("long ping", frame(9, [UInt8](repeating: 0, count: 126)), 1002),
    ("ping in pieces", frame(9, [], isFinal: false), 1002),
    ("continuation of nothing", frame(0, [65]), 1002),
    ("message inside another", frame(1, [65], isFinal: false) + frame(1, [65]), 1002),
    ("close of one byte", frame(8, [3]), 1002),
    ("close 1005", frame(8, [0x03, 0xED]), 1002),
    ("close 1006", frame(8, [0x03, 0xEE]), 1002),
    ("close 999", frame(8, [0x03, 0xE7]), 1002),
    ("close 5000", frame(8, [0x13, 0x88]), 1002),
    ("close reason", frame(8, [0x03, 0xE8, 0xFF]), 1007),
    ("text", frame(1, [0xC3, 0x28]), 1007),
    ("text cut off", frame(1, [65, 0xE2, 0x82]), 1007),
    ("text in pieces", frame(1, [0xE2], isFinal: false) + frame(0, [0x28]), 1007),
    ("surrogate", frame(1, [0xED, 0xA0, 0x80]), 1007),
    ("long-winded length", [0x82, 126, 0, 1, 65], 1002),
    ("huge", [0x82, 127, 0x7F, 255, 255, 255, 255, 255, 255, 255], 1009),
  ]

  @Test(arguments: broken.indices)
  func brokenFramesCloseWithTheRightCode(index: Int) throws {
    let (name, bytes, code) = Self.broken[index]
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { if $0.answerHandshake() { $0.say(bytes) } }
    bench.open(raw.url)
    let end = bench.wait(for: "closed 1")
    bench.wait(for: "a close frame for \(name)") { raw.closeCode != nil }
    #expect(raw.closeCode == code, "\(name)")
    #expect(bench.messages.isEmpty, "\(name)")
    #expect(end.hasPrefix("closed 1 violation(code: \(code), "), "\(name): \(end)")
    print(#"{"evid":"X08","ok":\#(raw.closeCode == code),"case":"\#(name)","code":\#(code)}"#)
  }

  /// What is never unpacked cannot be a bomb.
  @Test func compressionIsNeitherOfferedNorTaken() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    var request = ""
    raw.onBytes = {
      request = $0.heardText
      _ = $0.answerHandshake(with: "Sec-WebSocket-Extensions: permessage-deflate")
    }
    bench.open(raw.url)
    let end = bench.wait(for: "closed 1")
    let isOffered = request.lowercased().contains("sec-websocket-extensions")
    let ok = request.contains("Sec-WebSocket-Key") && !isOffered && end.contains("did not offer")
    #expect(ok, "\(end)")
    print(#"{"evid":"X11","ok":\#(ok),"offered":\#(isOffered),"ratio":1}"#)
  }

  @Test func textInPiecesMayCutACharacter() throws {
    let bench = try Bench(
      venue { id, _, out in
        let wire = frame(1, [0xE2, 0x82], isFinal: false) + frame(0, [0xAC])
        out.append(.send(id, Frame(.raw, wire)))
      })
    bench.connect()
    bench.send("go")
    bench.wait(for: "text 1 €")
  }

  static let answers = [
    ("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "wrong key"),
    ("HTTP/1.1 101 X\r\nConnection: Upgrade\r\n\r\n", "something else"),
    ("SSH-2.0-OpenSSH\r\n\r\n", "not an HTTP answer"),
    ("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", "refused(status: 302)"),
  ]

  @Test(arguments: answers)
  func strangeAnswersToTheUpgradeAreToldApart(answer: String, text: String) throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { $0.say(answer) }
    bench.open(raw.url)
    #expect(bench.wait(for: "closed 1").contains(text))
  }

  @Test func endOfStreamBeforeTheUpgradeIsUnreachable() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { $0.hangUp(reset: false) }
    bench.open(raw.url)
    #expect(bench.wait(for: "closed 1").hasPrefix("closed 1 unreachable("))
  }

  @Test func refusedConnectionIsUnreachable() throws {
    let bench = try Bench()
    let gone = RawVenue(EventLoop()).url
    bench.open(gone)
    #expect(bench.wait(for: "closed 1").contains("Connection refused"))
  }

  @Test(arguments: ["ws://192.0.2.1/", "ws://example.com/x", "ws://localhost.example.com/"])
  func plainIsOnlyForLoopback(url: String) throws {
    let bench = try Bench()
    bench.open(url)
    #expect(
      bench.wait(for: "closed 1") == #"closed 1 unreachable("plain ws only to loopback")"#)
  }

  @Test func theNameLocalhostIsResolvedAndAllItsAddressesTried() throws {
    let bench = try Bench()
    bench.open("ws://localhost:\(bench.server.port)/")
    bench.wait(for: "opened 1")
  }

  @Test func theSecondMessageBehindTheAnswerIsNotLost() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { raw in
      let head = HTTPHead.parse(raw.heard.span.bytes)
      guard case .head(let request, _) = head else { return }
      let key = request.field("Sec-WebSocket-Key") ?? ""
      let answer = """
        HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Accept: \(WebSocketHandshake.acceptance(of: key))\r\n\r\n
        """
      raw.say(Array(answer.utf8) + frame(1, [65]) + frame(1, [66]))
    }
    bench.open(raw.url)
    bench.wait(for: "text 1 B")
    #expect(bench.log == ["opened 1", "text 1 A", "text 1 B"])
  }

  @Test func aSilentVenueDoesNotKeepAClosedConnection() throws {
    let bench = try Bench(venue { id, _, actions in actions.append(.silence(id)) })
    bench.connect()
    bench.send("be silent")
    bench.webSockets.close(ConnectionID(1), code: 1000)
    #expect(bench.wait(for: "closed 1") == #"closed 1 lost("no answer to our close within 2 s")"#)
  }

  @Test func closingBeforeTheUpgradeTellsIt() throws {
    let bench = try Bench()
    bench.open(bench.url)
    bench.webSockets.close(ConnectionID(1), code: 1000)
    #expect(bench.log.isEmpty)
    bench.wait(for: "closed 1 unreachable")
  }

  @Test func anUpgradeThatComesAfterTheCloseIsNoLongerTold() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    bench.open(raw.url)
    bench.wait(for: "the request") { raw.heardText.hasSuffix("\r\n\r\n") }
    #expect(raw.answerHandshake())
    bench.webSockets.close(ConnectionID(1), code: 1000)
    bench.wait(for: "closed 1")
    #expect(bench.log == [#"closed 1 unreachable("given up before it was open")"#])
  }

  @Test func aVenueThatTakesNothingIsGivenUpOnce() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { if $0.answerHandshake() { $0.isDeaf = true } }
    bench.open(raw.url)
    bench.wait(for: "opened 1")
    let large = String(repeating: "x", count: 1 << 20)
    for _ in 0..<20 { bench.send(large) }
    #expect(
      bench.wait(for: "closed 1") == #"closed 1 lost("send queue longer than 4194304 bytes")"#)
    #expect(bench.network.counters.sendQueuesOverrun == 1)
  }

  @Test func headerFieldsGoOutAndCannotSmuggleLines() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    let token = String(repeating: "t", count: 3000)
    raw.onBytes = { _ = $0.heardText.hasSuffix("\r\n\r\n") && $0.heardText.contains(token) }
    bench.open(raw.url, fields: [HTTPField("Authorization", token)])
    bench.wait(for: "the request") { raw.heardText.contains("Authorization: \(token)\r\n") }
    bench.open(raw.url, id: 2, fields: [HTTPField("X", "a\r\nY: b")])
    #expect(bench.wait(for: "closed 2").contains("cannot be written"))
  }
}
