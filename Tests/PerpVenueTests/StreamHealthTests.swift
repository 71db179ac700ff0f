import PerpCore
import PerpVenue
import Testing

@Suite("Stream health")
struct StreamHealthTests {
  static let second = Nanoseconds.seconds(1)

  private static func policy(
    probed: Bool = false, quiet: Bool = false
  ) -> StreamHealth.Policy {
    var policy = StreamHealth.Policy()
    policy.canBeProbed = probed
    policy.isQuietByNature = quiet
    return policy
  }

  /// A live stream with a frame every `gap`; the last came at the returned time.
  private func live(
    _ policy: StreamHealth.Policy, gap: UInt64, frames: Int = 200
  ) -> (health: StreamHealth, last: UInt64) {
    var health = StreamHealth(policy: policy)
    health.requested(at: 0)
    var now: UInt64 = 0
    for _ in 0..<frames {
      now += gap
      _ = health.data(at: now)
    }
    return (health, now)
  }

  @Test("the limit follows the rhythm between its two ends")
  func limit() {
    #expect(live(Self.policy(), gap: Self.second / 10).health.limit == 3 * Self.second)
    let slow = live(Self.policy(), gap: Self.second).health.limit
    #expect((19 * Self.second...20 * Self.second).contains(slow))
    #expect(live(Self.policy(), gap: 30 * Self.second).health.limit == 60 * Self.second)
  }

  @Test("only data make it live")
  func firstData() {
    var health = StreamHealth(policy: Self.policy())
    health.requested(at: 0)
    health.confirmed(at: 1)
    #expect(health.state == .connecting)
    #expect(health.data(at: Self.second) == true)
    #expect(health.state == .live)
    #expect(health.data(at: Self.second) == false)
  }

  @Test("no first data: subscribe again after 2 s, twice, then a new connection")
  func noFirstData() {
    var health = StreamHealth(policy: Self.policy())
    health.requested(at: 0)
    #expect(health.check(at: 2 * Self.second - 1) == .sound)
    #expect(health.check(at: 2 * Self.second) == .resubscribe)
    #expect(health.check(at: 3 * Self.second) == .sound, "it waits to be sent")
    health.requested(at: 3 * Self.second)
    #expect(health.deadline == 5 * Self.second)
    #expect(health.check(at: 5 * Self.second) == .resubscribe)
    health.requested(at: 5 * Self.second)
    #expect(health.check(at: 7 * Self.second) == .reconnect)
    #expect(health.deadline == .max)
  }

  @Test("put off, it is asked for once at a time, ever less often; data make it urgent again")
  func leisure() {
    var health = StreamHealth(policy: Self.policy())
    var random = Random(seed: 1)
    var (waits, since, now): ([UInt64], UInt64, UInt64) = ([], 0, 0)
    health.requested(at: 0)
    while waits.count < 10 {
      now = health.deadline
      switch health.check(at: now) {
      case .resubscribe:
        waits.append((now - since) / Self.second)
        health.requested(at: now)
        // An answer that fails to come is no reason to hurry.
        health.unanswered(at: now + Self.second)
      case .reconnect:
        since = now
        health.putOff(at: now, &random)
      default: Issue.record("nothing else is due at \(now)")
      }
    }
    #expect(waits.prefix(2) == [2, 3])
    for (wait, most) in zip(waits.dropFirst(2), [60, 120, 240, 480, 960, 1_920, 3_600, 3_600]) {
      #expect((UInt64(most) / 2..<UInt64(most)).contains(wait))
    }
    _ = health.data(at: now)
    _ = health.enter(.gap, at: now)
    health.requested(at: now)
    #expect(health.deadline == now + 2 * Self.second)
    health.unanswered(at: now + Self.second)
    #expect(health.check(at: now + Self.second) == .resubscribe)
  }

  @Test("what is quiet by nature is asked for again when no answer comes")
  func unanswered() {
    var health = StreamHealth(policy: Self.policy(quiet: true))
    health.requested(at: 0)
    #expect(health.deadline == .max)
    for _ in 0..<2 {
      health.unanswered(at: 5 * Self.second)
      #expect(health.check(at: 5 * Self.second) == .resubscribe)
      health.requested(at: 5 * Self.second)
    }
    health.unanswered(at: 10 * Self.second)
    #expect(health.check(at: 10 * Self.second) == .reconnect)
    _ = health.data(at: 11 * Self.second)
    health.unanswered(at: 12 * Self.second)
    #expect(health.deadline == .max, "data flow, whatever became of the answer")
  }

  @Test("silence: stale exactly at the limit, then the same steps")
  func silence() {
    var (health, last) = live(Self.policy(), gap: Self.second / 10)
    let limit = last + 3 * Self.second
    #expect(health.deadline == limit)
    #expect(health.check(at: limit - 1) == .sound)
    #expect(health.check(at: limit) == .stale)
    #expect(health.state == .stale)
    #expect(health.check(at: limit) == .resubscribe)
    health.requested(at: limit)
    #expect(health.check(at: limit + 2 * Self.second) == .resubscribe)
    health.requested(at: limit + 2 * Self.second)
    #expect(health.check(at: limit + 4 * Self.second) == .reconnect)
    #expect(health.data(at: limit + 5 * Self.second) == true)
    #expect(health.state == .live)
  }

  @Test("a probe at half the limit; an answer starts the count over, none lets it run out")
  func probe() {
    var (health, last) = live(Self.policy(probed: true), gap: Self.second / 10)
    let half = last + 3 * Self.second / 2
    #expect(health.check(at: half - 1) == .sound)
    #expect(health.check(at: half) == .probe)
    #expect(health.check(at: half) == .sound)
    var answered = health
    answered.confirmed(at: half)
    #expect(answered.check(at: last + 3 * Self.second) == .sound)
    #expect(answered.deadline > last + 3 * Self.second)
    #expect(health.check(at: last + 3 * Self.second) == .stale)
    health.confirmed(at: last + 3 * Self.second)
    #expect(health.state == .stale, "a probe does not revive what is stale")
  }

  @Test("a market that sleeps is probed ever less often")
  func sleepingMarket() {
    var (health, last) = live(Self.policy(probed: true), gap: Self.second / 10)
    var probes = 0
    while health.deadline < last + 600 * Self.second {
      let now = health.deadline
      #expect(health.check(at: now) == .probe)
      health.confirmed(at: now)
      probes += 1
    }
    #expect(probes < 30, "\(probes) probes in ten minutes")
    #expect(health.limit == 60 * Self.second)
  }

  @Test("an outage does not count as rhythm: the next one is noticed as soon")
  func outage() {
    var (health, last) = live(Self.policy(probed: true), gap: Self.second / 10)
    _ = health.check(at: last + 3 * Self.second)
    #expect(health.state == .stale)
    #expect(health.data(at: last + 600 * Self.second) == true)
    #expect(health.limit == 3 * Self.second)
  }

  @Test("what cannot be probed learns from a silence that was just a silence")
  func slowPace() {
    var (health, last) = live(Self.policy(), gap: Self.second, frames: 40)
    var alarms = 0
    for _ in 0..<50 {
      if health.check(at: last + 50 * Self.second) == .stale { alarms += 1 }
      last += 50 * Self.second
      _ = health.data(at: last)
    }
    #expect(alarms < 3)
  }

  @Test("late data are stale data; should they cease, that is noticed as well")
  func lagging() {
    var (health, last) = live(Self.policy(probed: true), gap: Self.second / 10)
    #expect(health.data(at: last + 1, isLate: true) == true)
    #expect(health.state == .stale)
    #expect(health.data(at: last + Self.second, isLate: true) == false)
    #expect(health.check(at: last + 4 * Self.second - 1) == .sound)
    #expect(health.check(at: last + 4 * Self.second) == .resubscribe)
    #expect(health.data(at: last + 5 * Self.second) == true)
    #expect(health.state == .live)
  }

  @Test("what is quiet by nature is not stale before it has a rhythm")
  func quietByNature() {
    var health = StreamHealth(policy: Self.policy(quiet: true))
    health.requested(at: 0)
    #expect(health.check(at: 86_400 * Self.second) == .sound)
    for now in 1...31 { _ = health.data(at: UInt64(now) * Self.second) }
    #expect(health.check(at: 86_400 * Self.second) == .sound)
    _ = health.data(at: 32 * Self.second)
    #expect(health.check(at: 86_400 * Self.second) == .stale)
  }

  /// Exponentially distributed gaps from a table of logarithms: no floating point.
  private static func gap(_ random: inout Random, mean: UInt64) -> UInt64 {
    // The number of trials until one of a thousandth succeeds is close to it.
    var trials: UInt64 = 1
    while !random.chance(1, in: 1_000) { trials += 1 }
    return mean * trials / 1_000 + 1
  }

  @Test("24 h of a quiet market: no false alarm as long as probes are answered")
  func quietMarket() {
    for (seed, mean) in [1, 10, 60, 600].enumerated() {
      var random = Random(seed: UInt64(seed))
      var (health, now) = live(Self.policy(probed: true), gap: Self.second / 10)
      var next = now + Self.gap(&random, mean: UInt64(mean) * Self.second)
      var answer: UInt64?
      while now < 86_400 * Self.second {
        now = min(next, health.deadline, answer ?? .max)
        if now == next {
          _ = health.data(at: now)
          next = now + Self.gap(&random, mean: UInt64(mean) * Self.second)
        } else if now == answer {
          // It was true when it was asked, 200 ms ago.
          health.confirmed(at: now - Self.second / 5)
          answer = nil
        } else {
          let verdict = health.check(at: now)
          #expect(verdict == .probe, "mean \(mean) s at \(now / Self.second) s")
          guard verdict == .probe else { return }
          answer = now + Self.second / 5
        }
      }
      #expect(health.state == .live)
    }
  }

  @Test("24 h of trades that come in bursts: hardly an alarm")
  func bursts() {
    for (seed, mean) in [2, 20, 120, 1_200].enumerated() {
      var random = Random(seed: UInt64(seed))
      var policy = Self.policy(quiet: true)
      (policy.shortest, policy.longest) = (10 * Self.second, 600 * Self.second)
      var health = StreamHealth(policy: policy)
      health.requested(at: 0)
      var now: UInt64 = 0
      var alarms = 0
      while now < 86_400 * Self.second {
        let next = now + Self.gap(&random, mean: UInt64(mean) * Self.second)
        if health.deadline < next, health.check(at: health.deadline) == .stale { alarms += 1 }
        now = next
        for _ in 0...random.below(20) {
          now += Self.second / 1_000
          _ = health.data(at: now)
        }
      }
      #expect(alarms <= 1, "bursts every \(mean) s")
    }
  }
}
