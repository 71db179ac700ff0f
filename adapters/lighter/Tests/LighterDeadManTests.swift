import Testing
import VenueTesting

@testable import Lighter
@testable import PerpSim

@Suite("The dead man's switch of Lighter")
struct LighterDeadManTests {
  @Test("K13: what is open ends at the venue when we are gone, and not while we live")
  func armed() {
    var run = DeadManRun(Lighter.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 600, isReleased: false) == [.open, .cancelled])
  }

  @Test("what is meant to stay stays after a goodbye, or where nobody wants the switch")
  func disarmed() {
    var run = DeadManRun(Lighter.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 600, isReleased: true) == [.open, .open])
    var other = DeadManRun(Lighter.descriptor, settings: [:])
    #expect(other.run(seconds: 600, isReleased: true) == [.open, .open])
  }
}
