import PerpCore
import PerpVenue

// MARK: - What happens by itself

extension Gateway {
  /// When `wake` is due, on the monotonic clock; nil for never.
  package var deadline: UInt64? {
    var earliest = UInt64.max
    for entry in deferred where !entry.isAnswered { earliest = min(earliest, entry.deadline) }
    for subscription in throttled { earliest = min(earliest, subscription.due) }
    for client in clients.values {
      if case .cut(let deadline) = client.state { earliest = min(earliest, deadline) }
      if let beat = client.beat { earliest = min(earliest, client.heard.monotonic + beat) }
    }
    return earliest == .max ? nil : earliest
  }

  package func wake(at now: Moment) {
    if !isStopping {
      releaseThrottled(at: now)
      answerDeferred(at: now)
    }
    for client in clients.values {
      if case .cut(let deadline) = client.state, deadline <= now.monotonic {
        actions.append(.close(client.id))
      }
      if let beat = client.beat, client.heard.monotonic + beat <= now.monotonic {
        client.beat = nil
        cut(client, reason: "no_beat", at: now)
      }
    }
  }

  /// The client will give no more commands: it has what it asked for, and goes.
  package func inputEnded(_ id: ClientID, at now: Moment) {
    guard let client = clients[id], !client.isCut else { return }
    dismiss(client, reason: "input_ended", at: now)
  }

  /// Nothing waits for anybody.
  package var isDrained: Bool { clients.values.allSatisfy { $0.outlet.isDrained } }

  /// The process that a client lives by has ended.
  package func parentEnded(_ id: ClientID, at now: Moment) {
    guard let client = clients[id] else { return }
    cut(client, reason: "parent_gone", at: now)
  }
}
