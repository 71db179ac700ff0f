import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import EdgeX

/// Messages recorded from the venue, and those of its documents, through the adapter. They are not
/// part of the repository: see the README of the fixtures.
@Suite(
  .enabled(
    if: TestFiles.messages("edgex") != nil,
    "no recorded messages: PERPWIRE_MESSAGES names no directory with edgex-messages.jsonl"))
struct RecordedMessages {
  private static func all() throws -> [RecordedMessage] { try RecordedMessage.all(of: "edgex") }

  @Test("every received message is decoded, or left alone for a reason")
  func outcomes() throws { try RecordedOutcome.table(of: "edgex", RecordedOutcome.edgeX) }

  /// A connected session of the message's generation that wants all of the contracts.
  private static func listening(_ message: RecordedMessage, _ ids: [String]) -> EdgeXScript {
    let generation = message.line["gen"]?.text ?? "v2"
    var script = EdgeXScript(settings: ["generation": generation])
    script.start()
    script.answer(
      "/api/\(generation)/public/meta/getMetaData",
      Venue.metadata(ids.map { (id: $0, base: "C\($0)") }))
    let symbols = ids.compactMap { Symbol("C\($0)-USDC-PERP") }
    script.subscribe(symbols.flatMap { symbol in Channel.allCases.map { Topic($0, symbol) } })
    script.open()
    script.acknowledge()
    script.skip()
    return script
  }

  /// The contracts of the rows of a message.
  private static func contracts(_ tree: JSONTree) -> [String] {
    let ids = tree["content"]?["data"]?.elements.compactMap { row -> String? in
      switch row["contractId"] {
      case .text(let id)?, .number(let id)?: id
      default: nil
      }
    }
    return Set(ids ?? []).sorted()
  }

  @Test("market data come out of a live session as events, with nothing left over")
  func events() throws {
    var counts: [String: Int] = [:]
    for message in try Self.all()
    where message.isReceived && message.line["shape"]?.text == "message" {
      let tree = try JSONTree(message.bytes)
      guard tree["type"]?.text == "quote-event" else { continue }
      var script = Self.listening(message, Self.contracts(tree))
      if message.kind == "book" { try Self.giveBook(before: tree, of: message, to: &script) }
      script.text(message.bytes)
      let lines = script.did()
      #expect(
        !lines.contains { $0.hasPrefix("drift") || $0.hasPrefix("error") || $0.contains(" gap ") },
        "\(lines)")
      let word = ["trade": "trade ", "ticker": "funding "][message.kind]
      let rows = tree["content"]?["data"]?.elements.count ?? 0
      let found = lines.count { $0.hasPrefix(word ?? "?") }
      #expect(word == nil || found == rows, "\(lines)")
      counts[message.kind, default: 0] += 1
    }
    print("  through live sessions: \(counts.sorted { $0.key < $1.key })")
    #expect((counts["book"] ?? 0) > 0 && (counts["trade"] ?? 0) > 0 && (counts["ticker"] ?? 0) > 0)
  }

  /// A made-up whole book that ends where the recorded change begins, as its generation numbers it.
  private static func giveBook(
    before tree: JSONTree, of message: RecordedMessage, to script: inout EdgeXScript
  ) throws {
    let row = try #require(tree["content"]?["data"]?.elements.first)
    guard row["depthType"]?.text?.uppercased() == "CHANGED" else { return }
    let channel = try #require(tree["channel"]?.text)
    let id = try #require(row["contractId"]?.text)
    let start = try #require(row["startVersion"]?.decimal.flatMap { Int64($0.mantissa) })
    let end = message.line["gen"]?.text == "v1" ? start - 1 : start
    script.text(
      #"{"type":"quote-event","channel":"\#(channel)","content":{"channel":"\#(channel)","#
        + #""dataType":"Snapshot","data":[{"startVersion":"\#(end)","endVersion":"\#(end)","#
        + #""contractId":"\#(id)","asks":[{"price":"900000","size":"1"}],"#
        + #""bids":[{"price":"0.0001","size":"1"}],"depthType":"SNAPSHOT"}]}}"#)
    #expect(script.did().contains { $0.contains("live first_data") })
  }

  @Test("what the recorded clients sent, ours sends in the same form")
  func requests() throws {
    var count = 0
    for message in try Self.all() where !message.isReceived {
      let tree = try JSONTree(message.bytes)
      switch message.kind {
      case "subscribe", "unsubscribe":
        let name = try #require(tree["channel"]?.text)
        let channel = try #require(EdgeXChannel(text: name), "\(name)")
        #expect(channel.name == name)
        let ours = EdgeXRequest.subscription(channel, isWanted: message.kind == "subscribe")
        #expect(try JSONTree(ours) == tree)
      case "pong":
        let time = try #require((tree["time"]?.text).flatMap { ShortText($0) })
        #expect(try JSONTree(EdgeXRequest.beat("pong", time: time)) == tree)
      default: continue
      }
      count += 1
    }
    #expect(count > 0)
  }

  /// Key by key: what our simulator sends must look like what the venue sends.
  @Test("the simulator's rows have the keys and the kinds of values of the recorded ones")
  func shapes() throws {
    for message in try Self.all() where message.isReceived && message.isReal {
      guard message.line["gen"]?.text == "v2", !message.isREST else { continue }
      let tree = try JSONTree(message.bytes)
      let rows = tree["content"]?["data"]?.elements ?? [tree]
      guard let row = rows.first, let ours = try Self.simulated(message.kind) else { continue }
      for (key, value) in row.members.sorted(by: { $0.key < $1.key }) {
        guard let own = ours[key] else {
          Issue.record("\(message.kind): ours has no \(key)")
          continue
        }
        #expect(Self.kind(own) == Self.kind(value), "\(message.kind): \(key)")
      }
    }
  }

  private static func kind(_ tree: JSONTree) -> String {
    switch tree {
    case .object: "object"
    case .array: "array"
    case .text: "text"
    case .number: "number"
    case .bool: "bool"
    case .null: "null"
    }
  }

  private static func simulated(_ kind: String) throws -> JSONTree? {
    let channels = [
      "book": "depth.30000001.15", "trade": "trades.30000001", "ticker": "ticker.30000001",
      "bbo": "bookTicker.30000001", "kline": "kline.LAST_PRICE.30000001.MINUTE_1",
    ]
    guard let channel = channels[kind] else { return nil }
    var venue = SimulatorScript()
    venue.start()
    venue.wait(seconds: 20)
    venue.connect(1)
    venue.subscribe(channel, 1)
    return try venue.events(1).last?["content"]?["data"]?.elements.first
  }
}
