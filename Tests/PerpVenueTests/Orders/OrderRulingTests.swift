import PerpCore
import Testing

@testable import PerpVenue

@Suite("The table of order states")
struct OrderRulingTests {
  private static let all = OrderStatus.allCases

  @Test("every status knows itself, and no final one is ever left by the table", arguments: all)
  func finality(status: OrderStatus) {
    #expect(OrderRuling(from: status, to: status) == .stay)
    for other in Self.all where status.isFinal && other != status {
      let ruling = OrderRuling(from: status, to: other)
      #expect(ruling == (other.isFinal ? .contradiction : ruling))
      #expect(ruling != .enter && ruling != .stay, "\(status) to \(other)")
    }
  }

  @Test("what has been seen to work can end, and is not pending again", arguments: all)
  func progress(status: OrderStatus) {
    for end in [OrderStatus.filled, .cancelled, .expired] where !status.isFinal {
      #expect(OrderRuling(from: status, to: end) == .enter)
    }
    if status != .pending { #expect(OrderRuling(from: status, to: .pending) != .enter) }
  }

  @Test("a fill is never taken back, and an order on the book was not rejected")
  func monotony() {
    #expect(OrderRuling(from: .partiallyFilled, to: .open) == .late)
    #expect(OrderRuling(from: .open, to: .rejected) == .contradiction)
    #expect(OrderRuling(from: .unknown, to: .open) == .enter)
    #expect(OrderRuling(from: .pending, to: .rejected) == .enter)
  }

  @Test(
    "an order of which all is filled is filled, whatever the venue calls its end",
    arguments: [OrderReport.State.working, .cancelled, .rejected, .expired])
  func wholeFilled(state: OrderReport.State) {
    var script = OrderTrackerTests().working()
    #expect(
      script.tell(.reported(TrackerScript.report(state, filled: 10)))
        == ["order c fill filled 10 by ws"])
  }
}
