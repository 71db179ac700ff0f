import Bot
import FlyingFox
import FlyingSocks
import Foundation
import PerpIO
import Synchronization

/// The web console's rim: pages, API and stream over HTTP. It decides nothing. Its tasks hand each
/// request to the thread that owns the bot, and wait for the answer. (S1-70 to S1-93)
final class ConsoleServer: Sendable {
  /// A request on its way to the bot, and who waits for its reply.
  struct Call: Sendable {
    let request: ConsoleRequest
    let reply: @Sendable (ConsoleReply) -> Void
  }

  private static let bodyLimit = 64 << 10
  private static let streamLimit = 64

  private let gate: ConsoleGate
  private let calls: Mailbox<Call>
  let hub: StreamHub

  init(_ gate: ConsoleGate, calls: Mailbox<Call>, hub: StreamHub) {
    (self.gate, self.calls, self.hub) = (gate, calls, hub)
  }

  /// Listens; `report` is told the port, or why there is none.
  func start(
    host: String, port: UInt16, report: @escaping @Sendable (Result<UInt16, any Error>) -> Void
  ) throws {
    let address = try sockaddr_in.inet(ip4: host, port: port)
    let server = HTTPServer(address: address, logger: .disabled)
    Task {
      await server.appendRoute("GET /ws/stream") { [self] request in
        try await openStream(request)
      }
      await server.appendRoute("*") { [self] request in await answer(request) }
      do { try await server.run() } catch { report(.failure(error)) }
    }
    Task {
      do {
        try await server.waitUntilListening(timeout: 10)
        report(.success(await server.listeningAddress.map(Self.port) ?? port))
      } catch {
        report(.failure(error))
      }
    }
  }

  private static func port(_ address: Socket.Address) -> UInt16 {
    switch address {
    case .ip4(_, let port), .ip6(_, let port): port
    case .unix: 0
    }
  }

  // MARK: Requests

  private func answer(_ request: HTTPRequest) async -> HTTPResponse {
    let isTrusted: Bool
    switch gate.judge(request.path, request.credentials) {
    case .refuse(let status, let message): return Self.refusal(status, message)
    case .pass(let trust): isTrusted = trust
    }
    if !request.path.hasPrefix("/api/") { return Self.page(request) }
    guard let body = await Self.body(of: request) else {
      return Self.refusal(413, "a body has a Content-Length of \(Self.bodyLimit) bytes at most")
    }
    let query = Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first }
    let asked = ConsoleRequest(
      request.method.rawValue, request.path, query: query, body: body, isTrusted: isTrusted)
    guard let reply = await call(asked) else {
      return Self.refusal(503, "too many requests wait: try again")
    }
    return Self.json(reply.status, reply.body)
  }

  /// Nil where the mailbox is full.
  private func call(_ request: ConsoleRequest) async -> ConsoleReply? {
    await withCheckedContinuation { continuation in
      let call = Call(request: request) { continuation.resume(returning: $0) }
      if !calls.post(call) { continuation.resume(returning: nil) }
    }
  }

  private static func body(of request: HTTPRequest) async -> String? {
    guard request.method == .POST else { return "" }
    guard request.headers[.transferEncoding] == nil,
      let length = Int(request.headers[.contentLength] ?? "0"), length <= bodyLimit,
      let data = try? await request.bodyData
    else { return nil }
    return String(decoding: data, as: UTF8.self)
  }

  private func openStream(_ request: HTTPRequest) async throws -> HTTPResponse {
    if case .refuse(let status, let message) = gate.judge(request.path, request.credentials) {
      return Self.refusal(status, message)
    }
    guard hub.count < Self.streamLimit else { return Self.refusal(503, "too many streams") }
    guard let first = await call(ConsoleRequest("GET", "/ws/stream")) else {
      return Self.refusal(503, "too many requests wait: try again")
    }
    let handler = StreamHandler(hub: hub, greeting: first.body)
    return try await WebSocketHTTPHandler(handler: handler).handleRequest(request)
  }

  // MARK: Responses

  /// Scripts, styles and requests are of this server alone, and nobody may frame it.
  private static let headers: [HTTPHeader: String] = [
    HTTPHeader("Content-Security-Policy"):
      "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    HTTPHeader("X-Content-Type-Options"): "nosniff",
    HTTPHeader("Referrer-Policy"): "no-referrer",
    HTTPHeader("Cache-Control"): "no-store",
  ]

  private static func page(_ request: HTTPRequest) -> HTTPResponse {
    guard request.method == .GET, let page = Pages.find(request.path) else {
      return refusal(404, "there is no page \(request.path)")
    }
    return response(200, page.type, Data(page.bytes))
  }

  private static func json(_ status: Int, _ body: String) -> HTTPResponse {
    response(status, "application/json", Data(body.utf8))
  }

  private static func refusal(_ status: Int, _ message: String) -> HTTPResponse {
    let body: JSON = ["ok": false, "message": .text(message)]
    return json(status, body.string)
  }

  private static func response(_ status: Int, _ type: String, _ body: Data) -> HTTPResponse {
    let phrases = [
      200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
      405: "Method Not Allowed", 413: "Content Too Large", 421: "Misdirected Request",
      503: "Service Unavailable",
    ]
    var headers = HTTPHeaders(headers)
    headers[.contentType] = "\(type); charset=utf-8"
    return HTTPResponse(
      statusCode: HTTPStatusCode(status, phrase: phrases[status] ?? ""), headers: headers,
      body: body)
  }
}

extension HTTPRequest {
  fileprivate var credentials: ConsoleGate.Credentials {
    ConsoleGate.Credentials(
      host: headers[.host], origin: headers[HTTPHeader("Origin")],
      authorization: headers[.authorization], token: query.first { $0.name == "token" }?.value)
  }
}
