import PerpCore
import PerpVenue

/// One line for each action.
package enum Transcript {
  /// Nil for a note. `describe` says in a word or two what a message to the venue asks for.
  package static func line(
    _ action: VenueAction, describe: ([UInt8]) -> String
  ) -> String? {
    switch action {
    case .open(let id, let request): return "open \(id.number) \(request.url)"
    case .send(let id, let bytes):
      return "send \(id.number) \(describe(bytes))"
    case .ping(let id): return "ping \(id.number)"
    case .close(let id, let code): return "close \(id.number) \(code)"
    case .request(_, let request):
      let path = request.url.dropFirst(VenueExample.rest.count)
      let body = String(decoding: request.body, as: UTF8.self)
      return "\(request.method.rawValue) \(path)\(body.isEmpty ? "" : " " + body)"
    case .trading(let action): return "\(action)"
    case .expiring(let id): return "expiring \(id.number)"
    case .markets(let markets): return "markets \(markets.map { $0.symbol.description })"
    case .emit(let event): return line(event)
    case .answer(let event): return "answer " + line(event)
    case .note: return nil
    }
  }

  package static func line(_ event: Event) -> String {
    switch event {
    case .bbo(let bbo):
      return "bbo \(bbo.header.symbol.base) \(text(bbo.bid)) \(text(bbo.ask))"
        + " seq \(bbo.venueSequence ?? -1)\(text(bbo.flags))"
        + (bbo.source == .bbo ? "" : " \(bbo.source.rawValue)")
    case .trade(let trade):
      return "trade \(trade.header.symbol.base) \(trade.side?.rawValue ?? "?") "
        + "\(trade.size)@\(trade.price)\(trade.isLiquidation ? " liquidation" : "")"
    case .book(let book):
      let sides = [book.bids, book.asks].map { $0.map { text($0) }.joined(separator: " ") }
      let previous = book.previousVenueSequence.map { " after \($0)" } ?? ""
      return "book \(book.header.symbol.base) \(book.isSnapshot ? "snapshot" : "delta")"
        + " [\(sides[0])] [\(sides[1])] seq \(book.venueSequence ?? -1)\(previous)"
        + text(book.flags)
    case .funding(let funding):
      return "funding \(funding.header.symbol.base) rate \(text(funding.rate))"
        + " hourly \(text(funding.hourlyRate)) mark \(text(funding.markPrice))"
    case .market(let market): return "market \(market.symbol)"
    case .stream(let status):
      return "stream \(status.topic.channel.rawValue) \(status.topic.symbol.base)"
        + " \(status.state.rawValue) \(status.cause)"
    case .order(let order):
      return "order \(order.clientID?.description ?? order.orderID?.string ?? "?")"
        + " \(order.change.rawValue) \(order.status.rawValue)"
        + " \(text(order.filled))\(order.reason.map { " \($0)" } ?? "")"
    case .fill(let fill): return "fill \(fill.tradeID.string) \(fill.size)@\(fill.price)"
    case .position(let position): return "position \(position.symbol.base) \(position.size)"
    case .account(let status): return "account \(status.state.rawValue) \(status.cause)"
    case .balance(let balance): return "balance \(balance.asset) \(balance.total)"
    case .limits(let use): return "limits \(use.bucket) \(use.used)/\(use.limit)"
    case .drift(let drift): return "drift \(drift.channel) \(drift.path)"
    case .error(let error):
      return "error \(error.place) \(error.reason)" + (error.venueCode.map { " \($0)" } ?? "")
    }
  }

  private static func text(_ level: Level?) -> String {
    level.map { "\($0.price)x\($0.size)" } ?? "-"
  }

  private static func text(_ value: Decimal?) -> String { value?.description ?? "-" }

  private static func text(_ flags: QuoteFlags) -> String {
    var text = ""
    if flags.contains(.crossed) { text += " crossed" }
    if flags.contains(.locked) { text += " locked" }
    if flags.contains(.lagging) { text += " lagging" }
    return text
  }
}
