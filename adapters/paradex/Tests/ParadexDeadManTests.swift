import Testing
import VenueTesting

@testable import Paradex
@testable import PerpSim

@Suite("The dead man's switch of Paradex")
struct ParadexDeadManTests {
  @Test("K13: what is open ends at the venue when we are gone, and not while we live")
  func armed() {
    var run = DeadManRun(Paradex.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 60, isReleased: false) == [.open, .cancelled])
  }

  @Test("what is meant to stay stays after a goodbye, or where nobody wants the switch")
  func disarmed() {
    var run = DeadManRun(Paradex.descriptor, settings: ["native_deadman": "true"])
    #expect(run.run(seconds: 60, isReleased: true) == [.open, .open])
    var other = DeadManRun(Paradex.descriptor, settings: [:])
    #expect(other.run(seconds: 60, isReleased: true) == [.open, .open])
  }
}
