import PerpCore
import PerpVenue

// MARK: - What happens by itself

extension Gateway {
  /// When `wake` is due, on the monotonic clock; nil for never. It may be earlier than anything
  /// has to be done.
  package var deadline: UInt64? { nextWake == .max ? nil : nextWake }

  /// Something has to be done at that time, if it is not put off until then.
  func mustWake(by time: UInt64) { nextWake = min(nextWake, time) }

  package func wake(at now: Moment) {
    nextWake = .max
    if !isStopping {
      releaseThrottled(at: now)
      answerDeferred(at: now)
    }
    for client in clients.values { wake(client, at: now) }
    keepSafe(at: now)
    for entry in deferred where !entry.isAnswered { mustWake(by: entry.deadline) }
    for subscription in throttled { mustWake(by: subscription.due) }
  }

  private func wake(_ client: Client, at now: Moment) {
    if case .cut(let deadline) = client.state {
      return deadline <= now.monotonic ? actions.append(.close(client.id)) : mustWake(by: deadline)
    }
    if let beat = client.beat {
      let limit = client.heard.monotonic + beat
      if limit <= now.monotonic {
        client.beat = nil
        return cut(client, reason: "no_beat", at: now)
      }
      mustWake(by: limit)
    }
    guard client.isActive, client.nextHeartbeat < .max, !isStopping else { return }
    if client.nextHeartbeat <= now.monotonic { tellHeartbeat(client, at: now) }
    mustWake(by: client.nextHeartbeat)
  }

  // MARK: heartbeat

  /// Topics that one heartbeat names.
  private static let heartbeatTopics = 1_000

  /// From its first command on, each client has heartbeats at its own times: with so many
  /// nanoseconds in between, or none for 0.
  func setHeartbeat(_ interval: UInt64, of client: Client, at now: Moment) {
    client.heartbeat = interval
    client.nextHeartbeat = interval > 0 ? now.monotonic + interval : .max
    mustWake(by: client.nextHeartbeat)
  }

  /// Shows that we are there, and how old what the client reads is; the oldest first. One that is
  /// behind has lines enough.
  private func tellHeartbeat(_ client: Client, at now: Moment) {
    client.nextHeartbeat = now.monotonic + client.heartbeat
    guard !client.isBehind else { return }
    var read = client.subscriptions.keys.compactMap { topics[$0] }
    read.sort { ($0.lastData ?? 0, $0.name) < ($1.lastData ?? 0, $1.name) }
    var text = ByteBuffer(capacity: 128 + 128 * min(read.count, Self.heartbeatTopics))
    text.append(heartbeat: read.prefix(Self.heartbeatTopics), of: read.count, at: now)
    client.outlet.put(lossless: text.bytes)
    touched(client, at: now)
  }

  // MARK: Ends

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

extension ByteBuffer {
  fileprivate mutating func append(
    heartbeat topics: ArraySlice<SharedTopic>, of count: Int, at now: Moment
  ) {
    append(#"{"type":"heartbeat","streams":["#)
    for (index, topic) in topics.enumerated() {
      append(index == 0 ? #"{"venue":""# : #",{"venue":""#)
      append(topic.name.venue.name)
      append(#"","symbol":""#)
      append(topic.name.topic.symbol.text)
      append(#"","channel":""#)
      append(topic.name.topic.channel.name)
      append(#"","state":""#)
      append(topic.state.rawValue)
      append(#"""#)
      if let age = topic.age(at: now) { put("age_ms", Int64(clamping: age)) }
      append("}")
    }
    append("]")
    if count > topics.count { put("more", Int64(count - topics.count)) }
    put("ts", now.wall)
    append("}\n")
  }
}
