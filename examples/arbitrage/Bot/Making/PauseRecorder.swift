import PerpCore

/// What a market did after a pause for volatility began: for tuning what pauses. (S3-65)
package struct PauseRecorder: Equatable, Sendable {
  /// Seconds after the beginning at which the price is taken down; the last ends the record.
  package static let seconds = [30, 60, 120, 180, 300]
  package static let header =
    "timestamp,reason,price," + seconds.map { "price_\($0)s" }.joined(separator: ",") + ",max,min"

  package struct Record: Equatable, Sendable {
    /// Microseconds since the epoch.
    package let began: Int64
    package let reason: String
    package let price: Decimal
    /// After each of `seconds`.
    package fileprivate(set) var prices: [Decimal] = []
    package fileprivate(set) var highest: Decimal
    package fileprivate(set) var lowest: Decimal

    package var row: String {
      (["\(began / 1_000)", reason.filter { $0 != "," }]
        + ([price] + prices + [highest, lowest]).map(\.description)).joined(separator: ",")
    }

    /// One JSON object.
    package var line: String {
      var text = ByteBuffer(capacity: 256)
      text.append("{")
      text.put("ts", began / 1_000)
      text.put("reason", text: reason)
      text.put("price", price)
      text.put("prices", list: prices.map(\.description))
      text.put("max", highest)
      text.put("min", lowest)
      text.append("}")
      return text.string
    }
  }

  private var current: (record: Record, at: UInt64)?

  package init() {}

  /// `reason`: why entries pause now; nil where they do not. One pause is recorded at a time.
  /// - Returns: the record that is complete.
  package mutating func note(mid: Decimal, reason: String?, at now: Moment) -> Record? {
    guard var record = current?.record, let began = current?.at else {
      if let reason {
        current = (
          Record(began: now.wall, reason: reason, price: mid, highest: mid, lowest: mid),
          now.monotonic
        )
      }
      return nil
    }
    (record.highest, record.lowest) = (max(record.highest, mid), min(record.lowest, mid))
    let elapsed = now.monotonic - began
    while record.prices.count < Self.seconds.count,
      elapsed >= Nanoseconds.seconds(Self.seconds[record.prices.count])
    {
      record.prices.append(mid)
    }
    guard record.prices.count == Self.seconds.count else {
      current = (record, began)
      return nil
    }
    current = nil
    return record
  }

  package static func == (left: PauseRecorder, right: PauseRecorder) -> Bool {
    left.current?.record == right.current?.record
  }
}
