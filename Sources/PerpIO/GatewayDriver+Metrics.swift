import PerpCore
import PerpGateway
import PerpVenue

extension GatewayDriver {
  /// What the sessions were brought.
  package func write(into metrics: inout Metrics) {
    let sessions = sources.sorted { $0.key < $1.key }.compactMap { venue, source in
      (source as? SessionDriver).map {
        (counters: $0.counters, clock: $0.clock, venue: venue.description)
      }
    }
    func each(
      _ name: StaticString, _ kind: Metrics.Kind, _ help: StaticString,
      _ value: (SessionCounters) -> UInt64
    ) {
      metrics.begin(name, kind, help)
      for session in sessions {
        metrics.sample(value(session.counters), [("venue", session.venue)])
      }
    }
    each(
      "perpwire_messages_received_total", .counter, "WebSocket messages from a venue.",
      \.messages)
    each("perpwire_received_bytes_total", .counter, "Bytes of these messages.", \.bytes)
    each(
      "perpwire_session_up", .gauge, "Whether a WebSocket to the venue is open.",
      { $0.openNow > 0 ? 1 : 0 })
    each(
      "perpwire_connections_total", .counter, "WebSockets to a venue that were opened.",
      \.opened)
    each("perpwire_requests_total", .counter, "Requests over HTTP to a venue.", \.requests)
    each(
      "perpwire_requests_failed_total", .counter, "Requests that brought no response.",
      \.failedRequests)
    metrics.begin(
      "perpwire_reconnects_total", .counter,
      "Ends of WebSockets to a venue, and of attempts at one, by their kind.")
    for session in sessions {
      for kind in CloseReason.Kind.allCases {
        metrics.sample(
          session.counters.closed[kind] ?? 0,
          [("venue", session.venue), ("reason", kind.rawValue)])
      }
    }
    let now = Clock.now().monotonic
    let clocks = sessions.compactMap { session in
      session.clock.bound(at: now).map { (session.venue, session.clock.microseconds, $0) }
    }
    metrics.begin(
      "perpwire_venue_clock_offset_seconds", .gauge, "The venue's clock minus ours, estimated.")
    for (venue, offset, _) in clocks {
      metrics.sample(Decimal(mantissa: Int128(offset), scale: 6), [("venue", venue)])
    }
    metrics.begin(
      "perpwire_venue_clock_error_seconds", .gauge, "How wrong that estimate may be.")
    for (venue, _, bound) in clocks {
      metrics.sample(Decimal(mantissa: Int128(bound), scale: 6), [("venue", venue)])
    }
  }
}
