import Foundation
import Testing

@Suite(.ownThread) struct SlowReaderTests {
  /// 20,000 events a second are some 5 MB of lines a second: 20 MB while the reader pauses, of
  /// which a process that queued them all would still have most.
  @Test func aReaderThatStopsGetsLessButNeverWrongLines() async throws {
    let program = try Program(
      ["stream", "--sim", "paradex:*", "--channels", "bbo,trade,book", "--rate", "20000"],
      within: 120)
    var lines = 0
    for await _ in program.lines {
      lines += 1
      if lines == 2_000 { break }
    }
    program.pause(true)
    let before = program.memory
    pass(seconds: 4)
    let grown = program.memory - before
    #expect(before > 0 && grown < 14_000, "memory grew by \(grown) KiB")
    program.pause(false)
    // What was passed over is said on the next line of each stream; that takes as long as it takes.
    var passedOver: Set<String> = []
    for await text in program.lines where text.contains(#""skipped":"#) {
      passedOver.insert(try Line(text).type)
      if passedOver.isSuperset(of: ["bbo", "book"]) { break }
    }
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "")
    #expect(passedOver.isSuperset(of: ["bbo", "book"]))
    try await expectValid(ending.output)
  }
}
