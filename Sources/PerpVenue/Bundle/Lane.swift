import PerpCore

/// One session of a bundle, and what the bundle knows of it.
struct Lane: Sendable {
  /// Never used twice; later lanes have higher ones.
  let id: Int
  /// Which copy of the data it carries: with racing feeds there are two.
  let copy: Int
  /// The lane it is to take the place of.
  var predecessor: Int?
  var session: any VenueSession
  var topics: Set<Topic> = []
  /// Its markets are known, so that it can be subscribed.
  var isReady = false
  /// When its connection is to be replaced by a new one, on the monotonic clock.
  var renewAt = UInt64.max
  /// Numbers of its connections are told apart from those of other lanes by what is added.
  private var base: Int { id << 32 }

  init(id: Int, copy: Int, predecessor: Int? = nil, session: any VenueSession) {
    self.id = id
    self.copy = copy
    self.predecessor = predecessor
    self.session = session
  }

  static func of(_ number: Int) -> Int { number >> 32 }

  static func inner(_ id: ConnectionID) -> ConnectionID { ConnectionID(id.number & 0xFFFF_FFFF) }
  static func inner(_ id: RequestID) -> RequestID { RequestID(id.number & 0xFFFF_FFFF) }

  func outer(_ id: ConnectionID) -> ConnectionID { ConnectionID(base + id.number) }
  func outer(_ id: RequestID) -> RequestID { RequestID(base + id.number) }
}
