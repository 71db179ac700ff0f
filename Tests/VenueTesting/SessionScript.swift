import PerpCore
import PerpVenue
import Testing

/// Where the venue of a script is.
package enum VenueExample {
  package static let ws = "wss://venue.example/v1"
  package static let rest = "https://venue.example/v1"
}

/// A session on pretended time, and what it did as lines that read like a transcript:
///
///     open 1 wss://venue.example/v1?sbeSchemaId=1&sbeSchemaVersion=2
///     send 1 subscribe bbo.BTC-USD-PERP
///     GET /bbo/BTC-USD-PERP
///     bbo BTC 100x1 101x2 seq 7
///     stream bbo BTC live first_data
package struct SessionScript<Session: VenueSession> {
  package var session: Session
  package var now = Moment(monotonic: Nanoseconds.seconds(1_000), wall: 1_795_132_800_000_000)
  private let describe: ([UInt8]) -> String
  private var actions = VenueActions()
  /// Everything since the beginning.
  package private(set) var all: [VenueAction] = []
  /// Messages to the venue that the script has not answered yet, in the order they were sent.
  package var sent: [[UInt8]] = []
  package private(set) var requests: [(id: RequestID, path: String)] = []
  package private(set) var notes: [Note] = []
  /// Of the latest attempt to connect.
  private var id = ConnectionID(0)
  /// Whether the peer lives. Its pings and pongs are then left out of the transcript.
  package var answersPings = true

  /// `describe` says in a word or two what a message to the venue asks for.
  package init(
    seed: UInt64 = 1, settings: [String: String] = [:],
    _ makeSession: (SessionOptions) -> Session, describe: @escaping ([UInt8]) -> String
  ) {
    session = makeSession(
      SessionOptions(
        endpoints: Endpoints(ws: VenueExample.ws, rest: VenueExample.rest), seed: seed,
        settings: settings))
    self.describe = describe
  }
}

// MARK: - Inputs

extension SessionScript {
  package mutating func start() { give(.start) }
  package mutating func stop() { give(.stop) }
  package mutating func subscribe(_ topics: [Topic]) { give(.subscribe(topics)) }
  package mutating func unsubscribe(_ topics: [Topic]) { give(.unsubscribe(topics)) }
  package mutating func snapshot(_ topic: Topic) { give(.snapshot(topic)) }
  package mutating func open() { give(.opened(id)) }
  package mutating func opened(_ id: Int) { give(.opened(ConnectionID(id))) }
  package mutating func close(_ reason: CloseReason) { give(.closed(id, reason)) }

  package mutating func closed(_ id: Int, _ reason: CloseReason) {
    give(.closed(ConnectionID(id), reason))
  }

  package mutating func binary(_ bytes: [UInt8], on id: Int? = nil) {
    give(.binary(id.map { ConnectionID($0) } ?? self.id, bytes.span.bytes))
  }

  package mutating func text(_ text: String, on id: Int? = nil) {
    self.text(Array(text.utf8), on: id)
  }

  package mutating func text(_ bytes: [UInt8], on id: Int? = nil) {
    give(.text(id.map { ConnectionID($0) } ?? self.id, bytes.span.bytes))
  }

  /// Answers the oldest question for the path, which has the body after a blank if there is one;
  /// false when none is open.
  @discardableResult
  package mutating func answer(
    _ path: String, _ body: String, status: Int = 200, fields: [HTTPField] = []
  ) -> Bool {
    guard let index = requests.firstIndex(where: { $0.path == path }) else { return false }
    let response = HTTPResponse(status: status, fields: fields, body: Array(body.utf8))
    give(.response(requests.remove(at: index).id, response))
    return true
  }

  @discardableResult
  package mutating func fail(_ path: String, _ failure: HTTPFailure = .noAnswer("timeout")) -> Bool
  {
    guard let index = requests.firstIndex(where: { $0.path == path }) else { return false }
    give(.failed(requests.remove(at: index).id, failure))
    return true
  }

  /// Lets time pass, waking the session whenever it wants.
  package mutating func wait(_ duration: UInt64) {
    let end = now.monotonic + duration
    var wakes = 0
    while let deadline = session.deadline, deadline <= end {
      if deadline > now.monotonic { now = now.advanced(by: deadline - now.monotonic) }
      let count = actions.list.count
      give(.wake)
      if answersPings, actions.list[count...].contains(.ping(id)) { give(.pong(id)) }
      wakes += 1
      guard wakes < 200_000 else {
        Issue.record("the session wakes without end")
        return
      }
    }
    now = now.advanced(by: end - now.monotonic)
  }

  package mutating func wait(seconds: Int) { wait(Nanoseconds.seconds(seconds)) }
  package mutating func wait(milliseconds: Int) { wait(Nanoseconds.milliseconds(milliseconds)) }

  private mutating func give(_ input: borrowing VenueInput) {
    let count = actions.list.count
    session.receive(input, at: now, into: &actions)
    for action in actions.list[count...] {
      all.append(action)
      switch action {
      case .open(let id, _): self.id = id
      case .send(_, let bytes): sent.append(bytes)
      case .request(let id, let request):
        let body = String(decoding: request.body, as: UTF8.self)
        let path = request.url.dropFirst(VenueExample.rest.count)
        requests.append((id, path + (body.isEmpty ? "" : " " + body)))
      case .note(let note): notes.append(note)
      default: break
      }
    }
  }
}

// MARK: - Outputs

extension SessionScript {
  /// What it did since the last look, without notes.
  package mutating func did() -> [String] {
    defer { actions.list = [] }
    return actions.list.compactMap { Transcript.line($0, describe: describe) }
      .filter { !answersPings || !$0.hasPrefix("ping") }
  }

  /// What it did since the beginning, without notes.
  package var lines: [String] { all.compactMap { Transcript.line($0, describe: describe) } }

  /// Forgets everything, for long runs.
  package mutating func forget() {
    (actions.list, all, sent, requests, notes) = ([], [], [], [], [])
  }

  /// Forgets what it did so far.
  package mutating func skip() { actions.list = [] }

  package var events: [Event] {
    all.compactMap { if case .emit(let event) = $0 { event } else { nil } }
  }
}
