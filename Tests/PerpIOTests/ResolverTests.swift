import Glibc
import Synchronization
import Testing

@testable import PerpIO

@Suite struct ResolverTests {
  /// A name server that says nothing until it is told to.
  private final class Server: Sendable {
    let asked = Mutex<[String]>([])
    let answers = Pipeline<String>()

    func lookUp(_ host: String, _ port: Int) -> AddressLookup.Result {
      asked.withLock { $0.append(host) }
      return .failed(answers.take() ?? "closed")
    }
  }

  @Test func whoAsksAgainWaitsForTheSameAnswer() throws {
    let bench = try Bench()
    let server = Server()
    let resolver = Resolver(loop: bench.loop, lookUp: server.lookUp)
    var heard: [String] = []
    for index in 0..<10 {
      resolver.resolve(index < 9 ? "a.example" : "b.example", port: 443) { result in
        if case .failed(let text) = result { heard.append(text) }
      }
    }
    server.answers.put("one")
    server.answers.put("two")
    bench.wait(for: "ten answers") { heard.count == 10 }
    #expect(heard == Array(repeating: "one", count: 9) + ["two"])
    #expect(server.asked.withLock { $0 } == ["a.example", "b.example"])
    resolver.resolve("a.example", port: 443) { _ in heard.append("asked anew") }
    server.answers.put("three")
    bench.wait(for: "an answer of its own") { heard.last == "asked anew" }
  }

  @Test func beyondTheLimitTheAnswerIsNo() throws {
    let bench = try Bench()
    let server = Server()
    let resolver = Resolver(loop: bench.loop, lookUp: server.lookUp)
    var heard: [AddressLookup.Result] = []
    for _ in 0...Resolver.queueLimit {
      resolver.resolve("a.example", port: 443) { heard.append($0) }
    }
    bench.wait(for: "the one too many") { !heard.isEmpty }
    #expect(heard == [.failed("more than 64 questions wait for the name server")])
    server.answers.put("late")
    bench.wait(for: "the others") { heard.count == Resolver.queueLimit + 1 }
  }
}
