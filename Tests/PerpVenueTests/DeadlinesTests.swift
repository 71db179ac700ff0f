import PerpVenue
import Testing

@Suite("Deadlines")
struct DeadlinesTests {
  enum Timer: Int, CaseIterable, Sendable {
    case first, second, third
  }

  @Test("the earliest of them counts, and one that fired is off")
  func earliest() {
    var deadlines = Deadlines<Timer>()
    #expect(deadlines.earliest == nil)
    deadlines[.second] = 20
    deadlines[.first] = 30
    #expect(deadlines.earliest == 20)
    #expect(deadlines.fires(.second, at: 19) == false)
    #expect(deadlines.fires(.second, at: 20) == true)
    #expect(deadlines.fires(.second, at: 21) == false)
    #expect(deadlines[.second] == nil)
    #expect(deadlines.earliest == 30)
    deadlines[.first] = nil
    #expect(deadlines.earliest == nil)
  }

  @Test("a timer can be brought forward, never back")
  func forward() {
    var deadlines = Deadlines<Timer>()
    deadlines.bring(.third, forwardTo: 50)
    deadlines.bring(.third, forwardTo: 80)
    #expect(deadlines[.third] == 50)
    deadlines.bring(.third, forwardTo: 40)
    #expect(deadlines[.third] == 40)
  }
}
