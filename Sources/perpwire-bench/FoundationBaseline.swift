import Foundation
import PerpIO
import PerpVenue

/// The way most Swift programs would go: `JSONDecoder` on the venue's message, `JSONEncoder` for
/// our line. It knows one message, the JSON BBO of Paradex, and prices stay text, which spares it
/// the conversion.
struct FoundationBaseline: Measured {
  static let sampleName = "bbo (JSON)"

  private struct Message: Decodable {
    struct Parameters: Decodable {
      let channel: String
      let data: Quote
    }
    struct Quote: Decodable {
      let market: String
      let bid: String
      let bid_size: String
      let ask: String
      let ask_size: String
      let seq_no: Int64
      let last_updated_at: Int64
    }
    let params: Parameters
  }

  private struct Line: Encodable {
    let type = "bbo"
    let mseq: Int
    let venue = "paradex"
    let symbol: String
    let bid: String
    let bid_size: String
    let ask: String
    let ask_size: String
    let venue_seq: String
    let source = "bbo"
    let ts: Int64
    let recv_ts: Int64
    let send_ts: Int64
  }

  private let message: Data
  private let decoder = JSONDecoder()
  private let encoder = JSONEncoder()
  private var count = 0
  private var converted = 0
  private(set) var bytes = 0

  init(_ sample: WireSample) { message = Data(sample.make(0, Clock.now().wall).bytes) }

  mutating func prepare(_ count: Int) { self.count = count }

  mutating func run() {
    let now = Clock.now().wall
    for _ in 0..<count {
      guard let quote = try? decoder.decode(Message.self, from: message).params.data else {
        continue
      }
      converted += 1
      let line = Line(
        mseq: converted, symbol: quote.market, bid: quote.bid, bid_size: quote.bid_size,
        ask: quote.ask, ask_size: quote.ask_size, venue_seq: String(quote.seq_no),
        ts: quote.last_updated_at * 1_000, recv_ts: now, send_ts: now)
      bytes += (try? encoder.encode(line))?.count ?? 0
    }
  }
}
