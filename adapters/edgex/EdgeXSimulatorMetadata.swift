import PerpCore

extension EdgeXSimulator {
  var metadata: EdgeXSimulatorMetadata { EdgeXSimulatorMetadata(markets: markets) }
}

/// All that "Get Meta Data" tells. The two systems name the fields of their chains differently.
struct EdgeXSimulatorMetadata: EdgeXRow {
  let markets: [EdgeXSimulatorMarket]

  func write(to text: inout ByteBuffer, as generation: EdgeXGeneration) {
    let isOld = generation == .v1
    text.append(#"{"global":{"appName":"edgeX","appEnv":"simulated""#)
    text.put(isOld ? "starkExChainId" : "chainId", text: isOld ? "0xaa36a7" : "33431")
    if !isOld { text.put("nativeChainId", text: "33431") }
    text.put(
      isOld ? "starkExContractAddress" : "contractAddress",
      text: "0x00000000000000000000000000000000000000ed")
    text.put("collateralCoinId", text: "1000")
    text.append(#"},"coinList":["#)
    writeCoin(
      "1000", isOld ? "USD" : "USDC", step: Decimal(mantissa: 1, scale: 6), to: &text, generation)
    for market in markets {
      text.append(",")
      writeCoin(
        market.names.baseCoin, market.names.base, step: market.market.profile.lot, to: &text,
        generation)
    }
    text.append(#"],"contractList":["#)
    for (index, market) in markets.enumerated() {
      if index > 0 { text.append(",") }
      write(market, to: &text, generation)
    }
    text.append(#"],"multiChain":{"chainList":[]}}"#)
  }

  private func writeCoin(
    _ id: String, _ name: String, step: Decimal, to text: inout ByteBuffer,
    _ generation: EdgeXGeneration
  ) {
    let isCollateral = id == "1000"
    text.append("{")
    text.put("coinId", text: id)
    text.put("coinName", text: name)
    text.put("stepSize", step)
    text.put("showStepSize", step)
    text.put("iconUrl", text: "")
    text.put(generation == .v1 ? "starkExAssetId" : "assetId")
    let asset = isCollateral ? "\"\(EdgeXSimulatorStark.collateral.hex)\"" : "null"
    text.append(asset)
    text.put(generation == .v1 ? "starkExResolution" : "resolution")
    text.append(isCollateral ? #""0xf4240"}"# : "null}")
  }

  private func write(
    _ market: EdgeXSimulatorMarket, to text: inout ByteBuffer, _ generation: EdgeXGeneration
  ) {
    let profile = market.market.profile
    text.append("{")
    text.put("contractId", text: market.contract.string)
    text.put("contractName", text: market.contractName)
    text.put("baseCoinId", text: market.names.baseCoin)
    text.put("quoteCoinId", text: "1000")
    text.put("tickSize", profile.tick)
    text.put("stepSize", profile.lot)
    text.put("minOrderSize", profile.lot)
    text.put("maxOrderSize", Decimal(100_000))
    text.put("maxOrderBuyPriceRatio", Decimal(mantissa: 2, scale: 1))
    text.put("minOrderSellPriceRatio", Decimal(mantissa: 2, scale: 1))
    text.put("maxPositionSize", Decimal(300_000))
    text.put("riskTierList")
    text.append(#"[{"tier":1,"positionValueUpperBound":"200000""#)
    text.put("maxLeverage", Decimal(profile.maxLeverage))
    text.put(
      "maintenanceMarginRate", Decimal(1).divided(by: Decimal(profile.maxLeverage * 2), scale: 4))
    text.append("}]")
    text.put("defaultTakerFeeRate", Decimal(mantissa: 45, scale: 5))
    text.put("defaultMakerFeeRate", Decimal(mantissa: 4, scale: 4))
    text.put("defaultLeverage", Decimal(min(10, profile.maxLeverage)))
    text.put("liquidateFeeRate", Decimal(mantissa: 1, scale: 2))
    text.put("enableTrade", true)
    text.put("enableDisplay", true)
    text.put("enableOpenPosition", true)
    text.put("fundingInterestRate", Decimal(mantissa: 3, scale: 4))
    text.put("fundingImpactMarginNotional", Decimal(500))
    text.put("fundingMaxRate", Decimal(mantissa: 4, scale: 3))
    text.put("fundingMinRate", Decimal(mantissa: -4, scale: 3))
    text.put("fundingRateIntervalMin", text: String(EdgeXSimulatorMarket.fundingMinutes))
    text.put("displayMaxLeverage", Decimal(profile.maxLeverage))
    text.put("displayMinLeverage", text: "1")
    text.put("displayNewIcon", false)
    text.put("displayHotIcon", false)
    text.put("matchServerName", text: "edgex-match-server")
    text.put(
      generation == .v1 ? "starkExSyntheticAssetId" : "syntheticAssetId",
      text: EdgeXSimulatorStark.asset(ofContract: market.contract.string).hex)
    text.put(
      generation == .v1 ? "starkExResolution" : "resolution",
      text: generation == .v1 ? "0x3b9aca00" : "1000000000")
    text.put("isStock", false)
    text.put("isFx", false)
    text.append("}")
  }
}
