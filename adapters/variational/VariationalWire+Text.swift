import PerpCore

// The forms as the venue writes them, for the simulator.

extension VariationalWire.Price {
  func write(to text: inout ByteBuffer) {
    text.append(#"{"channel":"instrument_price:"#)
    text.append(instrument?.string ?? "")
    text.append(#"","pricing":{"#)
    text.put("price", mark)
    text.put("native_price", ratio)
    text.put("delta", Decimal(1))
    for greek in ["gamma", "theta", "vega", "rho", "iv"] as [StaticString] {
      text.put(greek, .zero)
    }
    text.put("underlying_price", index)
    text.put("interest_rate", interestRate)
    // Six digits here, nine elsewhere.
    text.put("timestamp", text: String(VariationalTime.text(time ?? 0).dropLast(4)) + "Z")
    text.append("}}")
  }
}

extension VariationalWire.Listing {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("ticker", text: ticker)
    text.put("name", text: name)
    text.put("mark_price", markPrice)
    text.put("volume_24h", volume24h)
    text.put("open_interest")
    text.append("{")
    text.put("long_open_interest", longOpenInterest)
    text.put("short_open_interest", shortOpenInterest)
    text.append("}")
    text.put("funding_rate", fundingRate)
    text.put("funding_interval_s", Int64(fundingInterval))
    text.put("base_spread_bps", baseSpread)
    if let quotes {
      text.put("quotes")
      quotes.write(to: &text)
    }
    text.append("}")
  }
}

extension VariationalWire.Quotes {
  func write(to text: inout ByteBuffer) {
    text.append("{")
    text.put("updated_at", text: VariationalTime.text(time ?? 0))
    let pairs: [(StaticString, VariationalWire.Pair?)] = [
      ("base", base), ("size_1k", size1k), ("size_100k", size100k), ("size_1m", size1m),
    ]
    for case (let name, let pair?) in pairs {
      text.put(name)
      text.append("{")
      text.put("bid", pair.bid)
      text.put("ask", pair.ask)
      text.append("}")
    }
    text.append("}")
  }
}

extension VariationalWire.Statistics {
  func write(volume: Decimal, to text: inout ByteBuffer) {
    text.append("{")
    text.put("total_volume_24h", volume)
    text.put("cumulative_volume", volume)
    text.put("tvl", Decimal(229_000_000))
    text.put("open_interest", Decimal(1_800_000_000))
    text.put("num_markets", Int64(listings.count))
    text.append(#","loss_refund":{"pool_size":"0","refunded_24h":"0"},"listings":["#)
    for (index, listing) in listings.enumerated() {
      if index > 0 { text.append(",") }
      listing.write(to: &text)
    }
    text.append("]}")
  }
}

extension VariationalWire.Quote {
  /// `limits` are the smallest and largest quantity, and its step.
  func write(
    mark: Decimal, index: Decimal, limits: (min: Decimal, max: Decimal, step: Decimal),
    to text: inout ByteBuffer
  ) {
    text.append("{")
    text.put("quote_id", text: id ?? "")
    text.put("instrument")
    VariationalInstrument.write(underlying, to: &text)
    text.put("qty", quantity)
    text.put("bid", bid)
    text.put("ask", ask)
    text.put("mark_price", mark)
    text.put("index_price", index)
    text.put("timestamp", text: VariationalTime.text(time ?? 0))
    text.put("qty_limits")
    text.append("{")
    for side in ["bid", "ask"] as [StaticString] {
      text.put(side)
      text.append("{")
      text.put("min_qty", limits.min)
      text.put("max_qty", limits.max)
      text.put("min_qty_tick", limits.step)
      text.append("}")
    }
    text.append("}}")
  }
}
