import PerpCore
import PerpVenue
import Testing
import VenueTesting

@testable import Variational

@Suite struct VariationalWireTests {
  private static func microseconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    return VariationalTime.microseconds(bytes.span.bytes)
  }

  @Test(
    "times are read to the microsecond",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-20T10:00:00.123456789Z", 1_795_168_800_123_456),
      ("2026-11-20T10:00:00.5Z", 1_795_168_800_500_000),
      ("2024-02-29T23:59:59.999999Z", 1_709_251_199_999_999),
      ("2000-03-01T00:00:00.000Z", 951_868_800_000_000),
      ("1969-12-31T23:59:59.000001Z", -999_999),
    ])
  func times(text: String, expected: Int64) {
    #expect(Self.microseconds(text) == expected)
  }

  @Test("times come back as they were written")
  func timesThereAndBack() {
    var random = Random(seed: 7)
    for _ in 0..<2_000 {
      let time =
        Int64(random.below(8_000_000_000)) * 1_000_000 - 2_000_000_000_000_000
        + Int64(random.below(1_000_000))
      #expect(Self.microseconds(VariationalTime.text(time)) == time)
    }
    #expect(VariationalTime.text(1_795_168_800_123_456) == "2026-11-20T10:00:00.123456000Z")
  }

  @Test(
    "what is no time is not taken for one",
    arguments: [
      "", "Z", "2026-11-20", "2026-11-20T10:00:00", "2026-11-20 10:00:00Z", "2026-13-20T10:00:00Z",
      "2026-11-20T24:00:00Z", "2026-11-20T10:00:00.Z", "2026-11-20T10:00:00.1234567891Z",
      "2026-11-20T10:00:00+00:00", "2026-11-2OT10:00:00Z", "2026-11-20T10:00:00.12345678Z0",
    ])
  func noTimes(text: String) { #expect(Self.microseconds(text) == nil) }

  private static func decode(
    _ text: String, unknown: inout [String]
  ) throws -> VariationalDecoder.Message {
    let bytes = Array(text.utf8)
    var decoder = VariationalDecoder()
    let message = try decoder.decode(bytes.span.bytes)
    unknown = decoder.unknown
    return message
  }

  @Test("a price comes back as it was written, and its digits are the venue's")
  func price() throws {
    var unknown: [String] = []
    let text = Venue.price("BTC", "90000.10", "89999.900", at: 1_795_168_800_123_456)
    guard case .price(let price) = try Self.decode(text, unknown: &unknown) else {
      Issue.record("no price")
      return
    }
    #expect(price.instrument?.string == "P-BTC-USDC-3600")
    #expect(price.mark.description == "90000.10")
    #expect(price.index?.description == "89999.900")
    #expect(price.time == 1_795_168_800_123_456)
    #expect(price.ratio == nil)
    #expect(unknown == [])
    var again = ByteBuffer()
    price.write(to: &again)
    #expect(again.string == text)
  }

  @Test("keys that this version does not know are named, and cost nothing")
  func unknownKeys() throws {
    var unknown: [String] = []
    let message = try Self.decode(
      #"{"new":[1,{}],"channel":"instrument_price:P-BTC-USDC-3600","#
        + #""pricing":{"price":"1","skew":"2","underlying_price":null}}"#, unknown: &unknown)
    guard case .price(let price) = message else {
      Issue.record("no price")
      return
    }
    #expect(price.index == nil)
    #expect(unknown == ["new", "pricing.skew"])
  }

  @Test("an instrument with a longer name than ours can have is no market of ours")
  func longName() throws {
    var unknown: [String] = []
    let message = try Self.decode(
      #"{"channel":"instrument_price:P-solana_So11111111111111111111111111111111-X-USDC-3600","#
        + #""pricing":{"price":"1"}}"#, unknown: &unknown)
    guard case .price(let price) = message else {
      Issue.record("no price")
      return
    }
    #expect(price.instrument == nil)
  }

  @Test("plain words are the venue's own, or nothing we know")
  func notices() throws {
    var unknown: [String] = []
    let fixed: [VariationalNotice] = [
      .invalidInstrument, .unexpectedFormat, .noSubscriptions, .unknownPath, .unauthorized,
      .unsupportedInstrument("P-NOPE-USDC-3600"),
    ]
    for notice in fixed {
      #expect(try Self.decode(notice.text, unknown: &unknown) == .notice(notice))
    }
    for text in ["", "hello", "<html></html>", "null", "[]", "unsupported instrument"] {
      #expect(throws: JSONError.self) { try Self.decode(text, unknown: &unknown) }
    }
    #expect(
      try Self.decode(#"{"type":"heartbeat","timestamp":"x"}"#, unknown: &unknown) == .heartbeat)
    #expect(
      try Self.decode(#"{"channel":"funding:X","pricing":{"price":"1"}}"#, unknown: &unknown)
        == .other("funding:X"))
  }

  @Test("statistics come back as they were written")
  func statistics() throws {
    let listings = [
      Venue.listing("BTC", mark: 90_000, at: 1_795_168_800_123_456),
      Venue.listing("1000000MOG", mark: 1, interval: 3_600, at: 1_795_168_800_000_000),
    ]
    let bytes = Array(Venue.statistics(listings).utf8)
    var unknown: [String] = []
    let read = try VariationalREST.statistics(bytes.span.bytes, &unknown)
    #expect(read.unreadable == [])
    #expect(unknown == [])
    #expect(read.listings == listings)
  }

  @Test("one row of nonsense does not cost the others")
  func nonsenseRows() throws {
    let rows = [
      #"{"ticker":"A","mark_price":"0","funding_interval_s":3600}"#,
      #"{"ticker":"B","mark_price":"1","funding_interval_s":-1}"#,
      #"{"ticker":"C","mark_price":"1"}"#, "17",
      #"{"ticker":"D","mark_price":"1","funding_interval_s":3600,"quotes":null,"x":1}"#,
      #"{"ticker":"E","mark_price":"1","funding_interval_s":3600,"x":1,"#
        + #""quotes":{"updated_at":"yesterday"}}"#,
    ]
    let bytes = Array(#"{"listings":[\#(rows.joined(separator: ","))],"mood":"good"}"#.utf8)
    var unknown: [String] = []
    let read = try VariationalREST.statistics(bytes.span.bytes, &unknown)
    #expect(read.listings.map(\.ticker) == ["D"])
    #expect(read.unreadable == ["A", "B", "C", "(no ticker)", "E"])
    #expect(unknown == ["listings.x", "stats.mood"])
    let empty = Array("{}".utf8)
    #expect(throws: JSONError.self) { try VariationalREST.statistics(empty.span.bytes, &unknown) }
  }

  @Test(
    "ticks and lots follow the price",
    arguments: [
      ("85734.27", "0.1", "0.000001"), ("3000", "0.01", "0.00001"), ("2.25", "0.00001", "0.01"),
      ("0.000012", "0.0000000001", "1000"), ("999999", "1", "0.0000001"),
    ])
  func grid(mark: String, tick: String, lot: String) throws {
    var listing = Venue.listing("ABC", mark: 1, at: 0)
    listing.markPrice = Venue.decimal(mark)
    let market = try #require(listing.market?.market)
    #expect(market.tickSize.description == tick)
    #expect(market.lotSize.description == lot)
    // A lot is worth the smallest order at most.
    #expect(market.lotSize.multiplied(by: listing.markPrice)! <= Venue.decimal("0.1"))
  }

  @Test("sizes of quotes are what their notional buys")
  func sizes() throws {
    let quote = try #require(Venue.listing("BTC", mark: 85_800, at: 5).quote(.size1k))
    #expect(quote.bid == Level(price: Decimal(85_799), size: Venue.decimal("0.0116551")))
    #expect(quote.ask == Level(price: Decimal(85_801), size: Venue.decimal("0.0116548")))
    #expect(quote.time == 5)
    #expect(Venue.listing("BTC", mark: 85_800, at: 5).quote(.size1m) == nil)
  }

  @Test("a year's rate is brought to the interval")
  func rates() {
    let listing = Venue.listing("BTC", mark: 1, rate: "0.1095", at: 0)
    #expect(listing.intervalRate(isAnnual: true)?.description == "0.0001")
    #expect(listing.intervalRate(isAnnual: false)?.description == "0.1095")
  }

  @Test("nothing hostile traps")
  func hostile() {
    var random = Random(seed: 3)
    let seeds = [
      Venue.price("BTC", "90000.10", "89999.9", at: 1_795_168_800_123_456),
      Venue.statistics([Venue.listing("BTC", mark: 90_000, at: 1_795_168_800_123_456)]),
      Venue.indicative("BTC", "0.01", "1", "2", at: 1_795_168_800_123_456),
      #"{"server_ts_ns":1795168800123456789}"#, VariationalNotice.noSubscriptions.text,
    ].map { Array($0.utf8) }
    for _ in 0..<20_000 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0...random.below(3) where !bytes.isEmpty {
        switch random.below(3) {
        case 0: bytes[random.below(bytes.count)] = UInt8(random.below(256))
        case 1: bytes.remove(at: random.below(bytes.count))
        default: bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
        }
      }
      var unknown: [String] = []
      var decoder = VariationalDecoder()
      _ = try? decoder.decode(bytes.span.bytes)
      _ = try? VariationalREST.statistics(bytes.span.bytes, &unknown)
      _ = try? VariationalREST.quote(bytes.span.bytes, &unknown)
      _ = try? VariationalREST.serverTime(bytes.span.bytes)
    }
  }
}
