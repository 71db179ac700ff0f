import PerpCore
import PerpVenue

/// An order that comes when another has been cancelled, in its place: never are both live.
struct Succession {
  let client: Client
  /// The `id` of the command, as it was given.
  let requestID: String
  /// Of the size that was asked for, with what the first has filled already.
  let placement: Command.Placement
}

// MARK: - Changing an order under a new name

extension Gateway {
  /// Cancels the order. What cannot be placed then is refused now, as far as that can be known.
  func supersede(
    _ entry: TradingAccount.Entry, _ key: OrderKey, by terms: OrderTerms, as id: ClientOrderID,
    in account: TradingAccount, _ requestID: String, for client: Client, at now: Moment
  ) throws(Refusal) {
    if let placed = account.orders[.own(id)] {
      guard placed.update.originalClientID == entry.update.clientID else {
        throw Refusal(Refusal.refused, "duplicate_client_id", "there is an order \(id) already")
      }
      // Asked for again: it has its answer.
      return reply(to: client, requestID, at: now) { $0.append(result(.own(id), account)) }
    }
    let status = entry.update.status
    guard status == .open || status == .partiallyFilled, !entry.update.isCancelPending,
      !entry.update.isReplacePending
    else {
      throw Refusal(Refusal.refused, "unknown_order", "\(key) cannot be changed now")
    }
    let filled = entry.update.filled ?? .zero
    guard terms.size > filled else {
      throw Refusal(Refusal.refused, "malformed", "\(filled) of \(key) is filled already")
    }
    let placement = Command.Placement(
      account: account.id.name, venue: account.id.venue, symbol: .symbol(entry.update.symbol),
      clientID: id, terms: terms,
      lifetime: entry.expires.map { $0 - min($0, now.monotonic) })
    account.successions[key] = Succession(
      client: client, requestID: requestID, placement: placement)
    send(.cancel(key), to: account, .reply(client.id, id: requestID, key))
  }

  /// What was told of an order that another is to follow.
  func followUp(_ update: OrderUpdate, _ key: OrderKey, in account: TradingAccount, at now: Moment)
  {
    guard let succession = account.successions[key] else { return }
    if update.change == .cancelRejected {
      return abandon(key, in: account, "\(key) could not be cancelled", at: now)
    }
    guard update.status.isFinal else { return }
    var placement = succession.placement
    guard update.status == .cancelled || update.status == .expired,
      let left = placement.terms.size.subtracting(update.filled ?? .zero), left > .zero
    else { return abandon(key, in: account, "\(key) is \(update.status.rawValue)", at: now) }
    let client = succession.client
    guard !client.hasVanished || !client.cancelsOnDisconnect else {
      return abandon(key, in: account, "its client is gone", at: now)
    }
    account.successions[key] = nil
    placement.terms.size = left
    do throws(Refusal) {
      var (_, intent) = try judge(placement, for: client, at: now)
      intent.originalClientID = update.clientID
      claim(placement, intent, in: account, for: client, at: now)
      send(.place(intent), to: account, .succession(succession, .own(intent.clientID)))
    } catch {
      tell(succession, was: error, at: now)
    }
  }

  /// The order that was to follow is not placed any more.
  func abandon(_ key: OrderKey, in account: TradingAccount, _ cause: String, at now: Moment) {
    guard let succession = account.successions.removeValue(forKey: key) else { return }
    tell(succession, was: Refusal(Refusal.refused, "unknown_order", cause), at: now)
  }

  /// The command was answered when the first was to be cancelled.
  func tell(_ succession: Succession, was refusal: Refusal, at now: Moment) {
    let report = ErrorReport(
      venue: succession.placement.venue, place: "command", reason: refusal.reason,
      message: "\(succession.placement.clientID) is not placed: \(refusal.message)",
      reference: succession.requestID, time: now.wall)
    guard !succession.client.isCut else { return }
    put(.error(report), to: succession.client, at: now)
  }
}
