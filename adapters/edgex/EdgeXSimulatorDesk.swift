import PerpCore
import PerpCrypto
import PerpSim
import PerpVenue

/// What the simulated venue keeps of its one account beside the exchange.
struct EdgeXSimulatorDesk: Sendable {
  /// An answer, or what the private stream tells: events are numbered as they leave.
  enum Delivery: Sendable {
    case action(SimulatorAction)
    case report(Report)
  }

  enum Report: Sendable {
    case order(ExchangeOrder)
    /// The first of two events of a fill: the engine has matched it.
    case matched(ExchangeOrder, ExchangeFill)
    /// The second: position and collateral have it.
    case booked(ExchangeOrder, ExchangeFill, ExchangePosition)
  }

  static let owner: UInt32 = 1
  static let fees = FeeRates(
    maker: Decimal(mantissa: 4, scale: 4), taker: Decimal(mantissa: 45, scale: 5))

  let gate: EdgeXSimulatorGate
  /// Of V2.
  let signer: EthereumAddress?
  /// Nanoseconds until an order comes to the book.
  let orderDelay: UInt64
  /// Rows of one answer at most.
  let pageRows: Int
  var faults: OrderFaults
  /// Why the setting with the faults is none.
  private(set) var faultsProblem: String?
  var held = HeldActions<Delivery>()
  /// By the number of the exchange.
  var orders: [UInt64: EdgeXSimulatorOrder] = [:]
  /// Of the account's events; rises by one with each.
  var version: Int64
  private var requests: RollingWindow?
  /// Public ids of trades by the numbers of fills.
  private(set) var trades: [UInt64: ShortText] = [:]
  /// Sums of all fills, in the quote coin.
  private(set) var bought = Decimal.zero
  private(set) var sold = Decimal.zero
  private(set) var paid = Decimal.zero

  init(_ options: SimulatorOptions) {
    let settings = options.settings
    func number(_ name: String, _ standard: Int) -> Int {
      settings[name].flatMap { Int($0) } ?? standard
    }
    gate = EdgeXSimulatorGate(settings)
    signer = (try? Secp256k1.PrivateKey(hex: EdgeXSimulatedAccount.privateKey))?.address
    orderDelay = Nanoseconds.milliseconds(max(0, number("order_delay", 0)))
    pageRows = max(1, number("page_rows", 200))
    let limit = number("requests_per_second", 0)
    requests = limit > 0 ? RollingWindow(limit: limit, per: Nanoseconds.seconds(1)) : nil
    version = 1_000 + Int64(options.seed % 1_000)
    faults = OrderFaults(seed: options.seed)
    guard let text = settings["order_faults"], !text.isEmpty else { return }
    do throws(OrderFaults.Problem) {
      faults = try OrderFaults(text, seed: options.seed)
    } catch {
      faultsProblem = "\(error)"
    }
  }

  mutating func mayAsk(at now: Moment) -> Bool { requests?.take(at: now.monotonic) ?? true }

  mutating func note(_ fill: ExchangeFill, trade: ShortText) {
    trades[fill.number] = trade
    if trades.count > 12_000 { trades = trades.filter { $0.key + 6_000 > fill.number } }
    guard let value = fill.price.multiplied(by: fill.size) else { return }
    if fill.side == .buy {
      bought = bought.adding(value)?.trimmed ?? bought
    } else {
      sold = sold.adding(value)?.trimmed ?? sold
    }
    paid = paid.adding(fill.fee)?.trimmed ?? paid
  }

  static func exchange(_ markets: [EdgeXSimulatorMarket]) -> SimulatedExchange {
    var exchange = SimulatedExchange(
      rules: ExchangeRules(
        fees: fees, priceBand: Decimal(mantissa: 2, scale: 1), reusesClientIDs: false,
        orderName: { number, _ in "\(795_000_000_000_000_000 + number * 104_729)" }),
      markets: markets.map { ExchangeMarket($0.market, maxSize: Decimal(100_000)) })
    exchange.open(owner)
    return exchange
  }

  /// Members that begin whatever belongs to the account.
  static func putOwner(to text: inout ByteBuffer) {
    text.put("userId", text: EdgeXSimulatedAccount.userID)
    text.put("accountId", text: EdgeXSimulatedAccount.accountID)
    text.put("coinId", text: "1000")
  }
}
