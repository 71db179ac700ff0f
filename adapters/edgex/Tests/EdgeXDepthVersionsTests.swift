import Testing

@testable import EdgeX

@Suite struct EdgeXDepthVersionsTests {
  /// What each change follows, the book standing at 100 before each.
  private static func follow(
    _ versions: inout EdgeXDepthVersions, _ changes: (Int64, Int64)...
  ) -> [Bool] {
    changes.map { versions.previous(ofChangeFrom: $0.0, to: $0.1, after: 100) == 100 }
  }

  @Test("a change starts where the last one ended")
  func same() {
    var versions = EdgeXDepthVersions(expecting: .same)
    #expect(
      Self.follow(&versions, (100, 101), (101, 120), (101, 101), (102, 103)) == [
        true, false, false, false,
      ])
    #expect(versions.form == .same)
  }

  @Test("or one later, and then a missing one is seen as well")
  func next() {
    var versions = EdgeXDepthVersions(expecting: .next)
    #expect(Self.follow(&versions, (101, 101), (101, 120), (102, 103)) == [true, true, false])
    #expect(versions.form == .next)
  }

  @Test("a change of one version that starts where it ends proves the later form at once")
  func proof() {
    var versions = EdgeXDepthVersions(expecting: .same)
    #expect(Self.follow(&versions, (101, 101), (101, 130)) == [true, true])
  }

  @Test("without a proof, doubt must come twice")
  func doubt() {
    var versions = EdgeXDepthVersions(expecting: .same)
    #expect(Self.follow(&versions, (101, 110), (101, 110), (101, 110)) == [false, true, true])
    #expect(Self.follow(&versions, (100, 110)) == [true], "an overlap proves the first form")
    #expect(Self.follow(&versions, (101, 110), (101, 110)) == [false, false])
  }

  @Test("repetitions and the ends of the range of numbers prove nothing and do not trap")
  func extremes() {
    var versions = EdgeXDepthVersions(expecting: .same)
    #expect(versions.previous(ofChangeFrom: 50, to: 100, after: 100) == 50)
    #expect(versions.previous(ofChangeFrom: .min, to: .max, after: .max) == .min)
    #expect(versions.previous(ofChangeFrom: .max, to: .max, after: .max - 1) == .max - 1)
    #expect(versions.form == .next)
  }
}
