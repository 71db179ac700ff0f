import PerpCore
import PerpSim
import PerpVenue

/// What clients send to change something, over REST or WebSocket alike. First the interface checks
/// what can be said of a transaction by itself: what it refuses uses no nonce. What it takes goes
/// to the sequencer, which may still refuse it, and then says so only to who asks.
extension LighterSimulator {
  /// What a simulator's transactions are signed for: as on mainnet.
  static let chainID: Int64 = 304
  private static let recordsKept = 20_000

  static func rules() -> ExchangeRules {
    ExchangeRules(
      // "0.28/1.96 bps" of maker and taker.
      fees: FeeRates(
        maker: Decimal(mantissa: 28, scale: 6), taker: Decimal(mantissa: 196, scale: 6)),
      // "1000 active per market".
      maxOpenOrders: 1_000)
  }

  /// Takes a transaction, or refuses it; returns its hash. `isIgnored` is a fault: it looks taken,
  /// and nothing comes of it.
  mutating func submit(
    type: Int64, _ text: [UInt8], isIgnored: Bool = false, at now: Moment, into told: inout Told
  ) throws(LighterSimulatorRefusal) -> String {
    let transaction = try LighterSimulatorTransaction(type: type, text, chainID: Self.chainID)
    let place = try verify(transaction, at: now)
    try check(transaction, at: now)
    guard !isIgnored else { return transaction.name }
    accounts[place].keys[transaction["ApiKeyIndex"]]?.nonce = transaction["Nonce"] + 1
    record(transaction, at: now)
    do throws(LighterSimulatorRefusal) {
      try execute(transaction, of: accounts[place].number, at: now, into: &told)
    } catch {
      records[transaction.name]?.verdict = error
    }
    return transaction.name
  }

  private mutating func record(_ transaction: LighterSimulatorTransaction, at now: Moment) {
    if records.count >= Self.recordsKept { records.removeAll() }
    records[transaction.name] = LighterSimulatorRecord(
      name: transaction.name, type: transaction.type, text: transaction.text,
      account: transaction["AccountIndex"], key: transaction["ApiKeyIndex"],
      nonce: transaction["Nonce"], expiredAt: transaction["ExpiredAt"], queuedAt: now.wall / 1_000)
  }

  // MARK: What the interface checks

  /// The place of the account whose key signed it.
  private mutating func verify(
    _ transaction: LighterSimulatorTransaction, at now: Moment
  ) throws(LighterSimulatorRefusal) -> Int {
    guard let place = accounts.firstIndex(where: { $0.index == transaction["AccountIndex"] }) else {
      throw LighterSimulatorRefusal(21_100, "account not found")
    }
    guard let key = accounts[place].keys[transaction["ApiKeyIndex"]] else {
      throw LighterSimulatorRefusal(21_109, "api key not found")
    }
    guard accounts[place].transactions.take(at: now.monotonic) else {
      throw LighterSimulatorRefusal(23_000, "Too Many Requests!", status: 429)
    }
    let ahead = transaction["ExpiredAt"] - now.wall / 1_000
    guard (1...24 * 3_600_000).contains(ahead) else {
      throw LighterSimulatorRefusal(20_001, "invalid param : ExpiredAt")
    }
    guard transaction.isSigned(by: key.publicKey) else {
      throw LighterSimulatorRefusal(21_120, "invalid signature")
    }
    // "Must be exactly previous + 1"; with attribute 4 any larger one.
    let isNext =
      transaction.attribute(4) == 1
      ? transaction["Nonce"] >= key.nonce : transaction["Nonce"] == key.nonce
    guard isNext else { throw LighterSimulatorRefusal(21_104, "invalid nonce") }
    return place
  }

  private func check(
    _ transaction: LighterSimulatorTransaction, at now: Moment
  ) throws(LighterSimulatorRefusal) {
    switch transaction.type {
    case 14: try checkOrder(transaction, at: now)
    case 15, 17, 20:
      guard market(of: transaction) != nil else { throw Self.unknownMarket }
    case 16:
      let isScheduled = transaction["TimeInForce"] == 1
      guard (0...2).contains(transaction["TimeInForce"]) else {
        throw LighterSimulatorRefusal(21_713, "invalid cancel all time in force")
      }
      let ahead = transaction["Time"] - now.wall / 1_000
      guard isScheduled ? (300_000...15 * 86_400_000).contains(ahead) : transaction["Time"] == 0
      else { throw LighterSimulatorRefusal(21_714, "invalid cancel all time") }
    default: break
    }
  }

  static let unknownMarket = LighterSimulatorRefusal(21_602, "invalid market index")

  func market(of transaction: LighterSimulatorTransaction) -> Int? {
    ShortText("\(transaction["MarketIndex"])").flatMap { indexes[$0] }
  }

  private func checkOrder(
    _ order: LighterSimulatorTransaction, at now: Moment
  ) throws(LighterSimulatorRefusal) {
    guard let place = market(of: order) else { throw Self.unknownMarket }
    guard order["Price"] >= 1, order["Price"] < 1 << 32 else {
      throw LighterSimulatorRefusal(21_702, "invalid price")
    }
    guard order["BaseAmount"] >= 1 || order["ReduceOnly"] == 1, order["BaseAmount"] < 1 << 48 else {
      throw LighterSimulatorRefusal(21_701, "invalid base amount")
    }
    guard order["IsAsk"] <= 1 else { throw LighterSimulatorRefusal(21_703, "invalid isAsk") }
    guard order["Type"] <= 5 else { throw LighterSimulatorRefusal(21_704, "invalid OrderType") }
    let (type, tif) = (order["Type"], order["TimeInForce"])
    let isTrigger = type >= 2
    let isImmediate = [1, 2, 4].contains(type)
    guard isImmediate ? tif == 0 : tif <= 2 else {
      throw LighterSimulatorRefusal(21_705, "invalid OrderTimeInForce")
    }
    guard isTrigger == (order["TriggerPrice"] > 0) else {
      throw LighterSimulatorRefusal(21_729, "invalid order trigger price")
    }
    // "5 minutes to 30 days ahead", of what can last.
    let ahead = order["OrderExpiry"] - now.wall / 1_000
    let lasts = isTrigger || tif != 0
    guard lasts ? (300_000...30 * 86_400_000).contains(ahead) : order["OrderExpiry"] == 0 else {
      throw LighterSimulatorRefusal(21_711, "invalid expiry")
    }
    let market = markets[place]
    let (price, size) = (market.price(order["Price"]), market.size(order["BaseAmount"]))
    guard
      order["ReduceOnly"] == 1
        || size >= market.minSize && (price.multiplied(by: size) ?? .zero) >= Decimal(10)
    else { throw LighterSimulatorRefusal(21_706, "invalid order base or quote amount") }
    let isWild = price > market.market.markPrice.multiplied(by: Decimal(2)) ?? price
    guard !isWild || order["IsAsk"] == 1 else {
      throw LighterSimulatorRefusal(21_733, "order price flagged as an accidental price")
    }
  }
}

extension LighterSimulatorMarket {
  func price(_ integer: Int64) -> Decimal {
    Decimal(mantissa: Int128(integer), scale: UInt8(digits.price))
  }

  func size(_ integer: Int64) -> Decimal {
    Decimal(mantissa: Int128(integer), scale: UInt8(digits.size))
  }

  var minSize: Decimal { market.profile.lot.multiplied(by: Decimal(20)) ?? market.profile.lot }
}
