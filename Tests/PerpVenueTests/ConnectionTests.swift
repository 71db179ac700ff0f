import PerpCore
import PerpVenue
import Testing

@Suite("Connection")
struct ConnectionTests {
  static let second = Nanoseconds.seconds(1)
  static let request = WebSocketRequest(url: "wss://venue.example/ws")

  /// The connection and what it did, by the second.
  private struct Script {
    var connection = Connection(request: ConnectionTests.request, seed: 1)
    var actions = VenueActions()

    var id: ConnectionID { connection.id }

    mutating func open(at now: UInt64) { connection.open(at: now, into: &actions) }

    mutating func wake(at now: UInt64) -> Connection.Wake {
      connection.wake(at: now, into: &actions)
    }

    mutating func did() -> [VenueAction] {
      defer { actions.list = [] }
      return actions.list
    }
  }

  private func opened() -> Script {
    var script = Script()
    script.open(at: 0)
    _ = script.connection.opened(script.id, at: 0)
    _ = script.did()
    return script
  }

  @Test("open, opened, silence, ping, pong")
  func heartbeat() {
    var script = Script()
    #expect(script.connection.deadline == nil)
    script.open(at: 0)
    #expect(script.did() == [.open(ConnectionID(1), Self.request)])
    #expect(script.connection.opened(ConnectionID(1), at: Self.second) == true)
    #expect(script.connection.isOpen)
    #expect(script.connection.deadline == 6 * Self.second)
    #expect(script.wake(at: 6 * Self.second - 1) == .nothing)
    #expect(script.did() == [])
    #expect(script.wake(at: 6 * Self.second) == .nothing)
    #expect(script.did() == [.ping(ConnectionID(1))])
    #expect(script.connection.accepts(ConnectionID(1), at: 7 * Self.second) == true)
    #expect(script.connection.deadline == 12 * Self.second)
  }

  @Test("data count as an answer to a ping: a busy connection is never pinged")
  func dataArePongs() {
    var script = opened()
    for now in 1...60 {
      #expect(script.wake(at: UInt64(now) * Self.second) == .nothing)
      #expect(script.connection.accepts(script.id, at: UInt64(now) * Self.second) == true)
    }
    #expect(script.did() == [])
  }

  @Test("two pings without an answer: the peer is gone after 15 s of silence")
  func noPong() {
    var script = opened()
    #expect(script.wake(at: 5 * Self.second) == .nothing)
    #expect(script.wake(at: 10 * Self.second) == .nothing)
    #expect(script.did() == [.ping(script.id), .ping(script.id)])
    #expect(script.wake(at: 15 * Self.second - 1) == .nothing)
    #expect(script.wake(at: 15 * Self.second) == .timedOut(cause: "no_pong"))
    let retry = script.connection.abandon(at: 15 * Self.second, code: 1001, into: &script.actions)
    #expect(script.did() == [.close(ConnectionID(1), code: 1001)])
    #expect(script.connection.deadline == 15 * Self.second + retry)
  }

  @Test("an attempt that hangs is given up after ten seconds")
  func openTimeout() {
    var script = Script()
    script.open(at: 0)
    #expect(script.wake(at: 10 * Self.second - 1) == .nothing)
    #expect(script.wake(at: 10 * Self.second) == .timedOut(cause: "open_timeout"))
  }

  @Test("whatever is late from an earlier attempt is ignored")
  func lateEvents() {
    var script = opened()
    let first = script.id
    let retry = script.connection.closed(first, at: Self.second)
    #expect(retry != nil)
    #expect(script.connection.closed(first, at: Self.second) == nil)
    let second = Self.second + (retry ?? 0)
    #expect(script.wake(at: second) == .nothing)
    #expect(script.did() == [.open(ConnectionID(2), Self.request)])
    #expect(script.connection.opened(first, at: second) == false)
    #expect(script.connection.accepts(first, at: second) == false)
    #expect(script.connection.closed(first, at: second) == nil)
    #expect(script.connection.accepts(ConnectionID(2), at: second) == false, "data before `opened`")
    #expect(script.connection.opened(ConnectionID(2), at: second) == true)
    #expect(script.connection.opened(ConnectionID(2), at: second) == false)
    #expect(script.connection.accepts(first, at: second) == false)
    #expect(script.connection.accepts(ConnectionID(2), at: second) == true)
    #expect(script.connection.epoch == 2)
  }

  @Test("closing for good leaves nothing to do")
  func shut() {
    var script = opened()
    let id = script.id
    script.connection.shut(into: &script.actions)
    #expect(script.did() == [.close(id, code: 1000)])
    #expect(script.connection.deadline == nil)
    #expect(script.connection.closed(id, at: Self.second) == nil)
    script.connection.shut(into: &script.actions)
    #expect(script.did() == [])
  }

  @Test("failures are counted until a connection has lasted")
  func stability() {
    var script = Script()
    var now: UInt64 = 0
    for attempt in 1...5 {
      script.open(at: now)
      #expect(script.connection.opened(script.id, at: now) == true)
      now += 29 * Self.second
      _ = script.connection.closed(script.id, at: now)
      #expect(script.connection.failures == attempt)
      now += 31 * Self.second
    }
    script.open(at: now)
    #expect(script.connection.opened(script.id, at: now) == true)
    let retry = script.connection.closed(script.id, at: now + 30 * Self.second)
    #expect(script.connection.failures == 1)
    #expect((retry ?? .max) <= Nanoseconds.milliseconds(250))
  }

  @Test("a floor delays the next attempt")
  func floor() {
    var script = opened()
    let retry = script.connection.closed(script.id, at: 0, floor: 60 * Self.second)
    #expect((retry ?? 0) >= 60 * Self.second)
  }

  @Test("a venue up 2 s and down 1 s for an hour sees 20 attempts a minute at most (X42)")
  func flapping() {
    for seed in 0..<20 {
      var connection = Connection(request: Self.request, seed: UInt64(seed))
      var attempts: [UInt64] = []
      var actions = VenueActions()
      var now: UInt64 = 0
      var opensAt: UInt64?
      connection.open(at: now, into: &actions)
      while now < 3_600 * Self.second {
        for case .open in actions.list {
          attempts.append(now)
          opensAt = now + Nanoseconds.milliseconds(20)
        }
        actions.list = []
        let phase = now % (3 * Self.second)
        let change = now - phase + (phase < 2 * Self.second ? 2 : 3) * Self.second
        now = min(connection.deadline ?? .max, change, opensAt ?? .max)
        let isUp = now % (3 * Self.second) < 2 * Self.second
        if now == opensAt {
          opensAt = nil
          if isUp {
            _ = connection.opened(connection.id, at: now)
          } else {
            _ = connection.closed(connection.id, at: now)
          }
        }
        if !isUp, connection.isOpen { _ = connection.closed(connection.id, at: now) }
        #expect(connection.wake(at: now, into: &actions) == .nothing)
      }
      #expect(attempts.count > 300, "it keeps trying")
      for index in attempts.indices.dropFirst(20) {
        #expect(attempts[index] - attempts[index - 20] >= 60 * Self.second, "seed \(seed)")
      }
    }
  }
}
