import PerpCore

// MARK: - What comes of trades, and of time (S0-36, S0-37, S0-42, S0-43)

extension SpreadBot {
  mutating func conclude(
    _ trade: PairTrade, _ report: PairTrade.Report, at now: Moment
  ) {
    metrics.note(duration: report.duration)
    metrics.note(orders: 0, filled: trade.legs.prefix(2).count { $0.result.state == .filled })
    if report.duration > Metrics.slow {
      let seconds = Decimal(Int(report.duration / 1_000_000)).over(Decimal(1_000), places: 3)
      desk.outbox.log(.warning, "Both legs took \(seconds) s")
      desk.outbox.notify(NotificationText.bold("Slow execution") + ": \(seconds) s")
    }
    switch report.outcome {
    case .booked: book(trade, report, at: now)
    case .unwound, .residual: tellFailure(trade, report)
    case .nothing:
      desk.outbox.log(.warning, "Nothing was filled: \(report.error ?? "no reason was given")")
    }
    failedTrades = report.outcome == .booked ? 0 : failedTrades + 1
    if settings.maxFailures > 0, failedTrades >= settings.maxFailures {
      failedTrades = 0
      pausedUntil = now.monotonic + settings.guards.pause
      desk.outbox.log(.error, "\(settings.maxFailures) trades in a row failed: entries pause")
      desk.outbox.notify(NotificationText.bold("Entries pause") + " after failed trades")
    }
    if report.net.magnitude > settings.imbalanceThreshold { tellImbalance(report.net, at: now) }
  }

  private mutating func book(
    _ trade: PairTrade, _ report: PairTrade.Report, at now: Moment
  ) {
    metrics.note(trade: trade.record.direction)
    let (first, second) = (trade.legs[0].result, trade.legs[1].result)
    let (bought, sold) =
      trade.record.direction == "long" ? (first, second) : (second, first)
    let spread = (sold.averagePrice ?? .zero).minus(bought.averagePrice ?? .zero)
    let net = spread.times(report.size).minus(first.fee).minus(second.fee)
    desk.outbox.log(
      .info,
      "#\(desk.bookedTrades) \(trade.record.direction) \(report.size) at "
        + "\(first.averagePrice ?? .zero) / \(second.averagePrice ?? .zero), "
        + "spread \(spread.text(places: 4)), net \(net.text(places: 4))")
    desk.outbox.row(.tradesDetail, detailRow(trade, report, spread, at: now))
    desk.outbox.row(.trades, tradeRow(trade, report, spread, at: now))
    desk.outbox.notify(filledText(trade, report, net))
  }

  private mutating func tellFailure(_ trade: PairTrade, _ report: PairTrade.Report) {
    let failed = trade.legs.prefix(2).filter { $0.result.state != .filled }
    let names = failed.map { "\($0.ticket.listing.venue) \($0.ticket.side.rawValue)" }
    let error = report.error ?? "no reason was given"
    let end =
      report.outcome == .unwound ? "the other leg was closed" : "\(report.net) stands alone"
    desk.outbox.log(
      report.outcome == .unwound ? .error : .critical,
      "Single leg failed: \(names.joined(separator: ", ")) [\(error)]; \(end)")
    desk.outbox.notify(
      NotificationText.bold("Single leg failed") + ": \(names.joined(separator: ", "))\n\(end)\n"
        + NotificationText.escape(error))
  }

  // MARK: What comes round

  mutating func comeRound(at now: Moment) {
    let time = now.monotonic
    if schedule.imbalance <= time {
      schedule.imbalance = time + settings.imbalanceInterval
      checkImbalance(at: now)
    }
    if schedule.heartbeat <= time {
      schedule.heartbeat = time + settings.heartbeat
      tellHeartbeat(at: now)
    }
    if schedule.report <= time {
      schedule.report = time + settings.reportInterval
      tellReport(at: now)
    }
  }

  /// Base units that both positions come to together.
  var net: Decimal { desk.view.position(settings.first).plus(desk.view.position(settings.second)) }
  var isImbalanced: Bool { net.magnitude > settings.imbalanceThreshold }

  /// Between trades: while one is under way its own legs tell.
  private mutating func checkImbalance(at now: Moment) {
    guard desk.trades.isEmpty, !desk.isDry else { return }
    metrics.netPosition = net
    if isImbalanced { tellImbalance(net, at: now) } else { toldImbalance = .zero }
  }

  private mutating func tellImbalance(_ net: Decimal, at now: Moment) {
    guard net != toldImbalance else { return }
    toldImbalance = net
    let text = "net \(net.signedText(places: 6)), \(desk.positionsText)"
    desk.outbox.log(.error, "Imbalance: \(text)")
    desk.outbox.notify(NotificationText.bold("Imbalance") + ": \(text)")
    if settings.imbalanceAction == .flatten { desk.stop("imbalance", at: now) }
  }

  private mutating func tellReport(at now: Moment) {
    let balances = [settings.first.venue, settings.second.venue].map { desk.view.balance($0) }
    if !desk.isDry, balances.contains(where: { $0.map { $0 < settings.minBalance } ?? false }) {
      desk.outbox.log(.critical, "Balance too low, stopped: \(desk.balancesText)")
      desk.outbox.notify(
        NotificationText.bold("Balance too low, stopped") + ": \(desk.balancesText)")
      return desk.stop("balance too low", at: now)
    }
    desk.outbox.log(.info, metrics.text(at: now))
    desk.outbox.log(.info, interactive.text(at: now.monotonic))
    desk.outbox.notify(reportText(at: now))
  }

  private mutating func tellHeartbeat(at now: Moment) {
    guard isWarm, desk.view.quote(settings.first, at: now) != nil,
      desk.view.quote(settings.second, at: now) != nil
    else { return }
    let text = heartbeatText(at: now)
    desk.outbox.log(.info, NotificationText.plain(text))
    desk.outbox.notify(text)
  }
}
