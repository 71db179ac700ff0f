import PerpCore

// What comes in lists of REST, and the candles of the stream.

extension GRVTWire.Candle: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (instrument, openTime, closeTime): (ShortText?, Int64?, Int64?)
    var (open, close, high, low): (Decimal?, Decimal?, Decimal?, Decimal?)
    var (base, quote, trades): (Decimal?, Decimal?, Int64?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .instrument {
        instrument = try json.shortText()
      } else if key == .openTime {
        openTime = try json.optionalInteger()
      } else if key == .closeTime {
        closeTime = try json.optionalInteger()
      } else if key == .open {
        open = try json.decimal()
      } else if key == .close {
        close = try json.decimal()
      } else if key == .high {
        high = try json.decimal()
      } else if key == .low {
        low = try json.decimal()
      } else if key == .volumeBase {
        base = try json.decimal()
      } else if key == .volumeQuote {
        quote = try json.decimal()
      } else if key == .tradeCount {
        trades = try json.integer()
      } else {
        unknown.append("candle.\(key.text)")
        try json.skip()
      }
    }
    guard let instrument, let openTime, let closeTime, let open, let close, let high, let low,
      let base, let quote, let trades
    else { throw json.error(.wrongType) }
    self.init(
      instrument: instrument, openTime: openTime, closeTime: closeTime, open: open, close: close,
      high: high, low: low, volumeBase: base, volumeQuote: quote, trades: trades)
  }

  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.openTime, number: openTime)
      writer.put(.closeTime, number: closeTime)
      writer.put(.open, open)
      writer.put(.close, close)
      writer.put(.high, high)
      writer.put(.low, low)
      writer.put(.volumeBase, volumeBase)
      writer.put(.volumeQuote, volumeQuote)
      writer.put(.tradeCount, integer: trades)
      writer.put(.instrument, instrument)
    }
  }
}

extension GRVTWire.Funding: GRVTRecord {
  init(_ json: inout JSONReader, _ unknown: inout [String]) throws(JSONError) {
    var (instrument, rate, time): (ShortText?, Decimal?, Int64?)
    var (mark, average, interval): (Decimal?, Decimal?, Int64?)
    try json.enterObject()
    while let key = try json.nextKey() {
      if key == .instrument {
        instrument = try json.shortText()
      } else if key == .settledRate {
        rate = try json.decimal()
      } else if key == .fundingTime {
        time = try json.optionalInteger()
      } else if key == .markPrice {
        mark = try json.optionalDecimal()
      } else if key == .settledRateAverage {
        average = try json.optionalDecimal()
      } else if key == .fundingInterval {
        interval = try json.integer()
      } else {
        unknown.append("funding.\(key.text)")
        try json.skip()
      }
    }
    guard let instrument, let rate, let time else { throw json.error(.wrongType) }
    self.init(
      instrument: instrument, rate: rate, time: time, markPrice: mark, rateAverage: average,
      intervalHours: interval)
  }

  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.instrument, instrument)
      writer.put(.settledRate, rate)
      writer.put(.fundingTime, number: time)
      writer.put(.markPrice, markPrice)
      writer.put(.settledRateAverage, rateAverage)
      if let intervalHours { writer.put(.fundingInterval, integer: intervalHours) }
    }
  }
}
