import PerpCore
import Testing

@testable import PerpVenue

@Suite("A session of an account")
struct TradingSessionTests {
  private typealias Desk = AccountDesk

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
