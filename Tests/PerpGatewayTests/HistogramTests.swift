import PerpCore
import PerpGateway
import Testing

@Suite("Histogram")
struct HistogramTests {
  @Test("what is read off is at most an eighth above what was counted")
  func percentiles() {
    var random = Random(seed: 3)
    for limit in [1, 7, 8, 9, 1_000, 5_000_000_000] {
      var (histogram, values) = (Histogram(), [UInt64]())
      for _ in 0..<2_000 {
        let value = UInt64(random.below(limit))
        histogram.record(value)
        values.append(value)
      }
      values.sort()
      for thousandths in [1, 500, 990, 999, 1_000] {
        let exact = values[max(0, (values.count * thousandths + 999) / 1_000 - 1)]
        let read = histogram.value(at: UInt64(thousandths))
        #expect(read >= exact && read <= exact + exact / 8 + 1, "\(thousandths) of \(limit)")
      }
      #expect(histogram.count == 2_000 && histogram.sum == values.reduce(0, +))
      #expect(histogram.max == values.last && histogram.count(upTo: .max) == 2_000)
    }
  }

  @Test("nothing is counted, or the largest there is")
  func edges() {
    var histogram = Histogram()
    #expect(histogram.value(at: 500) == 0)
    histogram.record(.max)
    #expect(histogram.value(at: 500) == .max && histogram.count(upTo: 1 << 40) == 0)
  }
}
