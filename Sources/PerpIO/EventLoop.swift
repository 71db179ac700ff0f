import CPerpIO
import Glibc
import PerpCore

/// Waits for descriptors, timers and other threads, and calls whoever asked; one thread runs it
/// and owns everything attached to it.
///
/// A turn goes: wait, read the clocks once, serve ready descriptors, mailboxes, due timers and
/// what was put off, then the hooks of `afterTurn`, where outputs are written in one piece.
/// Built on epoll alone: timers are exact to microseconds, nothing stands between socket and
/// handler, and descriptors we merely borrowed keep their flags (other loops set `O_NONBLOCK`).
package final class EventLoop {
  /// Ready descriptors served in one turn; the rest wait for the next.
  private static let readyLimit = 64

  private let epoll: Int32
  private let wakeup: Wakeup
  private var moment = Clock.now()
  private var isInsideTurn = false
  private var isRunning = false
  private var timers: [Timer] = []
  private var earliest = UInt64.max
  private var isEarliestStale = false
  private var later: [() -> Void] = []
  private var hooks: [() -> Void] = []
  private var drains: [() -> Void] = []
  private var cancelled: [Unmanaged<Watch>] = []
  private var alwaysReady: [Watch] = []

  package init() {
    perp_ignore_sigpipe()
    epoll = perp_epoll_create()
    precondition(epoll >= 0, "epoll is not available")
    wakeup = Wakeup()
    let added = perp_epoll_add(epoll, wakeup.descriptor, PERP_READABLE, 0)
    precondition(added == 0, "epoll refuses an event counter")
  }

  deinit {
    for watch in cancelled { watch.release() }
    close(epoll)
  }

  /// The moment at which this turn began; all its inputs carry the same.
  package func now() -> Moment {
    if !isInsideTurn { moment = Clock.now() }
    return moment
  }

  /// Turns until `stop`.
  package func run() {
    isRunning = true
    while isRunning { turn() }
  }

  package func stop() { isRunning = false }

  /// Calls `body` at the end of every turn.
  package func afterTurn(_ body: @escaping () -> Void) { hooks.append(body) }

  /// Calls `body` later in this turn or in the next, never before returning.
  package func soon(_ body: @escaping () -> Void) { later.append(body) }

  /// A timer that rests until it is given a deadline, and lives until its `end`.
  package func timer(_ fire: @escaping () -> Void) -> Timer {
    let timer = Timer(loop: self, fire: fire)
    timers.append(timer)
    return timer
  }

  /// Calls `handler` whenever the descriptor is ready for what the watch asks, and on hang-ups and
  /// failures in any case, until `cancel`. The descriptor stays the caller's, with its flags.
  package func watch(
    _ descriptor: Int32, _ interest: Readiness, handler: @escaping (Readiness) -> Void
  ) -> Watch {
    Watch(descriptor, interest, loop: self, handler: handler)
  }

  /// A queue that other threads fill and `receive` empties, here.
  package func mailbox<Message: Sendable>(
    _ name: String, limit: Int, receive: @escaping (Message) -> Void
  ) -> Mailbox<Message> {
    let mailbox = Mailbox<Message>(name, limit: limit, wakeup: wakeup)
    drains.append { for message in mailbox.takeAll() { receive(message) } }
    return mailbox
  }

  // MARK: A turn

  private func turn() {
    var ready = InlineArray<64, perp_ready>(repeating: perp_ready())
    let timeout = timeUntilDue()
    var span = ready.mutableSpan
    let count = span.withUnsafeMutableBufferPointer {
      perp_epoll_wait(epoll, $0.baseAddress, Int32(Self.readyLimit), timeout)
    }
    precondition(count >= 0, "epoll failed")
    moment = Clock.now()
    isInsideTurn = true
    for index in 0..<Int(count) { serve(ready[index]) }
    for watch in alwaysReady where !watch.isCancelled { watch.serve(watch.interest) }
    fireDueTimers()
    runLater()
    for hook in hooks { hook() }
    for watch in cancelled { watch.release() }
    cancelled.removeAll(keepingCapacity: true)
    isInsideTurn = false
  }

  private func serve(_ ready: perp_ready) {
    guard let pointer = UnsafeRawPointer(bitPattern: UInt(ready.token)) else {
      wakeup.clear()
      for drain in drains { drain() }
      return
    }
    Unmanaged<Watch>.fromOpaque(pointer)._withUnsafeGuaranteedRef {
      if !$0.isCancelled { $0.serve(Readiness(rawValue: ready.events)) }
    }
  }

  private func runLater() {
    guard !later.isEmpty else { return }
    let bodies = later
    later = []
    for body in bodies { body() }
  }

  private func timeUntilDue() -> Int64 {
    if !later.isEmpty || !alwaysReady.isEmpty { return 0 }
    if isEarliestStale {
      isEarliestStale = false
      earliest = timers.reduce(.max) { min($0, $1.deadline ?? .max) }
    }
    if earliest == .max { return -1 }
    let now = Clock.now().monotonic
    return earliest <= now ? 0 : Int64(clamping: earliest - now)
  }

  private func fireDueTimers() {
    guard earliest <= moment.monotonic || isEarliestStale else { return }
    isEarliestStale = true
    for timer in timers { timer.fireIfDue(at: moment.monotonic) }
  }

  // MARK: For timers and watches

  fileprivate func timerMoved(from old: UInt64?, to new: UInt64?) {
    if let new, new < earliest {
      earliest = new
    } else if old == earliest {
      isEarliestStale = true
    }
  }

  fileprivate func timerEnded(_ timer: Timer) { timers.removeAll { $0 === timer } }

  /// Regular files are not for epoll: they are always ready.
  fileprivate func add(_ watch: Watch) {
    let token = Unmanaged.passRetained(watch)
    let result = perp_epoll_add(
      epoll, watch.descriptor, watch.interest.rawValue, UInt64(UInt(bitPattern: token.toOpaque())))
    if result != 0 {
      precondition(errno == EPERM, "a descriptor cannot be watched")
      watch.isAlwaysReady = true
      alwaysReady.append(watch)
    }
  }

  fileprivate func change(_ watch: Watch) {
    guard !watch.isAlwaysReady else { return }
    let token = Unmanaged.passUnretained(watch).toOpaque()
    _ = perp_epoll_change(
      epoll, watch.descriptor, watch.interest.rawValue, UInt64(UInt(bitPattern: token)))
  }

  /// The reference that epoll held lives on to the end of the turn: an event of this watch may
  /// wait among those being served.
  fileprivate func remove(_ watch: Watch) {
    if watch.isAlwaysReady {
      alwaysReady.removeAll { $0 === watch }
    } else {
      _ = perp_epoll_remove(epoll, watch.descriptor)
    }
    cancelled.append(Unmanaged.passUnretained(watch))
  }
}

/// What a descriptor is ready for, or in what state it is.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let read = Readiness(rawValue: PERP_READABLE)
  package static let write = Readiness(rawValue: PERP_WRITABLE)
  /// The peer will send no more; for those who would rather not read before they know.
  package static let peerDone = Readiness(rawValue: PERP_PEER_DONE)
  /// Both ways are closed. Told even when not asked for, like `failed`.
  package static let hungUp = Readiness(rawValue: PERP_HUNG_UP)
  package static let failed = Readiness(rawValue: PERP_FAILED)
}

/// The interest of one owner in one descriptor.
package final class Watch {
  package let descriptor: Int32
  package private(set) var interest: Readiness
  fileprivate var isAlwaysReady = false
  fileprivate private(set) var isCancelled = false
  private weak var loop: EventLoop?
  private let handler: (Readiness) -> Void

  fileprivate init(
    _ descriptor: Int32, _ interest: Readiness, loop: EventLoop,
    handler: @escaping (Readiness) -> Void
  ) {
    self.descriptor = descriptor
    self.interest = interest
    self.loop = loop
    self.handler = handler
    loop.add(self)
  }

  package func want(_ interest: Readiness) {
    guard interest != self.interest, !isCancelled else { return }
    self.interest = interest
    loop?.change(self)
  }

  /// To be called before the descriptor is closed.
  package func cancel() {
    guard !isCancelled else { return }
    isCancelled = true
    loop?.remove(self)
  }

  fileprivate func serve(_ ready: Readiness) { handler(ready) }
}

/// Fires once when its deadline has come, and again when it is given another.
package final class Timer {
  private weak var loop: EventLoop?
  private let fire: () -> Void

  /// On the monotonic clock, nanoseconds; nil to rest.
  package var deadline: UInt64? {
    didSet { if deadline != oldValue { loop?.timerMoved(from: oldValue, to: deadline) } }
  }

  fileprivate init(loop: EventLoop, fire: @escaping () -> Void) {
    self.loop = loop
    self.fire = fire
  }

  package func end() {
    deadline = nil
    loop?.timerEnded(self)
  }

  fileprivate func fireIfDue(at now: UInt64) {
    guard let deadline, deadline <= now else { return }
    self.deadline = nil
    fire()
  }
}
