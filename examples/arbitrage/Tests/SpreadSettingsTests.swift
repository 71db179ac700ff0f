import Bot
import PerpCore
import Testing

/// Rows S0-01 to S0-15.
@Suite("Settings of the spread strategy") struct SpreadSettingsTests {
  @Test("S0-14 markets are found by the ticker, and by the venue's own name")
  func markets() throws {
    let time = WallTime(offset: 0)
    let given = ["--size", "1", "--max-position", "1", "--ticker", "WIF"]
    let plain = try SpreadSettings(
      Settings(SpreadSettings.parameters, arguments: given), time: time)
    #expect(plain.first.description == "paradex:WIF-USD-PERP")
    #expect(plain.second.description == "variational:WIF-USDC-PERP")
    let named = try SpreadSettings(
      Settings(
        SpreadSettings.parameters, arguments: given,
        environment: ["VARIATIONAL_MARKET": "P-ETH-USDC-3600", "PARADEX_MARKET": "ETH-USD-PERP"]),
      time: time)
    #expect(named.first.symbol.description == "ETH-USD-PERP")
    #expect(named.second.symbol.description == "ETH-USDC-PERP")
  }

  @Test("S0-01 to S0-13 the defaults are those of the specification")
  func defaults() throws {
    let settings = try SpreadSettings(
      Settings(
        SpreadSettings.parameters, arguments: ["--size", "0.001", "--max-position", "0.01"]),
      time: WallTime(offset: 0))
    #expect(settings.ticker == "BTC" && settings.warmup == 100 && settings.window == 500)
    #expect(settings.thresholds.long == decimal("10") && settings.thresholds.floor == decimal("5"))
    #expect(settings.fillTimeout == Nanoseconds.seconds(5) && settings.minBalance == decimal("10"))
    #expect(settings.cooldown == Nanoseconds.seconds(3))
    #expect(settings.sampleInterval == Nanoseconds.milliseconds(900))
    #expect(settings.loopInterval == Nanoseconds.seconds(1))
    #expect(settings.heartbeat == Nanoseconds.seconds(300))
    #expect(settings.reportInterval == Nanoseconds.seconds(1_800))
    #expect(settings.offset == decimal("0.005") && settings.maxSlippage == 50)
    #expect(settings.guards == InteractiveGuard.Settings())
    #expect(settings.guards.hourGuard == 190 && settings.guards.dayGuard == 990)
    #expect(settings.imbalanceThreshold == decimal("0.001"))
    #expect(settings.imbalanceAction == .alert && settings.sendsOrders)
    #expect(settings.liveConfirmation == nil)
  }

  @Test("C-16 live orders need a word, S0-11 siwe is refused")
  func refusals() throws {
    let given = ["--size", "1", "--max-position", "1"]
    for more in [["--live"], ["--live", "--confirm", "yes"], ["--variational-auth-mode", "siwe"]] {
      let settings = try Settings(SpreadSettings.parameters, arguments: given + more)
      #expect(throws: Settings.Problem.self) {
        try SpreadSettings(settings, time: WallTime(offset: 0))
      }
    }
    let live = try Settings(
      SpreadSettings.parameters,
      arguments: given + ["--live", "--confirm", "ENABLE_LIVE_ORDER"])
    #expect(
      try SpreadSettings(live, time: WallTime(offset: 0)).liveConfirmation == "ENABLE_LIVE_ORDER")
  }
}
