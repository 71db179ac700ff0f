import Foundation
import PerpCore
import PerpGateway

/// A line as a reader sees it who has nothing of perpwire: decoded by Foundation.
struct Line {
  let object: [String: Any]

  init?(_ text: String) {
    let value = try? JSONSerialization.jsonObject(with: Data(text.utf8))
    guard let object = value as? [String: Any] else { return nil }
    self.object = object
  }

  var type: String { object["type"] as? String ?? "" }
  var symbol: Symbol? { (object["symbol"] as? String).flatMap { Symbol($0) } }
  var mseq: UInt64? { (object["mseq"] as? Int).map { UInt64($0) } }
  var isSnapshot: Bool { object["snapshot"] as? Bool == true }
  var bids: [Level] { levels("bids") }
  var asks: [Level] { levels("asks") }

  /// What matters in transcripts: type, base, what it is about, its number, what was left out.
  var brief: String {
    var words = [type, symbol.map { String($0.base) }]
    if type == "book" { words.append(isSnapshot ? "snapshot" : "delta") }
    words.append(object["state"] as? String)
    words.append(mseq.map(String.init))
    words.append((object["seq"] as? Int).map { "seq \($0)" })
    words.append((object["skipped"] as? Int).map { "skipped \($0)" })
    return words.compactMap(\.self).joined(separator: " ")
  }

  private func levels(_ key: String) -> [Level] {
    (object[key] as? [[String]] ?? []).compactMap { pair in
      guard let price = Decimal(pair[0]), let size = Decimal(pair[1]) else { return nil }
      return Level(price: price, size: size)
    }
  }
}

extension Outlet {
  /// Reads all that is ready.
  mutating func take() -> [String] {
    let text = String(decoding: ready, as: UTF8.self)
    consume(ready.count)
    return text.split(separator: "\n").map(String.init)
  }

  mutating func brief() -> [String] { take().compactMap { Line($0)?.brief } }

  /// Reads until nothing waits.
  mutating func drain(at now: Moment) -> [String] {
    var text = ""
    repeat {
      refill(at: now)
      text += String(decoding: ready, as: UTF8.self)
      consume(ready.count)
    } while !isDrained
    return text.split(separator: "\n").compactMap { Line(String($0))?.brief }
  }
}
