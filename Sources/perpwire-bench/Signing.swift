import ArgumentParser
import PerpCore
import PerpIO
import PerpVenue
import PerpVenues

struct Signing: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "From an order to the request that is signed, for each venue, in process.",
    discussion: """
      EXAMPLES
        perpwire bench signing
        perpwire bench signing --orders 20000
      """)

  @Option(help: "Orders a venue.")
  var orders = 5_000

  func run() throws {
    var table = TextTable(["order to signed request", "p50 us", "p99 us", "target us"])
    for venue in Registry.venues {
      guard let trading = venue.trading else { continue }
      var desk = try OrderWriter(venue, trading)
      let times = Percentiles(try (0..<orders).map { try desk.time($0) })
      table.add([
        venue.id.description, (Float(times.p50) / 1_000).text(1),
        (Float(times.p99) / 1_000).text(1), Self.targets[venue.id.description] ?? "",
      ])
    }
    print(table.text)
  }

  /// `performance-notes.md`, section 9.
  private static let targets = [
    "paradex": "150", "lighter": "150", "grvt": "50", "edgex": "50",
  ]
}

/// An account that has learnt what it needs from a simulated venue in memory, and writes orders.
struct OrderWriter {
  private var dialect: any TradingDialect
  private var simulator: any VenueSimulator
  private let symbol: Symbol
  private var names: OrderNames
  private var requests = 0

  init(_ venue: VenueDescriptor, _ trading: VenueTrading) throws {
    let now = Clock.now()
    symbol = venue.perpetual("BTC")!
    simulator = venue.makeSimulator(SimulatorOptions(seed: 1, symbols: [symbol]))
    dialect = try trading.makeDialect(
      TradingOptions(
        account: AccountID(venue.id, "bench"),
        endpoints: venue.simulatorEndpoints("venue.example"), seed: 1,
        settings: Dictionary(uniqueKeysWithValues: trading.settings.map { ($0.name, $0.value) }),
        secrets: trading.simulatedAccount.mapValues { Secret($0) }, now: now))
    names = OrderNames(dialect.tracking.naming)
    var actions: [SimulatorAction] = []
    simulator.receive(.start, at: now, into: &actions)
    while let request = try dialect.nextStep(at: Clock.now()) {
      try dialect.readStep(answer(to: request), at: Clock.now())
    }
  }

  struct NoAnswer: Error {}

  private mutating func answer(to request: HTTPRequest) throws -> HTTPResponse {
    requests += 1
    let id = RequestID(requests)
    var inner = request
    inner.url = "/" + request.url.split(separator: "/", maxSplits: 2).dropFirst(2).joined()
    var actions: [SimulatorAction] = []
    for _ in 0..<100 {
      if actions.isEmpty {
        simulator.receive(.request(id, inner), at: Clock.now(), into: &actions)
      }
      for case .respond(id, let response) in actions { return response }
      simulator.receive(.wake, at: Clock.now(), into: &actions)
    }
    throw NoAnswer()
  }

  /// Nanoseconds for one order.
  mutating func time(_ number: Int) throws -> UInt64 {
    let id = ClientOrderID("bench-\(number)")!
    let terms = OrderTerms(
      side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(50_000 + number % 1_000),
      size: Decimal(mantissa: 1, scale: 2), isPostOnly: true)
    let now = Clock.now()
    let order = OrderSubject(
      placing: OrderIntent(clientID: id, symbol: symbol, terms: terms),
      name: names.next(for: id, at: now.wall), at: now)
    let start = Clock.now().monotonic
    let message = try dialect.write(.place(id), order, tag: Int64(number), at: now)
    let end = Clock.now().monotonic
    guard !message.isEmpty else { throw NoAnswer() }
    // Where each order has a number of its own, the next may have it again.
    dialect.lost(.place(id), wasSent: false)
    return end - start
  }
}

extension TradingMessage {
  fileprivate var isEmpty: Bool {
    switch self {
    case .request(let request): request.body.isEmpty
    case .message(let text): text.isEmpty
    }
  }
}
