import PerpCore

/// What a session keeps of one topic: how healthy it is and how far it has counted.
package struct Stream: Sendable {
  package let venue: VenueID
  package let topic: Topic
  package var health: StreamHealth
  /// Of the connection its data come from.
  package private(set) var epoch: UInt64 = 0
  private var mseq: UInt64 = 0

  package init(venue: VenueID, topic: Topic, policy: StreamHealth.Policy) {
    self.venue = venue
    self.topic = topic
    health = StreamHealth(policy: policy)
  }

  /// The header of the next event of this stream.
  package mutating func header(venueTime: Int64?, at now: Moment) -> EventHeader {
    mseq += 1
    return EventHeader(
      venue: venue, symbol: topic.symbol, mseq: mseq, venueTime: venueTime, received: now.wall)
  }

  /// The header of what was emitted last, told once more.
  package func repeatedHeader(venueTime: Int64?, at now: Moment) -> EventHeader {
    EventHeader(
      venue: venue, symbol: topic.symbol, mseq: mseq, venueTime: venueTime, received: now.wall)
  }

  /// Data came; `venueTime` (microseconds by the venue's clock, already corrected by its offset)
  /// shows whether they are late. Returns whether they are.
  @inline(__always)
  package mutating func data(
    venueTime: Int64?, at now: Moment, into actions: inout VenueActions
  ) -> Bool {
    // A venue may send any 64 bits as its time; they must neither trap nor pass for fresh.
    let age = venueTime.map { max(now.wall.saturating(subtracting: $0), 0) } ?? 0
    let isLate = age > Int64(health.policy.maxLag / 1_000)
    if health.data(at: now.monotonic, isLate: isLate) {
      report(
        cause: isLate ? "lagging" : "first_data", at: now,
        age: isLate ? UInt64(age / 1_000) : nil,
        limit: isLate ? health.policy.maxLag / 1_000_000 : nil, into: &actions)
    }
    return isLate
  }

  /// Enters a state other than live and tells it, unless it is in it already.
  package mutating func enter(
    _ state: StreamStatus.State, cause: String, epoch: UInt64? = nil, at now: Moment,
    attempt: Int? = nil, retry: UInt64? = nil, into actions: inout VenueActions
  ) {
    if let epoch { self.epoch = epoch }
    guard health.enter(state, at: now.monotonic) else { return }
    report(cause: cause, at: now, attempt: attempt, retry: retry, into: &actions)
  }

  /// The venue does not want us: down for good, which is news to those who were told of a next try.
  package mutating func bar(at now: Moment, into actions: inout VenueActions) {
    _ = health.enter(.down, at: now.monotonic)
    report(cause: "blocked", at: now, into: &actions)
  }

  /// Tells the state it is in; used where `health` has changed it.
  package func report(
    cause: String, at now: Moment, age: UInt64? = nil, limit: UInt64? = nil, attempt: Int? = nil,
    retry: UInt64? = nil, into actions: inout VenueActions
  ) {
    actions.append(
      .emit(
        .stream(
          StreamStatus(
            venue: venue, topic: topic, state: health.state, cause: cause, epoch: epoch,
            time: now.wall, ageMilliseconds: age, limitMilliseconds: limit, attempt: attempt,
            retryMilliseconds: retry.map { $0 / 1_000_000 }))))
  }

  /// The stream's data will come from this connection.
  package mutating func adopt(epoch: UInt64) { self.epoch = epoch }
}
