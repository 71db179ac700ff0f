import PerpCore

/// All that the rest of the program knows of a venue: the one value its folder offers.
package struct VenueDescriptor: Sendable {
  package struct Environment: Sendable {
    package var name: String
    package var endpoints: Endpoints
    package init(name: String, endpoints: Endpoints) {
      self.name = name
      self.endpoints = endpoints
    }
  }

  package typealias Setting = (name: String, value: String, meaning: String)

  package var id: VenueID
  /// As people write it: `Paradex`.
  package var title: String
  /// Production first.
  package var environments: [Environment]
  /// Each channel on offer with the venue's own source of it, such as `bbo.{market}`.
  package var channels: [(channel: Channel, source: String)]
  /// What the venue's perpetuals are quoted in, as unified symbols have it.
  package var quoteAsset: String
  /// The venue's settings with their defaults, such as `sbe_version` and `2`.
  package var settings: [Setting]
  /// Settings of the simulator.
  package var simulatorSettings: [Setting]
  /// What only the user has, such as a session of theirs with the venue; public data need none.
  package var secrets: [(name: String, meaning: String)]
  /// Settings of both sides, other than the defaults, under which the two must get on as well.
  package var variants: [[String: String]]
  /// Topics that one connection may carry; nil where no limit is known.
  package var maxTopics: Int?
  /// Nanoseconds after which the venue closes a connection; nil where it is not known to do so.
  package var maxConnectionAge: UInt64?
  /// Whether a sequence number means the same on every connection, so that the first of several
  /// can be taken.
  package var sharesSequences: Bool
  /// Nanoseconds within which a session is whole again after the last fault: more where the venue
  /// allows few connections.
  package var recovery: UInt64
  package var makeSession: @Sendable (SessionOptions) -> any VenueSession
  /// How the venue is asked, for those who ask it something without a session.
  package var makeDialect: @Sendable (SessionOptions) -> any MarketDataDialect
  /// Nil where no orders can be placed.
  package var trading: VenueTrading?
  package var makeSimulator: @Sendable (SimulatorOptions) -> any VenueSimulator
  /// Nil where recordings cannot be served to the venue's own clients.
  package var servedWire: ServedWire?
  /// One wire message of each kind that matters for speed, for measurements.
  package var samples: [WireSample]
  /// Endpoints of a simulator that listens at `host:port`.
  package var simulatorEndpoints: @Sendable (_ authority: String) -> Endpoints

  package init(
    id: VenueID, title: String, environments: [Environment],
    channels: [(channel: Channel, source: String)], quoteAsset: String, settings: [Setting],
    simulatorSettings: [Setting] = [], secrets: [(name: String, meaning: String)] = [],
    variants: [[String: String]] = [],
    maxTopics: Int? = nil, maxConnectionAge: UInt64? = nil, sharesSequences: Bool = true,
    recovery: UInt64 = Nanoseconds.seconds(40),
    makeSession: @escaping @Sendable (SessionOptions) -> any VenueSession,
    makeDialect: @escaping @Sendable (SessionOptions) -> any MarketDataDialect,
    makeSimulator: @escaping @Sendable (SimulatorOptions) -> any VenueSimulator,
    trading: VenueTrading? = nil, servedWire: ServedWire? = nil, samples: [WireSample],
    simulatorEndpoints: @escaping @Sendable (_ authority: String) -> Endpoints
  ) {
    self.id = id
    self.title = title
    self.environments = environments
    self.channels = channels
    self.quoteAsset = quoteAsset
    self.settings = settings
    self.simulatorSettings = simulatorSettings
    self.secrets = secrets
    self.variants = variants
    self.maxTopics = maxTopics
    self.maxConnectionAge = maxConnectionAge
    self.sharesSequences = sharesSequences
    self.recovery = recovery
    self.makeSession = makeSession
    self.makeDialect = makeDialect
    self.makeSimulator = makeSimulator
    self.trading = trading
    self.servedWire = servedWire
    self.samples = samples
    self.simulatorEndpoints = simulatorEndpoints
  }

  /// The unified symbol of a perpetual on this venue: `BTC` is `BTC-USD-PERP` where dollars are
  /// the quote.
  package func perpetual(_ base: String) -> Symbol? { Symbol("\(base)-\(quoteAsset)-PERP") }
}

/// A kind of message as the venue sends it.
package struct WireSample: Sendable {
  /// Such as `bbo (SBE)`.
  package var name: String
  /// What a session must be subscribed to, to take it.
  package var topic: Topic
  /// The venue's settings, those of both sides, under which it is sent.
  package var settings: [String: String]
  /// The venue's sequence number of the message at place 0; each that follows has one more.
  package var firstSequence: Int64
  /// What that number is called in a line.
  package var sequenceKey: String
  /// The message at a place in an endless sequence, stamped with a time in microseconds.
  package var make: @Sendable (_ index: Int, _ time: Int64) -> Frame

  package init(
    name: String, topic: Topic, settings: [String: String] = [:], firstSequence: Int64,
    sequenceKey: String = "venue_seq",
    make: @escaping @Sendable (_ index: Int, _ time: Int64) -> Frame
  ) {
    self.name = name
    self.topic = topic
    self.settings = settings
    self.firstSequence = firstSequence
    self.sequenceKey = sequenceKey
    self.make = make
  }
}

package struct Endpoints: Equatable, Sendable {
  /// `wss://host/path`, no trailing slash.
  package var ws: String
  /// `https://host/path`, no trailing slash.
  package var rest: String

  package init(ws: String, rest: String) {
    self.ws = ws
    self.rest = rest
  }
}

package struct SessionOptions: Sendable {
  package var endpoints: Endpoints
  /// For jitter; two gateways must not have the same.
  package var seed: UInt64
  /// The venue's settings by name; those not named keep their defaults.
  package var settings: [String: String]
  /// The venue's secrets by name, those that the user has given.
  package var secrets: [String: Secret]
  /// So many sessions at most share what the venue allows one address.
  package var share: Int

  package init(
    endpoints: Endpoints, seed: UInt64, settings: [String: String] = [:],
    secrets: [String: Secret] = [:], share: Int = 1
  ) {
    self.endpoints = endpoints
    self.seed = seed
    self.settings = settings
    self.secrets = secrets
    self.share = share
  }
}

package struct SimulatorOptions: Sendable {
  package var seed: UInt64
  /// Unified symbols to list; empty for the venue's own selection.
  package var symbols: [Symbol]
  /// Order events of all markets together, a second.
  package var eventsPerSecond: Int
  /// The venue's settings by name, such as `encoding` and `json`.
  package var settings: [String: String]

  package init(
    seed: UInt64, symbols: [Symbol] = [], eventsPerSecond: Int = 100,
    settings: [String: String] = [:]
  ) {
    self.seed = seed
    self.symbols = symbols
    self.eventsPerSecond = eventsPerSecond
    self.settings = settings
  }
}
