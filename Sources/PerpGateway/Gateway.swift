import PerpCore
import PerpVenue

/// The hub between clients and venues: lines and events in, lines and wishes out. Like a session
/// it is pure: whoever drives it brings it what happened, carries out its `actions` in their
/// order, keeps what is `unkept`, and then writes what is `ready` for each client.
///
/// Clients share the venues' subscriptions: the first that wants a topic subscribes, the last that
/// does not unsubscribes. What is lossless (`stream`; later orders) is numbered, goes to the
/// journal first and then to every client, so that each can see from the numbers alone that it
/// has all; what was missed is read from the journal.
package final class Gateway {
  package struct Limits: Sendable {
    package var clients = 256
    /// Topics of one client.
    package var topics = 10_000
    /// Of lines that wait for one client.
    package var outlet = Outlet.Limits()
    /// Bytes of lines that wait for a client whose commands are not carried out for that long.
    package var unreadBytes = 1 << 20
    /// A subscription waits so long for a venue's markets, in nanoseconds, before it is answered.
    package var marketsWait = Nanoseconds.seconds(5)
    /// Subscriptions of one client that wait for markets.
    package var deferred = 100
    /// Orders are waited for so long at the end, to be seen cancelled.
    package var windDown = Nanoseconds.seconds(8)
    /// A client that is cut off may read so long what waits for it.
    package var farewell = Nanoseconds.seconds(5)
    /// Nanoseconds between two heartbeats of a client that does not say; 0 for none.
    package var heartbeat = Nanoseconds.seconds(5)
    /// Lines of the journal that are read at a time.
    package var page = 256
    package var orders = OrderLimits()
    /// The first of the two switches for live orders; `arm` is the other.
    package var allowsLive = false
    /// Nanoseconds after which somebody must arm again.
    package var armedFor = Nanoseconds.seconds(12 * 3_600)

    package init() {}
  }

  package enum Action: Equatable, Sendable {
    /// Answered by `receive(page:for:)`.
    case readJournal(ClientID, from: UInt64, limit: Int)
    case subscribe(VenueID, [Topic])
    case unsubscribe(VenueID, [Topic])
    case snapshot(VenueTopic)
    /// Answered by `settled(_:_:of:at:)`.
    case trade(AccountID, Ticket, TradeCommand)
    /// The client ends with this process.
    case watch(ClientID, parent: Int32)
    /// Nothing more is to be written or read.
    case close(ClientID)
    /// Everything ends; every client has its last line.
    case stop(reason: String)
    case note(Note)
  }

  /// A venue and what it offers.
  package struct Venue: Sendable {
    package var id: VenueID
    package var channels: Set<Channel>
    package init(id: VenueID, channels: Set<Channel>) {
      self.id = id
      self.channels = channels
    }
  }

  package var actions: [Action] = []
  /// Lossless lines to be kept before anything more is written to a client.
  package var unkept: [(sequence: UInt64, line: [UInt8])] = []
  /// So much waits for a client that it should be written at once.
  package internal(set) var isUrgent = false
  package internal(set) var counters = Counters()
  /// Topics that clients took up, left or asked for, ever.
  package internal(set) var topicChanges = 0
  package var stages = Stages()
  /// How often streams came into each state.
  var streamChanges: [VenueID: [StreamStatus.State: UInt64]] = [:]
  /// What was left out for clients that have gone.
  var goneClients = Outlet.Counters()

  let venues: [Venue]
  let limits: Limits
  var hello: Hello
  var journal: JournalRange
  var clients: [ClientID: Client] = [:]
  /// What somebody reads.
  var topics: [VenueTopic: SharedTopic] = [:]
  /// The markets of each venue, once they are known.
  var markets: [VenueID: MarketList] = [:]
  /// Subscriptions that wait for markets.
  var deferred: [Deferred] = []
  /// Subscriptions of which a state waits for its time.
  var throttled: [Subscription] = []
  let started: Moment
  /// On the monotonic clock, no later than anything that happens by itself.
  var nextWake = UInt64.max
  private var dirty: [Client] = []
  var accounts: [AccountID: TradingAccount] = [:]
  var errands: [Ticket: Errand] = [:]
  var lastTicket: UInt64 = 0
  var safety = Safety()
  /// Live orders may be placed until then, on the monotonic clock.
  var armedUntil: UInt64?
  /// False once what is told cannot be kept any more.
  package internal(set) var isJournalSafe = true
  /// For the line that is being formed.
  var line = ByteBuffer()
  /// Of lines that several clients wait for.
  let lineMemory = LineMemory()
  /// Why everything ends, once it does.
  package private(set) var stopReason: String?
  var isStopping: Bool { stopReason != nil }

  struct Deferred {
    let client: ClientID
    let id: String
    let selection: Command.Selection
    let view: Command.View
    let deadline: UInt64
    /// It has been answered, and still waits for some venue.
    var isAnswered = false
  }

  package struct Counters: Equatable, Sendable {
    package var clientsAccepted: UInt64 = 0
    package var clientsRefused: UInt64 = 0
    package var clientsCut: UInt64 = 0
    package var commands: UInt64 = 0
    package var refusals: UInt64 = 0
    package var events: UInt64 = 0
    package var losslessLines: UInt64 = 0
  }

  package init(
    _ hello: Hello, venues: [Venue], journal: JournalRange, limits: Limits = Limits(),
    at now: Moment
  ) {
    self.hello = hello
    self.venues = venues
    self.journal = journal
    self.limits = limits
    started = now
  }

  var orderLimits: OrderLimits { limits.orders }

  /// An account that clients may trade on from here on.
  package func add(_ account: AccountID) {
    accounts[account] = TradingAccount(account, ordersPerMinute: orderLimits.ordersPerMinute)
  }

  /// The number of the last lossless line.
  package var lastSequence: UInt64 { journal.last }

  /// The journal has forgotten what came before this line.
  package func journalHolds(from first: UInt64) { journal.first = first }

  // MARK: Clients come and go

  /// False when there are too many: the connection is to be closed.
  package func open(_ id: ClientID, role: Role, at now: Moment) -> Bool {
    guard clients.count < limits.clients, !isStopping else {
      counters.clientsRefused += 1
      return false
    }
    counters.clientsAccepted += 1
    let client = Client(
      id, role: role, next: journal.last + 1, limits: limits.outlet, at: now)
    clients[id] = client
    (hello.role, hello.journal) = (role, journal)
    client.outlet.put(hello)
    touched(client, at: now)
    return true
  }

  /// The client has gone, or was closed.
  package func close(_ id: ClientID, at now: Moment) {
    guard let client = clients.removeValue(forKey: id) else { return }
    vanish(client, at: now)
    dropAll(of: client, at: now)
    goneClients.add(client.outlet.counters)
    deferred.removeAll { $0.client == id }
    dirty.removeAll { $0 === client }
  }

  /// Cancels what clients have placed and then says goodbye to everyone; `.stop` follows.
  package func stop(reason: String, at now: Moment) {
    guard !isStopping, safety.windDown == nil else { return }
    safety.windDown = (reason, now.monotonic + limits.windDown)
    cancelForEnd(at: now)
    endIfClear(at: now)
  }

  /// The last lines.
  func sayGoodbye(_ reason: String, at now: Moment) {
    stopReason = reason
    let open = accounts.values.reduce(0) { $0 + $1.live.count }
    for client in clients.values where !client.isCut {
      client.outlet.putBye(reason: reason, openOrders: open)
      touched(client, at: now)
    }
    actions.append(.stop(reason: reason))
  }

  // MARK: Lines out

  /// Clients that have something to be written and were not named since; those for whom there is
  /// least come first, so that who wants much does not delay who wants little, and among equals who
  /// has been here longest, so that who comes and goes delays nobody.
  package func takeDirty() -> [ClientID] {
    isUrgent = false
    if dirty.count > 1 {
      dirty.sort {
        ($0.outlet.ready.count, $0.id.number) < ($1.outlet.ready.count, $1.id.number)
      }
    }
    let ids = dirty.map(\.id)
    for client in dirty { client.isDirty = false }
    dirty.removeAll(keepingCapacity: true)
    return ids
  }

  /// What is to be written to the client next; valid until the next call of anything.
  package func ready(for id: ClientID) -> UnsafeRawBufferPointer? { clients[id]?.outlet.ready }

  /// The client has taken so many bytes; `isBlocked` when it takes no more for now.
  package func consume(_ id: ClientID, _ count: Int, isBlocked: Bool, at now: Moment) {
    guard let client = clients[id] else { return }
    wakeResting(of: client, at: now)
    client.outlet.consume(count)
    client.outlet.refill(at: now)
    client.isBehind = isBlocked
    if client.isCut {
      if client.outlet.isDrained { actions.append(.close(id)) }
      return
    }
    advance(client)
    requestSnapshots(for: client)
  }

  /// Well below what an outlet holds before it begins to leave out.
  static let urgentBytes = 64 << 10

  /// Something was put into the client's outlet.
  func touched(_ client: Client, at now: Moment) {
    if client.outlet.isOverflowed, !client.isCut { return cut(client, reason: "too_slow", at: now) }
    // One that takes nothing now is written to when it does.
    guard !client.isBehind else { return }
    if client.outlet.ready.count >= Self.urgentBytes { isUrgent = true }
    guard !client.isDirty else { return }
    client.isDirty = true
    dirty.append(client)
  }

  /// Somebody has not taken all that was written to it.
  package var isAnyoneBehind: Bool { clients.values.contains { $0.isBehind } }

  /// Lets the client read what waits, tells it from where to go on, and nothing more.
  func cut(_ client: Client, reason: String, at now: Moment) {
    guard !client.isCut else { return }
    counters.clientsCut += 1
    actions.append(.note(Note(.warning, "client \(client.id.number) is cut off: \(reason)")))
    dismiss(client, reason: reason, at: now)
  }

  /// Its last line, from which it can go on another time.
  func dismiss(_ client: Client, reason: String, at now: Moment) {
    vanish(client, at: now)
    client.state = .cut(deadline: now.monotonic + limits.farewell)
    mustWake(by: now.monotonic + limits.farewell)
    dropAll(of: client, at: now)
    // In the midst of telling others a line, which `line` holds.
    var bye = ByteBuffer(capacity: 128)
    let open = accounts.values.reduce(0) { $0 + $1.live.count }
    bye.append(byeFor: reason, openOrders: open, resume: client.next - 1)
    client.outlet.put(final: bye.bytes)
    touched(client, at: now)
  }

  func requestSnapshots(for client: Client) {
    for topic in client.outlet.takeSnapshotRequests() { actions.append(.snapshot(topic)) }
  }
}
