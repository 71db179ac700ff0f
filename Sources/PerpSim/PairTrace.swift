import PerpCore
import PerpVenue

/// What the two ends of a `Pair` were told and did, as lines and as one number to compare runs by.
struct PairTrace: Sendable {
  private let detail: PairOptions.Trace
  private let start: Moment
  private(set) var lines: [String] = []
  /// FNV-1a, 64 bits.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325

  init(_ detail: PairOptions.Trace, start: Moment) {
    self.detail = detail
    self.start = start
  }

  mutating func session(_ input: borrowing VenueInput, at now: Moment) {
    guard detail != .off else { return }
    switch copy input {
    case .start: add("session < start", now)
    case .stop: add("session < stop", now)
    case .wake: add("session < wake", now)
    case .subscribe(let topics): add("session < subscribe \(topics)", now)
    case .unsubscribe(let topics): add("session < unsubscribe \(topics)", now)
    case .snapshot(let topic): add("session < snapshot \(topic)", now)
    case .opened(let id): add("session < opened \(id.number)", now)
    case .text(let id, let text): add("session < text \(id.number) \(Self.text(text))", now)
    case .binary(let id, let bytes): add("session < binary \(id.number) \(Self.hex(bytes))", now)
    case .pong(let id): add("session < pong \(id.number)", now)
    case .closed(let id, let reason): add("session < closed \(id.number) \(reason)", now)
    case .response(let id, let response):
      add("session < response \(id.number) \(Self.text(response))", now)
    case .failed(let id, let failure): add("session < failed \(id.number) \(failure)", now)
    case .trading(let input): add("session < \(input)", now)
    }
  }

  mutating func session(_ action: VenueAction, at now: Moment) {
    guard detail != .off else { return }
    switch action {
    case .open(let id, let request): add("session > open \(id.number) \(request.url)", now)
    case .send(let id, let text): add("session > send \(id.number) \(Self.text(text))", now)
    case .ping(let id): add("session > ping \(id.number)", now)
    case .close(let id, let code): add("session > close \(id.number) \(code)", now)
    case .request(let id, let request):
      let body = request.body.isEmpty ? "" : " " + Self.text(request.body)
      add("session > request \(id.number) \(request.method.rawValue) \(request.url)\(body)", now)
    case .trading(let action): add("session > \(action)", now)
    case .expiring(let id): add("session > expiring \(id.number)", now)
    case .markets(let markets):
      add("session > markets \(markets.map(\.symbol.description))", now)
    case .emit(let event): add("session > emit \(Self.line(event, now))", now)
    case .answer(let event): add("session > answer \(Self.line(event, now))", now)
    case .note(let note): add("session > note \(note.level.rawValue) \(note.text)", now)
    }
  }

  mutating func simulator(_ input: borrowing SimulatorInput, at now: Moment) {
    guard detail != .off else { return }
    switch copy input {
    case .start: add("simulator < start", now)
    case .wake: add("simulator < wake", now)
    case .upgrade(let id, let request): add("simulator < upgrade \(id.number) \(request.url)", now)
    case .text(let id, let text): add("simulator < text \(id.number) \(Self.text(text))", now)
    case .binary(let id, let bytes):
      add("simulator < binary \(id.number) \(Self.hex(bytes))", now)
    case .pong(let id): add("simulator < pong \(id.number)", now)
    case .closed(let id): add("simulator < closed \(id.number)", now)
    case .backlog(let id, let messages):
      add("simulator < backlog \(id.number) \(messages)", now)
    case .request(let id, let request):
      add("simulator < request \(id.number) \(request.method.rawValue) \(request.url)", now)
    case .freezeTime(let isFrozen): add("simulator < freezeTime \(isFrozen)", now)
    case .liquidate: add("simulator < liquidate", now)
    }
  }

  mutating func simulator(_ action: SimulatorAction, at now: Moment) {
    guard detail != .off else { return }
    switch action {
    case .accept(let id): add("simulator > accept \(id.number)", now)
    case .refuse(let id, let response):
      add("simulator > refuse \(id.number) \(response.status)", now)
    case .send(let id, let frame):
      let bytes = frame.kind == .text ? Self.text(frame.bytes) : Self.hex(frame.bytes.span.bytes)
      add("simulator > send \(id.number) \(frame.kind) \(bytes)", now)
    case .ping(let id): add("simulator > ping \(id.number)", now)
    case .close(let id, let code, let reason):
      add("simulator > close \(id.number) \(code) \(reason)", now)
    case .abort(let id): add("simulator > abort \(id.number)", now)
    case .silence(let id): add("simulator > silence \(id.number)", now)
    case .respond(let id, let response):
      add("simulator > respond \(id.number) \(Self.text(response))", now)
    case .note(let note): add("simulator > note \(note.level.rawValue) \(note.text)", now)
    }
  }

  /// Each line begins with the microseconds since the start.
  private mutating func add(_ text: String, _ now: Moment) {
    let line = "\((now.monotonic - start.monotonic) / 1_000) \(text)"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    hash = (hash ^ 10) &* 0x100_0000_01B3
    if detail == .lines { lines.append(line) }
  }

  private static func line(_ event: Event, _ now: Moment) -> String {
    var line = ByteBuffer(capacity: 512)
    line.append(event, sequence: 0, sent: now.wall, style: LineStyle())
    line.truncate(to: max(0, line.count - 1))
    return line.string
  }

  private static func text(_ response: HTTPResponse) -> String {
    "\(response.status) \(text(response.body))"
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func text(_ bytes: RawSpan) -> String {
    bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }

  private static func hex(_ bytes: RawSpan) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    bytes.withUnsafeBytes {
      for byte in $0 { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
