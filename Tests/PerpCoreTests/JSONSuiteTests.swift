import PerpCore
import Testing

@Suite("JSONTestSuite")
struct JSONSuiteTests {
  @Test("is complete")
  func counts() {
    #expect(JSONCase.accepted.count == 95)
    #expect(JSONCase.refused.count == 188)
    #expect(JSONCase.free.count == 35)
    let names = (JSONCase.accepted + JSONCase.refused + JSONCase.free.map(\.0)).map(\.name)
    #expect(Set(names).count == 318)
    #expect(JSONCase.accepted.allSatisfy { $0.name.hasPrefix("y_") })
    #expect(JSONCase.refused.allSatisfy { $0.name.hasPrefix("n_") })
    #expect(JSONCase.free.allSatisfy { $0.0.name.hasPrefix("i_") })
  }

  @Test("what must be accepted is")
  func accepted() {
    for sample in JSONCase.accepted { #expect(sample.refusal == nil, "\(sample.name)") }
  }

  @Test("what must be refused is")
  func refused() {
    for sample in JSONCase.refused { #expect(sample.refusal != nil, "\(sample.name)") }
  }

  @Test("what is free is answered as documented")
  func free() {
    for (sample, cause) in JSONCase.free { #expect(sample.refusal == cause, "\(sample.name)") }
  }

  @Test("any text cut short is refused, and never read beyond its end")
  func truncated() {
    for sample in JSONCase.accepted where sample.bytes.first == 0x5B || sample.bytes.first == 0x7B {
      let end = sample.bytes.lastIndex { $0 == 0x5D || $0 == 0x7D } ?? 0
      for length in 0..<end {
        let cut = JSONCase(sample.name, pieces: sample.bytes[..<length].map { .byte($0) })
        #expect(cut.refusal != nil, "\(sample.name) cut at \(length)")
      }
    }
  }
}
