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
    /// Questions for a quote that wait for their answer.
    var quotes: [RequestID] = []
    /// Requests to cancel all, which are not answered yet.
    var cancelsOfAll: [RequestID] = []
    /// What requests to put the dead man's switch off are answered.
    var deadManStatus = 200
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
      case .trading(.settled(Ticket(9), .accepted)): words.append("settled 9")
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
      if path.hasPrefix("cancel_") { return cancelsOfAll.append(id) }
      if path.hasSuffix("deadman") {
        return give(.response(id, HTTPResponse(status: deadManStatus)))
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

    mutating func cancelAll(_ symbol: Symbol? = nil) {
      count += 1
      give(.trading(.command(Ticket(count), .cancelAll(symbol))))
    }

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

  @Test("X28: what is placed after a cancel of all waits for its answer; what waited never leaves")
  func cancelOfAll() {
    var desk = Desk()
    desk.say("all\nbusy")
    desk.place("a")
    desk.cancelAll()
    #expect(desk.takeWords() == ["pending_new pending", "rejected rejected cancelled_unsent"])
    desk.place("b")
    desk.say("free")
    #expect(desk.sent.suffix(1) == ["cancel_all"])
    desk.cancel("b")
    desk.place("c")
    #expect(desk.takeWords().contains("rejected rejected cancelled_unsent"))
    #expect(desk.sent.suffix(1) == ["cancel_all"])
    desk.give(.response(desk.cancelsOfAll[0], HTTPResponse(status: 200)))
    #expect(desk.sent.suffix(2) == ["cancel_all", "place/c"])
    #expect(!desk.takeWords().contains { $0.hasPrefix("pending_cancel") })
  }

  @Test("what is open is cancelled one by one where the venue has no request for all, or fails")
  func cancelOfEach() {
    for status in [nil, 500, 200] {
      var desk = Desk()
      if status != nil { desk.say("all") }
      desk.place("a")
      desk.place("b")
      desk.say("open a 1\nopen b 2")
      desk.sent = []
      desk.cancelAll(Symbol("BTC-USD-PERP"))
      if let status {
        #expect(desk.sent == ["cancel_BTC"])
        desk.give(.response(desk.cancelsOfAll[0], HTTPResponse(status: status)))
      }
      let cancels = desk.sent.filter { $0.hasPrefix("cancel/") }
      #expect(cancels == (status == 200 ? [] : ["cancel/a", "cancel/b"]))
      #expect(desk.takeWords().filter { $0 == "pending_cancel open" }.count == 2)
    }
  }

  @Test("a venue's dead man's switch is put off in time, sooner after a failure, until the end")
  func deadMan() {
    var desk = Desk { $0.deadManEvery = Nanoseconds.seconds(10) }
    func count() -> Int { desk.sent.count { $0 == "deadman" } }
    desk.wait(9)
    #expect(count() == 0, "it was, when the account came to stand")
    desk.wait(21)
    #expect(count() == 3)
    desk.deadManStatus = 500
    desk.wait(10)
    #expect(count() == 4 && desk.takeWords().contains("error deadman"))
    desk.wait(10)
    #expect(count() == 6)
    desk.deadManStatus = 200
    desk.give(.trading(.command(Ticket(9), .release)))
    #expect(desk.sent.last == "no_deadman" && desk.words.contains("settled 9"))
    desk.wait(30)
    #expect(count() == 6)
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
}
