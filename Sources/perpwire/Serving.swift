import Glibc
import PerpCore
import PerpGateway
import PerpIO
import PerpSetup
import PerpVenue
import PerpVenues

/// One run of `perpwire serve`: sessions, gateway and clients on one loop.
final class Serving {
  private let loop = EventLoop()
  private let log: Log
  private let service = Systemd()
  private let driver: GatewayDriver
  private let readers: Set<UInt32>
  private let traders: Set<UInt32>
  private let hello: Hello
  private var recording: RunRecording?
  private var observation: Observation?
  private var simulation: EmbeddedSimulation?
  private var socket: ClientSocket?
  private var signals: Signals?
  private var parent: ProcessWatch?
  private var watchdog: Timer?
  private var accountLocks: [AccountLock] = []

  init(
    _ command: Serve, _ configuration: Configuration, venues: [VenueDescriptor]
  ) throws {
    log = configuration.log()
    readers = Set(configuration.users("serve.allow_read"))
    traders = Set(configuration.users("serve.allow_trade")).union([geteuid()])
    // Before anything else is opened: whoever connects finds us, and a second gateway stops here.
    if !command.stdio { socket = try Self.listen(configuration.path("serve.socket"), service) }
    let journal = try Self.journal(configuration.path("serve.journal"))
    if command.sim {
      simulation = try EmbeddedSimulation(
        venues: venues, options: command.simulation, log: configuration.log())
    }
    let isPaper = configuration.text("serve.mode") == "paper"
    hello = Hello(mode: isPaper ? .paper : command.sim ? .sim : .live, venues: venues)
    if configuration.isTrue("serve.live"), hello.mode == .live,
      configuration.path("serve.journal") == nil
    {
      throw Failure(
        .configuration, "live orders need a journal that outlives us: --journal FILE")
    }
    let gateway = Gateway(
      hello, venues: venues.map { .init(id: $0.id, channels: Set($0.channels.map(\.channel))) },
      journal: journal.range, limits: configuration.gatewayLimits, at: loop.now())
    let (loop, log) = (loop, log)
    driver = GatewayDriver(
      gateway, journal: journal, loop: loop, newID: { Self.newID("j") },
      onNote: { log.write($0, at: loop.now()) })
    if let path = configuration.path("serve.record") {
      recording = try RunRecording(
        into: path, hello: hello, loop: loop, log: log,
        onFailure: { [unowned driver] in driver.receive(.error($0)) })
    }
    try connect(venues, command, configuration)
    observation = try Observation(
      of: driver, recording, at: configuration.text("serve.metrics"),
      file: configuration.path("serve.metrics_file"), loop: loop, log: log)
    if command.stdio { try serveParent() } else { serveSocket() }
    signals = Signals(loop: loop) { [unowned self] number in
      driver.stop(reason: number == 2 ? "interrupted" : "terminated")
    }
  }

  func run() throws {
    simulation?.start()
    loop.soon { [unowned self] in
      for source in driver.sources.values { source.start() }
      for account in driver.accounts.values { account.start() }
    }
    service.tell("READY=1\nSTATUS=Serving")
    beat()
    loop.run()
    service.tell("STOPPING=1")
    recording?.seal(driver.gateway.stopReason)
    observation?.stop()
    socket?.close()
    for source in driver.sources.values { source.stop() }
    for account in driver.accounts.values { account.stop() }
    simulation?.stop()
    driver.journal.close()
    recording?.finish()
    log.finish(at: loop.now())
  }

  // MARK: Parts

  private func connect(
    _ venues: [VenueDescriptor], _ command: Serve, _ configuration: Configuration
  ) throws {
    let network = Network(loop: loop, roots: try trustedRoots())
    try connectAccounts(venues, network, configuration)
    for venue in venues {
      let endpoints =
        try simulation?.endpoints(of: venue) ?? configuration.endpoints(of: venue)
      let options = SessionOptions(
        endpoints: endpoints, seed: .random(in: 0 ... .max),
        settings: configuration.settings(of: venue),
        secrets: try Secrets.read(for: venue, in: configuration))
      let isRacing = configuration.isTrue("serve.race")
      let id = venue.id
      driver.sources[id] = SessionDriver(
        session: venue.session(options, isRacing: isRacing), network: network,
        outlets: .init(
          onEvent: { [unowned driver] in driver.receive($0) },
          onQuote: { [unowned driver] in driver.receive($0) },
          onAnswer: { [unowned driver] in driver.receive(answer: $0) },
          onMarkets: { [unowned driver] in driver.receive($0, of: id) },
          onNote: { [unowned self] in log.write($0, at: loop.now()) }),
        recorder: recording?.session(of: id, options, isRacing: isRacing))
    }
  }

  /// An account for each venue whose secrets are there; simulated venues have one of their own.
  private func connectAccounts(
    _ venues: [VenueDescriptor], _ network: Network, _ configuration: Configuration
  ) throws {
    for venue in venues {
      if hello.mode == .paper {
        try addPaperAccount(at: venue, network, configuration)
        continue
      }
      guard let trading = venue.trading else { continue }
      let secrets =
        simulation == nil
        ? try Secrets.read(for: venue, in: configuration)
        : trading.simulatedAccount.mapValues { Secret($0) }
      let settings = configuration.settings(of: venue)
      guard trading.required(settings).allSatisfy({ secrets[$0] != nil }) else { continue }
      let id = AccountID(venue.id, configuration.text("venue.\(venue.id).account") ?? "main")
      if simulation == nil { accountLocks.append(try AccountLock(id, secrets)) }
      let records = try driver.journal.records(venue: id.venue, account: id.name)
      let options = TradingOptions(
        account: id,
        endpoints: try simulation?.endpoints(of: venue) ?? configuration.endpoints(of: venue),
        seed: .random(in: 0 ... .max), settings: settings, secrets: secrets, records: records,
        now: loop.now())
      let session: any VenueSession
      do throws(TradingProblem) { session = try trading.makeSession(options) } catch {
        throw Failure(.configuration, error.text)
      }
      try add(id, session, records, network)
    }
  }

  /// In paper mode each venue has an account, and no credential is read.
  private func addPaperAccount(
    at venue: VenueDescriptor, _ network: Network, _ configuration: Configuration
  ) throws {
    let id = AccountID(venue.id, "paper")
    let records = try driver.journal.records(venue: id.venue, account: id.name)
    let settings = PaperSession.Settings(asset: venue.quoteAsset)
    let session = PaperSession(id, settings: settings, replaying: records, at: loop.now())
    try add(id, session, records, network)
    driver.paperAccounts[venue.id] = id
  }

  private func add(
    _ id: AccountID, _ session: any VenueSession, _ records: [OrderRecord], _ network: Network
  ) throws {
    try driver.add(id, records)
    driver.accounts[id] = SessionDriver(
      session: session, network: network,
      outlets: .init(
        onEvent: { [unowned driver] in driver.receive($0, of: id) },
        onTrading: { [unowned driver] in driver.receive($0, of: id) },
        onNote: { [unowned self] in log.write($0, at: loop.now()) }))
  }

  private func serveParent() throws {
    guard let output = StandardOutput.takeOver() else {
      throw Failure(.ioError, "stdout is closed")
    }
    if isatty(STDIN_FILENO) == 1 {
      log.write(.notice, "reading commands, one a line; Ctrl-D ends", at: loop.now())
    }
    driver.add(reading: STDIN_FILENO, writing: output, role: .trade, isSole: true)
    // Another child of our parent's may hold our input open.
    parent = ProcessWatch(getppid(), loop: loop) { [unowned self] in
      driver.stop(reason: "parent_gone")
    }
  }

  private func serveSocket() {
    socket?.accept(on: loop) { [unowned self] peer in
      let role: Role? =
        traders.contains(peer.user) ? .trade : readers.contains(peer.user) ? .read : nil
      let who = "process \(peer.process) of user \(peer.user)"
      guard let role else {
        log.write(.warning, "\(who) may not connect; see --allow-read", at: loop.now())
        close(peer.descriptor)
        return
      }
      if let cause = driver.add(socket: peer.descriptor, role: role) {
        log.write(.warning, "\(who): \(cause)", at: loop.now())
        return
      }
      log.write(.info, "\(who) is connected, to \(role.rawValue)", at: loop.now())
    }
  }

  /// Shows systemd that the loop turns.
  private func beat() {
    guard let period = service.watchdog else { return }
    watchdog = loop.timer { [unowned self] in
      service.tell("WATCHDOG=1")
      watchdog?.deadline = loop.now().monotonic + period
    }
    watchdog?.deadline = loop.now().monotonic + period
  }

  private static func listen(_ path: String?, _ service: Systemd) throws -> ClientSocket {
    if let listener = service.listener { return ClientSocket(listening: listener) }
    let folder = environmentVariable("XDG_RUNTIME_DIR")
    guard let path = path ?? folder.map({ "\($0)/perpwire.sock" }) else {
      throw Failure(
        .usage, "XDG_RUNTIME_DIR is not set: say where with --socket PATH, or serve --stdio")
    }
    do throws(ClientSocket.Problem) { return try ClientSocket(path) } catch {
      throw Failure(.cannotCreate, error.description)
    }
  }

  private static func journal(_ path: String?) throws -> Journal {
    guard let path else { return Journal(inMemoryAfter: 0, id: newID("j")) }
    do throws(Journal.Problem) { return try Journal(path, id: newID("j")) } catch {
      switch error {
      case .locked(let text): throw Failure(.cannotCreate, text)
      case .damaged(let text):
        throw Failure(
          .badInput, "\(text); move the journal away to begin a new one, and keep it")
      case .failed(let text): throw Failure(.ioError, text)
      }
    }
  }

  private static func newID(_ kind: String) -> String {
    "\(kind)-" + String(UInt64.random(in: 0 ... .max), radix: 36)
  }
}

extension GatewayDriver {
  /// Takes in a client of a socket. Nil, or why not: then it is closed.
  func add(socket: Int32, role: Role) -> String? {
    let writing = fcntl(socket, F_DUPFD_CLOEXEC, 3)
    guard writing >= 0 else {
      close(socket)
      return "no descriptor is left"
    }
    guard add(reading: socket, writing: writing, role: role) else {
      close(socket)
      close(writing)
      return "there are too many clients"
    }
    return nil
  }
}

extension Configuration {
  fileprivate var gatewayLimits: Gateway.Limits {
    func whole(_ key: String) -> Int { number(key).flatMap { Int($0.trimmed.description) } ?? 0 }
    var limits = Gateway.Limits()
    limits.allowsLive = isTrue("serve.live")
    limits.orders.maxOrderNotional = number("limits.max_order_notional") ?? .zero
    limits.orders.maxPositionNotional = number("limits.max_position_notional") ?? .zero
    limits.orders.maxDailyLoss = number("limits.max_daily_loss") ?? .zero
    limits.orders.maxOpenOrders = whole("limits.max_open_orders")
    limits.orders.ordersPerMinute = whole("limits.orders_per_minute")
    limits.orders.takerBand = whole("limits.taker_band_bps")
    limits.orders.restingBand = whole("limits.resting_band_bps")
    limits.orders.slippage = whole("limits.slippage_bps")
    return limits
  }
}

extension Hello {
  /// Of this process, and a run that begins.
  init(mode: Mode, venues: [VenueDescriptor]) {
    self.init(
      version: Perpwire.version, pid: Int(getpid()),
      runID: "r-" + String(UInt64.random(in: 0 ... .max), radix: 36), mode: mode,
      venues: venues.map(\.id))
  }
}
