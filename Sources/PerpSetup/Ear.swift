import PerpCore
import PerpVenue

/// Listens to a session until each channel of one market has spoken.
package struct Ear: Sendable {
  private let venue: VenueDescriptor
  private var symbol: Symbol?
  private var subscribedAt: UInt64 = 0
  /// Where quotes are to be had by asking alone, an answer is their first data. Elsewhere a quote
  /// that was asked for says nothing of the stream.
  private let arePolled: Bool
  /// Microseconds after the subscription.
  private var firstData: [Channel: Int64] = [:]
  /// The last word on each stream.
  private var statuses: [Channel: StreamStatus] = [:]
  private var lastError: String?

  package init(_ venue: VenueDescriptor, _ dialect: any MarketDataDialect) {
    self.venue = venue
    arePolled = dialect.wireChannels(of: .bbo).isEmpty
  }

  /// Each channel of bitcoin, or else of the first market that is open. Nil once it has chosen.
  package mutating func choose(from markets: [Market], at now: Moment) -> [Topic]? {
    guard symbol == nil else { return nil }
    let open = markets.filter { $0.status == .open }.map(\.symbol)
    let bitcoin = venue.perpetual("BTC")
    guard let chosen = open.first(where: { $0 == bitcoin }) ?? open.first ?? markets.first?.symbol
    else { return nil }
    symbol = chosen
    subscribedAt = now.monotonic
    return venue.channels.map { Topic($0.channel, chosen) }
  }

  package mutating func hear(_ event: borrowing Event, at now: Moment) {
    switch copy event {
    case .bbo(let quote): if arePolled || quote.source != .poll { note(.bbo, at: now) }
    case .trade: note(.trade, at: now)
    case .book: note(.book, at: now)
    case .funding: note(.funding, at: now)
    case .stream(let status): statuses[status.topic.channel] = status
    case .error(let report): lastError = report.message
    case .market, .drift, .order, .fill, .position, .balance, .account, .limits: break
    }
  }

  private mutating func note(_ channel: Channel, at now: Moment) {
    guard firstData[channel] == nil else { return }
    firstData[channel] = Int64((now.monotonic - min(subscribedAt, now.monotonic)) / 1_000)
  }

  /// Every channel has spoken, or never will.
  package var isContent: Bool {
    symbol != nil
      && venue.channels.allSatisfy { firstData[$0.channel] != nil || isRefused($0.channel) }
  }

  /// A connection that is lost comes back; a stream that the venue refuses does not.
  private func isRefused(_ channel: Channel) -> Bool {
    statuses[channel].map { $0.state == .down && $0.retryMilliseconds == nil } ?? false
  }

  package func facts(seconds: Int) -> ExaminationFact.Listening {
    ExaminationFact.Listening(
      symbol: symbol?.description ?? "no market",
      channels: venue.channels.map { channel, _ in
        let outcome: ExaminationFact.Heard.Outcome
        if let time = firstData[channel] {
          outcome = .data(microseconds: time)
        } else if let status = statuses[channel], isRefused(channel) {
          outcome = .down(cause: status.cause)
        } else {
          outcome = .silent(cause: statuses[channel].map { "\($0.state.rawValue): \($0.cause)" })
        }
        return ExaminationFact.Heard(channel, outcome)
      },
      seconds: seconds, lastError: lastError)
  }
}
