import PerpCore
import Testing

@testable import Bot

/// Rows S1-01 to S1-22.
@Suite("Z-score settings") struct ZarbSettingsTests {
  private func read(_ environment: [String: String] = [:]) throws -> ZarbSettings {
    try ZarbSettings(Settings(ZarbSettings.parameters, arguments: [], environment: environment))
  }

  @Test(
    "S1-03 the old switch counts where the two new ones are not set",
    arguments: [
      (["ARB_DRY_RUN": "true"], true, false), (["ARB_DRY_RUN": "false"], false, true),
      ([:], true, false), (["ARB_DRY_RUN": "off"], false, true),
      (["ARB_DRY_RUN": "ON", "ARB_SIMULATED_MARKET_DATA": "0"], false, false),
      (
        [
          "ARB_DRY_RUN": "true", "ARB_SIMULATED_MARKET_DATA": "no",
          "ARB_LIVE_ORDER_ENABLED": "yes",
        ], false, true
      ),
    ])
  func switches(environment: [String: String], simulates: Bool, sends: Bool) throws {
    let settings = try read(environment)
    #expect(settings.simulatesData == simulates && settings.sendsOrders == sends)
  }

  @Test("S1-01 to S1-22 the defaults are those of the specification")
  func defaults() throws {
    let settings = try read()
    let parameters = settings.parameters
    #expect(settings.confirmation == "ENABLE_LIVE_ORDER" && settings.mode == .normal)
    #expect(settings.window == ScoreWindow.Settings())
    #expect((settings.window.mean, settings.window.least) == (120, 60))
    #expect(parameters.entry == [.normal: decimal("1.8"), .zeroWear: decimal("1.2")])
    #expect(parameters.exit == [.normal: decimal("0.6"), .zeroWear: decimal("0.3")])
    #expect(parameters == ZarbParameters())
    #expect(parameters.thresholds(.zeroWear, fees: .zero).minEdge == decimal("0.7"))
    #expect(parameters.sizes.maxPosition == decimal("0.1"))
    #expect(settings.positionInterval == Nanoseconds.milliseconds(1_500))
    #expect(settings.staleness == Nanoseconds.milliseconds(1_200))
    #expect(settings.tolerance == decimal("2") && settings.consistencyFailures == 3)
    #expect(settings.idleTimeout == Nanoseconds.seconds(8) && settings.healthFailures == 3)
    #expect(settings.rebalanceAt == decimal("1.5") && settings.flattenAt == decimal("3"))
    #expect(settings.rates == ["paradex": ZarbRates(), "grvt": ZarbRates()])
    #expect(settings.webHost == "127.0.0.1" && settings.webPort == 8_000)
    #expect(settings.warmup.isEnabled && settings.warmup.isRequired)
    #expect(settings.warmup.timeout == Nanoseconds.seconds(90))
    #expect(settings.warmup.retention == 2_000)
    #expect(settings.markets.count == 10)
    #expect(settings.markets[9].first.description == "paradex:LTC-USD-PERP")
    #expect(settings.markets[9].second.description == "grvt:LTC-USDT-PERP")
  }

  @Test("S1-06 lists are matched by position, in the words of either venue")
  func markets() throws {
    let settings = try read([
      "ARB_SYMBOLS": "BTC-PERP, ETH-PERP,SOL-PERP", "PARADEX_MARKETS": "BTC/USD:USDC",
      "GRVT_MARKETS": "BTC_USDC_Perp,ETH_USDT_Perp", "ARB_RECOMMENDED_LEVERAGES": "5,x,0",
    ])
    #expect(settings.markets.map(\.symbol) == ["BTC-PERP", "ETH-PERP", "SOL-PERP"])
    #expect(settings.markets.map(\.leverage) == [5, 2, 1])
    #expect(settings.markets[0].first.description == "paradex:BTC-USD-PERP")
    #expect(settings.markets[0].second.description == "grvt:BTC-USDC-PERP")
    #expect(settings.markets[2].second.description == "grvt:SOL-USDT-PERP")
  }

  @Test("S1-05 a mode that nobody knows is the normal one", arguments: ["zero_wear", "fast", ""])
  func modes(text: String) throws {
    #expect(
      try read(["ARB_DEFAULT_MODE": text]).mode == (text == "zero_wear" ? .zeroWear : .normal))
  }

  @Test(
    "S1-08 what contradicts itself is refused",
    arguments: [
      ["ARB_Z_EXIT": "1.8"], ["ARB_Z_ZERO_EXIT": "1.3"], ["ARB_MIN_SAMPLES": "1"],
      ["ARB_SYMBOLS": "BTC"], ["ARB_DRY_RUN": "maybe"], ["ARB_HARD_NET_LIMIT_MULT": "1.5"],
      ["ARB_SIMULATED_MARKET_DATA": "on", "ARB_LIVE_ORDER_ENABLED": "on"],
      ["ARB_MARKET_WARMUP_SCAN_INTERVAL_MS": "49"], ["ARB_RL_GRVT_ORDER_RATE": "0"],
    ])
  func contradictions(environment: [String: String]) {
    #expect(throws: Settings.Problem.self) { try read(environment) }
  }
}
