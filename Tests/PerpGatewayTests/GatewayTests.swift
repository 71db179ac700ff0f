import PerpCore
import PerpGateway
import PerpVenue
import Testing

@Suite("Gateway")
struct GatewayTests {
  private static let subscribed = #"{"id":1,"result":{"subscribed":1}}"#

  @Test("a client is greeted, and told nothing more until it has spoken")
  func greeting() {
    let script = GatewayScript()
    script.open(1)
    script.emit(Sample.stream(.bbo, .live))
    #expect(
      script.read(1) == [
        #"{"type":"hello","protocol":1,"version":"0.1.0","pid":7,"run_id":"r-1","mode":"sim","#
          + #""venues":["paradex","lighter"],"role":"trade","#
          + #""journal":{"id":"j-1","first":1,"last":0}}"#
      ])
    script.say(1, #"{"id":"a","method":"ping"}"#)
    #expect(
      script.brief(1) == [#"{"id":"a","result":{"ts":1000000}}"#, "stream BTC live seq 1"],
      "what happened since hello, from the journal")
  }

  @Test("two clients share one subscription, and the last one out ends it")
  func sharing() {
    let script = GatewayScript()
    for client in [1, 2] {
      script.open(client)
      script.subscribe(client)
    }
    #expect(script.takeWishes() == ["subscribe paradex [bbo BTC-USD-PERP]"])
    script.emit(Sample.stream(.bbo, .live))
    script.emit(Sample.bbo(1))
    for client in [1, 2] {
      #expect(
        script.brief(client).dropFirst() == [
          Self.subscribed, "stream BTC live seq 1", "bbo BTC 1",
        ])
    }
    script.say(1, #"{"id":2,"method":"unsubscribe","params":{}}"#)
    script.emit(Sample.bbo(2))
    #expect(script.brief(1) == [#"{"id":2,"result":{"unsubscribed":1}}"#])
    #expect(script.brief(2) == ["bbo BTC 2"])
    #expect(script.takeWishes() == [])
    script.close(2)
    #expect(script.takeWishes() == ["unsubscribe paradex [bbo BTC-USD-PERP]"])
    script.emit(Sample.bbo(3))
    #expect(script.brief(1) == [])
  }

  @Test("a client that has spoken is told every five seconds how old what it reads is")
  func heartbeats() {
    let script = GatewayScript(limits: Gateway.Limits())
    for client in [1, 2] { script.open(client) }
    script.subscribe(1, #""bbo","trade""#)
    script.emit(Sample.bbo(1))
    script.pass(4_999)
    #expect(script.brief(1).dropFirst(2) == ["bbo BTC 1"])
    script.emit(Sample.stream(.bbo, .live))
    script.pass(1)
    let stream = #"{"venue":"paradex","symbol":"BTC-USD-PERP","channel":"#
    #expect(
      script.read(1).last
        == #"{"type":"heartbeat","streams":[\#(stream)"trade","state":"connecting"},"#
        + #"\#(stream)"bbo","state":"live","age_ms":5000}],"ts":6000000}"#)
    script.pass(5_000)
    #expect(script.read(1).count == 1)
    #expect(script.read(2).count == 1, "hello alone: it has not spoken")
    script.say(1, #"{"id":2,"method":"hello","params":{"heartbeat_ms":0}}"#)
    script.say(2, #"{"id":2,"method":"hello","params":{"heartbeat_ms":100}}"#)
    _ = script.read(2)
    script.pass(100)
    #expect(script.read(1).count == 1, "the reply alone")
    #expect(script.read(2) == [#"{"type":"heartbeat","streams":[],"ts":11100000}"#])
  }

  @Test("a client that joins later is told how the stream is and what the newest state is")
  func joining() {
    let script = GatewayScript()
    script.open(1)
    script.subscribe(1, #""bbo","book""#)
    script.emit(Sample.stream(.bbo, .live))
    script.emit(Sample.bbo(1))
    script.emit(Sample.book(1, snapshot: true, bids: [Sample.level], asks: []))
    _ = (script.read(1), script.takeWishes())
    script.open(2)
    script.subscribe(2, #""bbo","book""#)
    #expect(script.takeWishes() == ["snapshot paradex book BTC-USD-PERP"])
    script.emit(Sample.book(2, snapshot: false, bids: [Sample.level], asks: []))
    #expect(script.brief(1) == ["book BTC delta 2"])
    script.answer(Sample.book(2, snapshot: true, bids: [Sample.level], asks: []))
    script.emit(Sample.book(3, snapshot: false, bids: [Sample.level], asks: []))
    #expect(
      script.brief(2).dropFirst() == [
        #"{"id":1,"result":{"subscribed":2}}"#, "stream BTC live seq 1 dup", "bbo BTC 1",
        "book BTC snapshot 2", "book BTC delta 3",
      ])
    #expect(script.brief(1) == ["book BTC delta 3"], "answers are for who has asked")
  }

  @Test("lossless lines go to all, without a hole, whatever they read")
  func lossless() {
    let script = GatewayScript()
    for client in [1, 2] {
      script.open(client)
      script.say(client, #"{"id":1,"method":"beat"}"#)
      _ = script.read(client)
    }
    script.subscribe(1, #""bbo""#)
    _ = script.read(1)
    for state in [StreamStatus.State.live, .stale, .live] {
      script.emit(Sample.stream(.bbo, state))
    }
    let expected = ["stream BTC live seq 1", "stream BTC stale seq 2", "stream BTC live seq 3"]
    #expect(script.brief(1) == expected && script.brief(2) == expected)
    #expect(script.journal.map(\.sequence) == [1, 2, 3])
  }

  @Test("what happens to accounts goes to all, numbered, and is in the journal as it is told")
  func accounts() {
    let script = GatewayScript()
    for client in [1, 2] {
      script.open(client)
      script.say(client, #"{"id":1,"method":"beat"}"#)
      _ = script.read(client)
    }
    for event in [Sample.order, Sample.fill, Sample.position, Sample.balance] { script.emit(event) }
    let told = script.read(1)
    #expect(told == script.read(2) && told.count == 4)
    for (line, start) in zip(
      told,
      [#""order","seq":1,"#, #""fill","seq":2,"#, #""position","seq":3,"#, #""balance","seq":4,"#])
    {
      #expect(line.hasPrefix(#"{"type":"# + start), "\(line)")
    }
    let kept = script.journal.map { String(decoding: $0.line.dropLast(), as: UTF8.self) }
    #expect(kept == told)
  }

  @Test("a client resumes where it was, and what is held no more is said")
  func resume() {
    let lines = (5...9).map { number in
      (UInt64(number), Array("{\"type\":\"stream\",\"seq\":\(number),\"x\":1}\n".utf8))
    }
    let script = GatewayScript(journal: lines)
    script.open(1)
    script.say(1, #"{"id":1,"method":"hello","params":{"resume":{"seq":7,"journal":"j-1"}}}"#)
    #expect(
      script.read(1).dropFirst() == [
        #"{"id":1,"result":{"replay":{"from":8,"to":9}}}"#,
        #"{"type":"stream","seq":8,"dup":true,"x":1}"#,
        #"{"type":"stream","seq":9,"dup":true,"x":1}"#,
      ])
    script.emit(Sample.stream(.bbo, .live))
    #expect(script.brief(1) == ["stream BTC live seq 10"])

    script.open(2)
    script.say(2, #"{"id":1,"method":"hello","params":{"resume":{"seq":2}}}"#)
    #expect(
      script.read(2).dropFirst().prefix(3) == [
        #"{"id":1,"result":{"replay":{"from":3,"to":10}}}"#,
        #"{"type":"gap_fill","from":3,"to":4}"#,
        #"{"type":"stream","seq":5,"dup":true,"x":1}"#,
      ])
    script.open(3)
    script.say(3, #"{"id":1,"method":"hello","params":{"resume":{"seq":11}}}"#)
    script.say(3, #"{"id":2,"method":"hello","params":{"resume":{"seq":1,"journal":"j-0"}}}"#)
    script.say(3, #"{"id":3,"method":"hello","params":{"resume":{"seq":10}}}"#)
    script.say(3, #"{"id":4,"method":"hello","params":{"resume":{"seq":10}}}"#)
    let codes = script.read(3).dropFirst().map { $0.contains("-32010") }
    #expect(codes == [true, true, false, true], "a number or journal that is not ours; too late")
  }

  @Test("a resume of more lines than fit is read as the client reads")
  func longResume() {
    let lines = (1...5_000).map { number in
      (UInt64(number), Array("{\"type\":\"stream\",\"seq\":\(number),\"x\":1}\n".utf8))
    }
    var limits = GatewayScript.limits
    limits.outlet = Outlet.Limits(highWater: 2_000, queueBytes: 8_000)
    limits.page = 20
    let script = GatewayScript(journal: lines, limits: limits)
    script.open(1)
    script.say(1, #"{"id":1,"method":"hello","params":{"resume":{"seq":0}}}"#)
    script.emit(Sample.stream(.bbo, .live))
    let read = script.brief(1).dropFirst(2)
    #expect(read.count == 5_001 && read.last == "stream BTC live seq 5001")
    #expect(read.filter { $0.hasSuffix("dup") }.count == 5_000)
  }

  @Test("a client that does not read is cut off with the line to resume from")
  func cut() throws {
    var limits = GatewayScript.limits
    limits.outlet = Outlet.Limits(highWater: 500, queueBytes: 2_000)
    let script = GatewayScript(limits: limits)
    for client in [1, 2] {
      script.open(client)
      script.say(client, #"{"id":1,"method":"beat"}"#)
    }
    for _ in 1...50 {
      script.emit(Sample.stream(.bbo, .stale))
      _ = script.read(2)
    }
    #expect(script.closed == [] && script.gateway.counters.clientsCut == 1)
    let lines = script.brief(1)
    let told = lines.filter { $0.hasPrefix("stream") }.count
    #expect(told > 5 && told < 50)
    #expect(lines.last == "bye" && script.closed == [1])
    #expect(lines.dropFirst(2).dropLast() == (1...told).map { "stream BTC stale seq \($0)" }[...])
  }

  @Test("a client that is cut off and does not read is closed all the same")
  func farewell() {
    var limits = GatewayScript.limits
    limits.outlet = Outlet.Limits(highWater: 500, queueBytes: 2_000)
    let script = GatewayScript(limits: limits)
    script.open(1)
    script.say(1, #"{"id":1,"method":"beat"}"#)
    for _ in 1...50 { script.emit(Sample.stream(.bbo, .stale)) }
    script.pass(4_900)
    #expect(script.closed == [])
    script.pass(200)
    #expect(script.closed == [1])
  }
}

@Suite("Depth of books")
struct DepthTests {
  private static func level(_ price: Int, _ size: Int) -> Level {
    Level(price: Decimal(price), size: Decimal(size))
  }

  @Test("a client sees the best levels only, and always all of them")
  func narrowing() throws {
    let script = GatewayScript()
    for client in [1, 2] { script.open(client) }
    script.subscribe(1, #""book""#, more: #","depth":2"#)
    script.subscribe(2, #""book""#)
    var random = Random(seed: 7)
    var (truth, seen) = (Book(), Book())
    var (lines, others, last) = (0, 0, UInt64(0))
    for number in 1...2_000 {
      let isSnapshot = number == 1 || random.chance(1, in: 300)
      var bids: [Level] = []
      if isSnapshot {
        truth.removeAll()
        for price in 90...99 { bids.append(Self.level(price, 1)) }
      } else {
        bids.append(Self.level(90 + random.below(10), random.below(3)))
      }
      for level in bids { truth.set(level, on: .buy) }
      script.emit(
        Sample.book(
          UInt64(number), snapshot: isSnapshot, bids: bids, asks: [],
          previous: isSnapshot ? nil : Int64(number - 1)))
      others += script.brief(2).count { $0.hasPrefix("book") }
      for text in script.read(1) {
        let line = try #require(Line(text))
        guard line.type == "book" else { continue }
        lines += 1
        #expect(line.mseq == last + 1)
        last = line.mseq ?? 0
        if line.isSnapshot { seen.removeAll() }
        for level in line.bids { seen.set(level, on: .buy) }
      }
      #expect(seen.bids == Array(truth.bids.prefix(2)), "after \(number)")
    }
    #expect(lines < 1_500 && others == 2_000)
  }
}
