import Foundation
import FoundationNetworking
import Testing

/// `perpwire sim` in a process of its own.
struct Simulator {
  let program: Program
  let ws: String
  let rest: String

  init(seed: Int, rate: Int = 200, arguments: [String] = [], within: Double = 40) async throws {
    program = try Program(
      ["sim", "--print-endpoints", "--seed", "\(seed)", "--rate", "\(rate)"] + arguments,
      within: within)
    var first: Line?
    for await line in program.lines {
      first = try Line(line)
      break
    }
    ws = try #require(first?["ws"])
    rest = try #require(first?["rest"])
    #expect(first?["venue"] == "paradex")
  }

  /// For the command line of whoever connects to it.
  var endpoints: [String] {
    ["--endpoint", "paradex.ws=\(ws)", "--endpoint", "paradex.rest=\(rest)"]
  }

  /// It ends quietly when it is asked to.
  func stop() async {
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "")
  }

  /// The answer to a GET request, which is expected to be good.
  func text(_ path: String) async throws -> String {
    let url = try #require(URL(string: "\(rest)/\(path)"))
    let (body, response) = try await URLSession.shared.data(from: url)
    #expect((response as? HTTPURLResponse)?.statusCode == 200)
    return String(decoding: body, as: UTF8.self)
  }

  /// The venue's own idea of a book.
  func book(_ market: String) async throws -> RebuiltBooks.Book {
    let answer = try Line(await text("orderbook/\(market)?depth=1000"))
    return RebuiltBooks.Book(
      bids: answer.levels("bids"), asks: answer.levels("asks"),
      sequence: try #require(answer[number: "seq_no"]))
  }
}

/// A shell, for pipelines and redirections as users write them.
enum Shell {
  static func run(_ script: String, within seconds: Double = 30) async throws -> Program.Ending {
    try await Program(
      ["-c", script], of: "/bin/bash", within: seconds
    ).end()
  }
}
