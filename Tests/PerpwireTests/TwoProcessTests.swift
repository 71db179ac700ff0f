import Foundation
import Testing

/// A simulated venue in one process and a stream of it in another: what is printed is true.
@Suite(.ownThread) struct TwoProcessTests {
  /// Events a second; enough that each market moves between two looks.
  private static let rate = 600
  private static let seconds = 8

  @Test func allThatIsPrintedIsTheVenuesTruth() async throws {
    let simulator = try await Simulator(seed: 7, rate: Self.rate)
    let program = try Program(
      [
        "stream", "paradex:*", "--channels", "bbo,trade,book,funding", "--duration",
        "\(Self.seconds)",
      ] + simulator.endpoints)
    let (truth, trades) = try await Self.truth(of: simulator)
    let stream = await program.end()
    await simulator.stop()
    #expect(stream.status == 0 && stream.errors == "")
    let events = try stream.events()
    #expect(events.last?.type == "bye")
    #expect(Set(events.map(\.type)).isSuperset(of: ["bbo", "trade", "book", "funding"]))
    try await expectValid(stream.output)
    Self.compareBooks(events, truth)
    Self.compareQuotes(events)
    try Self.compareTrades(events, trades)
  }

  /// What the venue itself says: each book some times over, and the trades once, all early enough
  /// that the stream goes on for some time after.
  private static func truth(
    of simulator: Simulator
  ) async throws -> (books: [String: [RebuiltBooks.Book]], trades: [String: Line]) {
    let start = ContinuousClock.now
    let answer = try Line(await simulator.text("markets"))
    let rows = try #require(answer.fields["results"] as? [[String: Any]])
    let markets = rows.compactMap { $0["symbol"] as? String }
    #expect(markets.count >= 5)
    var books: [String: [RebuiltBooks.Book]] = [:]
    while ContinuousClock.now - start < .seconds(seconds - 2) {
      for market in markets { books[market, default: []].append(try await simulator.book(market)) }
      pass(seconds: 0.200)
    }
    var trades: [String: Line] = [:]
    for market in markets {
      let answer = try Line(await simulator.text("trades?market=\(market)&page_size=1000"))
      for row in answer.fields["results"] as? [[String: Any]] ?? [] {
        let trade = try Line(
          String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self))
        trades["\(market) \(trade["id"] ?? "")"] = trade
      }
    }
    return (books, trades)
  }

  /// The venue's book at a number is the one rebuilt from all lines up to that number. Events that
  /// change nothing have a number too, but no line.
  private static func compareBooks(_ events: [Line], _ truth: [String: [RebuiltBooks.Book]]) {
    var rebuilt = RebuiltBooks()
    var waiting = truth
    var compared: [String: Int] = [:]
    func compare(_ market: String, before sequence: Int) {
      while let next = waiting[market]?.first, next.sequence < sequence {
        waiting[market]?.removeFirst()
        guard let own = rebuilt.books[market], own.isWhole else { continue }
        #expect(own.hasSameLevels(as: next), "\(market) \(own.sequence) \(next.sequence)")
        compared[market, default: 0] += 1
      }
    }
    for line in events where line.type == "book" {
      compare(line.symbol, before: line.venueSequence ?? 0)
      rebuilt.apply(line)
    }
    for market in truth.keys {
      compare(market, before: .max)
      #expect(compared[market] ?? 0 >= 10, "\(market): too few looks at its book")
    }
    #expect(Set(rebuilt.books.values.map(\.sequence)).count == truth.count)
  }

  /// A quote is the top of the book that has the same number.
  private static func compareQuotes(_ events: [Line]) {
    var rebuilt = RebuiltBooks()
    var tops: [String: [[String]?]] = [:]
    for line in events where line.type == "book" {
      rebuilt.apply(line)
      guard let book = rebuilt.books[line.symbol], book.isWhole else { continue }
      tops["\(line.symbol) \(book.sequence)"] = [book.bestBid, book.bestAsk]
    }
    var compared = 0
    for line in events where line.type == "bbo" {
      guard let top = tops["\(line.symbol) \(line.venueSequence ?? 0)"] else { continue }
      compared += 1
      #expect([line["bid"], line["bid_size"]] == [top[0]?[0], top[0]?[1]], "\(line.text)")
      #expect([line["ask"], line["ask_size"]] == [top[1]?[0], top[1]?[1]], "\(line.text)")
    }
    #expect(compared > 100)
  }

  private static func compareTrades(_ events: [Line], _ truth: [String: Line]) throws {
    var printed: [String: Line] = [:]
    for line in events where line.type == "trade" {
      let id = "\(line.symbol) \(try #require(line["trade_id"]))"
      #expect(printed.updateValue(line, forKey: id) == nil, "twice: \(line.text)")
    }
    var compared = 0
    for (id, line) in printed {
      // Those since the venue was asked are not in its answer.
      guard let trade = truth[id] else { continue }
      compared += 1
      #expect(line["price"] == trade["price"] && line["size"] == trade["size"])
      #expect(line["side"] == trade["side"]?.lowercased())
      #expect(line[number: "ts"] == trade[number: "created_at"].map { $0 * 1_000 })
    }
    #expect(compared > 20)
    // None is missing among those between the first and the last that were printed.
    for market in Set(events.map(\.symbol)) {
      let ids = printed.keys.filter { $0.hasPrefix("\(market) ") }
      guard let first = ids.min(), let last = ids.max() else { continue }
      for id in truth.keys where id.hasPrefix("\(market) ") && id > first && id < last {
        #expect(printed[id] != nil, "missing: \(id)")
      }
    }
  }
}

extension RebuiltBooks.Book {
  var bestBid: [String]? { Self.best(bids) { $0 > $1 } }
  var bestAsk: [String]? { Self.best(asks) { $0 < $1 } }

  private static func best(
    _ side: [String: String], _ isBetter: (Decimal, Decimal) -> Bool
  ) -> [String]? {
    let levels = side.compactMap { level in
      Decimal(string: level.key).map { (price: $0, level: [level.key, level.value]) }
    }
    return levels.min { isBetter($0.price, $1.price) }?.level
  }
}
