import PerpCore
import PerpVenue
import PerpWebSocket

/// What arrives at the two ends.
extension Pair {
  mutating func deliver(_ delivery: Delivery) {
    switch delivery {
    case .toSimulator(let id, let message): deliver(message, on: id)
    case .toSession(let id, let message): deliver(message, on: id)
    case .request(let id, let request, let outage):
      let known = RequestID(formerRequests + id.number)
      if outage == outages { tellSimulator(.request(known, request)) }
    case .answer(let id, let response):
      guard pending[id]?.outage == outages else { break }
      pending[id] = nil
      tellSession(.response(id, response))
    case .failure(let id, let failure):
      guard pending[id] != nil else { break }
      pending[id] = nil
      tellSession(.failed(id, failure))
    case .timeout(let id, let serial):
      guard pending[id]?.serial == serial else { break }
      pending[id] = nil
      tellSession(.failed(id, .noAnswer("no answer in time")))
    case .network(let isDown): self.isDown = isDown
    }
  }

  private mutating func deliver(_ message: Upstream, on id: ConnectionID) {
    guard let link = links[id], !link.isSilent else { return }
    if case .closed = message {
      links[id]?.isKnownToSimulator = false
      if link.isKnownToSimulator { tellSimulator(.closed(id)) }
      return forgetIfOver(id)
    }
    if case .backlog(let messages) = message {
      if link.isKnownToSimulator { tellSimulator(.backlog(id, messages: messages)) }
      return
    }
    guard !isLost(link), !link.isEndedBySimulator else { return }
    switch message {
    case .upgrade(let request):
      links[id]?.isKnownToSimulator = true
      tellSimulator(.upgrade(id, request))
    case .text(let text):
      if link.isKnownToSimulator { tellSimulator(.text(id, text.span.bytes)) }
    case .ping: sendDown(.pong, on: id)
    case .pong:
      if link.isKnownToSimulator { tellSimulator(.pong(id)) }
    case .backlog, .closed: break
    }
  }

  private mutating func deliver(_ message: Downstream, on id: ConnectionID) {
    guard let link = links[id], !link.isOverForSession else { return }
    if case .ended(let reason) = message { return end(id, reason) }
    guard !link.isClosing, !isLost(link) else { return }
    switch message {
    case .opened:
      links[id]?.isOpen = true
      tellSession(.opened(id))
    case .frame(let frame):
      if frame.kind == .raw || link.reader != nil {
        read(frame.wireBytes, on: id)
      } else {
        deliver(frame, on: id, upTo: link.request.maxMessageBytes)
      }
    case .ping:
      if link.reader == nil {
        sendUp(.pong, on: id)
      } else {
        read(Frame.wireBytes(Opcode.ping, []), on: id)
      }
    case .pong: tellSession(.pong(id))
    case .closed(let reason):
      end(id, reason)
      answerClose(id)
    case .ended: break
    }
  }

  private mutating func deliver(_ frame: Frame, on id: ConnectionID, upTo limit: Int) {
    if frame.bytes.count > limit {
      fail(id, .violation(code: 1009, "message longer than \(limit) bytes"))
    } else if frame.kind == .binary {
      tellSession(.binary(id, frame.bytes.span.bytes))
    } else if frame.bytes.span.bytes.isUTF8 {
      tellSession(.text(id, frame.bytes.span.bytes))
    } else {
      fail(id, .violation(code: 1007, "text that is not UTF-8"))
    }
  }

  /// The slow way, for bytes that are not known to be whole frames.
  private mutating func read(_ bytes: [UInt8], on id: ConnectionID) {
    guard let limit = links[id]?.request.maxMessageBytes else { return }
    // Taken out of the link, or each piece would copy it.
    var reader = links[id]?.reader.take() ?? FrameReader(from: .server, maxMessageBytes: limit)
    var rest = bytes[...]
    while !rest.isEmpty {
      rest = reader.receive(rest)
      guard readFrames(&reader, on: id) else { return }
    }
    if !reader.isIdle { links[id]?.reader = reader }
  }

  /// False when the connection has ended over it.
  private mutating func readFrames(_ reader: inout FrameReader, on id: ConnectionID) -> Bool {
    while let link = links[id], !link.isClosing, !link.isOverForSession {
      switch reader.next() {
      case .more: return true
      case .text: tellSession(.text(id, reader.payload))
      case .binary: tellSession(.binary(id, reader.payload))
      case .ping: sendUp(.pong, on: id)
      case .pong: tellSession(.pong(id))
      case .close(let code, let reason): fail(id, .closed(code: code, reason: reason))
      case .violation(let code, let text): fail(id, .violation(code: code, text))
      }
    }
    return false
  }

  /// The session's transport gives the connection up, or answers a close frame.
  private mutating func fail(_ id: ConnectionID, _ reason: CloseReason) {
    end(id, reason)
    sendUp(.closed, on: id)
  }

  private mutating func end(_ id: ConnectionID, _ reason: CloseReason) {
    links[id]?.isOverForSession = true
    forgetIfOver(id)
    tellSession(.closed(id, reason))
  }

  private mutating func answerClose(_ id: ConnectionID) {
    if links[id]?.isKnownToSimulator == true { sendUp(.closed, on: id) }
  }
}
