import PerpCore

// As the venue writes them, for the simulator.

extension GRVTWire.Mini {
  func write(to writer: inout GRVTWriter) {
    writer.object { writeMembers(to: &$0) }
  }

  fileprivate func writeMembers(to writer: inout GRVTWriter) {
    if let time { writer.put(.eventTime, number: time) }
    writer.put(.instrument, instrument)
    writer.put(.markPrice, markPrice)
    writer.put(.indexPrice, indexPrice)
    writer.put(.lastPrice, lastPrice)
    writer.put(.lastSize, lastSize)
    writer.put(.midPrice, midPrice)
    writer.put(.bidPrice, bidPrice)
    writer.put(.bidSize, bidSize)
    writer.put(.askPrice, askPrice)
    writer.put(.askSize, askSize)
  }
}

extension GRVTWire.Ticker {
  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      mini.writeMembers(to: &writer)
      writer.put(.fundingRate8h, fundingRate8h)
      writer.put(.fundingRate8hAverage, fundingRate8hAverage)
      writer.put(.interestRate, interestRate)
      writer.put(.forwardPrice, forwardPrice)
      writer.put(.buyVolumeBase, buyVolumeBase)
      writer.put(.sellVolumeBase, sellVolumeBase)
      writer.put(.buyVolumeQuote, buyVolumeQuote)
      writer.put(.sellVolumeQuote, sellVolumeQuote)
      writer.put(.highPrice, highPrice)
      writer.put(.lowPrice, lowPrice)
      writer.put(.openPrice, openPrice)
      writer.put(.openInterest, openInterest)
      writer.put(.longShortRatio, longShortRatio)
      writer.put(.fundingRate, fundingRate)
      // Seen in the full spelling only.
      if let fundingIntervalHours, writer.encoding == .full {
        writer.put(.fundingInterval, integer: fundingIntervalHours)
      }
      if let nextFundingTime { writer.put(.nextFundingTime, number: nextFundingTime) }
    }
  }
}

extension GRVTWire.Book {
  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      if let time { writer.put(.eventTime, number: time) }
      writer.put(.instrument, instrument)
      writer.list(.bids, bids) { Self.write($0, to: &$1) }
      writer.list(.asks, asks) { Self.write($0, to: &$1) }
    }
  }

  /// Nobody keeps count of the orders: it is one where there is any.
  private static func write(_ level: Level, to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.price, level.price)
      writer.put(.size, level.size)
      writer.put(.orderCount, integer: level.size.isZero ? 0 : 1)
    }
  }
}

extension GRVTWire.Trade {
  func write(to writer: inout GRVTWriter) {
    writer.object { writer in
      writer.put(.eventTime, number: time)
      writer.put(.instrument, instrument)
      writer.put(.isTakerBuyer, isTakerBuyer)
      writer.put(.size, size)
      writer.put(.price, price)
      writer.put(.markPrice, markPrice)
      writer.put(.indexPrice, indexPrice)
      writer.put(.interestRate, interestRate)
      writer.put(.forwardPrice, forwardPrice)
      writer.put(.tradeID, id)
      if let venue { writer.put(.venue, text: venue.name.description) }
      if let isRPI { writer.put(.isRPI, isRPI) }
    }
  }
}
