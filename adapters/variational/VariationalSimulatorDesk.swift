import PerpCore
import PerpSim
import PerpVenue

/// What the simulated venue keeps of its one account beside the exchange: quotes that were given,
/// orders that are being cleared, and what goes wrong with requests.
struct VariationalSimulatorDesk: Sendable {
  struct Quote: Sendable {
    let market: Int
    let quantity: Decimal
    let pair: VariationalWire.Pair
    /// On the monotonic clock.
    let expiresAt: UInt64
  }

  /// What becomes of a market order once the provider had its last look.
  struct Clearing: Sendable {
    let number: UInt64
    let price: Decimal
    let isDeclined: Bool
    let due: UInt64
  }

  static let owner: UInt32 = 1
  /// "Triggers are checked every 0.1 s", and so are limit orders.
  static let looksEvery = Nanoseconds.milliseconds(100)
  /// "Min notional 0.1 USDC."
  static let leastValue = Decimal(mantissa: 1, scale: 1)

  let address: String
  private let session: String
  private let sessionLife: UInt64?
  let quoteLife: UInt64
  let clearsWithin: UInt64
  /// Of a hundred market orders.
  let declined: Int
  /// Whether lists of orders are objects with a count, or bare arrays.
  let arePaged: Bool
  var startedAt: UInt64 = 0
  /// Of requests about the account, for which the venue publishes none.
  var rate = RollingWindow(limit: 80, per: Nanoseconds.seconds(10))
  var quotes: [String: Quote] = [:]
  /// In the order they come due.
  var clearings: [Clearing] = []
  var looksAt: UInt64 = .max
  var faults: OrderFaults
  /// Why the setting with the faults is none.
  private(set) var faultsProblem: String?
  var held = HeldActions<SimulatorAction>()
  /// In words of the venue, by the number of the order.
  var clearingStatus: [UInt64: String] = [:]

  init(_ options: SimulatorOptions) {
    let settings = options.settings
    func number(_ name: String, _ standard: Int) -> Int {
      settings[name].flatMap { Int($0) } ?? standard
    }
    session =
      settings["session"].flatMap { $0.isEmpty ? nil : $0 }
      ?? VariationalSimulatedAccount.session
    address = settings["address"] ?? ""
    sessionLife = settings["session_seconds"].flatMap { Int($0) }.map { Nanoseconds.seconds($0) }
    quoteLife = Nanoseconds.milliseconds(number("quote_life_ms", 5_000))
    clearsWithin = Nanoseconds.milliseconds(number("clearing_ms", 300))
    declined = number("declined", 0)
    arePaged = settings["order_lists"] != "bare"
    faults = OrderFaults(seed: options.seed)
    guard let text = settings["order_faults"], !text.isEmpty else { return }
    do throws(OrderFaults.Problem) {
      faults = try OrderFaults(text, seed: options.seed)
    } catch {
      faultsProblem = "\(error)"
    }
  }

  var deadline: UInt64 {
    min(held.deadline ?? .max, clearings.first?.due ?? .max, looksAt)
  }

  /// Whether a session is the account's, and not over.
  func knows(session: Substring, at now: Moment) -> Bool {
    session == self.session && !isOver(at: now)
  }

  func isOver(at now: Moment) -> Bool {
    sessionLife.map { now.monotonic >= startedAt + $0 } ?? false
  }

  mutating func forgetOldQuotes(at now: Moment) {
    guard quotes.count > 1_000 else { return }
    quotes = quotes.filter { $0.value.expiresAt > now.monotonic }
  }
}
