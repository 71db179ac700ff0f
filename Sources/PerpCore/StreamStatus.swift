/// The health of one channel of one market, told whenever it changes.
package struct StreamStatus: Equatable, Sendable {
  package enum State: String, CaseIterable, Sendable {
    /// No session yet, or one is being opened.
    case connecting
    /// Data flow; the first data frame makes it so, never an acknowledgement.
    case live
    /// The session stands but the data are missing or too old.
    case stale
    /// A frame of the sequence is missing; nothing is sent until `live`.
    case gap
    /// A fresh snapshot was asked for.
    case resync
    /// The session is lost, or the venue refuses the channel.
    case down
  }

  package var venue: VenueID
  package var topic: Topic
  package var state: State
  /// One word of snake case, such as `first_data`, `no_data`, `closed_1006`.
  package var cause: String
  /// Rises with each connection to the venue.
  package var epoch: UInt64
  package var ageMilliseconds: UInt64?
  package var limitMilliseconds: UInt64?
  package var attempt: Int?
  package var retryMilliseconds: UInt64?
  package var time: Int64

  package init(
    venue: VenueID, topic: Topic, state: State, cause: String, epoch: UInt64, time: Int64,
    ageMilliseconds: UInt64? = nil, limitMilliseconds: UInt64? = nil, attempt: Int? = nil,
    retryMilliseconds: UInt64? = nil
  ) {
    self.venue = venue
    self.topic = topic
    self.state = state
    self.cause = cause
    self.epoch = epoch
    self.time = time
    self.ageMilliseconds = ageMilliseconds
    self.limitMilliseconds = limitMilliseconds
    self.attempt = attempt
    self.retryMilliseconds = retryMilliseconds
  }
}

/// The venue sent something this version does not know. Data keep flowing; it is told once.
package struct Drift: Equatable, Sendable {
  package var venue: VenueID
  /// The venue's own name of the message, such as `markets_summary`.
  package var channel: String
  /// Where in the message: `trade_type`, `template 99`.
  package var path: String
  /// The beginning of what was found.
  package var sample: String
  package var time: Int64

  package init(venue: VenueID, channel: String, path: String, sample: String, time: Int64) {
    self.venue = venue
    self.channel = channel
    self.path = path
    self.sample = sample
    self.time = time
  }
}

/// Something went wrong that a consumer may have to act on.
package struct ErrorReport: Equatable, Sendable {
  /// Nil where no venue is to blame.
  package var venue: VenueID?
  /// The part that failed: `markets`, `connection`, `subscribe`, `decode`, `command`, `journal`.
  package var place: String
  /// One word of snake case from the protocol's list.
  package var reason: String
  package var message: String
  package var venueCode: String?
  package var isFatal: Bool
  /// What it refers to, such as the `id` of a command.
  package var reference: String?
  package var time: Int64

  package init(
    venue: VenueID?, place: String, reason: String, message: String, venueCode: String? = nil,
    isFatal: Bool = false, reference: String? = nil, time: Int64
  ) {
    self.venue = venue
    self.place = place
    self.reason = reason
    self.message = message
    self.venueCode = venueCode
    self.isFatal = isFatal
    self.reference = reference
    self.time = time
  }
}
