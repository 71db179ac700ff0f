import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Paradex

extension ParadexSessionTests {
  private static func retry(_ script: ParadexScript) -> UInt64 {
    script.session.feed.connection.deadline.map { $0 - script.now.monotonic } ?? 0
  }

  @Test(
    "each way to lose a connection has its cause and its least wait",
    arguments: [
      (CloseReason.closed(code: 1000, reason: ""), "closed_1000", 0),
      (.closed(code: 1001, reason: "going away"), "closed_1001", 0),
      (.violation(code: 1002, "masked frame"), "protocol_error", 0),
      (.violation(code: 1009, "longer"), "too_large", 0), (.lost("reset"), "closed_1006", 0),
      (.closed(code: 1008, reason: ""), "closed_1008", 5),
      (.closed(code: 1011, reason: "keepalive"), "closed_1011", 0),
      (.closed(code: 1012, reason: "restart"), "closed_1012", 2),
      (.closed(code: 1013, reason: "later"), "closed_1013", 2),
      (.closed(code: 4031, reason: ""), "closed_4031", 0),
    ])
  func closeCodes(reason: CloseReason, cause: String, floor: Int) {
    var waits: Set<UInt64> = []
    for seed in UInt64(0)..<20 {
      var script = ParadexScript.connected([Self.bbo, Self.trade], seed: seed)
      script.bbo(1, "1x1", "2x2")
      script.skip()
      script.close(reason)
      #expect(
        script.did() == ["stream bbo BTC down \(cause)", "stream trade BTC down \(cause)"])
      let wait = Self.retry(script)
      #expect(wait >= Nanoseconds.seconds(floor))
      #expect(wait <= Nanoseconds.seconds(floor) + Nanoseconds.milliseconds(250))
      waits.insert(wait)
      script.wait(wait)
      #expect(
        script.did() == ["open 2 wss://venue.example/v1?sbeSchemaId=1&sbeSchemaVersion=2"])
      script.open()
      #expect(
        script.did() == [
          "stream bbo BTC connecting subscribing", "stream trade BTC connecting subscribing",
          "send 2 subscribe bbo.BTC-USD-PERP", "send 2 subscribe trades.BTC-USD-PERP",
          "GET /bbo/BTC-USD-PERP",
        ])
    }
    #expect(waits.count > 10, "the waits are spread")
  }

  @Test(
    "refused at the door: a ban is waited out, an overload for a while",
    arguments: [(403, 180), (429, 60), (503, 2), (500, 0)])
  func refusedUpgrade(status: Int, floor: Int) {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    script.skip()
    script.close(.refused(status: status))
    let alert = status == 403 ? ["error connection blocked"] : []
    #expect(script.did() == alert + ["stream bbo BTC down refused_\(status)"])
    #expect(Self.retry(script) >= Nanoseconds.seconds(floor))
    #expect(Self.retry(script) <= Nanoseconds.seconds(floor + 1))
  }

  @Test("a refused schema version: version 1 is tried, then the wanted one again")
  func refusedVersion() {
    var script = ParadexScript(settings: ["sbe_version": "3"])
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    var opened: [String] = []
    for _ in 0..<3 {
      opened += script.did().filter { $0.hasPrefix("open") }
      script.close(.refused(status: 400))
      script.wait(seconds: 2)
    }
    opened += script.did().filter { $0.hasPrefix("open") }
    #expect(opened.map { $0.suffix(1) } == ["3", "1", "3", "1"])
    script.closed(1, .refused(status: 400))
    #expect(
      script.session.feed.connection.request.url.hasSuffix("Version=1"), "late news change nothing")
  }

  @Test("a JSON connection has no version to change")
  func refusedJSON() {
    var script = ParadexScript(settings: ["encoding": "json"])
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    script.close(.refused(status: 400))
    script.wait(seconds: 1)
    #expect(script.did().last == "open 2 wss://venue.example/v1")
  }

  @Test("a peer that vanished is noticed by its missing pongs")
  func vanishedPeer() {
    var script = ParadexScript.connected([Self.trade])
    script.answersPings = false
    script.wait(seconds: 5)
    script.wait(seconds: 5)
    #expect(script.did() == ["ping 1", "ping 1"])
    script.wait(seconds: 5)
    #expect(script.did().prefix(2) == ["close 1 1001", "stream trade BTC down no_pong"])
  }

  @Test("an attempt that hangs is given up")
  func hangingAttempt() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.answer("/system/time", #"{"server_time":"1795132800000"}"#)
    script.subscribe([Self.bbo])
    script.skip()
    script.wait(seconds: 10)
    #expect(script.did().prefix(2) == ["close 1 1001", "stream bbo BTC down open_timeout"])
    script.wait(milliseconds: 300)
    #expect(script.did().first?.hasPrefix("open 2") == true)
    script.opened(1)
    #expect(script.did() == [], "the first attempt comes through too late")
  }

  @Test("whatever an earlier connection still says is ignored")
  func lateMessages() {
    var script = ParadexScript.connected([Self.bbo, Self.book])
    script.book(5, snapshot: true, "1x1", "2x2")
    script.close(.lost("reset"))
    script.wait(seconds: 1)
    script.open()
    script.skip()
    let frame = Venue.bbo(9, "1x1", "2x2", at: script.now.wall).frame(version: 2)
    script.binary(frame, on: 1)
    script.text(#"{"jsonrpc":"2.0","id":1,"result":{}}"#, on: 1)
    script.closed(1, .lost("reset"))
    script.book(6, "1x7", "")
    #expect(script.did() == [], "nor is there a book before its snapshot")
  }

  @Test("an answer that was asked for before the connection broke does not prime the next")
  func lateAnswers() {
    var script = ParadexScript.connected([Self.bbo, Self.funding])
    let old = Venue.quote(Venue.bbo(3, "1x1", "2x2", at: script.now.wall))
    let questions = script.requests
    script.close(.lost("reset"))
    script.wait(seconds: 1)
    script.open()
    script.skip()
    for question in questions {
      #expect(script.answer(question.path, old) == true)
    }
    #expect(script.did() == [])
    script.answer("/bbo/BTC-USD-PERP", Venue.quote(Venue.bbo(9, "1x1", "2x2", at: 0)))
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 9 poll"])
  }

  @Test("five malformed messages in ten seconds cost the connection; four do not")
  func malformed() {
    var script = ParadexScript.connected([Self.trade])
    for _ in 0..<4 {
      script.text("<html>")
      script.binary([1, 2, 3])
      script.wait(seconds: 11)
    }
    script.skip()
    let texts = [#"{"jsonrpc":"2.0""#, "", #"{"id":1}"#, "[]", #"{"id":1,"id":"#]
    for text in texts.dropLast() { script.text(text) }
    #expect(script.did() == Array(repeating: "error decode malformed", count: 4))
    script.text(texts[4])
    #expect(
      script.did() == [
        "error decode malformed", "close 1 1001", "stream trade BTC down malformed",
      ])
    script.wait(seconds: 1)
    script.open()
    script.skip()
    script.text("x")
    #expect(script.did() == ["error decode malformed"], "a new connection counts anew")
  }

  @Test("the markets are asked for until they come, ever less often")
  func marketsForEver() {
    var script = ParadexScript()
    script.start()
    var waits: [UInt64] = []
    for attempt in 0..<40 {
      script.skip()
      switch attempt % 4 {
      case 0: script.fail("/markets")
      case 1: script.answer("/markets", "bad gateway", status: 502)
      case 2: script.answer("/markets", #"{"results":[{"#)
      default: script.fail("/markets", .notSent("no address"))
      }
      #expect(script.did() == ["error markets venue_down"])
      let before = script.now.monotonic
      while !script.did().contains("GET /markets") { script.wait(milliseconds: 100) }
      waits.append(script.now.monotonic - before)
    }
    #expect(waits.allSatisfy { $0 >= Nanoseconds.milliseconds(200) })
    #expect(waits.allSatisfy { $0 <= Nanoseconds.milliseconds(30_400) })
    #expect(waits.suffix(20).contains { $0 > Nanoseconds.seconds(10) })
    script.answer("/markets", Venue.markets)
    #expect(script.did().count == 1)
  }

  @Test("one unreadable market does not hide the others; other kinds are left out")
  func unreadableMarkets() {
    var script = ParadexScript()
    script.start()
    script.skip()
    let body = Venue.markets(["BTC-USD-PERP", "ETH-USD-PERP", "SOL-USD-PERP", "A-USD-PERP"])
      .replacing(
        #""ETH-USD-PERP","base_currency":"ETH""#,
        with: #""ETH-USD-PERP","base_currency":{}"#
      )
      .replacing(
        #""A-USD-PERP","base_currency":"A""#,
        with: #""A-USD-PERP","base_currency":"A","asset_kind":"OPTION","x":1"#
      )
    script.answer("/markets", body.replacing(#""x":1,"quote_currency":"USD","#, with: ""))
    let lines = script.did()
    #expect(lines.first == "drift markets row of (malformed)")
    #expect(lines.last?.contains("BTC-USD-PERP") == true)
    #expect(lines.last?.contains("SOL-USD-PERP") == true)
    #expect(lines.last?.contains("ETH-USD-PERP") == false)
  }

  @Test("429 pauses all questions for as long as the venue says, or a minute")
  func rateLimited() {
    for (fields, seconds) in [([HTTPField("Retry-After", "7")], 7), ([], 60)] {
      var script = ParadexScript.connected([Self.bbo])
      script.answer("/bbo/BTC-USD-PERP", "", status: 429, fields: fields)
      script.subscribe([Topic(.bbo, Venue.eth)])
      script.bbo(1, "1x1", "2x2")
      script.bbo(1, "1x1", "2x2", of: Venue.eth)
      script.skip()
      for sequence in Int64(2)...(Int64(seconds) * 10) {
        script.bbo(sequence, "1x\(sequence)", "2x2")
        script.bbo(sequence, "1x\(sequence)", "2x2", of: Venue.eth)
        script.wait(milliseconds: 100)
      }
      #expect(!script.did().contains { $0.hasPrefix("GET") })
      script.wait(milliseconds: 200)
      #expect(script.did().contains("GET /bbo/ETH-USD-PERP"))
    }
  }

  @Test("a venue up 2 s and down 1 s for an hour: 20 attempts a minute at most, then it recovers")
  func flapping() {
    var script = ParadexScript()
    script.start()
    script.answer("/markets", Venue.markets)
    script.subscribe([Self.bbo])
    var attempts: [UInt64] = []
    var known = 0
    for tick in 0..<36_000 {
      let isUp = tick % 30 < 20
      if case .opening = script.session.feed.connection.state {
        if isUp { script.open() } else { script.close(.unreachable("refused")) }
      } else if !isUp, script.session.feed.connection.isOpen {
        script.close(.lost("reset"))
      }
      script.wait(milliseconds: 100)
      if Int(script.session.feed.connection.epoch) > known {
        known = Int(script.session.feed.connection.epoch)
        attempts.append(script.now.monotonic)
      }
    }
    #expect(attempts.count > 200)
    for index in attempts.indices.dropFirst(20) {
      #expect(attempts[index] - attempts[index - 20] >= Nanoseconds.milliseconds(59_900))
    }
    while !script.session.feed.connection.isOpen {
      script.wait(milliseconds: 100)
      if case .opening = script.session.feed.connection.state { script.open() }
    }
    script.skip()
    script.bbo(1, "1x1", "2x2")
    #expect(script.did() == ["stream bbo BTC live first_data", "bbo BTC 1x1 2x2 seq 1"])
  }
}
