import PerpCore

/// What is going on with one pair of markets.
struct ZarbSymbol: Sendable {
  /// Orders that are to be carried out one after another.
  struct Work: Equatable, Sendable {
    enum Kind: String, Sendable { case open, close, rebalance, flatten }

    let kind: Kind
    /// Of an opening, or of the position that is closed.
    let direction: SpreadDirection
    /// Base units; the first is under way or next. Of an opening its batches.
    var sizes: [Decimal]
    /// Of a rebalance.
    var isFirst = false
    /// Tokens for the next orders were taken, which may be sent from then on, monotonic clock.
    var sendAt: UInt64?
    var trade: Int64?
    /// Orders of no trade that are under way.
    var orders: Set<String> = []
    /// What positions come to with all that was filled.
    var expected: [Listing: Decimal] = [:]
    /// Orders that were sent.
    var attempted = 0
    var failure: String?

    var isUnderWay: Bool { trade != nil || !orders.isEmpty }
  }

  /// Positions as they must become before anything else is concluded from them.
  struct Settling: Equatable, Sendable {
    var expected: [Listing: Decimal]
    /// After which the venues are believed, on the monotonic clock.
    var until: UInt64
  }

  /// What charts show. (S1-52)
  struct Point: Equatable, Sendable {
    var time: Int64
    var value: Decimal
    var score: Score
  }

  struct Mark: Equatable, Sendable {
    var time: Int64
    var kind: String
    var side: Side
    var size: Decimal
    var price: Decimal
  }

  static let keptPoints = 2_000
  static let keptMarks = 500

  let market: ZarbMarket
  var parameters: ZarbParameters
  var window: ScoreWindow
  var guards = ZarbGuards()
  var consistency = ConsistencyCheck()
  var sample: EdgeSample?
  var quotes: (first: Quote, second: Quote)?
  var score: Score?
  var decision: ScoreDecision?
  /// Of the direction that brings more; nil where funding counts and is not known.
  var netEdge: NetEdge?
  var work: Work?
  var settling: Settling?
  /// The venue has closed one leg: the other is to go too.
  var isLiquidated = false
  /// When it is looked at and compared again, and orders may be tried again; monotonic clock.
  var nextLook: UInt64 = 0
  var nextCheck: UInt64 = 0
  var nextPoint: UInt64 = 0
  var pausedUntil: UInt64 = 0
  /// Work that failed in a row.
  var failures = 0
  /// What was held back and why, and until when that is not told again.
  var blocked: (text: String, until: UInt64)?
  /// Milliseconds since the epoch.
  var updated: Int64?
  var points: [Point] = []
  var marks: [Mark] = []
  /// Of an earlier run, until there is a newer row.
  var stored: String?

  init(_ market: ZarbMarket, _ settings: ZarbSettings) {
    self.market = market
    parameters = settings.parameters
    window = ScoreWindow(settings.window)
  }

  mutating func mark(_ mark: Mark) {
    if marks.count == Self.keptMarks { marks.removeFirst() }
    marks.append(mark)
  }

  /// Statistics begin anew: the prices are others now.
  mutating func forget(_ settings: ZarbSettings) {
    window = ScoreWindow(settings.window)
    (score, decision, netEdge, sample, quotes) = (nil, nil, nil, nil, nil)
    (guards, consistency, points) = (ZarbGuards(), ConsistencyCheck(), [])
  }
}
