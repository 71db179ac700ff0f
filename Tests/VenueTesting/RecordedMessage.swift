import PerpCore
import Testing

/// One line of a venue's recorded messages, `<venue>-messages.jsonl`.
package struct RecordedMessage: Sendable {
  package let kind: String
  package let isReceived: Bool
  package let isREST: Bool
  package let isBinary: Bool
  /// Recorded from the venue, rather than taken from its documents or made up.
  package let isReal: Bool
  /// When it was read from the socket, in microseconds; nil where the recording does not say.
  package let received: Int64?
  package let bytes: [UInt8]
  /// The whole line, for what only some recordings say.
  package let line: JSONTree

  package init?(_ line: [UInt8]) {
    guard let tree = try? JSONTree(line), let kind = tree["kind"]?.text,
      let direction = tree["direction"]?.text, let raw = tree["raw"]?.text
    else { return nil }
    // Recordings that do not tell are of text, and of a WebSocket unless their shape says REST.
    isBinary = tree["encoding"]?.text == "base64"
    guard let bytes = isBinary ? TestFiles.bytes(base64: raw) : Array(raw.utf8) else { return nil }
    isREST =
      tree["transport"]?.text == "rest" || tree["shape"]?.text?.hasPrefix("rest") == true
    self.line = tree
    self.kind = kind
    self.bytes = bytes
    isReceived = direction == "recv"
    isReal = tree["real"] == .bool(true)
    received = (tree["recv_ns"]?.text).flatMap { Int64($0) }.map { $0 / 1_000 }
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// All lines of a venue's recording; each must be readable.
  package static func all(of venue: String) throws -> [RecordedMessage] {
    let file = try #require(TestFiles.messages(venue))
    let lines = try TestFiles.read(file).split(separator: UInt8(ascii: "\n"))
    let messages = lines.compactMap { RecordedMessage(Array($0)) }
    #expect(messages.count == lines.count, "every line is read")
    return messages
  }
}

/// What became of a recorded message in the adapter.
package enum RecordedOutcome: Equatable {
  /// Read as market data or as an answer, into this type.
  case decoded(String)
  /// Not read, and why that is right.
  case unused(String)
  case failed(String)

  /// Puts every received message to `judge` and prints how many came out in which way. A failure,
  /// thrown or returned, fails the test.
  package static func table(
    of venue: String, _ judge: (RecordedMessage) throws -> RecordedOutcome
  ) throws {
    var counts: [[String]: Int] = [:]
    for message in try RecordedMessage.all(of: venue) where message.isReceived {
      let text: String
      switch Result(catching: { try judge(message) }) {
      case .success(.decoded(let type)): text = "decoded as \(type)"
      case .success(.unused(let reason)): text = "unused: \(reason)"
      case .success(.failed(let cause)): text = failed(message, cause)
      case .failure(let error): text = failed(message, "\(error)")
      }
      let transport = message.isREST ? "rest" : "ws"
      counts[[message.kind, transport, message.isBinary ? "binary" : "text", text], default: 0] += 1
    }
    let rows = counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    printTable(
      "\(counts.values.reduce(0, +)) recorded messages of \(venue)",
      [["kind", "transport", "encoding", "count", "outcome"]]
        + rows.map { Array($0.key[..<3]) + [String($0.value), $0.key[3]] })
    #expect(!counts.isEmpty)
  }

  private static func failed(_ message: RecordedMessage, _ cause: String) -> String {
    Issue.record("\(message.kind): \(cause) in \(message.text.prefix(300))")
    return "FAILED: \(cause)"
  }
}
