import PerpCore

/// One WebSocket connection, numbered by the session that asked for it.
package struct ConnectionID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// One HTTP request, numbered by the session that made it.
package struct RequestID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// A header field; names are compared without regard to case.
package struct HTTPField: Equatable, Sendable {
  package var name: String
  package var value: String
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

package struct WebSocketRequest: Equatable, Sendable {
  /// `wss://host[:port]/path?query`; plain `ws` is refused except to loopback.
  package var url: String
  package var fields: [HTTPField]
  /// A longer message closes the connection with code 1009 (`reliability.md` K09).
  package var maxMessageBytes: Int

  package init(url: String, fields: [HTTPField] = [], maxMessageBytes: Int = 16 << 20) {
    self.url = url
    self.fields = fields
    self.maxMessageBytes = maxMessageBytes
  }
}

package enum CloseReason: Equatable, Sendable {
  /// Never became a WebSocket: no address, no connection, no TLS, no upgrade.
  case unreachable(String)
  /// The venue answered the upgrade with an HTTP status other than 101.
  case refused(status: Int)
  /// A closing handshake, by either side. Code 1005 stands for none given.
  case closed(code: Int, reason: String)
  /// The venue broke the rules of WebSockets, or sent a message longer than we take (code 1009):
  /// we gave the connection up and told it this code.
  case violation(code: Int, String)
  /// The connection ended without a word: reset, end of stream.
  case lost(String)

  package enum Kind: String, CaseIterable, Sendable {
    case unreachable, refused, closed, violation, lost
  }

  package var kind: Kind {
    switch self {
    case .unreachable: .unreachable
    case .refused: .refused
    case .closed: .closed
    case .violation: .violation
    case .lost: .lost
    }
  }
}

package struct HTTPRequest: Equatable, Sendable {
  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
  }

  package var method: Method
  /// For a session the whole URL, for a simulator path and query.
  package var url: String
  package var fields: [HTTPField]
  package var body: [UInt8]
  /// Milliseconds until the request fails with `noAnswer`.
  package var timeoutMilliseconds: Int

  package init(
    _ method: Method = .get, _ url: String, fields: [HTTPField] = [], body: [UInt8] = [],
    timeoutMilliseconds: Int = 10_000
  ) {
    self.method = method
    self.url = url
    self.fields = fields
    self.body = body
    self.timeoutMilliseconds = timeoutMilliseconds
  }

  /// The path without its query.
  package var path: Substring { url.prefix { $0 != "?" } }

  /// The value of a query parameter, percent-decoding left to who needs it.
  package func query(_ name: String) -> Substring? {
    guard let mark = url.firstIndex(of: "?") else { return nil }
    for pair in url[url.index(after: mark)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts[0] == name { return parts.count == 2 ? parts[1] : "" }
    }
    return nil
  }
}

package struct HTTPResponse: Equatable, Sendable {
  package var status: Int
  package var fields: [HTTPField]
  package var body: [UInt8]

  package init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  package func field(_ name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// An answer in JSON, written by `write`.
  package static func json(
    status: Int = 200, _ write: (inout ByteBuffer) -> Void
  ) -> HTTPResponse {
    var text = ByteBuffer(capacity: 4_096)
    write(&text)
    return HTTPResponse(
      status: status, fields: [HTTPField("Content-Type", "application/json; charset=UTF-8")],
      body: text.array)
  }
}

/// Why there is no response. The difference decides whether an order may exist.
package enum HTTPFailure: Equatable, Sendable {
  /// No byte of the request left this machine.
  case notSent(String)
  /// Sent, or perhaps sent; what became of it is not known.
  case noAnswer(String)
}
