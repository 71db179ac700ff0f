import PerpCore

/// Who reads our lines and writes commands, numbered by whoever accepts connections.
package struct ClientID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// What a client may do (`reliability.md` K02).
package enum Role: String, Sendable {
  /// Subscribe and ask.
  case read
  /// Everything.
  case trade
}

/// One client: what it has subscribed to, what it has been told, and what waits for it.
final class Client {
  enum State: Equatable {
    /// It has been greeted and has not spoken yet: nothing more is told.
    case silent
    case active
    /// It is told nothing more, and is closed when it has read what waits or at the deadline.
    case cut(deadline: UInt64)
  }

  let id: ClientID
  let role: Role
  var state = State.silent
  var outlet: Outlet
  var bareNumbers = false
  var subscriptions: [VenueTopic: Subscription] = [:]
  /// What it rests from, and did since it was behind.
  var resting: [Subscription] = []
  /// All markets of a venue, also those that are listed later.
  var wildcards: [Wildcard] = []
  /// The number of the lossless line that it gets next.
  var next: UInt64
  /// Lossless lines up to this one are sent again.
  var replayed: UInt64 = 0
  /// A page of the journal has been asked for.
  var isReadingJournal = false
  /// Has something to write that the driver does not know of yet.
  var isDirty = false
  /// The last write did not take everything.
  var isBehind = false
  /// Commands it may give now.
  var budget: CommandBudget
  /// Nanoseconds between two heartbeats; 0 for none.
  var heartbeat: UInt64 = 0
  /// When it is told next that we are there, on the monotonic clock.
  var nextHeartbeat: UInt64 = .max
  /// It must speak at least so often, in nanoseconds.
  var beat: UInt64?
  var heard: Moment
  /// What becomes of its orders when it vanishes.
  var deadMan = Command.DeadMan()
  var cancelsOnDisconnect = true
  var hasVanished = false
  /// Lines it has sent.
  var lines: UInt64 = 0

  init(_ id: ClientID, role: Role, next: UInt64, limits: Outlet.Limits, at now: Moment) {
    self.id = id
    self.role = role
    self.next = next
    outlet = Outlet(limits: limits)
    heard = now
    budget = CommandBudget(at: now.monotonic)
  }

  var isActive: Bool { state == .active }
  var isCut: Bool { if case .cut = state { true } else { false } }
}

struct Wildcard: Equatable {
  let venue: VenueID
  let channel: Channel
  let view: Command.View
}

/// Commands a second, with some in stock: who gives more is not read for a while, and loses
/// nothing (`reliability.md` X48).
struct CommandBudget {
  static let perSecond: UInt64 = 1_000
  static let stock: UInt64 = 2_000

  /// When the stock was, or would be, empty.
  private var empty: UInt64

  init(at now: UInt64) {
    let full = Self.stock * (1_000_000_000 / Self.perSecond)
    empty = now > full ? now - full : 0
  }

  /// Takes one command out of the stock; false when there is none.
  mutating func take(at now: UInt64) -> Bool {
    let step = 1_000_000_000 / Self.perSecond
    empty = max(empty, now > Self.stock * step ? now - Self.stock * step : 0)
    guard empty + step <= now else { return false }
    empty += step
    return true
  }
}

/// One topic as one client wants it.
final class Subscription {
  unowned let client: Client
  /// It lives while it has readers.
  unowned let shared: SharedTopic
  /// Among the readers of the topic.
  var place = 0
  /// Not told of the topic, as the client is behind: `seen` of its events were told or counted.
  var (isResting, seen) = (false, UInt64(0))
  /// Among the client's `resting`.
  var isNoted = false
  var view: Command.View { didSet { if view.depth != oldValue.depth { setDepth() } } }
  private var depth: DepthView?
  /// Conflation: no line before this, on the monotonic clock.
  private(set) var due: UInt64 = 0
  private var waiting: Event?
  private var skipped = 0

  init(_ client: Client, _ shared: SharedTopic, _ view: Command.View) {
    self.client = client
    self.shared = shared
    self.view = view
    setDepth()
  }

  var topic: VenueTopic { shared.name }

  private func setDepth() { depth = view.depth.map { DepthView(depth: $0) } }

  /// Whether it is told a book in another form than others are.
  var hasOwnBook: Bool { depth != nil && topic.topic.channel == .book }

  /// Whether it need not see what the client is too far behind to be told. Trades are kept in the
  /// form that most want.
  var mayRest: Bool {
    view.conflation == nil && !hasOwnBook
      && !(client.bareNumbers && topic.topic.channel == .trade)
  }

  /// An update of the book as this client sees it; nil when it sees nothing of it.
  func narrowed(_ update: borrowing BookUpdate, isAnswer: Bool = false) -> Event? {
    depth?.receive(update, isAnswer: isAnswer).map { .book($0) }
  }

  var isWaiting: Bool { waiting != nil }
  /// Among the gateway's `throttled`.
  var isListed = false

  func forgetWaiting() { (waiting, skipped) = (nil, 0) }

  /// Whether the state may be told now; else it waits, and takes the place of one that does.
  func admits(_ event: borrowing Event, at now: UInt64) -> Bool {
    guard let interval = view.conflation, topic.topic.channel.isState else { return true }
    if now >= due, waiting == nil {
      due = now + interval
      return true
    }
    if waiting != nil { skipped += 1 }
    waiting = copy event
    return false
  }

  /// The state that has waited long enough, and how many it has superseded.
  func takeDue(at now: UInt64) -> (event: Event, skipped: Int)? {
    now >= due ? takeWaiting(at: now) : nil
  }

  /// The state that waits, due or not: it comes before what is told of the stream's health.
  func takeWaiting(at now: UInt64) -> (event: Event, skipped: Int)? {
    guard let event = waiting else { return nil }
    defer { (waiting, skipped, due) = (nil, 0, now + (view.conflation ?? 0)) }
    return (event, skipped)
  }
}

extension Channel {
  /// Whether a newer event says all that an older one did.
  var isState: Bool { self == .bbo || self == .funding }
}
