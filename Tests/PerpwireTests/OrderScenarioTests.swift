import Foundation
import Testing

/// Orders through the real binary, over real sockets, by a program that knows PROTOCOL.md alone.
/// A run takes minutes, of which ten seconds are not waiting; `script/scenarios` itself has some
/// more, which wait longer.
@Suite(.idleThread) struct OrderScenarioTests {
  @Test(
    "every scenario of script/scenarios comes out as it should",
    .enabled(if: Tool.areHere(["python3"]), "needs python3"),
    arguments: ["paradex", "grvt", "lighter", "edgex", "variational"])
  func scenarios(venue: String) async throws {
    let script = try Program(
      [
        "-B", "\(Kit.root)/script/scenarios", "--perpwire", Program.path, "--venues", venue,
        "--kills", "10", "--quick",
      ], of: "/usr/bin/python3", within: 400)
    let ending = await script.end()
    print(ending.output)
    #expect(ending.status == 0, "\(ending.errors)")
  }
}
