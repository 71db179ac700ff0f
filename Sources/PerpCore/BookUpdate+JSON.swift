extension ByteBuffer {
  /// A line stays below this, because readers such as Python's asyncio stop at 64 KiB; a larger
  /// book is split into lines with `part` and `parts`.
  package static let maxLineBytes = 60_000

  /// More bytes than any level takes: two decimals of 41 characters and their punctuation.
  private static let levelBytes = 90

  mutating func append(_ update: borrowing BookUpdate, sent: Int64, style: LineStyle) {
    let perLine = (Self.maxLineBytes - 600) / Self.levelBytes
    let total = update.bids.count + update.asks.count
    let parts = max(1, (total + perLine - 1) / perLine)
    for part in 1...parts {
      // What was left out was left out before the first part.
      let style = LineStyle(
        bareNumbers: style.bareNumbers, skipped: part == 1 ? style.skipped : 0)
      let range = (part - 1) * perLine..<min(part * perLine, total)
      append(#"{"type":"book","mseq":"#)
      append(update.header)
      append(update.isSnapshot ? #","snapshot":true,"bids":["# : #","snapshot":false,"bids":["#)
      append(update.bids[range.clamped(to: 0..<update.bids.count)], style)
      append(#"],"asks":["#)
      let asks = range.lowerBound - update.bids.count..<range.upperBound - update.bids.count
      append(update.asks[asks.clamped(to: 0..<update.asks.count)], style)
      append("]")
      if parts > 1 {
        append(#","part":"#)
        append(Int64(part))
        append(#","parts":"#)
        append(Int64(parts))
      }
      append(#","venue_seq":""#, quoted: update.venueSequence)
      append(#","prev_venue_seq":""#, quoted: update.previousVenueSequence)
      append(update.flags)
      finish(update.header, sent: sent, style: style)
    }
  }

  private mutating func append(_ levels: ArraySlice<Level>, _ style: LineStyle) {
    var isFirst = true
    for level in levels {
      append(isFirst ? "[" : ",[")
      append(level.price, style)
      append(UInt8(ascii: ","))
      append(level.size, style)
      append(UInt8(ascii: "]"))
      isFirst = false
    }
  }
}
