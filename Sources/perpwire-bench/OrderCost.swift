import ArgumentParser
import CPerpIO
import Glibc
import PerpCore
import PerpIO
import PerpVenue
import PerpVenues

struct Orders: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "From the line of a command to its signed request in the socket, for each venue.",
    discussion: """
      Starts `perpwire serve --sim` for each venue that takes orders, places orders that rest and
      cancels them, and asks the gateway what it has counted: from having read the command to having
      handed the request to the socket, the order's record in the journal included.
      """)

  @Option(help: "Orders a venue, ten a second.")
  var orders = 100

  func run() throws {
    var table = TextTable(["command to send", "orders", "p50 us", "p99 us"])
    for venue in Registry.venues where venue.trading != nil {
      tell(venue.title)
      let cost = try OrderCost(venue)
      defer { cost.end() }
      let (count, p50, p99) = try cost.measure(orders)
      table.add([venue.id.description, "\(count)", "\(p50 / 1_000)", "\(p99 / 1_000)"])
    }
    print(table.text)
  }
}

/// A gateway with one simulated venue, and its one client.
private final class OrderCost {
  private static let patience = Nanoseconds.seconds(30)
  /// Accounts that may trade as fast as this does.
  private static let settings = [
    "lighter": [
      "--set", "lighter.tier=premium", "--sim-set", "lighter.transactions_per_minute=24000",
      "--sim-set", "lighter.requests_per_minute=24000",
    ],
    "variational": ["--set", "variational.orders=on", "--set", "variational.quotes=BTC=0.003"],
  ]

  private let venue: VenueDescriptor
  private let symbol: Symbol
  private let folder: String
  private let gateway: Candidate
  private let client: Conversation

  init(_ venue: VenueDescriptor) throws {
    self.venue = venue
    symbol = venue.perpetual("BTC")!
    folder = "/tmp/perpwire-orders-\(getpid())-\(venue.id)"
    mkdir(folder, 0o700)
    let program = String(ownProgram().dropLast("-bench".count))
    gateway = try Candidate(
      "serve",
      [
        program, "serve", "--sim", "--venues", venue.id.description, "--socket", folder + "/s",
        "--journal", folder + "/journal.sqlite", "--log-level", "error",
      ] + (Self.settings[venue.id.description] ?? []),
      // Fresh quotes need a session, whatever it is.
      environment: [("PERPWIRE_VARIATIONAL_SESSION", "simulated.session.of-nobody")])
    client = try Conversation(folder + "/s")
  }

  func end() {
    gateway.end()
    for name in ["s", "s.lock", "journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"] {
      unlink("\(folder)/\(name)")
    }
    rmdir(folder)
  }

  func measure(_ count: Int) throws -> (count: UInt64, p50: UInt64, p99: UInt64) {
    client.say(
      1, "subscribe",
      #""venues":["\#(venue.id)"],"channels":["bbo"],"symbols":["\#(symbol)"]"#)
    var (isLive, bid) = (false, Decimal?.none)
    try client.read(within: Self.patience) { line in
      if line.hasPrefix(#"{"type":"account""#) { isLive = line.contains(#""state":"live""#) }
      if let found = line.firstMatch(of: Self.bid) { bid = Decimal(String(found.output.1)) }
      return isLive && bid != nil
    }
    guard isLive, let bid else { throw Unmeasurable("\(venue.title) takes no orders") }
    let price = bid.multiplied(by: Decimal(95))?.divided(by: Decimal(100), scale: 0) ?? bid
    let hasQuotesOnly = venue.id.description == "variational"
    let terms =
      hasQuotesOnly
      ? #""order_type":"market""#
      : #""order_type":"limit","post_only":true,"price":"\#(price)""#
    for number in 0..<count {
      let name = "bench-\(number)"
      let side = hasQuotesOnly && number % 2 == 1 ? "sell" : "buy"
      client.say(
        2, "order.place",
        #""venue":"\#(venue.id)","symbol":"\#(symbol)","client_id":"\#(name)","size":"0.003","#
          + #""side":"\#(side)","# + terms)
      try client.read(within: Nanoseconds.milliseconds(50)) { _ in false }
      client.say(3, "order.cancel", #""client_id":"\#(name)""#)
      try client.read(within: Nanoseconds.milliseconds(50)) { _ in false }
    }
    client.say(4, "stats", "")
    var times: (UInt64, UInt64, UInt64)?
    try client.read(within: Self.patience) { line in
      guard line.hasPrefix(#"{"id":4,"#), let found = line.firstMatch(of: Self.times) else {
        return false
      }
      times = (
        UInt64(found.output.1) ?? 0, UInt64(found.output.2) ?? 0, UInt64(found.output.3) ?? 0
      )
      return true
    }
    guard let times else { throw Unmeasurable("the gateway of \(venue.title) tells no times") }
    return times
  }

  nonisolated(unsafe) private static let bid = /"type":"bbo".*"bid":"([0-9.]+)"/
  nonisolated(unsafe) private static let times =
    /"command_to_send_ns":\{"count":(\d+),"p50":(\d+),"p99":(\d+)/
}

/// Commands to a gateway and its lines, over its socket.
private final class Conversation {
  private let descriptor: Int32
  private var rest: [UInt8] = []
  private var chunk = [UInt8](repeating: 0, count: 1 << 16)

  init(_ path: String) throws {
    let deadline = Clock.now().monotonic + Nanoseconds.seconds(5)
    var descriptor = perp_unix_connect(path)
    while descriptor < 0, Clock.now().monotonic < deadline {
      usleep(10_000)
      descriptor = perp_unix_connect(path)
    }
    guard descriptor >= 0 else { throw Unmeasurable("nobody listens at \(path)") }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func say(_ id: Int, _ method: String, _ parameters: String) {
    let text = #"{"id":\#(id),"method":"\#(method)","params":{\#(parameters)}}"# + "\n"
    let line = Array(text.utf8)
    _ = send(descriptor, line, line.count, Int32(MSG_NOSIGNAL))
  }

  /// Gives the lines that come to `isEnough`, until it is or the time is up.
  func read(within time: UInt64, until isEnough: (String) -> Bool) throws {
    let deadline = Clock.now().monotonic + time
    while true {
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end + 1)
        if isEnough(line) { return }
      }
      let now = Clock.now().monotonic
      guard now < deadline else { return }
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Int32((deadline - now) / 1_000_000) + 1) > 0 else { continue }
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { throw Unmeasurable("the gateway has closed its client") }
      rest += chunk[..<count]
    }
  }
}
