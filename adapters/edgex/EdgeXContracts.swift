import PerpCore
import PerpCrypto

/// "Get Meta Data", as far as orders and rows about an account need it: which contracts there are,
/// and how orders are signed. The legacy system names some members otherwise: `resolution` is its
/// `starkExResolution`.
///
///     {"global":{"nativeChainId":"3343","chainId":"3343","contractAddress":"0x…"},
///      "coinList":[{"coinId":"1000","coinName":"USDC","assetId":"0x2c…",
///       "resolution":"0xf4240"}],
///      "contractList":[{"contractId":"30000020","baseCoinId":"1020","quoteCoinId":"1000",
///       "tickSize":"0.01","syntheticAssetId":"0x4e…","resolution":"1000000000",
///       "defaultTakerFeeRate":"0.00045","defaultMakerFeeRate":"0.0004"}]}
struct EdgeXContracts: Sendable {
  struct Row: Sendable {
    let symbol: Symbol
    /// The venue's, as text and as it is signed.
    let name: String
    let number: UInt64
    let collateral: UInt64
    /// Nil where the venue does not say how its orders are signed.
    let scale: EdgeXSignedTerms.Scale?
    /// What V1 signs in place of the numbers; below the order of its field.
    let assets: (synthetic: UInt256, collateral: UInt256)?
  }

  /// What V2 signs for; nil where the venue does not say.
  let domain: (chainID: UInt256, contract: EthereumAddress)?
  /// Names of coins by their ids.
  private(set) var coins: [String: String] = [:]
  private var byName: [String: Row] = [:]
  private var bySymbol: [Symbol: Row] = [:]

  /// Nil where coins or contracts are missing.
  init?(_ data: JSONFields, as generation: EdgeXGeneration) {
    guard let global = data.object("global"), let coinRows = data.objects("coinList"),
      let rows = data.objects("contractList")
    else { return nil }
    domain = Self.domain(global)
    var quotes: [String: JSONFields] = [:]
    for coin in coinRows {
      guard let id = coin.text("coinId"), let name = coin.text("coinName") else { continue }
      coins[id] = name
      quotes[id] = coin
    }
    for fields in rows {
      guard let row = Self.row(fields, coins, quotes, generation), bySymbol[row.symbol] == nil
      else { continue }
      byName[row.name] = row
      bySymbol[row.symbol] = row
    }
    if bySymbol.isEmpty { return nil }
  }

  subscript(name: String) -> Row? { byName[name] }
  subscript(symbol: Symbol) -> Row? { bySymbol[symbol] }

  private static func domain(
    _ global: JSONFields
  ) -> (chainID: UInt256, contract: EthereumAddress)? {
    guard
      let chain = (global.text("nativeChainId") ?? text("chainId", global))
        .flatMap(EdgeXSignedTerms.number),
      let contract = text("contractAddress", global).flatMap({ EthereumAddress($0) })
    else { return nil }
    return (chain, contract)
  }

  private static func row(
    _ fields: JSONFields, _ coins: [String: String], _ quotes: [String: JSONFields],
    _ generation: EdgeXGeneration
  ) -> Row? {
    guard let name = fields.text("contractId"), let number = UInt64(name),
      let quoteID = fields.text("quoteCoinId"), let collateral = UInt64(quoteID),
      let base = fields.text("baseCoinId").flatMap({ coins[$0] }), let quote = coins[quoteID],
      let symbol = Symbol("\(base)-\(quote)-PERP")
    else { return nil }
    var scale: EdgeXSignedTerms.Scale?
    if let tick = fields.decimal("tickSize"), tick > .zero, let own = resolution(fields),
      let quoteUnits = quotes[quoteID].flatMap(resolution)
    {
      scale = EdgeXSignedTerms.Scale(
        tickSize: tick, resolution: own, quoteResolution: quoteUnits,
        feeRate: generation.feeRate(
          taker: fields.decimal("defaultTakerFeeRate"),
          maker: fields.decimal("defaultMakerFeeRate")))
    }
    var assets: (UInt256, UInt256)?
    if let synthetic = asset("syntheticAssetId", fields),
      let quote = quotes[quoteID].flatMap({ asset("assetId", $0) })
    {
      assets = (synthetic, quote)
    }
    return Row(
      symbol: symbol, name: name, number: number, collateral: collateral, scale: scale,
      assets: assets)
  }

  /// By its name, or by what V1 calls it.
  private static func text(_ name: String, _ fields: JSONFields) -> String? {
    fields.text(name) ?? fields.text("starkEx" + name.prefix(1).uppercased() + name.dropFirst())
  }

  private static func asset(_ name: String, _ fields: JSONFields) -> UInt256? {
    let number = text(name, fields).flatMap(EdgeXSignedTerms.number)
    return number.flatMap { $0 < StarkCurve.prime ? $0 : nil }
  }

  /// Units of a whole, in decimal or hexadecimal digits.
  private static func resolution(_ fields: JSONFields) -> UInt128? {
    guard let number = text("resolution", fields).flatMap(EdgeXSignedTerms.number),
      number.bitWidth <= 127
    else { return nil }
    return UInt128(number.w1) << 64 | UInt128(number.w0)
  }
}
