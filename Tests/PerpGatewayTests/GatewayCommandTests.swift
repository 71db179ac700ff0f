import PerpCore
import PerpGateway
import PerpVenue
import Testing

@Suite("Commands of clients")
struct GatewayCommandTests {
  private static func subscribe(_ params: String) -> String {
    "{\"id\":1,\"method\":\"subscribe\",\"params\":{\(params)}}"
  }

  @Test(
    "what is wrong with a command is said to who gave it",
    arguments: [
      ("{", "error command malformed line 1"),
      ("[1]", "error command malformed line 1"),
      (#"{"method":"ping"}"#, "error command malformed line 1"),
      (#"{"id":1}"#, "1 -32600 malformed"),
      (#"{"id":1,"method":"pong"}"#, "1 -32601 unsupported"),
      (#"{"id":1,"method":"ping","params":{"x":1}}"#, "1 -32602 malformed"),
      (#"{"id":1,"method":"ping","extra":1}"#, "1 -32600 malformed"),
      (#"{"id":1,"jsonrpc":"1.0","method":"ping"}"#, "1 -32600 malformed"),
      (#"{"id":"a","method":"order.place","params":{}}"#, #""a" -32602 malformed"#),
      (#"{"id":1,"method":"subscribe"}"#, "1 -32602 malformed"),
      (
        Self.subscribe(#""channels":[],"symbols":["*"]"#),
        "1 -32602 malformed"
      ),
      (
        Self.subscribe(#""channels":["bob"],"symbols":["*"]"#),
        "1 -32602 malformed"
      ),
      (
        Self.subscribe(#""channels":["bbo"],"symbols":["a b"]"#),
        "1 -32602 unknown_symbol"
      ),
      (
        Self.subscribe(#""channels":["bbo"],"symbols":["XYZ"]"#),
        "1 -32010 unknown_symbol"
      ),
      (
        Self.subscribe(#""channels":["bbo"],"symbols":["BTC"],"venues":["x"]"#),
        "1 -32602 malformed"
      ),
      (
        Self.subscribe(#""channels":["funding"],"symbols":["BTC"],"venues":["lighter"]"#),
        "1 -32010 unsupported"
      ),
      (
        Self.subscribe(#""channels":["bbo"],"symbols":["ETH"],"venues":["lighter"]"#),
        "1 -32010 unknown_symbol"
      ),
      (
        Self.subscribe(#""channels":["bbo"],"symbols":["BTC"],"conflate_ms":-1"#),
        "1 -32602 malformed"
      ),
      (#"{"id":1,"method":"hello","params":{"resume":{}}}"#, "1 -32602 malformed"),
      (#"{"id":1,"method":"hello","params":{"beat_ms":1}}"#, "1 -32602 malformed"),
      (#"{"id":1,"method":"hello","params":{"heartbeat_ms":9}}"#, "1 -32602 malformed"),
      (#"{"id":1,"method":"hello","params":{"decimals":"float"}}"#, "1 -32602 malformed"),
    ])
  func refusals(line: String, expected: String) throws {
    let script = GatewayScript()
    script.open(1)
    _ = script.read(1)
    script.say(1, line)
    let replies = script.read(1)
    #expect(replies.count == 1)
    let reply = try #require(replies.first)
    for word in expected.split(separator: " ") {
      #expect(reply.contains(word), "\(reply)")
    }
    #expect(try LineValidator.problem(reply) == nil)
    #expect(script.takeWishes() == [])
    script.say(1, #"{"id":9,"method":"beat"}"#)
    #expect(script.read(1) == [#"{"id":9,"result":{}}"#], "and the client goes on")
  }

  @Test("CRLF and blank lines are accepted, and an id comes back as it was")
  func forms() {
    let script = GatewayScript()
    script.open(1)
    _ = script.read(1)
    script.say(1, "")
    script.say(1, "\r")
    script.say(1, "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0061\",\"method\":\"beat\"}\r")
    #expect(script.read(1) == [#"{"id":"\u0061","result":{}}"#])
  }

  @Test("without venues those are meant that have it; a wildcard also finds what is listed later")
  func names() {
    let script = GatewayScript()
    script.open(1)
    script.subscribe(1, #""bbo""#, #""btc""#)
    #expect(
      script.takeWishes() == [
        "subscribe paradex [bbo BTC-USD-PERP]", "subscribe lighter [bbo BTC-USDC-PERP]",
      ])
    script.subscribe(1, #""bbo","funding""#, #""*""#, more: #","venues":["paradex"]"#)
    #expect(
      script.takeWishes() == [
        "subscribe paradex [bbo ETH-USD-PERP, funding BTC-USD-PERP, funding ETH-USD-PERP]"
      ])
    script.list(["BTC-USD-PERP", "ETH-USD-PERP", "SOL-USD-PERP"], on: GatewayScript.paradex)
    #expect(
      script.takeWishes() == [
        "subscribe paradex [bbo SOL-USD-PERP]", "subscribe paradex [funding SOL-USD-PERP]",
      ])
    script.say(
      1, #"{"id":2,"method":"unsubscribe","params":{"symbols":["*"],"venues":["paradex"]}}"#)
    script.list(["DOGE-USD-PERP"], on: GatewayScript.paradex)
    #expect(script.takeWishes().filter { $0.hasPrefix("subscribe") } == [])
  }

  @Test("a subscription waits for the markets, is answered in time, and stands")
  func waiting() {
    let script = GatewayScript(hasMarkets: false)
    script.open(1)
    script.subscribe(1, #""bbo""#, #""BTC""#)
    script.list(["BTC-USD-PERP"], on: GatewayScript.paradex)
    #expect(script.read(1).count == 1, "not yet: lighter's are not known")
    script.pass(5_000)
    #expect(script.read(1) == [#"{"id":1,"result":{"subscribed":1,"waiting":["lighter"]}}"#])
    #expect(script.takeWishes() == ["subscribe paradex [bbo BTC-USD-PERP]"])
    script.list(["BTC-USDC-PERP"], on: GatewayScript.lighter)
    #expect(script.takeWishes() == ["subscribe lighter [bbo BTC-USDC-PERP]"])
    #expect(script.read(1) == [])
  }

  @Test("subscriptions that wait are few, and one that is repeated waits once")
  func waitingHasALimit() {
    let script = GatewayScript(hasMarkets: false)
    script.open(1)
    _ = script.read(1)
    for _ in 1...3 {
      script.subscribe(1)
      script.pass(5_000)
    }
    #expect(script.read(1).count == 3)
    for number in 1...150 { script.subscribe(1, #""bbo""#, #""A\#(number)""#) }
    let refused = script.read(1)
    #expect(refused.count == 51 && refused.allSatisfy { $0.contains("venue_down") })
  }

  @Test("what turns out not to be there after the answer is an error that names the command")
  func waitingInVain() throws {
    let script = GatewayScript(hasMarkets: false)
    script.open(1)
    script.subscribe(1, #""bbo""#, #""BTC""#, more: #","venues":["lighter"]"#)
    script.pass(5_000)
    #expect(script.read(1).last == #"{"id":1,"result":{"subscribed":0,"waiting":["lighter"]}}"#)
    script.list(["ETH-USDC-PERP"], on: GatewayScript.lighter)
    let line = try #require(script.read(1).first)
    #expect(line.contains(#""where":"subscribe","reason":"unknown_symbol""#))
    #expect(line.contains(#""ref":"1""#))
    #expect(try LineValidator.problem(line) == nil)
  }

  @Test("conflated states come at most so often, the newest, and say what they skip")
  func conflation() {
    let script = GatewayScript()
    script.open(1)
    script.subscribe(1, #""bbo","trade""#, more: #","conflate_ms":100"#)
    _ = script.read(1)
    for number in 1...4 { script.emit(Sample.bbo(UInt64(number))) }
    script.emit(Sample.trade(1))
    #expect(script.brief(1) == ["bbo BTC 1", "trade BTC 1"])
    script.pass(99)
    #expect(script.brief(1) == [])
    script.pass(1)
    #expect(script.brief(1) == ["bbo BTC 4 skipped 2"])
    script.emit(Sample.bbo(5))
    script.emit(Sample.stream(.bbo, .stale))
    #expect(script.brief(1) == ["bbo BTC 5", "stream BTC stale seq 1"], "in their order")
    script.pass(200)
    #expect(script.brief(1) == [])
  }

  @Test("a state that waits is not told to who has left")
  func leavingWhileConflated() {
    let script = GatewayScript()
    for client in [1, 2] {
      script.open(client)
      script.subscribe(client, #""bbo""#, more: #","conflate_ms":100"#)
    }
    for number in 1...3 { script.emit(Sample.bbo(UInt64(number))) }
    _ = (script.read(1), script.read(2))
    script.say(1, #"{"id":2,"method":"unsubscribe"}"#)
    script.close(2)
    script.pass(200)
    #expect(script.read(1) == [#"{"id":2,"result":{"unsubscribed":1}}"#])
    script.subscribe(1, #""bbo""#, more: #","conflate_ms":100"#)
    for number in 4...5 { script.emit(Sample.bbo(UInt64(number))) }
    script.pass(200)
    #expect(script.brief(1).suffix(2) == ["bbo BTC 4", "bbo BTC 5"])
  }

  @Test("markets, status and stats are told in lines of the protocol")
  func questions() throws {
    let script = GatewayScript()
    script.open(1)
    script.subscribe(1)
    script.emit(Sample.stream(.bbo, .live))
    _ = script.read(1)
    script.say(1, #"{"id":2,"method":"markets","params":{"venues":["paradex"]}}"#)
    #expect(
      script.brief(1) == [#"{"id":2,"result":{"markets":2}}"#, "market BTC", "market ETH"])
    script.say(1, #"{"id":3,"method":"status"}"#)
    script.say(1, #"{"id":4,"method":"stats"}"#)
    let lines = script.read(1)
    for line in lines { #expect(try LineValidator.problem(line) == nil) }
    #expect(lines[0].contains(#"{"venue":"paradex","markets":2,"streams":{"live":1}}"#))
    #expect(lines[1].contains(#""queues":[{"client":1,"topics":1"#))
  }

  @Test("new terms of a market are told to who reads it")
  func relisting() {
    let script = GatewayScript()
    for client in [1, 2] { script.open(client) }
    script.subscribe(1)
    script.subscribe(2, #""bbo""#, #""BTC-USDC-PERP""#)
    _ = (script.read(1), script.read(2))
    script.list(["BTC-USD-PERP", "ETH-USD-PERP"], on: GatewayScript.paradex, tick: 5)
    #expect(script.brief(1) == ["market BTC"] && script.brief(2) == [])
  }

  @Test("snapshot tells the states of the client's own topics")
  func snapshots() {
    let script = GatewayScript()
    script.open(1)
    script.subscribe(1, #""bbo","trade","book""#)
    script.emit(Sample.bbo(1))
    _ = (script.read(1), script.takeWishes())
    let snapshot = #"{"id":2,"method":"snapshot","params":{}}"#
    let reply = #"{"id":2,"result":{"snapshots":2}}"#
    script.say(1, snapshot)
    #expect(script.brief(1) == [reply, "bbo BTC 1"])
    #expect(script.takeWishes() == ["snapshot paradex book BTC-USD-PERP"])
    script.emit(Sample.stream(.bbo, .stale))
    _ = script.read(1)
    script.say(1, snapshot)
    #expect(script.read(1).last?.contains(#""flags":["lagging"]"#) == true)
    script.emit(Sample.stream(.bbo, .down))
    _ = script.read(1)
    script.say(1, snapshot)
    #expect(script.brief(1) == [reply], "what it was is not what it is")
  }

  @Test("a client that misses its beat, or whose parent ends, is let go")
  func beats() {
    let script = GatewayScript()
    for client in [1, 2] { script.open(client) }
    script.say(1, #"{"id":1,"method":"hello","params":{"beat_ms":1000}}"#)
    script.say(2, #"{"id":1,"method":"hello","params":{"parent_pid":4711}}"#)
    #expect(script.takeWishes() == ["watch 2 4711"])
    script.pass(900)
    script.say(1, #"{"id":2,"method":"beat"}"#)
    script.pass(900)
    #expect(script.brief(1).last == #"{"id":2,"result":{}}"#)
    script.pass(100)
    let last = script.read(1)
    #expect(last == [#"{"type":"bye","reason":"no_beat","resume":{"seq":0},"open_orders":0}"#])
    script.gateway.parentEnded(ClientID(2), at: script.now)
    #expect(script.brief(2).last == "bye" && script.closed == [1, 2])
  }

  @Test("only who may trade can end everything")
  func shutdown() {
    let script = GatewayScript()
    script.open(1, role: .read)
    script.open(2)
    script.say(1, #"{"id":1,"method":"shutdown"}"#)
    #expect(script.read(1).last?.contains(#""reason":"auth""#) == true && script.stopped == nil)
    script.say(2, #"{"id":1,"method":"shutdown"}"#)
    #expect(script.stopped == "shutdown")
    #expect(
      script.brief(1) == ["bye"] && script.brief(2).suffix(2) == [#"{"id":1,"result":{}}"#, "bye"])
    script.emit(Sample.stream(.bbo, .live))
    #expect(script.read(1) == [], "nothing comes after the last line")
    #expect(!script.open(3), "nobody is let in any more")
  }

  @Test("who talks too fast is not heard for a while, and loses nothing")
  func budget() {
    let script = GatewayScript()
    script.open(1)
    var heard = 0
    while heard < 10_000, script.gateway.listens(to: ClientID(1), at: script.now) { heard += 1 }
    #expect(heard == 2_000)
    script.pass(10)
    #expect(script.gateway.listens(to: ClientID(1), at: script.now))
  }
}

extension LineValidator {
  /// What is wrong with one line.
  static func problem(_ line: String) throws -> String? {
    var validator = try LineValidator()
    return validator.problem(in: Array(line.utf8).span.bytes).map { "\($0.path) \($0.cause)" }
  }
}
