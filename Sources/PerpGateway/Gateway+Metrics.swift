import PerpCore
import PerpVenue

// MARK: - Metrics

extension Gateway {
  package func write(into metrics: inout Metrics, at now: Moment) {
    metrics.begin("perpwire_build_info", .gauge, "The running version; always 1.")
    metrics.sample(
      UInt64(1), [("version", hello.version), ("mode", hello.mode.rawValue)])
    metrics.begin("perpwire_uptime_seconds", .gauge, "Since the start of the process.")
    metrics.sample(Metrics.seconds((now.monotonic - started.monotonic) / 1_000_000, 3))
    metrics.put(
      "perpwire_events_total", .counter, counters.events, "Events that came from the venues.")
    writeStreams(into: &metrics, at: now)
    writeClients(into: &metrics, at: now)
    writeAccounts(into: &metrics, at: now)
    writeStages(into: &metrics)
    metrics.put(
      "perpwire_lossless_lines_total", .counter, counters.losslessLines,
      "Numbered lines of this run.")
    metrics.put(
      "perpwire_journal_lines", .gauge, journal.last + 1 - journal.first,
      "Lines that the journal holds.")
  }

  private func writeStreams(into metrics: inout Metrics, at now: Moment) {
    metrics.begin("perpwire_streams", .gauge, "Streams that somebody reads, by their state.")
    for venue in venues {
      for (state, count) in states(of: venue.id) {
        metrics.sample(
          UInt64(count), [("venue", venue.id.description), ("state", state.rawValue)])
      }
    }
    metrics.begin(
      "perpwire_stream_changes_total", .counter, "How often streams came into each state.")
    for venue in venues {
      for state in StreamStatus.State.allCases {
        metrics.sample(
          streamChanges[venue.id]?[state] ?? 0,
          [("venue", venue.id.description), ("state", state.rawValue)])
      }
    }
    metrics.begin(
      "perpwire_sequence_gaps_total", .counter, "How often messages of a venue were missing.")
    for venue in venues {
      metrics.sample(
        streamChanges[venue.id]?[.gap] ?? 0, [("venue", venue.id.description)])
    }
    metrics.begin(
      "perpwire_bbo_age_seconds", .gauge, "Since the last quote of each market that is read.")
    for topic in topics.values.sorted(by: { $0.name < $1.name })
    where topic.name.topic.channel == .bbo {
      guard let age = topic.age(at: now) else { continue }
      metrics.sample(
        Metrics.seconds(age, 3),
        [
          ("venue", topic.name.venue.description),
          ("symbol", topic.name.topic.symbol.description),
        ])
    }
  }

  private func writeClients(into metrics: inout Metrics, at now: Moment) {
    metrics.put("perpwire_clients", .gauge, UInt64(clients.count), "Clients now.")
    metrics.put(
      "perpwire_clients_accepted_total", .counter, counters.clientsAccepted,
      "Clients that were let in.")
    metrics.put(
      "perpwire_clients_refused_total", .counter, counters.clientsRefused,
      "Clients that were too many.")
    metrics.put(
      "perpwire_clients_cut_total", .counter, counters.clientsCut,
      "Clients that were cut off: too slow, silent, or without a parent.")
    metrics.put(
      "perpwire_commands_total", .counter, counters.commands, "Lines that clients sent.")
    metrics.put(
      "perpwire_refusals_total", .counter, counters.refusals, "Commands that were refused.")
    var (total, bytes, most) = (goneClients, 0, 0)
    for client in clients.values {
      settleResting(of: client, at: now)
      total.add(client.outlet.counters)
      bytes += client.outlet.bytesWaiting
      most = max(most, client.outlet.bytesWaiting)
    }
    metrics.put(
      "perpwire_client_lines_total", .counter, total.events, "Lines of events to all clients.")
    metrics.put(
      "perpwire_client_queue_bytes", .gauge, UInt64(bytes), "Bytes that wait for all clients.")
    metrics.put(
      "perpwire_client_queue_longest_bytes", .gauge, UInt64(most),
      "Bytes that wait for the client for which most do.")
    metrics.put(
      "perpwire_client_shared_bytes", .gauge, UInt64(lineMemory.bytes),
      "Memory of lines that several clients wait for.")
    metrics.begin(
      "perpwire_client_dropped_total", .counter,
      "States that were conflated, and trades and book changes that were left out.")
    metrics.sample(total.conflatedStates, [("type", "state")])
    metrics.sample(total.droppedTrades, [("type", "trade")])
    metrics.sample(total.droppedBookUpdates, [("type", "book")])
  }

  private func writeAccounts(into metrics: inout Metrics, at now: Moment) {
    guard !accounts.isEmpty else { return }
    func label(_ account: TradingAccount) -> Metrics.Labels {
      [("venue", account.id.venue.description), ("account", account.id.name)]
    }
    metrics.begin("perpwire_armed", .gauge, "Whether orders may be placed: 1, else 0.")
    let mayPlace = isArmed(at: now) && safety.panicBegan == nil && isJournalSafe
    metrics.sample(UInt64(mayPlace ? 1 : 0))
    metrics.begin("perpwire_account_live", .gauge, "Whether an account is signed in: 1, else 0.")
    for account in sortedAccounts {
      metrics.sample(UInt64(account.state == .live ? 1 : 0), label(account))
    }
    metrics.begin("perpwire_open_orders", .gauge, "Orders of an account that have not ended.")
    for account in sortedAccounts { metrics.sample(UInt64(account.live.count), label(account)) }
    metrics.begin(
      "perpwire_unknown_orders", .gauge, "Orders of which nobody knows what became of them.")
    for account in sortedAccounts {
      let unknown = account.live.count { account.orders[$0]?.update.status == .unknown }
      metrics.sample(UInt64(unknown), label(account))
    }
    metrics.begin("perpwire_order_lines_total", .counter, "Lines of orders by what happened.")
    for account in sortedAccounts {
      for change in OrderUpdate.Change.allCases {
        guard let count = account.changes[change] else { continue }
        metrics.sample(count, label(account) + [("event", change.rawValue)])
      }
    }
    metrics.begin("perpwire_fills_total", .counter, "Executions of an account's orders.")
    for account in sortedAccounts { metrics.sample(account.fills, label(account)) }
    metrics.begin(
      "perpwire_venue_rate_used_ratio", .gauge, "How much of a venue's window is used, as told.")
    for account in sortedAccounts {
      for use in account.rates.values.sorted(by: { $0.bucket < $1.bucket }) {
        let part = Decimal(use.used).divided(by: Decimal(use.limit), scale: 2) ?? .zero
        metrics.sample(part, label(account) + [("bucket", use.bucket)])
      }
    }
  }

  private func writeStages(into metrics: inout Metrics) {
    metrics.begin(
      "perpwire_venue_to_receive_seconds", .histogram,
      "From a quote's time at the venue to its arrival, by the two clocks as they are.")
    metrics.sample(stages.venueToReceive, scale: 6, powers: 6...24)
    metrics.begin(
      "perpwire_tick_to_write_seconds", .histogram,
      "From reading a turn's inputs to having written its lines.")
    metrics.sample(stages.receiveToWrite, scale: 9, powers: 10...30)
    metrics.begin(
      "perpwire_command_to_send_seconds", .histogram,
      "From reading a command to place an order to handing its signed request on.")
    metrics.sample(stages.commandToSend, scale: 9, powers: 10...30)
    metrics.begin(
      "perpwire_journal_commit_seconds", .histogram, "Committing the lossless lines of a turn.")
    metrics.sample(stages.commit, scale: 9, powers: 10...30)
  }

  /// How many of a venue's streams that somebody reads are in each state.
  func states(of venue: VenueID) -> [(state: StreamStatus.State, count: Int)] {
    var counts: [StreamStatus.State: Int] = [:]
    for topic in topics.values where topic.name.venue == venue {
      counts[topic.state, default: 0] += 1
    }
    return StreamStatus.State.allCases.map { ($0, counts[$0] ?? 0) }
  }

  // MARK: Readiness

  /// Whether the markets of every venue are known and all streams that are read are live, and as
  /// JSON, per venue, what is not so.
  package func writeReadiness(into text: inout ByteBuffer) -> Bool {
    var isReady = !isStopping
    var details = ByteBuffer(capacity: 512)
    for (index, venue) in venues.enumerated() {
      details.append(index == 0 ? "{" : ",{")
      details.put("venue", text: venue.id.description)
      details.put("markets", Int64(markets[venue.id]?.count ?? 0))
      details.put("streams")
      details.append("{")
      for (state, count) in states(of: venue.id) where count > 0 {
        details.put(state.name, Int64(count))
        if state != .live { isReady = false }
      }
      details.append("}}")
      if markets[venue.id] == nil { isReady = false }
    }
    text.append(#"{"ready":"#)
    text.append(isReady ? "true" : "false")
    text.append(#","venues":["#)
    text.append(details.bytes)
    text.append("]}\n")
    return isReady
  }
}
