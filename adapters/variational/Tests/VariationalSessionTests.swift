import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

@Suite struct VariationalSessionTests {
  private static let mark = [Topic(.funding, Venue.btc)]

  @Test("statistics make the markets, and a mark makes a stream live")
  func begin() {
    var script = VariationalScript()
    script.start()
    #expect(script.did() == ["GET /metadata/stats", "GET /status"])
    script.answerClock()
    script.answerStatistics()
    #expect(script.did() == ["markets [\"BTC-USDC-PERP\", \"ETH-USDC-PERP\"]"])
    script.subscribe(Self.mark)
    #expect(
      script.did() == [
        "stream funding BTC connecting subscribing",
        "open 1 wss://venue.example/v1/prices",
      ])
    script.open()
    #expect(script.did() == ["send 1 subscribe BTC"])
    script.text(#"{"timestamp":"2026-11-20T10:00:00.000000000Z","type":"heartbeat"}"#)
    #expect(script.did() == [])
    script.price("BTC", "90001.5", "90000")
    #expect(
      script.did() == [
        "stream funding BTC live first_data",
        "funding BTC rate 0.0001 hourly 0.0000125 mark 90001.5",
      ])
  }

  @Test("an event has the venue's digits, its interval and its time")
  func funding() throws {
    var script = VariationalScript.connected([Topic(.funding, Venue.eth)])
    script.price("ETH", "3000.10", "2999.900", at: script.now.wall - 700_000)
    guard case .funding(let event)? = script.events.last else {
      Issue.record("no event")
      return
    }
    #expect(event.markPrice?.description == "3000.10")
    #expect(event.indexPrice?.description == "2999.900")
    #expect(event.intervalSeconds == 3_600)
    #expect(event.rate?.description == "0.0000125")
    #expect(event.hourlyRate?.description == "0.0000125")
    #expect(event.header.venueTime == script.now.wall - 700_000)
  }

  @Test("the rate's unit can be set")
  func rateOfInterval() {
    var script = VariationalScript.connected(Self.mark, settings: ["funding_rate": "interval"])
    script.price("BTC", "1", "1")
    #expect(script.did().last == "funding BTC rate 0.1095 hourly 0.0136875 mark 1")
  }

  @Test("a repeated price is a sign of life and no event")
  func repetition() {
    var script = VariationalScript.connected(Self.mark)
    let time = script.now.wall
    script.price("BTC", "90001", "90000", at: time)
    script.skip()
    for _ in 0..<30 {
      script.wait(seconds: 1)
      script.price("BTC", "90001", "90000", at: time)
    }
    #expect(script.did().filter { !$0.hasPrefix("GET") } == [])
    script.price("BTC", "90002", "90000", at: time)
    #expect(script.did() == ["funding BTC rate 0.0001 hourly 0.0000125 mark 90002"])
  }

  @Test("after ten seconds without a price it is asked for again, then the connection is given up")
  func silence() {
    var script = VariationalScript.connected(Self.mark)
    for _ in 0..<20 {
      script.price("BTC", "90001", "90000", at: script.now.wall)
      script.wait(seconds: 1)
    }
    script.skip()
    script.wait(seconds: 8)
    #expect(script.did().filter { !$0.hasPrefix("GET") } == [])
    script.wait(seconds: 2)
    #expect(
      script.did() == [
        "stream funding BTC stale no_data", "send 1 unsubscribe BTC", "send 1 subscribe BTC",
      ])
    script.wait(seconds: 11)
    #expect(
      script.did().filter { !$0.hasPrefix("GET") } == [
        "send 1 unsubscribe BTC", "send 1 subscribe BTC", "close 1 1001",
        "stream funding BTC down no_data", "open 2 wss://venue.example/v1/prices",
      ])
  }

  @Test("a price of an earlier connection is news again on the next")
  func repetitionAfterReconnect() {
    var script = VariationalScript.connected(Self.mark)
    let time = script.now.wall
    script.price("BTC", "90001", "90000", at: time)
    script.close(.closed(code: 1005, reason: ""))
    script.wait(seconds: 2)
    script.open()
    script.skip()
    script.price("BTC", "90001", "90000", at: time)
    #expect(
      script.did() == [
        "stream funding BTC live first_data",
        "funding BTC rate 0.0001 hourly 0.0000125 mark 90001",
      ])
  }

  @Test("what the venue does not have there is refused once, and the others go on")
  func unsupported() {
    var script = VariationalScript.connected([
      Topic(.funding, Venue.btc), Topic(.funding, Venue.eth),
    ])
    script.price("ETH", "3000", "3000")
    script.skip()
    script.text("unsupported instrument: P-BTC-USDC-3600")
    #expect(
      script.did() == [
        "error subscribe unsupported unsupported", "stream funding BTC down refused",
        "send 1 unsubscribe BTC",
      ])
    script.wait(seconds: 3)
    script.price("ETH", "3001", "3000")
    script.wait(seconds: 3)
    script.close(.lost("reset"))
    script.wait(seconds: 2)
    script.open()
    #expect(script.lines.filter { $0.hasSuffix(" subscribe BTC") }.count == 1)
    #expect(script.lines.filter { $0.hasSuffix(" subscribe ETH") }.count == 2)
  }

  @Test("if it was all that was wanted, the connection ends")
  func onlyUnsupported() {
    var script = VariationalScript.connected(Self.mark)
    script.text("unsupported instrument: P-BTC-USDC-3600")
    script.text("no subscriptions open, closing connection")
    script.close(.closed(code: 1005, reason: ""))
    script.wait(seconds: 120)
    #expect(script.lines.filter { $0.hasPrefix("open") }.count == 1)
  }

  @Test("books and trades are refused: the venue has none")
  func noBooks() {
    var script = VariationalScript.subscribed([
      Topic(.book, Venue.btc), Topic(.trade, Venue.btc), Topic(.bbo, Venue.symbol("NOPE")),
    ])
    #expect(
      script.did().suffix(3) == [
        "error subscribe unsupported", "error subscribe unsupported",
        "error subscribe unknown_symbol",
      ])
  }

  @Test("four attempts a minute at most, whatever happens")
  func attempts() {
    var script = VariationalScript.connected(Self.mark)
    for _ in 0..<590 {
      script.close(.lost("reset"))
      script.wait(milliseconds: 100)
      script.open()
    }
    #expect(script.lines.filter { $0.hasPrefix("open") }.count == 4)
  }

  @Test("the statistics are asked for at the pace that is set, and slowly after failures")
  func pace() {
    var script = VariationalScript.subscribed([], settings: ["poll_s": "15"])
    script.skip()
    for _ in 0..<4 {
      script.wait(seconds: 15)
      script.answerStatistics()
    }
    #expect(script.did().filter { $0 == "GET /metadata/stats" }.count == 4)
    // Never 8 requests in ten seconds, not even when all of them fail at once.
    var times: [UInt64] = []
    for _ in 0..<3_000 {
      script.wait(milliseconds: 20)
      if script.fail("/metadata/stats") { times.append(script.now.monotonic) }
      if script.fail("/status") { times.append(script.now.monotonic) }
    }
    for time in times {
      let within = times.filter { $0 >= time && $0 < time + Nanoseconds.seconds(10) }
      #expect(within.count <= 6)
    }
    #expect(times.count > 3)
  }

  @Test("what is no message of the venue's is told, and too much of it ends the connection")
  func nonsense() {
    var script = VariationalScript.connected(Self.mark)
    script.text("<html>502</html>")
    script.binary([1, 2, 3])
    #expect(script.did() == ["error decode malformed", "error decode malformed"])
    for _ in 0..<3 { script.text("nonsense") }
    #expect(script.did().contains("stream funding BTC down malformed"))
  }

  @Test("what is new is told once")
  func drift() {
    var script = VariationalScript.connected(Self.mark)
    for second in 1...3 {
      script.text(
        #"{"channel":"instrument_price:P-BTC-USDC-3600","pricing":{"price":"\#(second)","x":1}}"#)
      script.text(#"{"type":"greeting"}"#)
    }
    #expect(
      script.did().filter { $0.hasPrefix("drift") } == [
        "drift prices pricing.x", "drift greeting channel",
      ])
  }

  @Test("nothing comes after the end")
  func stop() {
    var script = VariationalScript.connected(Self.mark + [Topic(.bbo, Venue.btc)])
    script.price("BTC", "1", "1")
    script.stop()
    script.skip()
    script.price("BTC", "2", "1")
    script.subscribe([Topic(.bbo, Venue.eth)])
    script.wait(seconds: 600)
    #expect(script.did() == [])
    #expect(script.session.deadline == nil)
  }
}
