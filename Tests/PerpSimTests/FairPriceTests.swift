import PerpCore
import Testing

@testable import PerpSim

@Suite struct FairPriceTests {
  @Test func movesLikeARandomWalkAndStaysNear() {
    let fair = FairPrice(seed: 9, name: "BTC", volatility: 100_000)
    func typicalMove(_ seconds: Int64) -> Int64 {
      var sum: Int64 = 0
      for index in 0..<2_000 {
        let time = Int64(index) * 977_000_003
        let move =
          fair.displacement(after: time + seconds * 1_000_000) - fair.displacement(after: time)
        sum += abs(move)
      }
      return sum / 2_000
    }
    // Of a normal walk the mean move is 0.8 of the deviation, and 4 times the time doubles it.
    #expect((60_000..<100_000).contains(typicalMove(1)))
    #expect((17...23).contains(typicalMove(16) * 10 / typicalMove(4)))
    for index in 0..<10_000 {
      let time = Int64(index) * 977_000_003
      #expect(abs(fair.displacement(after: time)) < 23_000_000)
    }
  }

  @Test func exponentialWaitsHaveTheRightMeanAndMedian() {
    var random = Random(seed: 3)
    let waits = (0..<100_000).map { _ in random.exponential(mean: 1_000_000) }.sorted()
    let mean = waits.reduce(0, +) / 100_000
    #expect((985_000..<1_015_000).contains(mean))
    // ln 2, and ln 10 for nine of ten.
    #expect((680_000..<706_000).contains(waits[50_000]))
    #expect((2_270_000..<2_335_000).contains(waits[90_000]))
  }
}
