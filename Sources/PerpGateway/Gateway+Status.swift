import PerpCore
import PerpVenue

// MARK: - What clients can ask of us

extension Gateway {
  /// How the venues are, by what was told of the streams that are read.
  func writeStatus(into line: inout ByteBuffer, at now: Moment) {
    line.put("uptime_s", Int64((now.monotonic - started.monotonic) / 1_000_000_000))
    line.put("mode", text: hello.mode.rawValue)
    line.put("clients", Int64(clients.count))
    line.put("journal")
    line.append(journal)
    writeAccounts(into: &line, at: now)
    line.put("venues")
    line.append("[")
    for (index, venue) in venues.enumerated() {
      line.append(index == 0 ? "{" : ",{")
      line.put("venue", text: venue.id.description)
      if let markets = markets[venue.id] { line.put("markets", Int64(markets.count)) }
      line.put("streams")
      line.append("{")
      for (state, count) in states(of: venue.id) where count > 0 {
        line.put(state.name, Int64(count))
      }
      line.append("}}")
    }
    line.append("]")
  }

  /// Queues with their limits, and what was counted.
  func writeStats(into line: inout ByteBuffer, at now: Moment) {
    line.put("uptime_s", Int64((now.monotonic - started.monotonic) / 1_000_000_000))
    line.put("events", Int64(counters.events))
    line.put("lossless_lines", Int64(counters.losslessLines))
    line.put("commands", Int64(counters.commands))
    line.put("refusals", Int64(counters.refusals))
    line.put("clients_accepted", Int64(counters.clientsAccepted))
    line.put("clients_refused", Int64(counters.clientsRefused))
    line.put("clients_cut", Int64(counters.clientsCut))
    line.put("topics", Int64(topics.count))
    line.put("venue_to_recv_us")
    line.append(stages.venueToReceive)
    line.put("recv_to_form_ns")
    line.append(stages.receiveToForm)
    line.put("commit_ns")
    line.append(stages.commit)
    line.put("write_ns")
    line.append(stages.write)
    line.put("recv_to_write_ns")
    line.append(stages.receiveToWrite)
    line.put("command_to_send_ns")
    line.append(stages.commandToSend)
    line.put("queues")
    line.append("[")
    let sorted = clients.values.sorted { $0.id.number < $1.id.number }
    // A line has its limit; who has more clients reads the metrics.
    for (index, client) in sorted.prefix(100).enumerated() {
      settleResting(of: client, at: now)
      line.append(index == 0 ? "{" : ",{")
      line.put("client", Int64(client.id.number))
      line.put("topics", Int64(client.subscriptions.count))
      line.put("bytes", Int64(client.outlet.bytesWaiting))
      line.put("limit", Int64(limits.outlet.highWater + limits.outlet.queueBytes))
      line.put("lines", Int64(client.outlet.counters.events))
      line.put("conflated", Int64(client.outlet.counters.conflatedStates))
      line.put("dropped_trades", Int64(client.outlet.counters.droppedTrades))
      line.put("dropped_book_updates", Int64(client.outlet.counters.droppedBookUpdates))
      line.append("}")
    }
    line.append("]")
  }
}

extension ByteBuffer {
  fileprivate mutating func append(_ histogram: Histogram) {
    append("{")
    put("count", Int64(clamping: histogram.count))
    put("p50", Int64(clamping: histogram.value(at: 500)))
    put("p99", Int64(clamping: histogram.value(at: 990)))
    put("p999", Int64(clamping: histogram.value(at: 999)))
    put("max", Int64(clamping: histogram.max))
    append("}")
  }
}

extension StreamStatus.State {
  var name: StaticString {
    switch self {
    case .connecting: "connecting"
    case .live: "live"
    case .stale: "stale"
    case .gap: "gap"
    case .resync: "resync"
    case .down: "down"
    }
  }
}
