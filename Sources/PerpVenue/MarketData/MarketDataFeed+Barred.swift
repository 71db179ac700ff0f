import PerpCore

/// A venue that does not want us is left alone: to go on asking would be rude at best, and is how
/// addresses end on lists.
extension MarketDataFeed {
  mutating func barConnection(
    _ reason: CloseReason, at now: Moment, into actions: inout VenueActions
  ) {
    isConnectionBarred = true
    _ = connection.closed(connection.id, at: now.monotonic)
    connection.shut(into: &actions)
    forgetPending()
    for index in markets.indices {
      markets[index].builder.void()
      markets[index].top.void()
      for channel in Channel.allCases where markets[index][channel] != nil {
        markets[index][channel]!.bar(at: now, into: &actions)
      }
    }
    setTimers()
    report(
      "connection", Self.farewell(dialect.venue, dialect.webSocketRequest.url, reason.cause),
      isFatal: true, at: now, into: &actions)
  }

  mutating func barQuestions(
    _ response: HTTPResponse, at now: Moment, into actions: inout VenueActions
  ) {
    areQuestionsBarred = true
    questions.removeAll()
    requests.removeAll()
    deadlines[.markets] = nil
    deadlines[.clock] = nil
    let url = dialect.request(.markets, of: nil)?.url ?? ""
    report(
      "rest", Self.farewell(dialect.venue, url, "HTTP status \(response.status)"), isFatal: true,
      at: now, into: &actions)
  }

  private static func farewell(_ venue: VenueID, _ url: String, _ cause: String) -> String {
    "\(venue) refuses us at \(url) (\(cause)): nothing more is sent there"
  }

  func report(
    _ place: String, _ message: String, isFatal: Bool = false, at now: Moment,
    into actions: inout VenueActions
  ) {
    actions.append(
      .emit(
        .error(
          ErrorReport(
            venue: dialect.venue, place: place, reason: "blocked",
            message: message, isFatal: isFatal, time: now.wall))))
  }
}
