import PerpCore
import PerpVenue

/// "Get Meta Data", and the channel `metadata`: which contracts there are. Rows cut short:
///
///     {"global":{…},
///      "coinList":[{"coinId":"1000","coinName":"USDC","stepSize":"0.000001"},
///       {"coinId":"1001","coinName":"BTC","stepSize":"0.001"}],
///      "contractList":[{"contractId":"30000001","contractName":"BTCUSDC","baseCoinId":"1001",
///       "quoteCoinId":"1000","tickSize":"0.1","stepSize":"0.001","minOrderSize":"0.001",
///       "riskTierList":[{"tier":1,"maxLeverage":"50"}],"fundingRateIntervalMin":"240",
///       "enableTrade":true,"enableDisplay":true,"enableOpenPosition":true}],"multiChain":{…}}
struct EdgeXMetadata {
  private(set) var markets: [ListedMarket] = []
  /// Names of contracts that make no market, and of rows that are malformed.
  private(set) var unreadable: [String] = []

  init(_ json: inout JSONReader, venue: VenueID) throws(JSONError) {
    var coins: [ShortText: String] = [:]
    var contracts: [EdgeXContract] = []
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "coinList" {
        try json.enterArray()
        while try json.nextElement() {
          // One row of nonsense must not cost all the others.
          var row = JSONReader(try json.raw())
          if let coin = try? EdgeXCoin(&row) { coins[coin.id] = coin.name }
        }
      } else if key == "contractList" {
        try json.enterArray()
        while try json.nextElement() {
          var row = JSONReader(try json.raw())
          if let contract = try? EdgeXContract(&row) {
            contracts.append(contract)
          } else {
            unreadable.append("(malformed)")
          }
        }
      } else {
        try json.skip()
      }
    }
    var symbols: Set<Symbol> = []
    for contract in contracts where !contract.isGone {
      guard let market = contract.market(venue, coins), symbols.insert(market.symbol).inserted
      else {
        unreadable.append(contract.name)
        continue
      }
      markets.append(ListedMarket(name: contract.id, market: market))
    }
  }
}

struct EdgeXCoin {
  let id: ShortText
  let name: String

  init(_ json: inout JSONReader) throws(JSONError) {
    var id: ShortText?
    var name: String?
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == "coinId" {
        id = try json.id()
      } else if key == "coinName" {
        name = try json.string().text
      } else {
        try json.skip()
      }
    }
    guard let id, let name else { throw json.error(.wrongType) }
    self.id = id
    self.name = name
  }
}

/// A row of `contractList`, as far as it matters for market data.
struct EdgeXContract {
  private(set) var id = ShortText()
  private(set) var name = ""
  private var baseCoin = ShortText()
  private var quoteCoin = ShortText()
  private var tickSize: Decimal?
  private var stepSize: Decimal?
  private var minOrderSize: Decimal?
  private var tierLeverage: Decimal?
  private var displayLeverage: Decimal?
  private var fundingMinutes: Int64?
  private var isTraded = true
  private var isDisplayed = true
  private var canOpen = true

  init(_ json: inout JSONReader) throws(JSONError) {
    try json.enterObject()
    while let key = try json.nextKey() {
      switch key.text {
      case "contractId": id = try json.id()
      case "contractName": name = try json.string().text
      case "baseCoinId": baseCoin = try json.id()
      case "quoteCoinId": quoteCoin = try json.id()
      case "tickSize": tickSize = try json.optionalDecimal()
      case "stepSize": stepSize = try json.optionalDecimal()
      case "minOrderSize": minOrderSize = try json.optionalDecimal()
      case "riskTierList" where try json.peek() == .array: try readTiers(&json)
      case "displayMaxLeverage": displayLeverage = try json.optionalDecimal()
      case "fundingRateIntervalMin": fundingMinutes = try json.optionalInteger()
      case "enableTrade": isTraded = try json.bool()
      case "enableDisplay": isDisplayed = try json.bool()
      case "enableOpenPosition": canOpen = try json.bool()
      default: try json.skip()
      }
    }
    guard !id.isEmpty else { throw json.error(.wrongType) }
  }

  /// The first tier, that of small positions, has the highest leverage.
  private mutating func readTiers(_ json: inout JSONReader) throws(JSONError) {
    try json.enterArray()
    while try json.nextElement() {
      try json.enterObject()
      while let key = try json.nextKey() {
        if key == "maxLeverage", tierLeverage == nil {
          tierLeverage = try json.optionalDecimal()
        } else {
          try json.skip()
        }
      }
    }
  }

  /// Neither traded nor shown.
  var isGone: Bool { !isTraded && !isDisplayed }

  private var status: Market.Status {
    guard isTraded else { return .halted }
    return canOpen ? .open : .reduceOnly
  }

  /// Symbols are made of the coins: some contracts have names outside ASCII.
  func market(_ venue: VenueID, _ coins: [ShortText: String]) -> Market? {
    guard let base = coins[baseCoin], let quote = coins[quoteCoin],
      let symbol = Symbol("\(base)-\(quote)-PERP"),
      let tick = tickSize, !tick.isZero, !tick.isNegative,
      let lot = stepSize, !lot.isZero, !lot.isNegative
    else { return nil }
    let minutes = fundingMinutes.flatMap { (1...10_080).contains($0) ? Int($0) : nil }
    return Market(
      venue: venue, symbol: symbol, venueSymbol: id.string, base: base, quote: quote,
      tickSize: tick, lotSize: lot, minSize: minOrderSize ?? lot, minNotional: nil,
      maxLeverage: tierLeverage ?? displayLeverage,
      fundingIntervalSeconds: minutes.map { $0 * 60 }, status: status)
  }
}
