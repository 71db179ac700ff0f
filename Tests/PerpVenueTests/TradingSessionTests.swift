import PerpCore
import Testing

@testable import PerpVenue

@Suite("A session of an account")
struct TradingSessionTests {
  /// An account at the plain venue, its driver and a clock. The venue answers what it is asked by
  /// what `holdings` and `open` say.
  private struct Desk {
    var session: TradingSession<PlainDialect>
    var now = Moment(monotonic: 1_000_000_000, wall: 1_000_000)
    var words: [String] = []
    /// Paths that were asked, and requests that left.
    var sent: [String] = []
    /// What the journal says of `.keep`; nil: it has not answered yet.
    var keeps: Bool? = true
    var positions = ""
    var orders = ""
    var connection = ConnectionID(1)
    /// What becomes of requests about orders.
    var status = 200
    var failure: HTTPFailure?
    /// Questions for a quote that wait for their answer.
    var quotes: [RequestID] = []
    var count: UInt64 = 0

    init(_ limits: (inout TradingLimits) -> Void = { _ in }) {
      var dialect = PlainDialect()
      limits(&dialect.limits)
      session = TradingSession(
        AccountID(PlainDialect.venue, "main"), dialect: dialect, seed: 1, at: now)
      give(.start)
      give(.opened(connection))
      say("standing")
      words = []
      sent = []
    }

    mutating func give(_ input: borrowing VenueInput) {
      var actions = VenueActions()
      session.receive(input, at: now, into: &actions)
      for action in actions.list { perform(action) }
    }

    mutating func say(_ text: String) {
      let bytes = Array(text.utf8)
      give(.text(connection, bytes.span.bytes))
    }

    private mutating func perform(_ action: VenueAction) {
      switch action {
      case .trading(.keep): if let keeps { give(.trading(.kept(keeps))) }
      case .trading(.settled(_, .refused(let refusal))):
        words.append("no: \(refusal.reason.rawValue)")
      case .trading(.settled(_, .known(let order))): words.append("known \(order.status.rawValue)")
      case .open(let id, _): connection = id
      case .ping(let id): give(.pong(id))
      case .request(let id, let request): answer(id, request)
      case .emit(let event): note(event)
      default: break
      }
    }

    private mutating func note(_ event: Event) {
      switch event {
      case .order(let order):
        words.append(
          "\(order.change.rawValue) \(order.status.rawValue)"
            + (order.reason.map { " \($0)" } ?? ""))
      case .position(let position):
        words.append(
          "position \(position.size)" + (position.reconciledFrom.map { " not \($0)" } ?? ""))
      case .limits(let use): words.append("\(use.bucket) \(use.used)/\(use.limit)")
      case .account(let status): words.append("\(status.state.rawValue) \(status.cause)")
      case .error(let report): words.append("error \(report.reason)")
      default: break
      }
    }

    private mutating func answer(_ id: RequestID, _ request: HTTPRequest) {
      let path = String(request.url.dropFirst("http://venue.example/".count))
      sent.append(path)
      if path == "quote" { return quotes.append(id) }
      if path.contains("/") {
        if let failure { return give(.failed(id, failure)) }
        return give(.response(id, HTTPResponse(status: status)))
      }
      let body = path == "positions" ? positions : path.hasPrefix("o") ? orders : ""
      give(.response(id, HTTPResponse(status: 200, body: Array(body.utf8))))
    }

    mutating func wait(_ seconds: Int) {
      let end = now.monotonic + Nanoseconds.seconds(seconds)
      while let due = session.deadline, due <= end {
        now = now.advanced(by: max(due, now.monotonic) - now.monotonic)
        give(.wake)
      }
      now = now.advanced(by: end - now.monotonic)
    }

    mutating func place(_ id: String) {
      count += 1
      let terms = OrderTerms(
        side: .buy, type: .limit, timeInForce: .gtc, price: Decimal(100), size: Decimal(1))
      let intent = OrderIntent(
        clientID: ClientOrderID(id)!, symbol: Symbol("BTC-USD-PERP")!, terms: terms)
      give(.trading(.command(Ticket(count), .place(intent))))
    }

    mutating func cancel(_ id: String) {
      count += 1
      give(.trading(.command(Ticket(count), .cancel(.own(ClientOrderID(id)!)))))
    }

    mutating func loseStream() { give(.closed(connection, .lost("reset"))) }

    mutating func takeWords() -> [String] {
      defer { words = [] }
      return words
    }
  }

  @Test("what is cancelled while it waits for its turn never leaves")
  func cancelledInLine() {
    var desk = Desk()
    desk.say("busy")
    desk.place("a")
    #expect(desk.takeWords() == ["pending_new pending"])
    desk.cancel("a")
    #expect(desk.takeWords() == ["rejected rejected cancelled_unsent", "known rejected"])
    desk.say("free")
    desk.wait(20)
    #expect(!desk.sent.contains { $0.hasPrefix("place") || $0.hasPrefix("cancel") })
  }

  @Test("what is cancelled before its record is kept never leaves")
  func cancelledUnkept() {
    var desk = Desk()
    desk.keeps = nil
    desk.place("a")
    desk.cancel("a")
    #expect(desk.words.last == "known rejected")
    desk.keeps = true
    desk.give(.trading(.kept(true)))
    #expect(!desk.sent.contains { $0.hasPrefix("place") })
  }

  @Test("what is cancelled while its quote is asked for never leaves")
  func cancelledInPreparation() {
    var desk = Desk()
    desk.say("quotes")
    desk.place("a")
    #expect(desk.sent.contains("quote") && desk.quotes.count == 1)
    desk.cancel("a")
    #expect(desk.words.suffix(2) == ["rejected rejected cancelled_unsent", "known rejected"])
    desk.give(.response(desk.quotes[0], HTTPResponse(status: 200)))
    desk.wait(20)
    #expect(!desk.sent.contains { $0.hasPrefix("place") || $0.hasPrefix("cancel") })
  }

  @Test("how much of a window is used is told by quarters, and when it is free again")
  func rates() {
    var desk = Desk {
      $0.orders = [RollingWindow(limit: 8, per: Nanoseconds.milliseconds(1_500))]
      $0.reserve = 1
    }
    for number in 0..<6 { desk.place("a\(number)") }
    let told = desk.takeWords().filter { $0.hasPrefix("requests") }
    #expect(
      told == ["requests_1500ms 2/8", "requests_1500ms 4/8", "requests_1500ms 6/8"])
    desk.wait(3)
    #expect(desk.words.contains("requests_1500ms 0/8"))
  }

  @Test("a stream that says nothing of an order the venue has is opened anew")
  func deaf() {
    var desk = Desk()
    desk.orders = "open a 1"
    desk.place("a")
    desk.wait(6)
    #expect(desk.words.contains("new open"))
    #expect(!desk.words.contains("down no_echo"))
    desk.wait(3)
    #expect(desk.words.contains("down no_echo"))
  }

  @Test("a stream that has spoken of orders since, or of an order that is nowhere, stays")
  func heard() {
    var desk = Desk()
    desk.orders = "open a 1"
    desk.place("a")
    desk.say("open a 1")
    desk.wait(15)
    #expect(!desk.words.contains("down no_echo"))
    desk.orders = ""
    desk.place("b")
    desk.wait(15)
    #expect(!desk.words.contains("down no_echo"))
  }

  @Test("an answer that contradicts the stream is believed when the next one does so too")
  func reconciled() {
    var desk = Desk()
    desk.say("position BTC-USD-PERP 5")
    #expect(desk.takeWords() == ["position 5"])
    desk.positions = "position BTC-USD-PERP 3"
    desk.wait(31)
    #expect(desk.takeWords().filter { $0.hasPrefix("position") } == [])
    desk.wait(2)
    #expect(desk.takeWords().filter { $0.hasPrefix("position") } == ["position 3 not 5"])
    desk.wait(60)
    #expect(desk.takeWords().filter { $0.hasPrefix("position") } == [])
  }

  @Test("an answer that was overtaken by the stream is not believed")
  func overtaken() {
    var desk = Desk()
    desk.say("position BTC-USD-PERP 5")
    desk.positions = "position BTC-USD-PERP 3"
    desk.wait(31)
    desk.positions = "position BTC-USD-PERP 5"
    desk.wait(60)
    #expect(desk.takeWords().filter { $0.hasPrefix("position") } == ["position 5"])
  }

  @Test("a position that is missing is believed gone when it is missing twice")
  func missing() {
    var desk = Desk()
    desk.say("position BTC-USD-PERP 5")
    desk.wait(31)
    #expect(!desk.words.contains("position 0 not 5"))
    desk.wait(2)
    #expect(desk.words.contains("position 0 not 5"))
  }

  @Test("another program with the same key is told of, and the second time orders are refused")
  func conflict() {
    var desk = Desk()
    desk.say("conflict")
    #expect(desk.takeWords() == ["error nonce"])
    desk.place("a")
    #expect(desk.takeWords().first == "pending_new pending")
    desk.say("conflict")
    #expect(desk.takeWords().contains("error locked"))
    desk.place("b")
    #expect(desk.takeWords() == ["no: locked"])
    desk.say("open a 1")
    desk.wait(61)
    desk.words = []
    desk.place("c")
    #expect(desk.takeWords().first == "pending_new pending")
  }

  @Test("an order whose record is not kept never leaves; a cancel does")
  func unkept() {
    var desk = Desk()
    desk.place("a")
    desk.say("open a 1")
    desk.keeps = false
    desk.words = []
    desk.place("b")
    #expect(desk.takeWords() == ["pending_new pending", "rejected rejected journal"])
    desk.cancel("a")
    desk.wait(1)
    #expect(desk.sent.contains("cancel/a") && !desk.sent.contains("place/b"))
  }

  @Test("a stream that speaks of other orders is not deaf")
  func heardOfOthers() {
    var desk = Desk()
    desk.orders = "open a 1"
    desk.place("a")
    desk.wait(6)
    desk.say("open b 2")
    desk.wait(15)
    #expect(!desk.words.contains("down no_echo"))
  }

  @Test("some of each window is kept for cancels")
  func reserve() {
    var desk = Desk {
      $0.orders = [RollingWindow(limit: 4, per: Nanoseconds.seconds(60))]
      $0.reserve = 2
    }
    for name in ["a", "b", "c"] { desk.place(name) }
    #expect(desk.words.contains("no: rate_limited") && !desk.sent.contains("place/c"))
    desk.cancel("a")
    #expect(desk.sent.contains("cancel/a"))
  }

  @Test("while the venue asks for a pause no order is taken")
  func pause() {
    var desk = Desk()
    desk.status = 429
    desk.place("a")
    desk.words = []
    desk.place("b")
    #expect(desk.takeWords() == ["no: rate_limited"])
  }

  @Test("without a stream no order is taken, and what waits for its turn is not sent")
  func lostStream() {
    var desk = Desk()
    desk.say("busy")
    desk.place("a")
    desk.words = []
    desk.loseStream()
    #expect(desk.takeWords() == ["down closed_1006", "rejected rejected venue_down"])
    desk.place("b")
    #expect(desk.takeWords() == ["no: venue_down"])
    #expect(!desk.sent.contains { $0.hasPrefix("place") })
  }

  @Test("when the stream stands again it is asked what is open and was filled meanwhile")
  func standingAgain() {
    var desk = Desk()
    desk.loseStream()
    desk.wait(2)
    desk.give(.opened(desk.connection))
    desk.sent = []
    desk.say("standing")
    desk.wait(1)
    #expect(desk.sent.contains("open") && desk.sent.contains("fills"))
  }

  @Test("a request that got no answer may have had an effect; one that never left has none")
  func failures() {
    var desk = Desk()
    desk.failure = .noAnswer("reset")
    desk.place("a")
    #expect(desk.takeWords() == ["pending_new pending", "status unknown no_answer"])
    desk = Desk()
    desk.failure = .notSent("no route")
    desk.place("a")
    #expect(desk.takeWords() == ["pending_new pending", "rejected rejected not_sent"])
  }

  @Test("what has waited too long for its turn is not sent")
  func overdue() {
    var desk = Desk()
    desk.say("busy")
    desk.place("a")
    desk.words = []
    desk.wait(5)
    desk.say("free")
    #expect(desk.words.first == "rejected rejected not_sent_in_time")
    #expect(!desk.sent.contains("place/a"))
  }

  @Test("one question for many is asked from the earliest time on")
  func joinedQuestions() {
    var questions = AccountQuestions()
    var window = RollingWindow(limit: 10, per: Nanoseconds.seconds(1))
    for since: Int64 in [20, 10, 30] {
      questions.add(OrderQuery(kind: .fills, order: nil, since: since), about: nil)
    }
    #expect(questions.next(at: 0, in: &window)?.question == .fills(since: 10))
    #expect(questions.next(at: 0, in: &window) == nil)
  }
}
