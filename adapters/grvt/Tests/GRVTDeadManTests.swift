import Testing
import VenueTesting

@testable import GRVT
@testable import PerpSim

@Suite("The dead man's switch of GRVT")
struct GRVTDeadManTests {
  @Test("K13: what is open ends at the venue when we are gone, and not while we live")
  func armed() {
    var run = DeadManRun(GRVT.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 30, isReleased: false) == [.open, .cancelled])
  }

  @Test("what is meant to stay stays after a goodbye, or where nobody wants the switch")
  func disarmed() {
    var run = DeadManRun(GRVT.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 30, isReleased: true) == [.open, .open])
    var other = DeadManRun(GRVT.descriptor, settings: [:])
    #expect(other.run(seconds: 30, isReleased: true) == [.open, .open])
  }
}
