import PerpCore
import PerpVenue

/// Serves a recording as the venue would: REST answers and messages as they came then, to clients
/// that ask for them now. The answers to subscriptions are made anew.
///
/// A question is answered as it was at that time, counted from the first question of all.
/// Each client is served one recorded connection from its beginning, from the moment of its first
/// subscription on; a channel that it subscribes to later is caught up with at once. When the
/// recorded connection ended, so does the client's, and whoever connects then gets the next one. A
/// channel that was not recorded is refused, unless the venue's wire derives it from one that was.
///
/// It holds all messages of the venue in memory.
package struct RecordedVenue: VenueSimulator {
  private struct Message {
    /// Nanoseconds since the connection was opened.
    let age: UInt64
    let frame: Frame
    let channel: String
  }

  private struct Link {
    let opened: Moment
    var messages: [Message] = []
    var age: UInt64 = 0
    var isOver = false
  }

  private struct Answer {
    /// Nanoseconds since the first question.
    let age: UInt64
    let response: HTTPResponse
  }

  /// What was asked: path and query, and the body.
  private struct Question: Hashable {
    let target: String
    let body: [UInt8]
  }

  private struct Client {
    let link: Int
    var channels: Set<String> = []
    var derived: [String: any DerivedChannel] = [:]
    /// When it began, on the monotonic clock; nil before its first subscription.
    var start: UInt64?
    /// The next message.
    var place = 0
  }

  private let wire: ServedWire
  /// How many times as fast as it was; nil for as fast as can be.
  private let speed: Double?
  private let channels: Set<String>
  private var links: [Link] = []
  private var answers: [Question: [Answer]] = [:]
  /// When the first question came, on the monotonic clock.
  private var firstQuestion: UInt64?
  /// Answers given to each, where time is none.
  private var given: [Question: Int] = [:]
  private var clients: [ConnectionID: Client] = [:]
  /// The recorded connection that the next client gets.
  private var nextLink = 0

  /// Reads all of the recording. `speed` is nil for as fast as can be.
  package init(
    _ recording: Recording, venue: VenueDescriptor, wire: ServedWire, speed: Double?
  ) throws(Recording.Failure) {
    self.wire = wire
    self.speed = speed
    var reader = Reader(venue: venue.id.description, recording: recording, wire: wire)
    while let row = try recording.next() { reader.take(row) }
    links = reader.links.filter { !$0.messages.isEmpty }
    answers = reader.answers
    channels = reader.channels
  }

  /// Messages in all.
  package var count: Int { links.reduce(0) { $0 + $1.messages.count } }

  package var deadline: UInt64? { clients.values.compactMap(due(of:)).min() }

  package mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .upgrade(let id, _):
      guard links.indices.contains(nextLink) else {
        actions.append(.refuse(id, HTTPResponse(status: 503)))
        break
      }
      clients[id] = Client(link: nextLink, channels: [ServedWire.everyone])
      actions.append(.accept(id))
    case .text(let id, let text):
      receive(text.withUnsafeBytes { [UInt8]($0) }, from: id, at: now, into: &actions)
    case .closed(let id): clients[id] = nil
    case .request(let id, let request):
      actions.append(.respond(id, answer(to: request, at: now)))
    case .start, .wake, .binary, .pong, .backlog, .freezeTime, .liquidate: break
    }
    for id in clients.keys.sorted(by: { $0.number < $1.number }) {
      serve(id, at: now, into: &actions)
    }
  }

  private mutating func receive(
    _ text: [UInt8], from id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    let request = wire.request(text)
    switch request {
    case .subscribe(let requestID, let wanted)?:
      let derived = derive(wanted)
      if let missing = wanted.first(where: { !channels.contains($0) && derived[$0] == nil }) {
        actions.append(.send(id, wire.refuse(requestID, missing, now)))
        actions.append(.note(Note(.notice, "a client asked for \(missing): not recorded")))
        return
      }
      grant(request, to: id, at: now, into: &actions)
      catchUp(id, on: wanted, derived, into: &actions)
      clients[id]?.channels.formUnion(wanted.filter { derived[$0] == nil })
      if clients[id]?.start == nil { clients[id]?.start = now.monotonic }
    case .unsubscribe(_, let unwanted)?:
      grant(request, to: id, at: now, into: &actions)
      clients[id]?.channels.subtract(unwanted)
      for channel in unwanted { clients[id]?.derived[channel] = nil }
    case nil: break
    }
  }

  /// Those that can be made of a recorded channel, and need be.
  private func derive(_ wanted: [String]) -> [String: any DerivedChannel] {
    var derived: [String: any DerivedChannel] = [:]
    for channel in wanted where !channels.contains(channel) {
      guard let maker = wire.derive(channel), channels.contains(maker.source) else { continue }
      derived[channel] = maker
    }
    return derived
  }

  /// What has been of the channels so far: changes mean nothing without the state before them. Of
  /// what is derived the newest says it all.
  private mutating func catchUp(
    _ id: ConnectionID, on wanted: [String], _ derived: [String: any DerivedChannel],
    into actions: inout [SimulatorAction]
  ) {
    guard let client = clients[id] else { return }
    let past = links[client.link].messages[..<client.place]
    for message in past
    where wanted.contains(message.channel) && !client.channels.contains(message.channel) {
      actions.append(.send(id, message.frame))
    }
    for (channel, maker) in derived.sorted(by: { $0.key < $1.key })
    where client.derived[channel] == nil {
      var (maker, newest) = (maker, Frame?.none)
      for message in past where message.channel == maker.source {
        newest = maker.take(message.frame, age: message.age) ?? newest
      }
      if let newest { actions.append(.send(id, newest)) }
      clients[id]?.derived[channel] = maker
    }
  }

  private func grant(
    _ request: ServedWire.Request?, to id: ConnectionID, at now: Moment,
    into actions: inout [SimulatorAction]
  ) {
    guard let request, let link = clients[id]?.link else { return }
    let messages = { [links] (channel: String) in
      Array(links[link].messages.lazy.filter { $0.channel == channel }.prefix(16).map(\.frame))
    }
    guard let frame = wire.grant(request, messages, now) else { return }
    actions.append(.send(id, frame))
  }

  // MARK: Messages

  /// A turn sends no more, so that a client that is served as fast as can be is not cut off.
  private static let messagesPerTurn = 200
  private static let pauseAtFullSpeed = Nanoseconds.milliseconds(2)

  private func due(of client: Client) -> UInt64? {
    guard let start = client.start else { return nil }
    let link = links[client.link]
    let age = client.place < link.messages.count ? link.messages[client.place].age : link.age
    guard let speed else {
      return start + UInt64(client.place / Self.messagesPerTurn) * Self.pauseAtFullSpeed
    }
    return start + UInt64(Double(age) / speed)
  }

  private mutating func serve(
    _ id: ConnectionID, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    while let client = clients[id], let due = due(of: client), due <= now.monotonic {
      let link = links[client.link]
      guard client.place < link.messages.count else {
        // Whoever comes back gets what came after it then.
        nextLink = max(nextLink, client.link + 1)
        clients[id] = nil
        actions.append(.close(id, code: 1001, reason: "the recorded connection ended here"))
        return
      }
      let message = link.messages[client.place]
      if client.channels.contains(message.channel) { actions.append(.send(id, message.frame)) }
      for (channel, maker) in client.derived.sorted(by: { $0.key < $1.key })
      where maker.source == message.channel {
        var maker = maker
        if let frame = maker.take(message.frame, age: message.age) {
          actions.append(.send(id, frame))
        }
        clients[id]?.derived[channel] = maker
      }
      clients[id]?.place += 1
    }
  }

  // MARK: REST

  /// What the same question was answered then, else one with another query.
  private mutating func answer(to request: HTTPRequest, at now: Moment) -> HTTPResponse {
    let exact = Question(target: request.url, body: request.body)
    let similar = answers.keys
      .filter { $0.target.prefix { $0 != "?" } == request.path && $0.body == request.body }
      .min { $0.target < $1.target }
    guard let question = answers[exact] != nil ? exact : similar, let known = answers[question]
    else { return HTTPResponse(status: 404) }
    let first = firstQuestion ?? now.monotonic
    firstQuestion = first
    let place: Int
    if let speed {
      let age = UInt64(Double(now.monotonic - first) * speed)
      place = (known.firstIndex { $0.age > age } ?? known.count) - 1
    } else {
      place = given[question, default: 0]
      given[question] = place + 1
    }
    return known[min(max(place, 0), known.count - 1)].response
  }
}

extension RecordedVenue {
  /// Sorts the rows of one venue by what they belong to.
  private struct Reader {
    /// Numbers of connections and requests are of one session.
    struct Key: Hashable {
      let session: Int
      let reference: Int
    }

    let venue: String
    let recording: Recording
    let wire: ServedWire
    var links: [Link] = []
    var answers: [Question: [Answer]] = [:]
    /// Those we asked for, also where nothing came.
    var channels: Set<String> = []
    var places: [Key: Int] = [:]
    var questions: [Key: Question] = [:]
    var firstQuestion: UInt64?

    mutating func take(_ row: RecordedRow) {
      guard recording.sessions[row.session]?.venue == venue else { return }
      let key = Key(session: row.session, reference: row.reference)
      switch row.kind {
      case .opened:
        places[key] = links.count
        links.append(Link(opened: row.moment))
      case .text, .binary:
        guard let place = places[key] else { return }
        let frame = Frame(row.kind == .text ? .text : .binary, row.payload)
        let age = row.moment.monotonic - links[place].opened.monotonic
        links[place].age = age
        guard let channel = wire.channel(frame) else { return }
        channels.insert(channel)
        links[place].messages.append(Message(age: age, frame: frame, channel: channel))
      case .send:
        if case .subscribe(_, let asked)? = wire.request(row.payload) {
          channels.formUnion(asked)
        }
      case .request:
        questions[key] = Question(target: Self.target(of: row.head), body: row.payload)
        firstQuestion = firstQuestion ?? row.moment.monotonic
      case .response:
        guard let question = questions.removeValue(forKey: key), let response = row.response,
          let firstQuestion
        else { return }
        let kept = response.fields.filter { $0.name.lowercased() == "content-type" }
        answers[question, default: []].append(
          Answer(
            age: row.moment.monotonic - firstQuestion,
            response: HTTPResponse(status: response.status, fields: kept, body: response.body)))
      default: break
      }
    }

    /// Path and query of `GET https://host/path?query`.
    static func target(of head: String) -> String {
      let url = head.split(separator: " ").last ?? ""
      let afterScheme = url.split(separator: "//", maxSplits: 1).last ?? ""
      return afterScheme.firstIndex(of: "/").map { String(afterScheme[$0...]) } ?? "/"
    }
  }
}
