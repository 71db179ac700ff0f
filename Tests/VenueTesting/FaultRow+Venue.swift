import Foundation
import PerpCore
import PerpSim
import PerpVenue

/// Rows of what venues do, rather than networks.
extension FaultRow {
  static let unknownMembers = FaultRow("X16", "messages have members nobody knows") { venue in
    var run = try FaultRun(venue, "extra@0s+20s", settings: venue.textSettings)
    run.run(to: 60)
    let drifts = run.events.count { if case .drift = $0 { true } else { false } }
    return Evidence(
      isMet: drifts > 0 && run.first(.down) == nil && run.decodeErrors == 0
        && run.isAllLive && run.isSound, fields: ["drifts": drifts])
  }

  static let ban = FaultRow("X41", "the venue turns us away for good") { venue in
    var run = try FaultRun(venue, "refuse=403@20s,rest=403@20s,close=1000@21s")
    let minutes = 20
    run.run(to: 60 + 60 * minutes)
    let isBanned = { (ms: UInt64) in ms >= 60_000 }
    let calls = run.attempts.count(where: isBanned) + run.requests.count(where: isBanned)
    let alerts = run.events.count {
      if case .error(let report) = $0 {
        report.reason == "blocked"
      } else {
        false
      }
    }
    return Evidence(
      isMet: calls <= minutes && alerts > 0 && !run.isAllLive && run.isSound,
      fields: ["calls": calls, "alerts": alerts, "minutes": minutes])
  }

  static let slowNetwork = FaultRow("X44", "up to 2 s late, one message in a hundred corrupt") {
    venue in
    var options = PairOptions()
    options.latency = 0...Nanoseconds.seconds(2)
    options.restLatency = 0...Nanoseconds.seconds(2)
    options.openDelay = 0...Nanoseconds.seconds(2)
    var run = try FaultRun(venue, "garbage:data@5s+120s%1", options: options)
    run.run(to: 240)
    let ages = run.quotes(run.victim)
      .compactMap { quote in quote.bbo.header.venueTime.map { quote.bbo.header.received - $0 } }
      .sorted()
    let p99 = ages.isEmpty ? 0 : ages[ages.count * 99 / 100] / 1_000
    return Evidence(
      isMet: run.isAllLive && run.isSound && run.decodeErrors > 0,
      fields: ["p99_ms": p99, "corrupt": run.decodeErrors, "diff": run.oracle.violations.count])
  }

  static let relisting = FaultRow("X60", "a market gets another tick") { venue in
    guard let change = venue.relisting else { return Evidence(isMet: true, fields: [:]) }
    var run = try FaultRun(venue, "", relisting: (change, after: 30))
    var ticks: [PerpCore.Decimal] = []
    // Some venues' markets are read once in five minutes, some once in an hour.
    for minute in 1...65 where ticks.last == ticks.first {
      run.run(to: 60 * minute)
      ticks = run.log.compactMap { _, action -> PerpCore.Decimal? in
        guard case .markets(let markets) = action else { return nil }
        return markets.first { $0.symbol == run.victim }?.tickSize
      }
    }
    return Evidence(
      isMet: ticks.count > 1 && ticks.first != ticks.last && run.isAllLive && run.isSound,
      fields: [
        "from": "\"\(ticks.first ?? PerpCore.Decimal.zero)\"",
        "to": "\"\(ticks.last ?? PerpCore.Decimal.zero)\"",
      ])
  }

  static let noFunding = FaultRow("X61", "nothing is said of funding, marks and indexes") { venue in
    var run = try FaultRun(venue, "stall:funding")
    run.run(to: 60)
    let told = run.events.compactMap { if case .funding(let funding) = $0 { funding } else { nil } }
      .filter { $0.header.symbol == run.victim }
    let zeros = told.count { funding in
      [funding.rate, funding.markPrice, funding.indexPrice].contains { $0?.isZero == true }
    }
    let state = run.oracle.state(of: Topic(.funding, run.victim))
    return Evidence(
      isMet: zeros == 0 && (state != .live || !told.isEmpty) && run.isSound,
      fields: ["state": "\"\(state.map(\.rawValue) ?? "")\"", "told": told.count, "zeros": zeros])
  }

  /// Two events a second, of two markets together. `PERPWIRE_HOURS` sets how long; a day takes a
  /// minute of a processor for each venue.
  static let quietHours = FaultRow("N01", "quiet hours without a false alarm") { venue in
    let hours = ProcessInfo.processInfo.environment["PERPWIRE_HOURS"].flatMap { Int($0) } ?? 2
    var run = try FaultRun(venue, "", eventsPerSecond: 2)
    var alarms = 0
    for hour in 1...max(hours, 1) {
      run.run(to: 3_600 * hour)
      run.forget()
    }
    for state in [StreamStatus.State.stale, .gap, .resync, .down] {
      alarms += run.oracle.entered[state] ?? 0
    }
    return Evidence(
      isMet: alarms == 0 && run.isAllLive && run.isSound,
      fields: ["hours": hours, "alarms": alarms, "books": run.oracle.booksCompared])
  }

  /// Once a minute instead of once a day.
  static let renewal = FaultRow("X68", "connections are renewed before the venue ends them") {
    venue in
    var policy = SessionBundle.Policy()
    policy.maxAge = Nanoseconds.seconds(60)
    var run = try FaultRun(venue, "", bundle: policy)
    run.run(to: 300)
    let sequences = run.quotes(run.victim).compactMap(\.bbo.venueSequence)
    let trades = run.events.compactMap { event -> String? in
      guard case .trade(let trade) = event else { return nil }
      return trade.tradeID.map { "\(trade.header.symbol) \($0.string)" }
    }
    let duplicates =
      sequences.count - Set(sequences).count + trades.count - Set(trades).count
    let alarms = [StreamStatus.State.gap, .stale, .down].compactMap { run.oracle.entered[$0] }
    return Evidence(
      isMet: (5...7).contains(run.attempts.count) && duplicates == 0 && alarms.isEmpty
        && run.isAllLive && run.isSound,
      fields: ["connections": run.attempts.count, "dup": duplicates, "alarms": alarms.count])
  }
}

extension FaultRun {
  package var events: [Event] {
    log.compactMap { if case .emit(let event) = $0.action { event } else { nil } }
  }

  /// Questions by REST; milliseconds since the start.
  package var requests: [UInt64] {
    log.compactMap { if case .request = $0.action { $0.time / 1_000_000 } else { nil } }
  }
}

/// A venue whose answers say something else from some time on.
struct RelistingSimulator: VenueSimulator {
  private var inner: any VenueSimulator
  private let change: VenueUnderTest.Relisting
  private let after: UInt64
  private var begins: UInt64 = .max

  init(_ inner: any VenueSimulator, _ change: VenueUnderTest.Relisting, after seconds: Int) {
    self.inner = inner
    self.change = change
    after = Nanoseconds.seconds(seconds)
  }

  var deadline: UInt64? { inner.deadline }
  func book(of symbol: Symbol) -> NumberedBook? { inner.book(of: symbol) }
  func quote(of symbol: Symbol) -> QuoteFacts? { inner.quote(of: symbol) }

  mutating func receive(
    _ input: borrowing SimulatorInput, at now: Moment, into actions: inout [SimulatorAction]
  ) {
    switch input {
    case .start: begins = now.monotonic + after
    default: break
    }
    let count = actions.count
    inner.receive(input, at: now, into: &actions)
    guard now.monotonic >= begins else { return }
    for index in actions.indices.dropFirst(count) {
      guard case .respond(let id, var response) = actions[index] else { continue }
      let body = String(decoding: response.body, as: UTF8.self)
      response.body = Array(body.replacing(change.from, with: change.to).utf8)
      actions[index] = .respond(id, response)
    }
  }
}
