import PerpCore
import PerpVenue
import Testing

@testable import PerpSetup

@Suite struct ExaminationTests {
  private static let rest = Place(
    host: "rest.example", port: 443, isSecure: true, isNumeric: false, ways: [.rest])
  private static let ws = Place(
    host: "ws.example", port: 443, isSecure: true, isNumeric: false, ways: [.ws])
  private static let local = Place(
    host: "127.0.0.1", port: 80, isSecure: false, isNumeric: true, ways: [.rest, .ws])

  private static func examination(_ places: [Place] = [rest, ws]) -> Examination {
    Examination(
      venue: VenueID("toy"), places: places,
      budget: RateBudget(MarketDataLimits(), topics: 80))
  }

  /// The answer when all is well.
  private static func well(_ step: Examination.Step) -> ExaminationFact {
    switch step {
    case .lookUp(let place): .looked(place, .addresses(["10.0.0.1:443"]))
    case .connect(let place):
      .connected(place, [.init("10.0.0.1:443", .connected(microseconds: 900))])
    case .secure(let place):
      .secured(place, .done(version: "TLSv1.3", expiresIn: 86_400 * 30, microseconds: 20_000))
    case .askMarkets:
      .answered(.markets(count: 7, microseconds: 1, .init(remaining: nil, limit: nil)))
    case .askTime: .told(.offset(-3_000, bound: 1_000))
    case .openWebSocket: .upgraded(.opened(microseconds: 1))
    case .listen: .listened(heard([.init(.bbo, .data(microseconds: 1))]))
    }
  }

  private static func heard(_ channels: [ExaminationFact.Heard]) -> ExaminationFact.Listening {
    .init(symbol: "BTC-USD-PERP", channels: channels, seconds: 5, lastError: nil)
  }

  /// All steps, with one fact instead of that of the step it answers.
  private static func run(
    _ examination: Examination = examination(), except fact: ExaminationFact? = nil
  ) -> (steps: [Examination.Step], findings: [Finding]) {
    var examination = examination
    var steps: [Examination.Step] = []
    while let step = examination.next() {
      steps.append(step)
      examination.learn(fact.flatMap { answers($0, step) ? $0 : nil } ?? well(step))
    }
    return (steps, examination.findings)
  }

  private static func answers(_ fact: ExaminationFact, _ step: Examination.Step) -> Bool {
    switch (fact, step) {
    case (.looked(let place, _), .lookUp(let other)): place == other
    case (.connected(let place, _), .connect(let other)): place == other
    case (.secured(let place, _), .secure(let other)): place == other
    case (.answered, .askMarkets), (.told, .askTime), (.upgraded, .openWebSocket),
      (.listened, .listen):
      true
    default: false
    }
  }

  // MARK: Order

  @Test func whenAllIsWellEveryStepIsTaken() {
    let (steps, findings) = Self.run()
    #expect(
      steps == [
        .lookUp(Self.rest), .connect(Self.rest), .secure(Self.rest), .lookUp(Self.ws),
        .connect(Self.ws), .secure(Self.ws), .askMarkets, .askTime, .openWebSocket, .listen,
      ])
    #expect(findings.allSatisfy { $0.verdict == .ok && $0.fault == nil && $0.venue != nil })
    #expect(
      findings.map(\.check) == [
        "dns", "tcp", "tls", "dns", "tcp", "tls", "rest", "rate", "clock", "websocket", "bbo",
      ])
  }

  @Test func whatHasNoNameAndNoTLSIsNotAskedForThem() {
    let (steps, _) = Self.run(Self.examination([Self.local]))
    #expect(steps == [.connect(Self.local), .askMarkets, .askTime, .openWebSocket, .listen])
  }

  @Test func oneFaultLeavesOutWhatItMakesPointless() {
    var (steps, _) = Self.run(except: .looked(Self.rest, .failed("no such name")))
    #expect(
      steps == [
        .lookUp(Self.rest), .lookUp(Self.ws), .connect(Self.ws), .secure(Self.ws), .openWebSocket,
      ])
    (steps, _) = Self.run(except: .secured(Self.ws, .expired("expired")))
    #expect(steps.suffix(3) == [.secure(Self.ws), .askMarkets, .askTime])
    (steps, _) = Self.run(except: .answered(.status(403, isBarred: true, retryAfter: nil)))
    #expect(steps.suffix(2) == [.askMarkets, .openWebSocket])
    (steps, _) = Self.run(except: .upgraded(.refused(status: 503)))
    #expect(steps.suffix(2) == [.askTime, .openWebSocket])
    (steps, _) = Self.run(except: .told(.offset(30_000_000, bound: 1)))
    #expect(steps.last == .listen)
    (steps, _) = Self.run(
      Self.examination([Self.local]), except: .connected(Self.local, [.init("x", .refused)]))
    #expect(steps == [.connect(Self.local)])
  }

  // MARK: Judgement

  @Test(
    arguments: [
      (.looked(rest, .failed("no such name")), .nameUnresolved),
      (.looked(rest, .noAnswer), .nameUnresolved),
      (.connected(rest, [.init("a", .refused), .init("b", .noAnswer)]), .connectionRefused),
      (.connected(rest, [.init("a", .noAnswer)]), .connectionTimeout),
      (.connected(rest, [.init("a", .failed("no route"))]), .connectionFailed),
      (.connected(rest, []), .connectionFailed),
      (.secured(rest, .untrusted("self-signed")), .tlsUntrusted),
      (.secured(rest, .expired("expired")), .tlsExpired),
      (.secured(rest, .wrongHost("mismatch")), .tlsWrongHost),
      (.secured(rest, .failed("wrong version number")), .tlsFailed),
      (.secured(rest, .noAnswer), .tlsFailed),
      (.answered(.status(403, isBarred: false, retryAfter: nil)), .restBanned),
      (.answered(.status(451, isBarred: false, retryAfter: nil)), .restBanned),
      (.answered(.status(200, isBarred: true, retryAfter: nil)), .restBanned),
      (.answered(.status(429, isBarred: false, retryAfter: "7")), .restLimited),
      (.answered(.status(418, isBarred: false, retryAfter: nil)), .restLimited),
      (.answered(.status(500, isBarred: false, retryAfter: nil)), .restFailed),
      (.answered(.notSent("cannot connect")), .restFailed),
      (.answered(.noAnswer("timed out")), .restSilent),
      (.answered(.unreadable("is a page")), .restUnreadable),
      (
        .answered(.markets(count: 0, microseconds: 1, .init(remaining: 5, limit: 5))),
        .marketsMissing
      ),
      (.told(.offset(30_000_000, bound: 1_000)), .clockOff),
      (.told(.offset(.min, bound: 1_000)), .clockOff),
      (.upgraded(.refused(status: 403)), .wsRefused),
      (.upgraded(.failed("reset")), .wsFailed),
      (.listened(heard([.init(.book, .silent(cause: "connecting"))])), .channelSilent),
      (.listened(heard([.init(.trade, .down(cause: "refused"))])), .channelRefused),
    ] as [(ExaminationFact, Fault)])
  func eachFaultHasItsNameAndIsTheOnlyOne(fact: ExaminationFact, fault: Fault) {
    var diagnosis = Diagnosis()
    for finding in Self.run(except: fact).findings { diagnosis.add(finding) }
    #expect(diagnosis.failures.map(\.fault) == [fault])
    #expect(diagnosis.text == "fault found: toy \(fault.rawValue)\n")
    #expect(diagnosis.exitCode == 69)
  }

  @Test(
    arguments: [
      (
        .connected(rest, [.init("a", .noAnswer), .init("b", .connected(microseconds: 1))]),
        .addressDead
      ),
      (.answered(.markets(count: 1, microseconds: 1, .init(remaining: 9, limit: 100))), .rateLow),
      (.answered(.markets(count: 1, microseconds: 1, .init(remaining: 0, limit: nil))), .rateLow),
      (.told(.offset(-700_000, bound: 1_000)), .clockOff),
      (.told(.unknown("HTTP status 404")), .clockUnknown),
      (.listened(heard([.init(.trade, .silent(cause: nil))])), .channelQuiet),
    ] as [(ExaminationFact, Fault)])
  func aWarningIsNoFailure(fact: ExaminationFact, fault: Fault) {
    var diagnosis = Diagnosis()
    for finding in Self.run(except: fact).findings { diagnosis.add(finding) }
    #expect(diagnosis.warnings.map(\.fault) == [fault] && diagnosis.failures == [])
    #expect(diagnosis.text == "no fault found; warnings: toy \(fault.rawValue)\n")
    #expect(diagnosis.exitCode == 0)
  }

  /// The bound of the error speaks for the clock: a slow answer accuses nobody.
  @Test(
    arguments: [
      (499_000, 0, nil), (500_000, 0, nil), (500_001, 0, .warn), (2_000_000, 0, .warn),
      (2_000_001, 0, .fail), (2_400_000, 400_000, .warn), (2_400_000, 2_000_000, nil),
      (-2_500_000, 400_000, .fail), (0, 5_000_000, nil),
    ] as [(Int64, Int64, Finding.Verdict?)])
  func onlyWhatIsCertainCounts(offset: Int64, bound: Int64, verdict: Finding.Verdict?) {
    let finding = Examination.judge(.offset(offset, bound: bound))
    #expect(finding.verdict == verdict ?? .ok)
  }

  @Test func theWorstDecidesTheExitCode() {
    var diagnosis = Diagnosis()
    #expect(diagnosis.exitCode == 0 && diagnosis.text == "no fault found\n")
    diagnosis.add(.fail("rest", .restBanned, ""))
    diagnosis.add(.fail("credentials", .secretOpen, ""))
    #expect(diagnosis.exitCode == 77)
    diagnosis.add(.fail("address", .addressInvalid, ""))
    diagnosis.add(.fail("address", .addressInvalid, ""))
    #expect(diagnosis.exitCode == 78)
    #expect(diagnosis.text == "3 faults found: rest_banned, secret_open, address_invalid\n")
    #expect(
      diagnosis.line == #"{"check":"summary","verdict":"fail","#
        + #""faults":["rest_banned","secret_open","address_invalid"],"warnings":[]}"# + "\n")
  }

  @Test func aFindingStaysOnItsLine() {
    let finding = Finding.fail("rest", .restFailed, "one\r\ntwo\u{7}\"", of: VenueID("toy"))
    #expect(finding.text.split(separator: "\n").count == 2)
    #expect(!finding.text.contains("\u{7}"))
    #expect(
      finding.line.hasPrefix(
        #"{"venue":"toy","check":"rest","verdict":"fail","fault":"rest_failed","detail":"one\r\n"#))
  }

  // MARK: Rate fields

  @Test func whatAVenueSaysOfItsLimitsIsRead() {
    func fields(_ pairs: [(String, String)]) -> ExaminationFact.RateFields {
      .init(HTTPResponse(status: 200, fields: pairs.map { HTTPField($0.0, $0.1) }))
    }
    #expect(
      fields([("X-RateLimit-Limit", "1500"), ("x-ratelimit-remaining", "12")])
        == .init(remaining: 12, limit: 1_500))
    #expect(fields([("RateLimit-Limit", "10, 10;w=1")]) == .init(remaining: nil, limit: 10))
    #expect(fields([("x-ratelimit-remaining", "many")]) == .init(remaining: nil, limit: nil))
  }
}
