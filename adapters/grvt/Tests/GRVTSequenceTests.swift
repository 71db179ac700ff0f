import Testing

@testable import GRVT

/// A state and its changes as sets of words.
private struct Words: GRVTMergeable, Equatable {
  var words: [String]

  init(_ text: String) { words = text.split(separator: " ").map(String.init) }

  mutating func merge(_ changes: [Words]) { words += changes.flatMap(\.words) }
}

extension GRVTSequence<Words>.Verdict {
  fileprivate var text: String {
    switch self {
    case .waiting: "waiting"
    case .next: "next"
    case .begun(let state, let number): "begun \(state.words.joined(separator: " ")) at \(number)"
    case .gap: "gap"
    }
  }
}

@Suite struct GRVTSequenceTests {
  /// Reads lines: `ack 8`, `state a b`, `8<7 c` for change 8 after 7, `renew`.
  private static func run(_ lines: [String]) -> [String] {
    var sequence = GRVTSequence<Words>()
    var renewals: UInt64 = 1
    sequence.begin(requestedAt: renewals)
    var verdicts: [String] = []
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch parts[0] {
      case "renew":
        renewals += 1
        sequence.begin(requestedAt: renewals)
      case "ack": verdicts.append(sequence.acknowledged(first: Int64(parts[1])!).text)
      case "state": verdicts.append(sequence.receive(state: Words(parts[1])).text)
      default:
        let numbers = parts[0].split(separator: "<").compactMap { Int64($0) }
        verdicts.append(
          sequence.receive(Words(parts[1]), number: numbers[0], previous: numbers[1]).text)
      }
    }
    return verdicts
  }

  @Test("acknowledgement, state, changes")
  func inOrder() {
    #expect(
      Self.run(["ack 8", "state a", "8<7 b", "9<8 c"]) == [
        "waiting", "begun a at 7", "next", "next",
      ])
  }

  @Test("the acknowledgement comes after the state, or after the first changes")
  func lateAcknowledgement() {
    #expect(Self.run(["state a", "ack 8", "8<7 b"]) == ["waiting", "begun a at 7", "next"])
    #expect(
      Self.run(["state a", "8<7 b", "9<8 c", "ack 8", "10<9 d"]) == [
        "waiting", "waiting", "waiting", "begun a b c at 9", "next",
      ])
  }

  @Test("changes that overtake the state are applied to it")
  func overtaken() {
    #expect(
      Self.run(["ack 8", "8<7 b", "state a", "9<8 c"]) == [
        "waiting", "waiting", "begun a b at 8", "next",
      ])
  }

  @Test("the first change is missing: nothing is ever told of that state")
  func firstIsMissing() {
    #expect(Self.run(["state a", "9<8 c", "ack 8"]) == ["waiting", "waiting", "gap"])
    #expect(Self.run(["ack 8", "state a", "9<8 c"]) == ["waiting", "begun a at 7", "gap"])
  }

  @Test("without an acknowledgement: neighbours on both sides of the state prove its place")
  func neighbours() {
    #expect(
      Self.run(["state a", "8<7 b", "renew", "9<8 c", "state x", "10<9 d", "11<10 e"]) == [
        "waiting", "waiting", "waiting", "waiting", "waiting", "begun x b c d e at 11",
      ])
    #expect(
      Self.run(["8<7 b", "state x", "10<9 d", "11<10 e"]) == Array(repeating: "waiting", count: 4),
      "9 may have been after the state")
    #expect(
      Self.run(["8<7 b", "state x", "9<8 c", "13<12 d"])
        == ["waiting", "waiting", "waiting", "gap"], "9 was displaced: the state is newer")
  }

  @Test("a change is missing, or numbers fall: gap; the same once more is nothing")
  func gaps() {
    let begun = ["ack 8", "state a"]
    let verdicts = ["waiting", "begun a at 7"]
    #expect(
      Self.run(begun + ["8<7 b", "8<7 b", "10<9 c"]) == verdicts + ["next", "waiting", "gap"])
    #expect(Self.run(begun + ["8<7 b", "3<2 c"]) == verdicts + ["next", "gap"])
    #expect(Self.run(begun + ["state a", "8<7 b"]) == verdicts + ["waiting", "next"])
  }

  @Test("after a gap nothing is followed until a new state is in its place")
  func afterGap() {
    #expect(
      Self.run([
        "ack 8", "state a", "9<8 b", "10<9 c", "renew", "11<10 d", "state x", "ack 12", "12<11 e",
      ]) == [
        "waiting", "begun a at 7", "gap", "waiting", "waiting", "waiting", "begun x at 11", "next",
      ])
  }

  @Test("a state of the subscription before is not taken for that of this one")
  func oldState() {
    #expect(
      Self.run(["renew", "state old", "8<7 b", "ack 12", "state x", "12<11 e"]) == [
        "waiting", "waiting", "waiting", "begun x at 11", "next",
      ])
  }

  @Test("a state that nobody asked for replaces what is followed, if nothing is missing")
  func renewal() {
    let begun = ["ack 8", "state a", "8<7 b"]
    let verdicts = ["waiting", "begun a at 7", "next"]
    #expect(
      Self.run(begun + ["state x", "9<8 c", "10<9 d"])
        == verdicts + ["waiting", "waiting", "begun x c d at 10"])
    #expect(Self.run(begun + ["state x", "3<2 c"]) == verdicts + ["waiting", "gap"])
  }

  @Test("numbers of the whole venue have holes: each change names the one before it")
  func global() {
    #expect(
      Self.run(["ack 700001", "state a", "900000<700000 b", "1200000<900000 c"]) == [
        "waiting", "begun a at 700000", "next", "next",
      ])
    #expect(
      Self.run(["ack 700001", "state a", "1200000<900000 c"]) == [
        "waiting", "begun a at 700000", "gap",
      ])
  }

  @Test("what waits has a limit")
  func limit() {
    var sequence = GRVTSequence<Words>()
    sequence.begin(requestedAt: 1)
    #expect(sequence.receive(state: Words("a")).text == "waiting")
    let count = Int64(GRVTSequence<Words>.maxWaiting)
    for number in 1...count {
      #expect(sequence.receive(Words("b"), number: number, previous: number - 1).text == "waiting")
    }
    #expect(sequence.receive(Words("b"), number: count + 1, previous: count).text == "gap")
    #expect(sequence.overruns == 1)
  }
}
