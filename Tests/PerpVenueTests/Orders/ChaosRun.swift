import PerpCore
import PerpVenue

/// One seeded history: a client, the tracker, a network that loses, delays, repeats and reorders,
/// crashes, and the model venue. Then calm, in which the tracker must come to the truth.
struct ChaosRun {
  /// Something on its way, and when it arrives.
  private enum Delivery {
    case request(OrderRequest, ShortText, size: Int)
    case query(OrderQuery, ShortText?)
    case toTracker(OrderInput)
    case dropped
  }

  private static let settings = TrackerScript.settings { $0.lookInterval = Nanoseconds.seconds(3) }

  private var random: Random
  private var venue = ModelVenue()
  private var tracker: OrderTracker
  private(set) var now = Moment(monotonic: 1_000_000_000_000, wall: 1_795_000_000_000_000)
  private var mail: [(due: UInt64, number: Int, delivery: Delivery)] = []
  private var mailed = 0
  private var isCalm = false
  /// Which faults this history has, in per cent each.
  private let loss: Int, delay: Int, doubling: Int, crashes: Int
  /// Requests may reach the venue after they were proven not to have.
  private let isTardy: Bool

  private var journal: [OrderRecord] = []
  private var placed: [ClientOrderID] = []
  private(set) var faults: [String] = []
  private(set) var crashed = 0
  private(set) var unknowns = 0
  private(set) var restated = 0
  private(set) var fills = 0

  init(seed: UInt64) {
    random = Random(seed: seed)
    let isQuiet = random.chance(1, in: 20)
    loss = isQuiet ? 0 : random.below(40)
    delay = isQuiet ? 0 : random.below(60)
    doubling = isQuiet ? 0 : random.below(40)
    crashes = random.chance(1, in: 3) ? 3 : 0
    isTardy = random.chance(1, in: 8)
    tracker = OrderTracker(
      venue: TrackerScript.venue, account: "a", settings: Self.settings)
  }

  mutating func run() {
    for step in 0..<60 {
      act(step)
      pass(milliseconds: random.below(400))
    }
    isCalm = true
    tell(.reconcile)
    // What was delayed longest arrives late in the calm.
    for _ in 0..<110 { pass(milliseconds: 1_000) }
    judge()
  }

  private mutating func act(_ step: Int) {
    if random.chance(crashes, in: 100) { crash() }
    switch random.below(10) {
    case 0..<3 where placed.count < 12:
      let id = TrackerScript.id("c\(step)")
      tell(.place(TrackerScript.intent("c\(step)", size: 1 + random.below(9))))
      if tracker.order(.own(id)) != nil { placed.append(id) }
    case 3 where !placed.isEmpty:
      // The same again, as a client does that has lost the reply.
      let id = placed[random.below(placed.count)]
      if let terms = tracker.order(.own(id))?.terms {
        tell(.place(OrderIntent(clientID: id, symbol: TrackerScript.symbol, terms: terms)))
      }
    case 4...5 where !placed.isEmpty: tell(.cancel(.own(placed[random.below(placed.count)])))
    case 6: tell(.reconcile)
    default:
      guard let index = venue.live(at: now.wall, &random) else { return }
      stream(index)
    }
  }

  /// What the private stream says of an order, its latest fill before or after.
  private mutating func stream(_ index: Int) {
    var inputs = [OrderInput.reported(venue.report(index, .webSocket))]
    if let fill = venue.orders[index].fills.last {
      inputs.insert(.filled(fill), at: random.below(2))
    }
    for input in inputs { post(.toTracker(input), mayDouble: true) }
  }

  // MARK: The network

  /// `late` is the most milliseconds that this takes when it is delayed.
  private mutating func post(
    _ delivery: Delivery, mayDouble: Bool = false, late: Int = 60_000, orElse: Delivery = .dropped
  ) {
    let isLost = !isCalm && random.chance(loss, in: 100)
    let isDelayed = !isCalm && random.chance(delay, in: 100)
    let copies = mayDouble && !isCalm && random.chance(doubling, in: 100) ? 2 : 1
    for _ in 0..<copies {
      let milliseconds = isDelayed ? random.below(late) : 1 + random.below(30)
      mailed += 1
      let due = now.monotonic + Nanoseconds.milliseconds(milliseconds)
      mail.append((due, mailed, isLost ? orElse : delivery))
    }
  }

  private mutating func pass(milliseconds: Int) {
    let end = now.monotonic + Nanoseconds.milliseconds(milliseconds)
    while true {
      let next = mail.indices.min {
        (mail[$0].due, mail[$0].number) < (mail[$1].due, mail[$1].number)
      }
      let due = min(next.map { mail[$0].due } ?? .max, tracker.deadline ?? .max)
      guard due <= end else { break }
      now = now.advanced(by: max(due, now.monotonic) - now.monotonic)
      if let next, mail[next].due == due {
        deliver(mail.remove(at: next).delivery)
      } else {
        tell(.wake)
      }
    }
    now = now.advanced(by: end - now.monotonic)
  }

  private mutating func deliver(_ delivery: Delivery) {
    switch delivery {
    case .toTracker(let input): tell(input)
    case .query(let query, let name):
      let findings = venue.findings(of: query, name, at: now.wall)
      post(
        .toTracker(.found(query, findings)), late: 8_000,
        orElse: .toTracker(.found(query, .nothingHeard)))
    case .request(let request, let name, let size):
      let answer: OrderAnswer
      if case .place = request {
        answer = venue.place(name, size: size, at: now.wall, &random)
      } else {
        answer = venue.cancel(name)
      }
      if let index = venue.index(name) { stream(index) }
      post(.toTracker(.answered(request, answer)), orElse: .toTracker(.answered(request, .none)))
    case .dropped: break
    }
  }

  // MARK: The tracker

  private mutating func tell(_ input: OrderInput) {
    var actions: [OrderAction] = []
    tracker.receive(input, at: now, into: &actions)
    for action in actions {
      switch action {
      case .record(let record): journal.append(record)
      case .emit(.order(let order)):
        journal.append(.order(order))
        unknowns += order.status == .unknown ? 1 : 0
        restated += order.change == .restated ? 1 : 0
      case .emit(.fill(let fill)):
        journal.append(.fill(fill))
        fills += 1
      case .send(let request): send(request)
      case .ask(let query):
        var name: ShortText?
        if let key = query.order { name = tracker.subject(of: key)?.name }
        post(.query(query, name), late: 3_000, orElse: .toTracker(.found(query, .nothingHeard)))
      case .alarm(let text): faults.append("alarm: \(text)")
      default: break
      }
    }
    let isDoubtful = placed.contains { tracker.order(.own($0))?.status == .unknown }
    if isDoubtful, !tracker.isFrozen(TrackerScript.symbol) { faults.append("not frozen") }
  }

  private mutating func send(_ request: OrderRequest) {
    guard case .own(let id) = request.key else {
      return faults.append("\(request) is not ours")
    }
    let isJournalled = journal.contains {
      if case .intent(let intent, _, _) = $0 { intent.clientID == id } else { false }
    }
    if !isJournalled { faults.append("\(id) sent without a record") }
    if !isCalm, random.chance(1, in: 30) {
      return tell(.notSent(request, reason: "no_connection"))
    }
    guard let order = tracker.subject(of: .own(id)), let name = order.name,
      let size = order.terms?.size
    else {
      return faults.append("\(id) sent without a name")
    }
    tell(.sent(request))
    post(.request(request, name, size: Int(size.mantissa)), late: isTardy ? 60_000 : 3_000)
  }

  /// The process ends here: what was on its way to it is lost, and it begins anew.
  private mutating func crash() {
    crashed += 1
    mail.removeAll { if case .toTracker = $0.delivery { true } else { false } }
    let live = tracker
    tracker = restored(from: journal)
    for id in placed {
      let after = tracker.order(.own(id))
      var before = live.order(.own(id))
      // An order with a name is found by it, and then its id.
      if after?.orderID == nil { before?.orderID = nil }
      if before != after { faults.append("\(id) was \(before!), and is \(after!)") }
    }
    if live.isFrozen(TrackerScript.symbol) != tracker.isFrozen(TrackerScript.symbol) {
      faults.append("frozen otherwise after a crash")
    }
    tell(.reconcile)
  }

  private func restored(from records: [OrderRecord]) -> OrderTracker {
    OrderTracker(
      venue: TrackerScript.venue, account: "a", settings: Self.settings, replaying: records,
      at: now)
  }

  /// I17: wherever the journal ends, its bytes make the same tracker as what they were made of.
  mutating func judgeRestarts(cuts: Int) {
    for _ in 0..<cuts {
      let records = Array(journal.prefix(random.below(journal.count + 1)))
      let read = records.compactMap {
        try? OrderRow($0, venue: TrackerScript.venue, account: "a")?
          .record(of: TrackerScript.venue)
      }
      if read != records { faults.append("what was read is not what was written") }
      let (one, other) = (restored(from: records), restored(from: read))
      var isSame = one.liveOrders == other.liveOrders && one.deadline == other.deadline
      for id in placed {
        isSame =
          isSame && one.order(.own(id)) == other.order(.own(id))
          && one.subject(of: .own(id)) == other.subject(of: .own(id))
      }
      if !isSame { faults.append("after \(records.count) records two restarts differ") }
    }
  }

  // MARK: The truth

  private mutating func judge() {
    for (name, count) in venue.placements where count > 1 {
      faults.append("\(name.string) sent \(count) times")
    }
    for id in placed {
      guard let told = tracker.order(.own(id)) else {
        faults.append("\(id) forgotten")
        continue
      }
      if let index = venue.index(id.text) {
        compare(told, venue.orders[index])
      } else if told.status != .rejected {
        faults.append("\(id) is \(told.status.rawValue), and the venue has none")
      }
    }
    judgeLines()
    if tracker.isFrozen(TrackerScript.symbol) { faults.append("still frozen") }
  }

  private mutating func compare(_ told: OrderUpdate, _ truth: ModelVenue.Order) {
    let id = told.clientID!
    let status: OrderStatus =
      switch truth.state {
      case .filled: .filled
      case .cancelled: .cancelled
      case .expired: .expired
      default: truth.filled > 0 ? .partiallyFilled : .open
      }
    // Of an order that came so late, and ended without a fill, nobody may ever have heard.
    if isTardy, told.status == .rejected, truth.isOver, truth.filled == 0 { return }
    if told.status != status {
      faults.append("\(id) is told as \(told.status.rawValue) and is \(status.rawValue)")
    }
    if told.filled != Decimal(truth.filled) {
      faults.append("\(id) is told as filled \(told.filled!), and \(truth.filled) is")
    }
    if told.status.isFinal, told.evidence == nil { faults.append("\(id) without evidence") }
  }

  /// What was told over the whole history, with its crashes.
  private mutating func judgeLines() {
    var sums: [ClientOrderID: Decimal] = [:]
    var last: [ClientOrderID: OrderUpdate] = [:]
    var trades: Set<ShortText> = []
    var owed: ClientOrderID?
    for record in journal {
      switch record {
      case .intent, .replacement: break
      case .fill(let fill):
        guard let id = fill.clientID else {
          faults.append("a fill of nobody")
          continue
        }
        if !trades.insert(fill.tradeID).inserted { faults.append("\(fill.tradeID.string) twice") }
        sums[id] = (sums[id] ?? .zero).adding(fill.size)
        if owed != nil { faults.append("a fill without its order line") }
        owed = id
      case .order(let order):
        guard let id = order.clientID else {
          faults.append("an order of nobody")
          continue
        }
        if owed == id, order.filled! >= sums[id]! { owed = nil }
        if owed != nil { faults.append("\(id) came between a fill and its order") }
        if let before = last[id] {
          if before.status.isFinal, order.status != before.status, order.change != .restated {
            faults.append("\(id) left \(before.status.rawValue) for \(order.status.rawValue)")
          }
          if order.filled! < before.filled! { faults.append("\(id) has filled less than before") }
        }
        if !order.status.isFinal, order.terms!.size.subtracting(order.filled!) != order.remaining {
          faults.append("\(id): what is filled and what remains is not the size")
        }
        last[id] = order
      }
    }
    for id in placed where (sums[id] ?? .zero) != (last[id]?.filled ?? .zero) {
      faults.append("\(id): fills come to \(sums[id] ?? .zero), filled is \(last[id]!.filled!)")
    }
  }
}
