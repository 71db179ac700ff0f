import PerpCore
import PerpVenue
import Testing

@testable import PerpIO

@Suite struct HTTPSTests {
  private func body(_ result: HTTPS.Result?) -> String? {
    guard case .response(let response) = result else { return nil }
    return String(decoding: response.body, as: UTF8.self)
  }

  @Test(arguments: [HTTPRequest.Method.get, .post, .put, .delete])
  func methodsFieldsAndBodiesArrive(method: HTTPRequest.Method) throws {
    let bench = try Bench()
    let body: [UInt8] = method == .get ? [] : Array("{\"a\":1}".utf8)
    let url = "http://127.0.0.1:\(bench.server.port)/v1/orders?x=%20y"
    let result = bench.ask(HTTPRequest(method, url, fields: [HTTPField("X-Key", "k")], body: body))
    guard case .response(let response) = result else { return #expect(result == nil) }
    #expect(response.status == 200)
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == "\(method.rawValue) /v1/orders?x=%20y " + String(decoding: body, as: UTF8.self))
    #expect(response.field("x-echo") == "k")
  }

  @Test func largeBodiesGoBothWays() throws {
    let bench = try Bench()
    let large = [UInt8](repeating: UInt8(ascii: "b"), count: 3_000_000)
    let result = bench.ask(
      HTTPRequest(.post, "http://localhost:\(bench.server.port)/", body: large))
    #expect(body(result)?.utf8.count == large.count + "POST / ".utf8.count)
  }

  @Test func oneConnectionServesRequestsOneAfterTheOther() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { raw in
      if raw.heardText.hasSuffix("\r\n\r\n") {
        raw.say("HTTP/1.1 204 No Content\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n")
      }
    }
    for _ in 0..<3 {
      let result = bench.ask(HTTPRequest(.get, "http://127.0.0.1:\(raw.port)/"))
      guard case .response(let response) = result else { return #expect(result == nil) }
      #expect(response.status == 204)
      #expect(response.fields.filter { $0.name == "Set-Cookie" }.map(\.value) == ["a=1", "b=2"])
    }
    #expect(raw.accepted == 1)
    #expect(!raw.heardText.contains("Expect"))
  }

  @Test func refusedConnectionIsNotSent() throws {
    let bench = try Bench()
    let port = RawVenue(EventLoop()).port
    let result = bench.ask(HTTPRequest(.post, "http://127.0.0.1:\(port)/", body: [1]))
    guard case .failed(.notSent) = result else { return #expect(result == nil) }
  }

  @Test(arguments: ["http://192.0.2.1/", "http://example.com/", "ftp://127.0.0.1/", "nonsense"])
  func whatIsNotAllowedIsNotSent(url: String) throws {
    let result = try Bench().ask(HTTPRequest(.get, url))
    guard case .failed(.notSent) = result else { return #expect(result == nil) }
  }

  @Test func silenceIsNoAnswer() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    let result = bench.ask(
      HTTPRequest(.get, "http://127.0.0.1:\(raw.port)/", timeoutMilliseconds: 100))
    guard case .failed(.noAnswer) = result else { return #expect(result == nil) }
  }

  @Test func endOfStreamAfterTheRequestIsNoAnswer() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { $0.hangUp(reset: true) }
    let result = bench.ask(HTTPRequest(.post, "http://127.0.0.1:\(raw.port)/", body: [1]))
    guard case .failed(.noAnswer) = result else { return #expect(result == nil) }
  }

  /// libcurl would send it again when a kept connection dies without a word.
  @Test func anOrderIsNotRepeatedWhenTheKeptConnectionDies() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    var orders = 0
    raw.onBytes = { raw in
      guard raw.heardText.hasSuffix("order") else { return }
      orders += 1
      raw.forget()
      if orders == 1 {
        raw.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      } else {
        raw.hangUp(reset: false)
      }
    }
    let base = "http://127.0.0.1:\(raw.port)"
    #expect(body(bench.ask(HTTPRequest(.post, base + "/first", body: Array("order".utf8)))) == "ok")
    let second = bench.ask(HTTPRequest(.post, base + "/second", body: Array("order".utf8)))
    guard case .failed(.noAnswer) = second else { return #expect(second == nil) }
    #expect(orders == 2)
    #expect(raw.heard.isEmpty)
  }

  /// Without a body there is nothing that libcurl could not rewind.
  @Test(arguments: [HTTPRequest.Method.post, .put, .delete])
  func aRequestWithoutABodyIsNotRepeatedEither(method: HTTPRequest.Method) throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    var requests = 0
    raw.onBytes = { raw in
      guard raw.heardText.hasSuffix("\r\n\r\n") else { return }
      requests += 1
      raw.forget()
      if requests == 1 {
        raw.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      } else {
        raw.hangUp(reset: false)
      }
    }
    let url = "http://127.0.0.1:\(raw.port)/order?size=1"
    #expect(body(bench.ask(HTTPRequest(.get, url))) == "ok")
    let second = bench.ask(HTTPRequest(method, url))
    guard case .failed(.noAnswer) = second else { return #expect(second == nil) }
    #expect(requests == 2)
  }

  @Test func aHeadBeyondTheCapIsCalledThat() throws {
    let bench = try Bench()
    let raw = RawVenue(bench.loop)
    raw.onBytes = { raw in
      raw.say("HTTP/1.1 200 OK\r\n")
      for _ in 0..<20 { raw.say("X: \(String(repeating: "x", count: 4_000))\r\n") }
    }
    let result = bench.ask(HTTPRequest(.get, "http://127.0.0.1:\(raw.port)/"))
    #expect(result == .failed(.noAnswer("head longer than \(HTTPHead.limit) bytes")))
  }

  @Test func aResponseBeyondTheCapIsNoAnswer() throws {
    let large = [UInt8](repeating: 65, count: HTTPS.responseLimit + 1)
    let bench = try Bench(
      Venue { input, actions in
        guard case .request(let id, let request) = input else { return false }
        let count = request.url == "/fits" ? HTTPS.responseLimit : HTTPS.responseLimit + 1
        actions.append(.respond(id, HTTPResponse(status: 200, body: Array(large[..<count]))))
        return true
      })
    let url = "http://127.0.0.1:\(bench.server.port)"
    #expect(body(bench.ask(HTTPRequest(.get, url + "/fits")))?.utf8.count == HTTPS.responseLimit)
    let result = bench.ask(HTTPRequest(.get, url + "/too-long"))
    guard case .failed(.noAnswer(let text)) = result else { return #expect(result == nil) }
    #expect(text == "response longer than \(HTTPS.responseLimit) bytes")
  }
}
