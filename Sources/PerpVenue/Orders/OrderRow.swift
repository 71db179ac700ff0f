import PerpCore

/// An `OrderRecord` as a journal holds it: a line of the protocol, and what that does not say.
///
/// - `intent`: the `order` line with event `pending_new` that it leads to, with all of its terms.
/// - `replacement`: an `order` line with event `pending_replace` and the terms it is to have.
/// - `order`, `fill`: the line itself.
///
/// The `seq` of these lines is 0, and so is their `send_ts`: they are sent to nobody.
package struct OrderRow: Equatable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case intent, replacement, order, fill
  }

  package let kind: Kind
  package let key: OrderKey
  /// Of intents: what the order is called at the venue.
  package let name: ShortText?
  /// Of intents: microseconds since the epoch.
  package let placed: Int64?
  /// JSON, with its LF.
  package let line: [UInt8]

  package init(
    kind: Kind, key: OrderKey, name: ShortText? = nil, placed: Int64? = nil, line: [UInt8]
  ) {
    self.kind = kind
    self.key = key
    self.name = name
    self.placed = placed
    self.line = line
  }
}

extension OrderRow {
  /// Nil of what does not tell its order, and is of no use.
  package init?(_ record: OrderRecord, venue: VenueID, account: String) {
    guard let key = record.key else { return nil }
    let header = AccountHeader(venue: venue, account: account)
    switch record {
    case .intent(let intent, let name, let at):
      let update = intent.update(.pendingNew, .pending, header)
      self.init(
        kind: .intent, key: key, name: name, placed: at, line: Self.line(.order(update)))
    case .replacement(let wanted):
      let update = wanted.update(.pendingReplace, .open, header)
      self.init(kind: .replacement, key: key, line: Self.line(.order(update)))
    case .order(let update):
      self.init(kind: .order, key: key, line: Self.line(.order(update)))
    case .fill(let fill): self.init(kind: .fill, key: key, line: Self.line(.fill(fill)))
    }
  }

  /// What it was made of.
  package func record(of venue: VenueID) throws(JSONError) -> OrderRecord {
    switch kind {
    case .intent:
      guard let placed else { throw JSONError(cause: .missingMember, offset: line.count) }
      return .intent(try intent(of: venue), name: name, at: placed)
    case .replacement: return .replacement(try intent(of: venue))
    case .order: return .order(try OrderUpdate(line: line.span.bytes, venue: venue))
    case .fill: return .fill(try Fill(line: line.span.bytes, venue: venue))
    }
  }

  private func intent(of venue: VenueID) throws(JSONError) -> OrderIntent {
    let update = try OrderUpdate(line: line.span.bytes, venue: venue)
    guard let clientID = update.clientID, let terms = update.terms else {
      throw JSONError(cause: .missingMember, offset: line.count)
    }
    return OrderIntent(
      clientID: clientID, symbol: update.symbol, terms: terms,
      originalClientID: update.originalClientID)
  }

  private static func line(_ event: Event) -> [UInt8] {
    var buffer = ByteBuffer(capacity: 512)
    buffer.append(event, sequence: 0, sent: 0, style: LineStyle())
    return buffer.array
  }
}

extension OrderIntent {
  fileprivate func update(
    _ change: OrderUpdate.Change, _ status: OrderStatus, _ header: AccountHeader
  ) -> OrderUpdate {
    OrderUpdate(
      header: header, symbol: symbol, clientID: clientID, orderID: nil, change: change,
      status: status, terms: terms, originalClientID: originalClientID, filled: .zero,
      remaining: terms.size)
  }
}
