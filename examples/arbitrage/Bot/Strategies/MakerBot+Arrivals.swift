import PerpCore

// MARK: - Orders that take, of the model glft (B-09)

extension MakerBot {
  /// How far from the middle somebody has traded. Without a middle nobody knows.
  mutating func note(_ trade: TradeLine, at now: Moment) {
    guard let middle = desk.view.quote(settings.listing, at: now)?.mid else { return }
    arrivals?.note(trade, middle: middle, at: now.monotonic)
  }

  mutating func fitArrivals(at now: Moment) {
    guard let rules = desk.view.rules(settings.listing) else { return }
    let wasFitted = arrivals?.rate != nil
    arrivals?.refit(tick: rules.tick, at: now.monotonic)
    if (arrivals?.rate != nil) != wasFitted {
      desk.outbox.log(.info, "Arrivals\(arrivalText)")
    }
  }

  /// What A and k are, and where they are from; empty of models that do not count arrivals.
  var arrivalText: String {
    guard let arrivals else { return "" }
    let rate =
      arrivals.rate.map {
        "A \(Decimal(statistic: $0.intensity).text(places: 4)), "
          + "k \(Decimal(statistic: $0.decay).text(places: 4)) fitted"
      } ?? "A \(settings.model.intensity), k \(settings.model.decay) of the settings"
    let dropped = arrivals.dropped == 0 ? "" : ", \(arrivals.dropped) dropped"
    return ", \(rate), \(arrivals.count) arrivals\(dropped)"
  }
}
