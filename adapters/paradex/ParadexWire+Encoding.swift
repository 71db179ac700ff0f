import PerpCore

/// Writes binary frames as the venue does, for the simulator: `ParadexFrame` the other way.
struct ParadexFrameWriter {
  private var bytes: [UInt8] = []
  private let version: UInt16

  /// Begins a frame; the block's length is set by `endBlock`. `version` is the negotiated one.
  init(_ template: ParadexFrame.Template, version: UInt16) {
    self.version = version
    bytes.reserveCapacity(256)
    put(UInt16(0))
    put(template.rawValue)
    put(UInt16(1))
    put(version)
  }

  mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// The mantissa of 10^-`scale`; what does not fit is clamped, as the venue does with its totals.
  mutating func put(_ value: Decimal?, scale: Int = 8) {
    guard let value else { return put(ParadexFrame.null) }
    guard let mantissa = value.mantissa(scale: scale) else {
      return put(value.isNegative ? Int64.min + 1 : Int64.max)
    }
    put(mantissa)
  }

  mutating func put(_ level: Level?) {
    put(level?.price)
    put(level?.size)
  }

  mutating func endBlock() {
    let length = UInt16(bytes.count - ParadexFrame.headerLength)
    bytes[0] = UInt8(truncatingIfNeeded: length)
    bytes[1] = UInt8(truncatingIfNeeded: length >> 8)
  }

  mutating func put(_ levels: [Level]) {
    put(UInt16(16))
    put(UInt16(levels.count))
    for level in levels { put(Optional(level)) }
  }

  mutating func put(_ text: ShortText) {
    put(UInt8(text.count))
    text.withBytes { bytes.append(contentsOf: $0) }
  }

  /// Runs `fields` if the negotiated version has them.
  mutating func since(_ version: UInt16, _ fields: (inout ParadexFrameWriter) -> Void) {
    if self.version >= version { fields(&self) }
  }

  var frame: [UInt8] { bytes }
}

extension Decimal {
  /// Cut, not rounded, to `scale` digits; nil when it does not fit in 64 bits.
  fileprivate func mantissa(scale: Int) -> Int64? {
    divided(by: Decimal(1), scale: scale).flatMap { Int64(exactly: $0.mantissa) }
  }
}

extension ParadexWire.BBO {
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.bbo, version: version)
    writer.put(time)
    writer.put(sequence)
    writer.put(bid)
    writer.put(ask)
    writer.endBlock()
    writer.put(market)
    return writer.frame
  }
}

extension ParadexWire.Trade {
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.trade, version: version)
    writer.put(time ?? createdAt)
    writer.put(sequence ?? 0)
    writer.put(lowID ?? id.flatMap { ParadexWire.lowID($0.string) } ?? 0)
    writer.put(UInt8(side.map { $0 == .buy ? 1 : 2 } ?? 254))
    writer.put(price)
    writer.put(size)
    writer.put(createdAt)
    writer.put(kind?.rawValue ?? 254)
    writer.endBlock()
    writer.put(market)
    if let id { writer.since(2) { $0.put(id) } }
    return writer.frame
  }
}

extension ParadexWire.Book {
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.book, version: version)
    writer.put(time)
    writer.put(sequence)
    writer.put(UInt8(isSnapshot ? 0 : 1))
    writer.put(bestBid)
    writer.put(bestAsk)
    writer.put(relativeSpread)
    writer.put(bestBidAPI)
    writer.put(bestAskAPI)
    writer.endBlock()
    writer.put(bids)
    writer.put(asks)
    writer.put(market)
    return writer.frame
  }
}

extension ParadexWire.Summary {
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.summary, version: version)
    writer.put(time)
    writer.put(sequence ?? 0)
    writer.put(markPrice)
    writer.put(indexPrice)
    writer.put(lastPrice)
    writer.put(volumeUSD24h)
    writer.put(openInterest)
    writer.put(fundingRate)
    writer.put(bid)
    writer.put(ask)
    writer.put(totalVolume)
    writer.put(priceChangeRate24h)
    for index in 0..<12 { writer.put(index < optionFields.count ? optionFields[index] : nil) }
    writer.put(externalFairPrice)
    writer.put(bidSize)
    writer.put(askSize)
    writer.since(1) { writer in
      writer.put(forwardRate)
      writer.put(riskFreeRate)
      writer.put(fundingRatePrecise, scale: 12)
    }
    writer.since(3) { $0.put(settlementTWAPEstimate) }
    writer.endBlock()
    writer.put(market)
    return writer.frame
  }
}

extension ParadexWire.Funding {
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.funding, version: version)
    writer.put(time)
    writer.put(sequence ?? 0)
    writer.put(rate)
    writer.put(index)
    writer.put(createdAt)
    writer.put(premium)
    writer.put(rate8h)
    writer.put(Int16(periodHours))
    writer.since(1) { $0.put(impactPremiumRate) }
    writer.endBlock()
    writer.put(market)
    return writer.frame
  }
}

extension ParadexWire.FundingComparison {
  /// Version 0 does not have this message.
  func frame(version: UInt16) -> [UInt8] {
    var writer = ParadexFrameWriter(.fundingComparison, version: version)
    writer.put(time)
    writer.put(updatedAt)
    writer.put(hourlyRate, scale: 12)
    writer.put(assetKind)
    writer.put(source)
    writer.endBlock()
    writer.put(market)
    return writer.frame
  }
}
