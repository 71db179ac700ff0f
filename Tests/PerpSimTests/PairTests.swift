import PerpCore
import PerpVenue
import Testing

@testable import PerpSim

@Suite struct PairTests {
  static let millisecond = Nanoseconds.milliseconds(1)

  func pair(
    _ session: ToySession = ToySession(), _ simulator: ToySimulator = ToySimulator(),
    trace: PairOptions.Trace = .off
  ) -> Pair {
    var pair = Pair(
      session: session, simulator: simulator, seed: 1,
      options: .fixed(latency: Self.millisecond, trace: trace))
    pair.start()
    return pair
  }

  @Test func aConnectionOpensTalksAndCloses() {
    var pair = pair(trace: .lines)
    pair.run(for: 5 * Self.millisecond)
    pair.stop()
    pair.run(for: 2 * Self.millisecond)
    #expect(
      pair.transcript == [
        "0 simulator < start",
        "0 session < start",
        "0 session > open 1 wss://toy.example/v1?key=1",
        "1000 simulator < upgrade 1 /v1?key=1",
        "1000 simulator > accept 1",
        "2000 session < opened 1",
        "2000 session > note info opened 1",
        "2000 session > send 1 hello",
        "3000 simulator < text 1 hello",
        "3000 simulator > send 1 text welcome",
        "4000 session < text 1 welcome",
        "4000 session > note info welcome",
        "5000 session < stop",
        "5000 session > close 1 1000",
        "6000 session < closed 1 closed(code: 1005, reason: \"\")",
        "6000 session > note info closed(code: 1005, reason: \"\")",
        "6000 simulator < closed 1",
      ])
    #expect(pair.failure == nil)
  }

  @Test func theClockStandsWhereTheRunEnds() {
    var pair = pair()
    pair.run(for: Nanoseconds.seconds(3_600))
    #expect(pair.elapsed == Nanoseconds.seconds(3_600))
    #expect(pair.now.wall == PairOptions().start.wall + 3_600_000_000)
    #expect(pair.heard.last == "book 35999")
  }

  @Test func messagesKeepTheirOrderWhateverTheLatency() {
    var options = PairOptions()
    options.latency = 0...Nanoseconds.seconds(2)
    var pair = Pair(
      session: ToySession(), simulator: ToySimulator(), seed: 7, options: options)
    pair.start()
    pair.run(for: Nanoseconds.seconds(60))
    let books = pair.heard.filter { $0.hasPrefix("book") }
    #expect(books.count > 500)
    #expect(books == (1...books.count).map { "book \($0)" })

    for _ in 0..<20 {
      pair.subscribe([.bbo])
      pair.subscribe([.book])
    }
    pair.run(for: Nanoseconds.seconds(3))
    let asked = (0..<20).flatMap { _ in [Topic.bbo, .book].map { "subscribe \($0)" } }
    #expect(pair.heardBySimulator.suffix(40) == asked[...])
  }

  @Test func theSameSeedGivesTheSameRun() {
    func hash(seed: UInt64) -> UInt64 {
      var options = PairOptions()
      options.trace = .hash
      var pair = Pair(
        session: ToySession(asksEverySecond: true), simulator: ToySimulator(), seed: seed,
        options: options)
      pair.start()
      pair.loseNetwork(after: Nanoseconds.seconds(3), for: Nanoseconds.seconds(1))
      pair.run(for: Nanoseconds.seconds(10))
      return pair.traceHash
    }
    #expect(hash(seed: 1) == hash(seed: 1))
    #expect(hash(seed: 1) != hash(seed: 2))
  }

  @Test func aCopyHasItsOwnFuture() {
    var one = pair()
    one.run(for: Nanoseconds.seconds(1))
    var other = one
    other.isDown = true
    one.run(for: Nanoseconds.seconds(1))
    other.run(for: Nanoseconds.seconds(1))
    #expect(one.heard.count > other.heard.count)
  }

  @Test func bothTransportsAnswerPings() {
    let id = ConnectionID(1)
    var pair = pair(
      ToySession(patience: 20 * Self.millisecond),
      ToySimulator(onText: [.ping(id)]))
    pair.run(for: 40 * Self.millisecond)
    #expect(pair.heardBySimulator == ["upgrade /v1?key=1", "hello", "pong"])
    #expect(pair.heard == ["opened 1", "welcome", "pong"])
  }

  @Test(arguments: [
    (
      SimulatorAction.close(ConnectionID(1), code: 1001, reason: "bye"),
      "closed(code: 1001, reason: \"bye\")"
    ),
    (.abort(ConnectionID(1)), "lost(\"connection reset\")"),
    (
      .send(ConnectionID(1), Frame(.text, [0xC0])),
      "violation(code: 1007, \"text that is not UTF-8\")"
    ),
    (.send(ConnectionID(1), Frame(.raw, [0x83, 0])), "violation(code: 1002, \"opcode 3\")"),
  ])
  func theSimulatorEndsTheConnection(action: SimulatorAction, heard: String) {
    var pair = pair(ToySession(), ToySimulator(onText: [action]))
    pair.run(for: 10 * Self.millisecond)
    #expect(pair.heard == ["opened 1", "welcome", heard])
    #expect(pair.heardBySimulator == ["upgrade /v1?key=1", "hello", "closed 1"])
    #expect(pair.run(for: Nanoseconds.seconds(2)) { $0.heard.contains("opened 2") })
  }

  @Test func aResetIsOverForTheSimulatorAtOnce() {
    var pair = pair(ToySession(), ToySimulator(onText: [.abort(ConnectionID(1))]))
    pair.run(for: 3 * Self.millisecond)
    #expect(pair.heardBySimulator == ["upgrade /v1?key=1", "hello", "closed 1"])
    #expect(pair.heard == ["opened 1"])
  }

  @Test func aRefusedUpgradeIsToldWithItsStatus() {
    struct Refuser: VenueSimulator {
      var deadline: UInt64?
      mutating func receive(
        _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
      ) {
        guard case .upgrade(let id, _) = copy input else { return }
        actions.append(.refuse(id, HTTPResponse(status: 503)))
      }
    }
    var pair = Pair(session: ToySession(), simulator: Refuser(), seed: 1)
    pair.start()
    pair.run(for: Nanoseconds.seconds(1))
    #expect(pair.heard == ["refused(status: 503)"])
  }

  @Test func aSilentConnectionIsABlackHoleUntilTheSessionCloses() {
    var pair = pair(
      ToySession(patience: 200 * Self.millisecond),
      ToySimulator(onText: [.silence(ConnectionID(1))]))
    pair.run(for: 405 * Self.millisecond)
    #expect(pair.heard == ["opened 1", "welcome", "closed(code: 1005, reason: \"\")"])
    #expect(pair.heardBySimulator == ["upgrade /v1?key=1", "hello"])
  }

  @Test func aPingInsideAFrameIsPartOfIt() {
    let id = ConnectionID(1)
    var pair = pair(
      ToySession(),
      ToySimulator(onText: [
        .send(id, Frame(.raw, [0x81, 4, 0x61])), .ping(id), .send(id, Frame(.raw, [0x62])),
      ]))
    pair.run(for: 10 * Self.millisecond)
    #expect(pair.heard.last == "violation(code: 1007, \"text that is not UTF-8\")")
  }

  @Test func aLongMessageClosesWith1009() {
    let request = WebSocketRequest(url: "wss://toy.example/", maxMessageBytes: 6)
    var pair = pair(ToySession(request: request))
    pair.run(for: 10 * Self.millisecond)
    #expect(
      pair.heard == [
        "opened 1", "violation(code: 1009, \"message longer than 6 bytes\")",
      ])
  }

  @Test func withoutNetworkNothingOpensAndNothingIsSent() {
    var pair = pair(ToySession(patience: 600 * Self.millisecond, asksEverySecond: true))
    pair.run(for: 1_500 * Self.millisecond)
    pair.isDown = true
    let before = pair.heard.count
    pair.run(for: Nanoseconds.seconds(3))
    #expect(
      pair.heard[before...] == [
        "notSent(\"network is down\")",
        "closed(code: 1005, reason: \"\")",
        "notSent(\"network is down\")",
        "unreachable(\"network is down\")",
        "notSent(\"network is down\")",
      ])
    pair.isDown = false
    #expect(pair.run(for: Nanoseconds.seconds(2)) { $0.heard.contains("opened 3") })
    pair.run(for: Nanoseconds.seconds(61))
    #expect(pair.heardBySimulator.contains("closed 1"))
  }

  @Test func anAnswerLostWithTheNetworkIsNoAnswer() {
    var pair = pair(ToySession(asksEverySecond: true))
    pair.loseNetwork(after: 1_500_000, for: Self.millisecond)
    pair.run(for: 600 * Self.millisecond)
    #expect(pair.heard == ["noAnswer(\"no answer in time\")"])
    #expect(pair.heardBySimulator.contains("request /time"))
  }

  @Test func aRequestLostWithTheNetworkIsNoAnswerEither() {
    var pair = pair(ToySession(asksEverySecond: true))
    pair.loseNetwork(after: 500_000, for: 100_000)
    pair.run(for: 600 * Self.millisecond)
    #expect(pair.heard == ["noAnswer(\"no answer in time\")"])
    #expect(pair.heardBySimulator == [])
  }

  @Test func aRequestNumberMayBeUsedAgainAfterItsAnswer() {
    struct Asker: VenueSession {
      var deadline: UInt64?
      var heard: [String] = []

      mutating func receive(
        _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
      ) {
        switch copy input {
        case .start: deadline = now.monotonic + 499 * PairTests.millisecond
        case .wake: deadline = nil
        case .response(_, let response): return heard.append("\(response.status)")
        case .failed(_, let failure): return heard.append("\(failure)")
        default: return
        }
        // The time-out of the first is due while the second is not answered yet.
        actions.append(
          .request(RequestID(1), HTTPRequest(.get, "https://toy/", timeoutMilliseconds: 500)))
      }
    }
    var pair = Pair(
      session: Asker(), simulator: ToySimulator(), seed: 1,
      options: .fixed(latency: Self.millisecond))
    pair.start()
    pair.run(for: Nanoseconds.seconds(1))
    #expect((pair.session as? Asker)?.heard == ["200", "200"])
  }

  @Test func nothingIsHeardBetweenCloseAndClosed() {
    var pair = pair()
    // `bbo 1` is under way: sent after 101 ms, due after 102.
    pair.run(for: 101_500_000)
    pair.stop()
    pair.run(for: Self.millisecond)
    #expect(pair.heard == ["opened 1", "welcome", "closed(code: 1005, reason: \"\")"])
  }

  @Test func aSimulatorThatClosedHearsNothingMore() {
    var pair = pair(
      ToySession(),
      ToySimulator(onText: [.close(ConnectionID(1), code: 1001, reason: "")]))
    pair.run(for: 3_500_000)
    pair.subscribe([.bbo])
    pair.run(for: 5 * Self.millisecond)
    #expect(pair.heardBySimulator == ["upgrade /v1?key=1", "hello", "closed 1"])
  }

  @Test func aMessageMayComeInSeveralRawPieces() {
    let id = ConnectionID(1)
    var pair = pair(
      ToySession(),
      ToySimulator(onText: [
        .send(id, Frame(.raw, [0x01, 1, 0x61])), .ping(id),
        .send(id, Frame(.raw, [0x80, 2, 0x62])), .send(id, Frame(.raw, [0x63])),
        .send(id, Frame(.text, [0x64])),
      ]))
    pair.run(for: 10 * Self.millisecond)
    #expect(pair.heard == ["opened 1", "welcome", "abc", "d"])
    #expect(pair.heardBySimulator.last == "pong")
  }

  @Test func whoDoesNotReadHasABacklog() {
    var pair = pair(ToySession(), ToySimulator(interval: Self.millisecond, maxBacklog: 2_000))
    pair.run(for: 100 * Self.millisecond)
    pair.isDown = true
    pair.run(for: 1_100 * Self.millisecond)
    #expect(pair.heardBySimulator.suffix(3) == ["backlog 1000", "backlog 2000", "closed 1"])
  }

  @Test func aDeadlineStuckInThePastEndsTheRun() {
    struct Stuck: VenueSession {
      var deadline: UInt64? { 1 }
      mutating func receive(
        _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
      ) {}
    }
    var pair = Pair(session: Stuck(), simulator: ToySimulator(), seed: 1)
    pair.start()
    pair.run(for: Nanoseconds.seconds(1))
    #expect(pair.failure?.hasPrefix("a deadline stands still in the past") == true)
  }

  @Test func actionsAreDrainedWithTheirTimes() {
    var pair = pair()
    pair.run(for: 3 * Self.millisecond)
    let actions = pair.drainActions()
    #expect(actions.map(\.action).last == .send(ConnectionID(1), Array("hello".utf8)))
    #expect(actions.last?.moment == PairOptions().start.advanced(by: 2 * Self.millisecond))
    #expect(pair.drainActions().isEmpty)
  }
}
