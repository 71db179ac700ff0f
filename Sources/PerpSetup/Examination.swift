import PerpCore
import PerpVenue

/// The examination of one venue: which step comes next, and what the facts mean. What an earlier
/// fault makes pointless is left out, so that one fault has one name.
package struct Examination: Sendable {
  package enum Step: Hashable, Sendable {
    case lookUp(Place)
    case connect(Place)
    case secure(Place)
    case askMarkets
    case askTime
    case openWebSocket
    case listen
  }

  package let venue: VenueID
  package private(set) var findings: [Finding] = []
  private let budget: RateBudget
  private var steps: [Step] = []

  /// `places` are those that are spoken to directly, which REST through a proxy is not.
  package init(venue: VenueID, places: [Place], budget: RateBudget) {
    self.venue = venue
    self.budget = budget
    for place in places {
      if !place.isNumeric { steps.append(.lookUp(place)) }
      steps.append(.connect(place))
      if place.isSecure { steps.append(.secure(place)) }
    }
    steps += [.askMarkets, .askTime, .openWebSocket, .listen]
  }

  /// Nil at the end.
  package mutating func next() -> Step? { steps.isEmpty ? nil : steps.removeFirst() }

  /// Judges what a step has found, and takes from the next ones those that have no point now.
  package mutating func learn(_ fact: ExaminationFact) {
    let found = judge(fact)
    for var finding in found {
      finding.venue = venue
      findings.append(finding)
    }
    guard found.contains(where: { $0.verdict == .fail }) else { return }
    switch fact {
    case .looked(let place, _), .connected(let place, _), .secured(let place, _): give(up: place)
    case .answered: steps.removeAll { $0 == .askTime || $0 == .listen }
    case .upgraded: steps.removeAll { $0 == .listen }
    case .told, .listened: break
    }
  }

  private mutating func give(up place: Place) {
    steps.removeAll { step in
      switch step {
      case .lookUp(let other), .connect(let other), .secure(let other): other == place
      case .askMarkets, .askTime: place.ways.contains(.rest)
      case .openWebSocket: place.ways.contains(.ws)
      case .listen: true
      }
    }
  }

  private func judge(_ fact: ExaminationFact) -> [Finding] {
    switch fact {
    case .looked(let place, let lookup): [Self.judge(lookup, of: place)]
    case .connected(let place, let attempts): Self.judge(attempts, at: place)
    case .secured(let place, let handshake): [Self.judge(handshake, with: place)]
    case .answered(let answer): Self.judge(answer, budget)
    case .told(let reading): [Self.judge(reading)]
    case .upgraded(let upgrade): [Self.judge(upgrade)]
    case .listened(let listening): Self.judge(listening)
    }
  }
}

/// What we keep to of what a venue allows one address.
package struct RateBudget: Sendable {
  let text: String

  /// `topics` is how many one connection may carry.
  package init(_ limits: MarketDataLimits, topics: Int?) {
    text =
      "we ask at most \(Self.text(limits.questions)), subscribe "
      + Self.text(limits.subscriptions)
      + (topics.map { ", \($0) topics a connection" } ?? "")
  }

  private static func text(_ window: RollingWindow) -> String {
    let milliseconds = window.span / 1_000_000
    let isWhole = milliseconds.isMultiple(of: 1_000)
    return "\(window.limit) times in "
      + (isWhole ? "\(milliseconds / 1_000) s" : "\(milliseconds) ms")
  }
}
