import PerpVenue

/// The WebSocket connections of one owner, by the numbers it gives them.
///
/// Tells `opened`, `text`, `binary`, `pong` and `closed` as inputs of a session, the payload
/// borrowed from the receive buffer; never before the call that caused them has returned. Each
/// connection ends with exactly one `closed`.
package final class WebSockets {
  private let network: Network
  private let deliver: (borrowing VenueInput) -> Void
  private var connections: [ConnectionID: WebSocketConnection] = [:]

  package init(network: Network, deliver: @escaping (borrowing VenueInput) -> Void) {
    self.network = network
    self.deliver = deliver
  }

  /// The number must not belong to a connection that has not been told closed.
  package func open(_ id: ConnectionID, _ request: WebSocketRequest) {
    precondition(connections[id] == nil, "connection \(id.number) is open already")
    let connection = WebSocketConnection(
      id, request, network: network, deliver: deliver,
      onEnd: { [unowned self] in connections[id] = nil })
    connections[id] = connection
    connection.start()
  }

  /// Nothing happens on a connection that isn't open, for its end may not have been told yet.
  package func send(_ id: ConnectionID, text: [UInt8]) { connections[id]?.send(text: text) }

  package func ping(_ id: ConnectionID) { connections[id]?.ping() }

  /// Says goodbye and waits for the venue's, but not for ever.
  package func close(_ id: ConnectionID, code: Int) { connections[id]?.close(code: code) }

  /// Drops all connections; nothing is delivered afterwards.
  package func abandonAll() {
    for connection in connections.values { connection.abandon() }
    connections = [:]
  }
}
