import PerpCore
import PerpCrypto

/// "Get Meta Data", as far as orders and rows about an account need it: which contracts there are,
/// and how orders are signed. Where V2 and the legacy system name a member differently, the first
/// name is V2's.
///
///     {"global":{"nativeChainId":"3343","chainId":"3343","contractAddress":"0x…"},
///      "coinList":[{"coinId":"1000","coinName":"USDC","resolution":"0xf4240"}],
///      "contractList":[{"contractId":"30000020","baseCoinId":"1020","quoteCoinId":"1000",
///       "tickSize":"0.01","resolution":"1000000000","defaultTakerFeeRate":"0.00045",
///       "defaultMakerFeeRate":"0.0004"}]}
struct EdgeXContracts: Sendable {
  struct Row: Sendable {
    let symbol: Symbol
    /// The venue's, as text and as it is signed.
    let name: String
    let number: UInt64
    let collateral: UInt64
    /// Nil where the venue does not say how its orders are signed.
    let scale: EdgeXSignedTerms.Scale?
  }

  /// What signatures are for.
  let chainID: UInt256
  let address: EthereumAddress
  /// Names of coins by their ids.
  private(set) var coins: [String: String] = [:]
  private var byName: [String: Row] = [:]
  private var bySymbol: [Symbol: Row] = [:]

  /// Nil where the chain, its contract, coins or contracts are missing.
  init?(_ data: JSONFields) {
    guard let global = data.object("global"),
      let chain = (global.text("nativeChainId") ?? global.text("chainId"))
        .flatMap(EdgeXSignedTerms.number),
      let address = global.text("contractAddress").flatMap({ EthereumAddress($0) }),
      let coinRows = data.objects("coinList"), let rows = data.objects("contractList")
    else { return nil }
    (chainID, self.address) = (chain, address)
    var units: [String: UInt128] = [:]
    for coin in coinRows {
      guard let id = coin.text("coinId"), let name = coin.text("coinName") else { continue }
      coins[id] = name
      units[id] = Self.resolution(coin)
    }
    for fields in rows {
      guard let row = Self.row(fields, coins, units), bySymbol[row.symbol] == nil else { continue }
      byName[row.name] = row
      bySymbol[row.symbol] = row
    }
    if bySymbol.isEmpty { return nil }
  }

  subscript(name: String) -> Row? { byName[name] }
  subscript(symbol: Symbol) -> Row? { bySymbol[symbol] }

  private static func row(
    _ fields: JSONFields, _ coins: [String: String], _ units: [String: UInt128]
  ) -> Row? {
    guard let name = fields.text("contractId"), let number = UInt64(name),
      let quoteID = fields.text("quoteCoinId"), let collateral = UInt64(quoteID),
      let base = fields.text("baseCoinId").flatMap({ coins[$0] }), let quote = coins[quoteID],
      let symbol = Symbol("\(base)-\(quote)-PERP")
    else { return nil }
    var scale: EdgeXSignedTerms.Scale?
    if let tick = fields.decimal("tickSize"), tick > .zero, let own = resolution(fields),
      let quotes = units[quoteID]
    {
      scale = EdgeXSignedTerms.Scale(
        tickSize: tick, resolution: own, quoteResolution: quotes,
        feeRate: EdgeXSignedTerms.feeRate(
          taker: fields.decimal("defaultTakerFeeRate"),
          maker: fields.decimal("defaultMakerFeeRate")))
    }
    return Row(symbol: symbol, name: name, number: number, collateral: collateral, scale: scale)
  }

  /// Units of a whole, in decimal or hexadecimal digits.
  private static func resolution(_ fields: JSONFields) -> UInt128? {
    let text = fields.text("resolution") ?? fields.text("starkExResolution")
    guard let number = text.flatMap(EdgeXSignedTerms.number), number.bitWidth <= 127 else {
      return nil
    }
    return UInt128(number.w1) << 64 | UInt128(number.w0)
  }
}
