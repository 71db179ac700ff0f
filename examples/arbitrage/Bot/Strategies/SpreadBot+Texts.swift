import PerpCore

// MARK: - What is told to people and files (S0-50, S0-51)

extension SpreadBot {
  package static let headers: [Table: String] = [
    .bbo: "timestamp,paradex_bid,paradex_ask,variational_bid,variational_ask,"
      + "long_spread,short_spread",
    .tradesDetail:
      "timestamp,direction,paradex_side,paradex_price,variational_side,size,spread",
    .trades: "timestamp,direction,size,paradex_price,spread,cumulative_trades",
  ]

  func quotesRow(
    _ first: Quote, _ second: Quote, _ long: Decimal, _ short: Decimal, at now: Moment
  ) -> String {
    ([settings.time.text(now.wall)]
      + [first.bid, first.ask, second.bid, second.ask, long, short].map(\.description))
      .joined(separator: ",")
  }

  func detailRow(
    _ trade: PairTrade, _ report: PairTrade.Report, _ spread: Decimal, at now: Moment
  ) -> String {
    let (first, second) = (trade.legs[0], trade.legs[1])
    return [
      settings.time.text(now.wall), trade.record.direction, first.ticket.side.rawValue,
      (first.result.averagePrice ?? .zero).description, second.ticket.side.rawValue,
      report.size.description, spread.description,
    ].joined(separator: ",")
  }

  func tradeRow(
    _ trade: PairTrade, _ report: PairTrade.Report, _ spread: Decimal, at now: Moment
  ) -> String {
    [
      settings.time.text(now.wall), trade.record.direction, report.size.description,
      (trade.legs[0].result.averagePrice ?? .zero).description, spread.description,
      String(desk.bookedTrades),
    ].joined(separator: ",")
  }

  // MARK: Notifications

  /// Logs and tells a signal with what it is expected to bring. (S0-26)
  mutating func announce(
    _ direction: SpreadDirection, _ quotes: (first: Quote, second: Quote), at now: Moment
  ) {
    let (first, second) = quotes
    let spread = direction.spread(first, second)
    let sides = direction.sides
    let (firstPrice, secondPrice) = (first.price(for: sides.first), second.price(for: sides.second))
    let estimate = ProfitEstimate(
      spread: spread, size: settings.size, price: direction == .long ? firstPrice : secondPrice,
      feeRates: settings.edge.fees.rate(settings.first.venue, .taker)
        .plus(settings.edge.fees.rate(settings.second.venue, .taker)))
    let name = direction == .long ? "Long" : "Short"
    desk.outbox.log(
      .info,
      "\(name) signal: spread \(spread.text(places: 4)) over "
        + "\(window.trigger(direction, settings.thresholds)?.text(places: 4) ?? "")")
    desk.outbox.log(.info, estimate.text)
    if let edge = netEdge(direction, quotes) { desk.outbox.log(.info, "Entry: \(edge.text)") }
    desk.outbox.notify(
      [
        NotificationText.bold("\(name) arb signal"),
        "\(Desk.title(settings.first.venue)) $\(firstPrice.text(places: 2))",
        "\(Desk.title(settings.second.venue)) $\(secondPrice.text(places: 2))",
        "Spread $\(spread.text(places: 4))", "Size \(settings.size)",
        "Gross $\(estimate.gross.text(places: 2))", "Fees $\(estimate.fees.text(places: 2))",
        NotificationText.bold("Net $\(estimate.net.text(places: 2))"),
        "ROI \(estimate.returnPercent.text(places: 3))%", "placing orders",
      ].joined(separator: "\n"))
  }

  func filledText(
    _ trade: PairTrade, _ report: PairTrade.Report, _ net: Decimal
  ) -> String {
    let (first, second) = (trade.legs[0], trade.legs[1])
    let name = trade.record.direction == "long" ? "Long" : "Short"
    return [
      NotificationText.bold("\(name) filled #\(desk.bookedTrades)"),
      "\(Desk.title(first.ticket.listing.venue)) \(first.ticket.side.rawValue.uppercased()) "
        + "\(report.size) @ ~$\((first.result.averagePrice ?? .zero).text(places: 2))",
      "\(Desk.title(second.ticket.listing.venue)) \(second.ticket.side.rawValue.uppercased()) "
        + "\(report.size)",
      "estimated net $\(net.text(places: 2))",
    ].joined(separator: "\n")
  }

  func heartbeatText(at now: Moment) -> String {
    let directions = SpreadDirection.allCases.compactMap { direction -> String? in
      guard let spread = window.spread(direction),
        let trigger = window.trigger(direction, settings.thresholds)
      else { return nil }
      let gap = trigger.minus(spread)
      return "\(direction.rawValue): current \(spread.text(places: 2)), trigger "
        + "\(trigger.text(places: 2)), gap \(gap.text(places: 2))\(gap > .zero ? "" : " ✓")"
    }
    return
      ([
        NotificationText.bold("Heartbeat"),
        "\(desk.runtimeText(at: now)), \(desk.bookedTrades) trades, \(window.count) samples",
      ] + directions + [desk.positionsText]).joined(separator: "\n")
  }

  func reportText(at now: Moment) -> String {
    let counts = interactive.counts(at: now.monotonic)
    return
      ([
        NotificationText.bold("Status report"), desk.balancesText, desk.positionsText,
        "\(desk.bookedTrades) trades, \(meansText)",
      ] + edgeTexts(at: now) + [
        "\(counts.hour)/\(settings.guards.hourLimit)h \(counts.day)/\(settings.guards.dayLimit)d"
      ]).joined(separator: "\n")
  }

  /// What an entry would come to now. (B-01)
  private func edgeTexts(at now: Moment) -> [String] {
    guard let first = desk.view.quote(settings.first, at: now),
      let second = desk.view.quote(settings.second, at: now)
    else { return [] }
    return SpreadDirection.allCases.map { direction in
      "\(direction.rawValue) \(netEdge(direction, (first, second))?.text ?? "funding unknown")"
    }
  }

  var meansText: String {
    let means = SpreadDirection.allCases.map { window.mean($0)?.text(places: 4) ?? "none" }
    return "means \(means[0]) / \(means[1])"
  }
}
