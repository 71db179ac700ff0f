import PerpCore
import PerpVenue
import Testing

@testable import PerpIO

@Suite struct SessionDriverTests {
  /// Asks for the time, connects, says a word when the answer has come, wakes once, and tells all
  /// of it as notes.
  private struct Session: VenueSession {
    let base: String
    var deadline: UInt64?

    mutating func receive(
      _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
    ) {
      switch input {
      case .start:
        note("start", &actions)
        actions.append(.request(RequestID(7), HTTPRequest(.get, "http://\(base)/time")))
      case .response(let id, let response):
        note("response \(id.number) \(response.status)", &actions)
        actions.append(.open(ConnectionID(3), WebSocketRequest(url: "ws://\(base)/ws")))
      case .opened(let id):
        note("opened", &actions)
        actions.append(.send(id, Array("one".utf8)))
        actions.append(.send(id, Array("two".utf8)))
        actions.append(.ping(id))
      case .text(_, let bytes): note("text \(text(bytes))", &actions)
      case .pong:
        note("pong", &actions)
        deadline = now.monotonic + 1_000_000
      case .wake:
        note(now.monotonic >= deadline ?? .max ? "wake" : "early", &actions)
        deadline = nil
        actions.append(.close(ConnectionID(3), code: 1000))
      case .closed(_, let reason):
        note("\(reason)", &actions)
        actions.append(.request(RequestID(8), HTTPRequest(.get, "http://192.0.2.1/")))
      case .failed(let id, let failure): note("failed \(id.number) \(failure)", &actions)
      case .subscribe(let topics): note("subscribe \(topics.count)", &actions)
      case .stop: note("not to be heard", &actions)
      default: note("unexpected", &actions)
      }
    }

    private func note(_ text: String, _ actions: inout VenueActions) {
      actions.append(.note(Note(.info, text)))
    }
  }

  @Test func aSessionsLifeFromStartToStop() throws {
    let bench = try Bench()
    var log: [String] = []
    var driver: SessionDriver?
    driver = SessionDriver(
      session: Session(base: "127.0.0.1:\(bench.server.port)"), network: bench.network,
      outlets: SessionDriver.Outlets(
        onEvent: { _ in }, onMarkets: { _ in },
        onNote: { note in
          log.append(note.text)
          // A call from inside an outlet waits for what was asked before.
          if note.text == "opened" { driver?.subscribe([]) }
        }))
    driver?.start()
    bench.wait(for: "the last answer") { log.last?.hasPrefix("failed") == true }
    driver?.stop()
    #expect(
      log == [
        "start", "response 7 200", "opened", "subscribe 0", "text one", "text two", "pong", "wake",
        #"closed(code: 1000, reason: "")"#,
        #"failed 8 notSent("plain http only to loopback")"#,
      ])
  }

  @Test func anAbandonedDriverLeavesNothingBehind() throws {
    let bench = try Bench()
    var log: [String] = []
    var driver: SessionDriver? = SessionDriver(
      session: Session(base: "127.0.0.1:\(bench.server.port)"), network: bench.network,
      outlets: SessionDriver.Outlets(
        onEvent: { _ in }, onMarkets: { _ in }, onNote: { log.append($0.text) }))
    driver?.start()
    bench.wait(for: "the connection") { log.contains("opened") }
    driver = nil
    let count = log.count
    bench.connect()
    bench.send("after")
    bench.wait(for: "text 1 after")
    #expect(log.count == count)
  }

  /// Says a quote, a note and two quotes; and another for each topic it is asked for.
  private struct Quoting: VenueSession {
    var deadline: UInt64? { nil }
    private var count: UInt64 = 0

    mutating func receive(
      _ input: borrowing VenueInput, at now: Moment, into actions: inout VenueActions
    ) {
      switch input {
      case .start:
        quote(&actions)
        actions.append(.note(Note(.info, "note")))
        quote(&actions)
        quote(&actions)
      case .subscribe: quote(&actions)
      case .stop: quote(&actions)
      default: break
      }
    }

    private mutating func quote(_ actions: inout VenueActions) {
      guard let symbol = Symbol("BTC-USD-PERP") else { return }
      count += 1
      let header = EventHeader(
        venue: VenueID("toy"), symbol: symbol, mseq: count, venueTime: nil, received: 0)
      actions.emit(BBO(header: header, bid: nil, ask: nil, venueSequence: nil, source: .bbo))
    }
  }

  @Test func aQuoteOnTheShortWayOvertakesNothing() throws {
    let bench = try Bench()
    var log: [String] = []
    var driver: SessionDriver?
    driver = SessionDriver(
      session: Quoting(), network: bench.network,
      outlets: SessionDriver.Outlets(
        onEvent: { if case .bbo(let quote) = copy $0 { log.append("event \(quote.header.mseq)") } },
        onQuote: { log.append("quote \($0.header.mseq)") }, onMarkets: { _ in },
        onNote: {
          log.append($0.text)
          driver?.subscribe([])
        }))
    driver?.start()
    driver?.subscribe([])
    driver?.stop()
    #expect(log == ["quote 1", "note", "event 2", "event 3", "event 4", "quote 5"])
  }
}
