import Foundation
import PerpCore
import PerpVenue
import Testing

@testable import PerpIO

@Suite struct RecorderTests {
  private static let venue = VenueID("toy")
  private static let noon = Moment(monotonic: 5_000_000_000, wall: 1_795_132_800_000_000)

  /// A folder that is gone when the test is.
  private final class Folder {
    let path = "/tmp/perpwire-recording-\(UUID().uuidString)"

    init() { mkdir(path, 0o700) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    var file: String { path + "/a.sqlite" }
    var names: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
  }

  private static func recorder(
    _ path: String, limits: Recorder.Limits = .init()
  ) throws -> Recorder {
    try Recorder(
      into: path, facts: [("version", "1"), ("run_id", "r")], loop: EventLoop(), limits: limits,
      onFailure: { Issue.record("\($0)") })
  }

  private static let options = SessionOptions(
    endpoints: Endpoints(ws: "wss://host/v1", rest: "https://host/v1"), seed: .max,
    settings: ["a": "1", "b": "x=y"], secrets: ["session": Secret("hush-hush")], share: 3)

  private static func rows(of paths: [String]) throws -> [RecordedRow] {
    let recording = try Recording(paths)
    var rows: [RecordedRow] = []
    while let row = try recording.next() { rows.append(row) }
    return rows
  }

  private static func words(_ input: borrowing VenueInput) -> String {
    switch input {
    case .start: "start"
    case .stop: "stop"
    case .wake: "wake"
    case .trading: "trading"
    case .subscribe(let topics): "subscribe \(topics)"
    case .unsubscribe(let topics): "unsubscribe \(topics)"
    case .snapshot(let topic): "snapshot \(topic)"
    case .opened(let id): "opened \(id.number)"
    case .text(let id, let bytes): "text \(id.number) \(text(bytes))"
    case .binary(let id, let bytes): "binary \(id.number) \(copy(bytes))"
    case .pong(let id): "pong \(id.number)"
    case .closed(let id, let reason): "closed \(id.number) \(reason)"
    case .response(let id, let response): "response \(id.number) \(response)"
    case .failed(let id, let failure): "failed \(id.number) \(failure)"
    }
  }

  @Test func everyInputComesBackAsItWas() throws {
    let folder = Folder()
    let recorder = try Self.recorder(folder.file)
    let session = recorder.session(of: Self.venue, Self.options, isRacing: true)
    var told: [String] = []
    func give(_ input: borrowing VenueInput) {
      told.append(Self.words(input))
      session.given(
        input, at: Self.noon.advanced(by: UInt64(told.count) * 1_234_567))
    }
    let topic = Topic(.bbo, try #require(Symbol("BTC-USD-PERP")))
    let other = Topic(.book, try #require(Symbol("1000PEPE-USD-PERP")))
    give(.start)
    give(.wake)
    give(.subscribe([topic, other]))
    give(.unsubscribe([]))
    give(.snapshot(other))
    give(.opened(ConnectionID(7 << 32 + 1)))
    let text = Array("{\"é\":1}\n".utf8)
    let binary: [UInt8] = [0, 255, 10, 0]
    give(.text(ConnectionID(1), text.span.bytes))
    give(.binary(ConnectionID(1), binary.span.bytes))
    give(.binary(ConnectionID(1), RawSpan()))
    give(.pong(ConnectionID(1)))
    for reason: CloseReason in [
      .unreachable("no route"), .refused(status: 400), .closed(code: 1006, reason: "a b"),
      .violation(code: 1009, "too long"), .lost("reset"),
    ] { give(.closed(ConnectionID(2), reason)) }
    give(
      .response(
        RequestID(4),
        HTTPResponse(
          status: 429, fields: [HTTPField("Retry-After", "3"), HTTPField("X", "a: b")],
          body: text)))
    give(.failed(RequestID(5), .notSent("no address")))
    give(.failed(RequestID(6), .noAnswer("timeout")))
    give(.stop)
    recorder.finish()

    let rows = try Self.rows(of: [folder.file])
    #expect(rows.dropLast().compactMap { $0.give(Self.words) } == told)
    for (index, row) in rows.dropLast().enumerated() {
      #expect(row.moment == Self.noon.advanced(by: UInt64(index + 1) * 1_234_567))
    }
    #expect(rows.last?.kind == .end)
    let recorded = try #require(try Recording([folder.file]).sessions[1])
    #expect(recorded.venue == "toy" && recorded.seed == .max && recorded.isRacing)
    #expect(recorded.options.settings == Self.options.settings && recorded.share == 3)
    #expect(recorded.options.endpoints == Self.options.endpoints)
    #expect(recorded.options.secrets.keys.sorted() == ["session"])
  }

  @Test func onlyTheOwnerReadsItAndNoSecretIsInIt() throws {
    let folder = Folder()
    let recorder = try Self.recorder(folder.file)
    let session = recorder.session(of: Self.venue, Self.options)
    let fields = [HTTPField("Cookie", "hush-hush"), HTTPField("Authorization", "Bearer 1")]
    for action: VenueAction in [
      .open(ConnectionID(1), WebSocketRequest(url: "wss://host/?key=hush-hush", fields: fields)),
      .send(ConnectionID(1), Array(#"{"auth":"hush-hush"}"#.utf8)),
      .send(ConnectionID(1), Array("hello".utf8)),
      .request(RequestID(1), HTTPRequest(.post, "https://host/x", fields: fields)),
      .request(RequestID(2), HTTPRequest(.post, "https://host/", body: Array("hush-hush".utf8))),
    ] { session.did(action, at: Self.noon) }
    session.given(
      .response(
        RequestID(1),
        HTTPResponse(status: 200, fields: [HTTPField("Set-Cookie", "sid=hush-hush")])),
      at: Self.noon)
    recorder.finish()
    let rows = try Self.rows(of: [folder.file])
    #expect(
      rows.map(\.head) == [
        "withheld", "withheld", "", "POST https://host/x", "withheld", "200", "",
      ])
    #expect(rows[2].payload == Array("hello".utf8))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file))
    for word in ["hush-hush", "Bearer"] { #expect(bytes.range(of: Data(word.utf8)) == nil) }
    var status = stat()
    #expect(stat(folder.file, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(folder.names == ["a.sqlite"])
  }

  @Test func aFullQueueIsCountedAndMarked() throws {
    var limits = Recorder.Limits()
    limits.rows = 3
    let queue = RecordingQueue(limits)
    for number in 1...5 {
      queue.add(.raw(RecordedRow(.wake, at: Self.noon, session: 1, reference: number)))
    }
    var kinds = queue.take(waiting: 0).compactMap(\.row?.kind)
    #expect(kinds == [.wake, .wake, .wake] && queue.counters.dropped == 2)
    queue.add(.raw(RecordedRow(.wake, at: Self.noon)))
    let rows = queue.take(waiting: 0).compactMap(\.row)
    #expect(rows.map(\.kind) == [.gap, .wake] && rows.first?.head == "2")
    for _ in 1...4 { queue.add(.raw(RecordedRow(.wake, at: Self.noon))) }
    queue.finish(at: Self.noon)
    kinds = queue.take(waiting: 0).compactMap(\.row?.kind)
    #expect(kinds == [.wake, .wake, .wake, .gap, .end])
  }

  @Test func replayEndsAtAGapAndWhereItWasCutOff() throws {
    let folder = Folder()
    let line = Array("{}\n".utf8)
    func replay(_ rows: [RecordedRow], _ name: String) throws -> (String, Replay.Ending?) {
      let file = try RecordingFile("\(folder.path)/\(name)", facts: [("part", "1")])
      for row in rows { try file.write(row, venue: nil) }
      let replay = try Replay(Recording([file.path])) { _ in nil }
      var lines = ""
      while replay.moment != nil {
        try replay.step {
          if case .line(let line) = $0 { lines += String(decoding: line, as: UTF8.self) }
        }
      }
      return (lines, replay.ending)
    }
    let own = RecordedRow(.line, at: Self.noon, payload: line)
    let gap = RecordedRow(.gap, at: Self.noon, head: "12")
    let end = RecordedRow(.end, at: Self.noon)
    let next = RecordedRow(.next, at: Self.noon, head: "b.sqlite")
    #expect(try replay([own, own, end], "1") == ("{}\n{}\n", .complete))
    #expect(try replay([own, own], "2") == ("{}\n{}\n", .torn))
    #expect(try replay([], "3") == ("", .torn))
    #expect(try replay([own, gap, own, end], "4") == ("{}\n", .gap(rows: "12")))
    #expect(try replay([own, next], "5") == ("{}\n", .continued(in: "b.sqlite")))
    #expect(throws: Recording.Failure.self) {
      try replay([RecordedRow(.wake, at: Self.noon, session: 9)], "6")
    }
  }

  @Test func aDayIsAFileAndTheFilesAreOneRecording() throws {
    let folder = Folder()
    let today = Clock.now()
    let recorder = try Self.recorder(folder.path)
    let session = recorder.session(of: Self.venue, Self.options)
    session.given(.start, at: today)
    session.given(.wake, at: today.advanced(by: Nanoseconds.seconds(86_400)))
    session.given(.stop, at: today.advanced(by: Nanoseconds.seconds(86_400)))
    recorder.finish()
    #expect(folder.names.count == 2)
    for name in folder.names {
      #expect(name.wholeMatch(of: /perpwire-\d{4}-\d\d-\d\d\.sqlite/) != nil)
    }
    let paths = folder.names.map { "\(folder.path)/\($0)" }
    let kinds = try Self.rows(of: paths).map(\.kind)
    #expect(kinds == [.start, .next, .wake, .stop, .end])
    #expect(try Recording(paths).sessions.count == 1)
    // The second alone, the wrong order, and a file of another recording.
    for wrong in [[paths[1]], paths.reversed(), [paths[0], paths[0]]] {
      #expect(throws: Recording.Failure.self) { try Recording(wrong) }
    }
    // A second recording of the day does not touch the first.
    try Self.recorder(folder.path).finish()
    #expect(folder.names.count == 3)
    #expect(throws: Recorder.Failure.self) { try Self.recorder(paths[0]) }
  }

  @Test func whatIsNoRecordingIsRefused() throws {
    let folder = Folder()
    let recorder = try Self.recorder(folder.file)
    let session = recorder.session(of: Self.venue, Self.options)
    let long = [UInt8](repeating: 7, count: 9_000)
    for _ in 1...50 { session.given(.binary(ConnectionID(1), long.span.bytes), at: Self.noon) }
    recorder.finish()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file))
    var other = bytes
    // The version of the schema, in the header of the file.
    other[63] = 2
    let damaged = [
      Data(), Data("{}\n".utf8), bytes.prefix(bytes.count / 2), bytes.prefix(50), other,
    ]
    for data in damaged {
      let path = "\(folder.path)/damaged"
      try data.write(to: URL(fileURLWithPath: path))
      #expect(throws: Recording.Failure.self) { try Self.rows(of: [path]) }
    }
    #expect(throws: Recording.Failure.self) { try Self.rows(of: ["\(folder.path)/none"]) }
  }
}

extension RecordingQueue.Item {
  fileprivate var row: RecordedRow? {
    if case .raw(let row) = self { row } else { nil }
  }
}
