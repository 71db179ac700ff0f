import PerpCore
import Testing
import VenueTesting

@testable import Paradex

/// What the simulator writes is what the session reads, and nothing else traps.
@Suite struct ParadexWireTests {
  private static let hostile: [Int64] = [.min + 1, -1, 0, 1, .max - 1, .max]

  private static func integer(_ random: inout Random) -> Int64 {
    random.chance(1, in: 8)
      ? hostile[random.below(hostile.count)] : Int64(random.below(4_000_000_000_000_000))
  }

  /// Any mantissa but the one that stands for null, without trailing zeros.
  private static func decimal(_ random: inout Random, scale: UInt8 = 8) -> Decimal {
    let mantissa = random.chance(1, in: 2) ? Int64(random.below(1_000_000_000)) : integer(&random)
    return Decimal(trimming: mantissa, scale: scale)
  }

  private static func optional(_ random: inout Random, scale: UInt8 = 8) -> Decimal? {
    random.chance(1, in: 4) ? nil : decimal(&random, scale: scale)
  }

  private static func level(_ random: inout Random) -> Level {
    Level(price: decimal(&random), size: decimal(&random))
  }

  private static func optionalLevel(_ random: inout Random) -> Level? {
    random.chance(1, in: 4) ? nil : level(&random)
  }

  private static func name(_ random: inout Random) -> ShortText {
    let names = ["BTC-USD-PERP", "kBONK-USD-PERP", "A", String(repeating: "X", count: 31), ""]
    return ShortText(names[random.below(names.count)]) ?? Venue.btc.text
  }

  static func bbo(_ random: inout Random) -> ParadexWire.BBO {
    ParadexWire.BBO(
      market: name(&random), time: integer(&random), sequence: integer(&random),
      bid: optionalLevel(&random), ask: optionalLevel(&random))
  }

  static func trade(_ random: inout Random) -> ParadexWire.Trade {
    ParadexWire.Trade(
      market: name(&random), time: integer(&random), sequence: integer(&random),
      id: random.chance(1, in: 4) ? nil : ShortText("1790187959762201709277900001"),
      side: [nil, .buy, .sell][random.below(3)], price: decimal(&random), size: decimal(&random),
      createdAt: integer(&random), kind: ParadexWire.TradeKind(rawValue: UInt8(random.below(7))),
      lowID: integer(&random))
  }

  static func book(_ random: inout Random) -> ParadexWire.Book {
    let (bids, asks) = (random.below(20), random.below(20))
    return ParadexWire.Book(
      market: name(&random), time: integer(&random), sequence: integer(&random),
      isSnapshot: random.chance(1, in: 2), bids: (0..<bids).map { _ in level(&random) },
      asks: (0..<asks).map { _ in level(&random) }, bestBid: optionalLevel(&random),
      bestAsk: optionalLevel(&random), relativeSpread: optional(&random),
      bestBidAPI: optionalLevel(&random), bestAskAPI: optionalLevel(&random))
  }

  static func summary(_ random: inout Random) -> ParadexWire.Summary {
    ParadexWire.Summary(
      market: name(&random), time: integer(&random), sequence: integer(&random),
      markPrice: optional(&random), indexPrice: optional(&random), lastPrice: optional(&random),
      volumeUSD24h: optional(&random), openInterest: optional(&random),
      fundingRate: optional(&random), bid: optional(&random), ask: optional(&random),
      totalVolume: optional(&random), priceChangeRate24h: optional(&random),
      optionFields: (0..<12).map { _ in optional(&random) },
      externalFairPrice: optional(&random), bidSize: optional(&random),
      askSize: optional(&random), forwardRate: optional(&random),
      riskFreeRate: optional(&random), fundingRatePrecise: optional(&random, scale: 12),
      settlementTWAPEstimate: optional(&random))
  }

  static func funding(_ random: inout Random) -> ParadexWire.Funding {
    ParadexWire.Funding(
      market: name(&random), time: integer(&random), sequence: integer(&random),
      rate: decimal(&random), index: optional(&random), createdAt: integer(&random),
      premium: optional(&random), rate8h: optional(&random),
      periodHours: random.below(65_536) - 32_768, impactPremiumRate: optional(&random))
  }

  static func comparison(_ random: inout Random) -> ParadexWire.FundingComparison {
    ParadexWire.FundingComparison(
      market: name(&random), time: integer(&random), updatedAt: integer(&random),
      hourlyRate: decimal(&random, scale: 12), assetKind: UInt8(random.below(256)),
      source: UInt8(random.below(256)))
  }

  @Test("binary frames of every version are read back equal", arguments: UInt16(0)...3)
  func frames(version: UInt16) throws {
    var random = Random(seed: UInt64(version))
    for _ in 0..<500 {
      let bbo = Self.bbo(&random)
      try Self.read(bbo.frame(version: version)) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.BBO(&frame) == bbo)
      }
      var trade = Self.trade(&random)
      let tradeFrame = trade.frame(version: version)
      if version < 2 { trade.id = nil }
      try Self.read(tradeFrame) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.Trade(&frame) == trade)
      }
      let book = Self.book(&random)
      try Self.read(book.frame(version: version)) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.Book(&frame) == book)
      }
      var summary = Self.summary(&random)
      let summaryFrame = summary.frame(version: version)
      if version < 1 {
        (summary.forwardRate, summary.riskFreeRate, summary.fundingRatePrecise) = (nil, nil, nil)
      }
      if version < 3 { summary.settlementTWAPEstimate = nil }
      try Self.read(summaryFrame) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.Summary(&frame) == summary)
      }
      var funding = Self.funding(&random)
      let fundingFrame = funding.frame(version: version)
      if version < 1 { funding.impactPremiumRate = nil }
      try Self.read(fundingFrame) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.Funding(&frame) == funding)
      }
      let comparison = Self.comparison(&random)
      try Self.read(comparison.frame(version: version)) { (frame) throws(ParadexFrame.Failure) in
        #expect(try ParadexWire.FundingComparison(&frame) == comparison)
      }
    }
  }

  private static func read(
    _ bytes: [UInt8], _ body: (inout ParadexFrame) throws(ParadexFrame.Failure) -> Void
  ) throws {
    var frame = try ParadexFrame(bytes.span.bytes)
    try body(&frame)
    #expect(frame.unreadBlockBytes == 0)
  }

  @Test("a total beyond 64 bits saturates, as the venue's does; digits beyond the scale are cut")
  func saturation() throws {
    var random = Random(seed: 1)
    var summary = Self.summary(&random)
    summary.totalVolume = Decimal("584031465525.259686")
    summary.markPrice = Decimal("83894.04692005321")
    try Self.read(summary.frame(version: 2)) { (frame) throws(ParadexFrame.Failure) in
      let read = try ParadexWire.Summary(&frame)
      #expect(read.totalVolume == Decimal("92233720368.54775807"))
      #expect(read.markPrice == Decimal("83894.04692005"))
    }
  }

  @Test("block lengths of each version are those of the schema")
  func blockLengths() {
    var random = Random(seed: 1)
    let frames: [(UInt16) -> [UInt8]] = [
      Self.trade(&random).frame, Self.bbo(&random).frame, Self.book(&random).frame,
      Self.summary(&random).frame, Self.funding(&random).frame, Self.comparison(&random).frame,
    ]
    let lengths = [
      [50, 50, 50, 50], [48, 48, 48, 48], [89, 89, 89, 89], [216, 240, 240, 248],
      [58, 66, 66, 66], [26, 26, 26, 26],
    ]
    for (frame, lengths) in zip(frames, lengths) {
      let written = (UInt16(0)...3).map { version in
        let bytes = frame(version)
        return Int(bytes[0]) | Int(bytes[1]) << 8
      }
      #expect(written == lengths)
    }
  }

  // MARK: Hostile input

  /// One frame of each kind, the vectors of private ones among them.
  private static func samples() throws -> [[UInt8]] {
    var random = Random(seed: 3)
    let own = [
      bbo(&random).frame(version: 2), trade(&random).frame(version: 2),
      book(&random).frame(version: 2), summary(&random).frame(version: 3),
      funding(&random).frame(version: 1), comparison(&random).frame(version: 1),
    ]
    let cases =
      try JSONTree(TestFiles.read(TestFiles.vectors("paradex-sbe.json")))["cases"]?.elements ?? []
    return own
      + cases.compactMap { vector in
        let digits = Array((vector["frame_hex"]?.text ?? "").utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
          UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16) ?? 0
        }
      }
  }

  @Test("frames cut at every length are refused, or lack only what may be missing")
  func truncation() throws {
    for sample in try Self.samples() {
      guard let whole = try? FrameFields(sample) else { continue }
      for length in 0..<sample.count {
        guard let cut = try? FrameFields(Array(sample[..<length])) else { continue }
        // Strings that came with version 2 may be missing, nothing else.
        for (name, value) in cut.values where !value.isAbsent {
          #expect("\(value)" == "\(whole.values[name] ?? .text(nil))")
        }
        let lost = whole.values.keys.filter {
          !(whole.values[$0]?.isAbsent ?? true) && (cut.values[$0]?.isAbsent ?? true)
        }
        let mayBeMissing: Set = ["tradeIdStr", "requestId", "requestMessage", "feeCurrency"]
        #expect(mayBeMissing.isSuperset(of: lost), "\(lost) at \(length)")
      }
    }
  }

  @Test("a hundred thousand mutated frames neither trap nor stop the session")
  func mutatedFrames() throws {
    let samples = try Self.samples().filter { !$0.isEmpty }
    var random = Random(seed: 4)
    var script = Self.listening()
    var refused = 0
    for _ in 0..<100_000 {
      var bytes = samples[random.below(samples.count)]
      for _ in 0...random.below(4) { Self.mutate(&bytes, &random) }
      if (try? FrameFields(bytes)) == nil { refused += 1 }
      Self.feed(&script) { $0.binary(bytes) }
    }
    #expect((10_000..<100_000).contains(refused))
  }

  @Test("mutated texts neither trap nor stop the session")
  func mutatedTexts() {
    let texts = [
      Venue.notification("bbo.BTC-USD-PERP", Venue.quote(Venue.bbo(1, "1x1", "2x2", at: 1))),
      Venue.notification(
        "order_book.BTC-USD-PERP.deltas",
        #"{"seq_no":1,"market":"BTC-USD-PERP","last_updated_at":1,"update_type":"s","#
          + #""inserts":[{"side":"BUY","price":"1","size":"2"}],"updates":[],"deletes":[]}"#),
      #"{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"m","data":"d"},"usOut":17}"#,
    ].map { Array($0.utf8) }
    var random = Random(seed: 5)
    var script = Self.listening()
    for _ in 0..<20_000 {
      var bytes = texts[random.below(texts.count)]
      for _ in 0...random.below(4) { Self.mutate(&bytes, &random) }
      let text = String(decoding: bytes, as: UTF8.self)
      Self.feed(&script) { $0.text(text) }
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout Random) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(random.below(256))) }
    let index = random.below(bytes.count)
    switch random.below(5) {
    case 0: bytes[index] ^= 1 << UInt8(random.below(8))
    case 1: bytes[index] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
    case 2: bytes.remove(at: index)
    case 3: bytes.insert(UInt8(random.below(256)), at: index)
    default: bytes.removeSubrange(index...)
    }
  }

  private static func listening() -> ParadexScript {
    ParadexScript.connected(
      Channel.allCases.flatMap { [Topic($0, Venue.btc), Topic($0, Venue.eth)] })
  }

  /// Hands over a message, opening a connection first if the session has given up the last.
  private static func feed(
    _ script: inout ParadexScript, _ message: (inout ParadexScript) -> Void
  ) {
    while !script.session.feed.connection.isOpen {
      script.wait(seconds: 1)
      if case .opening = script.session.feed.connection.state { script.open() }
    }
    message(&script)
    script.wait(milliseconds: 10)
    script.forget()
  }
}
