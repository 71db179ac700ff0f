import Foundation
import Testing

@Suite(.ownThread) struct SignalTests {
  private static func streaming(_ program: Program) async {
    for await line in program.lines where line.contains(#""type":"bbo""#) { return }
  }

  @Test(arguments: [(SIGINT, "interrupted"), (SIGTERM, "terminated"), (SIGHUP, "terminated")])
  func aSignalIsARequestToStop(signal: Int32, reason: String) async throws {
    let program = try Program(["stream", "--sim"])
    await Self.streaming(program)
    program.send(signal)
    let ending = await program.end()
    #expect(ending.status == 0 && ending.errors == "")
    let last = try #require(try ending.events().last)
    #expect(last.type == "bye" && last["reason"] == reason)
    try await expectValid(ending.output)
  }

  /// No venue is there, but to be stopped is not to fail.
  @Test func aSignalIsNoFailureWithoutDataEither() async throws {
    let program = try Program([
      "stream", "paradex:BTC", "--quiet", "--endpoint", "paradex.rest=http://127.0.0.1:9/v1",
    ])
    for await _ in program.lines { break }
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0)
    #expect(try ending.events().last?.type == "bye")
  }

  @Test func theSimulatorEndsToo() async throws {
    for signal in [SIGINT, SIGTERM] {
      let program = try Program(["sim", "--print-endpoints"])
      for await _ in program.lines { break }
      program.send(signal)
      #expect(await program.end().status == 0)
    }
  }

  /// A reader that has stopped reading keeps the last lines waiting for some seconds.
  @Test func aSecondSignalEndsItAtOnce() async throws {
    let program = try Program(
      ["stream", "--sim", "paradex:*", "--channels", "book", "--rate", "20000"], reading: false)
    // The pipe is full, and the loop waits for events of the venue and room in the pipe.
    var unread = 0
    while unread == 0 || program.unread != unread {
      unread = program.unread
      pass(seconds: 0.500)
    }
    let start = ContinuousClock.now
    program.send(SIGTERM)
    pass(seconds: 0.500)
    program.send(SIGTERM)
    pass(seconds: 0.100)
    program.pause(false)
    let ending = await program.end()
    #expect(ending.status == 128 + SIGTERM)
    #expect(ContinuousClock.now - start < .seconds(4))
  }

  /// `nohup perpwire stream … &`
  @Test func anIgnoredHangUpStaysIgnored() async throws {
    let program = try Program(
      ["-c", "trap '' HUP; exec \(Program.path) stream --sim"], of: "/bin/bash")
    await Self.streaming(program)
    program.send(SIGHUP)
    var lines = 0
    for await _ in program.lines {
      lines += 1
      if lines == 20 { break }
    }
    #expect(lines == 20)
    program.send(SIGTERM)
    #expect(await program.end().status == 0)
  }

  /// Signal masks are inherited, and many parents block signals in the thread that starts others.
  @Test func aBlockedSignalOfTheParentIsHeard() async throws {
    let program = try Program(["stream", "--sim"], blocked: [SIGTERM, SIGINT], within: 10)
    await Self.streaming(program)
    program.send(SIGTERM)
    let ending = await program.end()
    #expect(ending.status == 0 && !ending.isOverdue)
  }
}
