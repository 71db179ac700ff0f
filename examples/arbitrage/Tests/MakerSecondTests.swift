import PerpCore
import Testing

@testable import Bot

/// Rows S3-49 and S3-62 to S3-65: the second engine.
@Suite("Market maker, second engine") struct MakerSecondTests {
  private let script = MakerScript()
  private var bench: BotBench { script.bench }
  private var venue: BenchVenue { bench.first }

  private func start(_ change: (inout MakerSettings) -> Void = { _ in }) throws {
    var settings = try MakerSettings(
      Settings(MakerSettings.parameters, arguments: ["--preset", "v2"]))
    change(&settings)
    script.start { $0 = settings }
  }

  @Test("S3-62 nothing is quoted in the first fifteen seconds")
  func warmup() throws {
    try start()
    bench.run(seconds: Decimal(8))
    #expect(script.quotes.isEmpty)
    bench.run(seconds: Decimal(8))
    #expect(script.quotes == ["buy 96990 0.003", "sell 97011 0.003"])
  }

  @Test("S3-49 what adds takes all quotes away, and what reduces is followed by new ones at once")
  func afterFills() throws {
    try start()
    bench.run(seconds: Decimal(15))
    venue.hit(.buy)
    bench.run(seconds: decimal("0.3"))
    #expect(script.quotes.isEmpty && script.bot?.state == .long)
    bench.run(seconds: Decimal(4))
    #expect(script.quotes.count == 2 && script.quotes[0].hasSuffix(" 0.0012"))
    venue.hit(.sell)
    bench.run(seconds: decimal("0.5"))
    #expect(script.quotes.count == 2 && script.quotes[0].hasSuffix(" 0.003"))
  }

  @Test("S3-63 in the midst of a move a flat maker stays away, and a long one keeps its exit")
  func filters() throws {
    try start()
    bench.run(seconds: Decimal(15))
    script.setMid("97031.5")
    bench.run(seconds: Decimal(4))
    #expect(script.quotes.isEmpty)
    bench.run(seconds: Decimal(12))
    #expect(script.quotes.count == 2)
    venue.hit(.buy)
    bench.run(seconds: Decimal(1))
    script.setMid("96990.5")
    bench.run(seconds: Decimal(4))
    // It falls: who is long must not buy more.
    #expect(script.quotes.count == 1 && script.quotes[0].hasPrefix("sell"))
  }

  @Test("S3-64 a loss that is too large leaves, and pauses for a minute")
  func breaker() throws {
    try start { $0.maxUnrealisedLoss = Decimal(2) }
    bench.run(seconds: Decimal(15))
    venue.hit(.buy)
    bench.run(seconds: Decimal(1))
    script.setMid("95900.5")
    bench.run(seconds: Decimal(3))
    #expect(venue.position == .zero && script.logs("No entries: the circuit breaker").count == 1)
    bench.run(seconds: Decimal(50))
    #expect(script.quotes.isEmpty)
    bench.run(seconds: Decimal(70))
    #expect(script.quotes.count == 2)
  }

  @Test("S3-65 a pause for volatility is written down, five minutes later")
  func pauses() throws {
    try start()
    bench.run(seconds: Decimal(15))
    script.setMid("97200.5")
    bench.run(seconds: Decimal(290))
    #expect(bench.rows[.pauses] == nil)
    bench.run(seconds: Decimal(12))
    #expect(bench.rows[.pauses]?.count == 1 && bench.rows[.pauseLines]?.count == 1)
    #expect(bench.rows[.pauses]?[0].contains(",60 s range 200,97200.5,97200.5") == true)
  }
}
