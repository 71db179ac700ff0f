import PerpCore

// MARK: - What is left of a signal after all that it costs (B-01, B-02)

extension ZarbBot {
  /// An opening must be worth its costs, and what is held the funding that is next.
  mutating func weighed(
    _ decision: ScoreDecision, _ index: Int, _ score: Score, at now: Moment
  ) -> ScoreDecision {
    guard let quotes = symbols[index].quotes, let sample = symbols[index].sample else {
      return decision
    }
    let market = symbols[index].market
    let pair = PairView(market.first, market.second, quotes, in: desk.view)
    func edge(_ direction: SpreadDirection) -> NetEdge? {
      settings.edge.netEdge(direction, pair)
    }
    let better: SpreadDirection = sample.edge(.short) > sample.edge(.long) ? .short : .long
    symbols[index].netEdge = edge(better)
    switch decision.signal {
    case .close: return decision
    case .open(let direction, _):
      if let objection = settings.edge.objection(to: edge(direction)) {
        return ScoreDecision(.hold, objection)
      }
      let text = edge(direction)?.text ?? "funding is not known"
      return ScoreDecision(decision.signal, "\(decision.reason), \(text)")
    case .hold:
      guard score.isReady, let held = held(index) else { return decision }
      // What may come yet is the way back to the mean.
      let way = Decimal(statistic: abs(score.value - score.mean)).times(sample.base)
      guard
        let objection = settings.edge.objection(
          toHolding: held, pair, gain: way.over(Decimal(10_000)), at: now)
      else { return decision }
      return ScoreDecision(.close(symbols[index].parameters.sizes.base), objection)
    }
  }
}
