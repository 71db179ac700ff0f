import PerpCore
import PerpVenue
import Testing

@Suite("Stream")
struct StreamTests {
  private static let start = Moment(monotonic: 1_000_000_000, wall: 1_795_000_000_000_000)

  private func stream() throws -> Stream {
    let symbol = try #require(Symbol("BTC-USD-PERP"))
    return Stream(
      venue: VenueID("paradex"), topic: Topic(.bbo, symbol), policy: StreamHealth.Policy())
  }

  private func statuses(_ actions: VenueActions) -> [String] {
    actions.list.compactMap {
      guard case .emit(.stream(let status)) = $0 else { return nil }
      var text = "\(status.state.rawValue) \(status.cause) epoch \(status.epoch)"
      if let age = status.ageMilliseconds { text += " age \(age)" }
      if let limit = status.limitMilliseconds { text += " limit \(limit)" }
      if let retry = status.retryMilliseconds { text += " retry \(retry)" }
      return text
    }
  }

  @Test("connecting, live with the first data, down, and live again")
  func life() throws {
    var stream = try stream()
    var actions = VenueActions()
    stream.report(cause: "subscribing", at: Self.start, into: &actions)
    stream.adopt(epoch: 1)
    _ = stream.data(venueTime: Self.start.wall, at: Self.start, into: &actions)
    _ = stream.data(venueTime: Self.start.wall, at: Self.start, into: &actions)
    stream.enter(
      .down, cause: "closed_1006", at: Self.start, attempt: 1, retry: 250_000_000, into: &actions)
    stream.enter(.down, cause: "closed_1006", at: Self.start, into: &actions)
    stream.enter(.connecting, cause: "subscribing", epoch: 2, at: Self.start, into: &actions)
    _ = stream.data(venueTime: nil, at: Self.start, into: &actions)
    #expect(
      statuses(actions) == [
        "connecting subscribing epoch 0", "live first_data epoch 1",
        "down closed_1006 epoch 1 retry 250", "connecting subscribing epoch 2",
        "live first_data epoch 2",
      ])
  }

  @Test("data older than five seconds are late, and the state says by how much")
  func lagging() throws {
    var stream = try stream()
    var actions = VenueActions()
    let late = stream.data(
      venueTime: Self.start.wall - 5_000_001, at: Self.start, into: &actions)
    let onTime = stream.data(
      venueTime: Self.start.wall - 5_000_000, at: Self.start, into: &actions)
    #expect(late)
    #expect(!onTime)
    #expect(
      statuses(actions) == [
        "stale lagging epoch 0 age 5000 limit 5000", "live first_data epoch 0",
      ])
  }

  @Test("a time of any 64 bits neither traps nor passes for fresh when it is ancient")
  func hostileTimes() throws {
    for (time, isLate) in [(Int64.min, true), (-1, true), (0, true), (.max, false)] {
      var stream = try stream()
      var actions = VenueActions()
      #expect(stream.data(venueTime: time, at: Self.start, into: &actions) == isLate)
    }
  }

  @Test("events are numbered from one, without a hole")
  func numbering() throws {
    var stream = try stream()
    for number in 1...5 {
      let header = stream.header(venueTime: 3, at: Self.start)
      #expect(header.mseq == UInt64(number))
      #expect(header.venueTime == 3)
      #expect(header.received == Self.start.wall)
    }
  }
}
