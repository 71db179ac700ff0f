import PerpCore
import PerpVenue

/// One row of the table `raw`: an input of a session, or what it sent.
package struct RecordedRow: Equatable, Sendable {
  /// Named as in the table.
  package enum Kind: String, Sendable {
    // Inputs of sessions: what replay feeds them.
    case start, stop, wake, subscribe, unsubscribe, snapshot
    case opened, text, binary, pong, closed, response, failed
    // What sessions sent.
    case open, send, ping, close, request
    // The recording's own.
    case line, gap, next, end

    var direction: String {
      switch self {
      case .open, .send, .ping, .close, .request: "out"
      case .line, .gap, .next, .end: "own"
      default: "in"
      }
    }
  }

  package var kind: Kind
  package var moment: Moment
  /// Zero for the recording's own rows.
  package var session = 0
  /// The number of the connection or request.
  package var reference = 0
  /// What is short and told in words: a URL, a status with header fields, a cause.
  package var head = ""
  package var payload: [UInt8] = []

  /// Of the queue's memory; the struct itself, and what it points to.
  var size: Int { 128 + head.utf8.count + payload.count }

  init(
    _ kind: Kind, at moment: Moment, session: Int = 0, reference: Int = 0, head: String = "",
    payload: [UInt8] = []
  ) {
    self.kind = kind
    self.moment = moment
    self.session = session
    self.reference = reference
    self.head = head
    self.payload = payload
  }
}

// MARK: - Inputs

extension RecordedRow {
  init(_ input: borrowing VenueInput, of session: Int, at moment: Moment) {
    self.init(.wake, at: moment, session: session)
    switch input {
    case .start: kind = .start
    case .stop: kind = .stop
    case .wake: break
    case .subscribe(let topics): set(.subscribe, payload: Self.lines(topics))
    case .unsubscribe(let topics): set(.unsubscribe, payload: Self.lines(topics))
    case .snapshot(let topic): set(.snapshot, payload: Self.lines([topic]))
    case .opened(let id): set(.opened, id.number)
    case .text(let id, let bytes): set(.text, id.number, payload: [UInt8](bytes))
    case .binary(let id, let bytes): set(.binary, id.number, payload: [UInt8](bytes))
    case .pong(let id): set(.pong, id.number)
    case .closed(let id, let reason):
      let (head, text) = reason.parts
      set(.closed, id.number, head: head, payload: Array(text.utf8))
    case .response(let id, let response):
      set(.response, id.number, head: Self.head(of: response), payload: response.body)
    case .failed(let id, .notSent(let text)):
      set(.failed, id.number, head: "not_sent", payload: Array(text.utf8))
    case .failed(let id, .noAnswer(let text)):
      set(.failed, id.number, head: "no_answer", payload: Array(text.utf8))
    // Sessions of accounts are not recorded: what they say to a venue is secret.
    case .trading: break
    }
  }

  private mutating func set(
    _ kind: Kind, _ reference: Int = 0, head: String = "", payload: [UInt8] = []
  ) {
    self.kind = kind
    self.reference = reference
    self.head = head
    self.payload = payload
  }

  private static func lines(_ topics: [Topic]) -> [UInt8] {
    Array(topics.map(\.description).joined(separator: "\n").utf8)
  }

  /// Without cookies, which are somebody's.
  private static func head(of response: HTTPResponse) -> String {
    let fields = response.fields.filter { $0.name.lowercased() != "set-cookie" }
    return (["\(response.status)"] + fields.map { "\($0.name): \($0.value)" })
      .joined(separator: "\n")
  }

  /// What the session was given then; nil when the row makes no sense, as in a damaged file.
  func give<R>(_ body: (borrowing VenueInput) -> R) -> R? {
    let connection = ConnectionID(reference)
    switch kind {
    case .start: return body(.start)
    case .stop: return body(.stop)
    case .wake: return body(.wake)
    case .subscribe: return topics.map { body(.subscribe($0)) }
    case .unsubscribe: return topics.map { body(.unsubscribe($0)) }
    case .snapshot: return topics?.first.map { body(.snapshot($0)) }
    case .opened: return body(.opened(connection))
    case .text: return body(.text(connection, payload.span.bytes))
    case .binary: return body(.binary(connection, payload.span.bytes))
    case .pong: return body(.pong(connection))
    case .closed: return CloseReason(head, text).map { body(.closed(connection, $0)) }
    case .response: return response.map { body(.response(RequestID(reference), $0)) }
    case .failed:
      let failure: HTTPFailure = head == "not_sent" ? .notSent(text) : .noAnswer(text)
      return body(.failed(RequestID(reference), failure))
    default: return nil
    }
  }

  private var text: String { String(decoding: payload, as: UTF8.self) }

  /// Nil when one of them is none.
  var topics: [Topic]? {
    var topics: [Topic] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, let channel = Channel(rawValue: String(words[0])),
        let symbol = Symbol(words[1])
      else { return nil }
      topics.append(Topic(channel, symbol))
    }
    return topics
  }

  var response: HTTPResponse? {
    let lines = head.split(separator: "\n", omittingEmptySubsequences: false)
    guard let status = lines.first.flatMap({ Int($0) }) else { return nil }
    let fields = lines.dropFirst().map { line in
      let name = line.prefix { $0 != ":" }
      return HTTPField(String(name), String(line.dropFirst(name.count + 2)))
    }
    return HTTPResponse(status: status, fields: fields, body: payload)
  }
}

extension CloseReason {
  /// In a word with perhaps a number, and in the words of whoever closed.
  fileprivate var parts: (head: String, text: String) {
    switch self {
    case .unreachable(let text): ("unreachable", text)
    case .refused(let status): ("refused \(status)", "")
    case .closed(let code, let reason): ("closed \(code)", reason)
    case .violation(let code, let text): ("violation \(code)", text)
    case .lost(let text): ("lost", text)
    }
  }

  fileprivate init?(_ head: String, _ text: String) {
    let words = head.split(separator: " ")
    let number = words.count == 2 ? Int(words[1]) : nil
    switch (words.first, number) {
    case ("unreachable", nil): self = .unreachable(text)
    case ("refused", let status?): self = .refused(status: status)
    case ("closed", let code?): self = .closed(code: code, reason: text)
    case ("violation", let code?): self = .violation(code: code, text)
    case ("lost", nil): self = .lost(text)
    default: return nil
    }
  }
}

// MARK: - What was sent

extension RecordedRow {
  /// Nil for what stays inside the program. Header fields are left out: they may be secret, and
  /// no input depends on them.
  init?(_ action: borrowing VenueAction, of session: Int, at moment: Moment) {
    switch action {
    case .open(let id, let request):
      self.init(.open, at: moment, session: session, reference: id.number, head: request.url)
    case .send(let id, let text):
      self.init(.send, at: moment, session: session, reference: id.number, payload: text)
    case .ping(let id): self.init(.ping, at: moment, session: session, reference: id.number)
    case .close(let id, let code):
      self.init(.close, at: moment, session: session, reference: id.number, head: "\(code)")
    case .request(let id, let request):
      self.init(
        .request, at: moment, session: session, reference: id.number,
        head: "\(request.method.rawValue) \(request.url)", payload: request.body)
    default: return nil
    }
  }
}

extension [UInt8] {
  fileprivate init(_ bytes: RawSpan) { self = bytes.withUnsafeBytes { [UInt8]($0) } }
}
