import PerpCore
import PerpIO
import PerpVenue

/// One candidate against one venue or several: a thread sends, a process works, this thread reads.
struct LoopbackRun {
  struct Result {
    var paced: Percentiles
    var bursts: Percentiles
    /// Messages taken in a second of the flood.
    var floodRate: Float
    /// Seconds of processor time for a million messages of the flood.
    var processorSeconds: Float
    var kilobytes: Int
    /// Of the messages sent, how many never came out.
    var leftOut: Int
  }

  /// From its start to the first message.
  private static let startLimit = Nanoseconds.seconds(30)
  /// Nothing has come for so long: nothing will.
  private static let silenceLimit = Nanoseconds.seconds(2)

  let feeds: [Feed]
  let plan: Traffic.Plan

  func measure(
    _ form: Arrivals.Form, start: ([Endpoints]) throws -> Candidate
  ) throws -> Result {
    let tracks = feeds.map { Track($0, Traffic(plan.shared(by: feeds.count))) }
    let loop = EventLoop()
    let missing = Missing(feeds.count)
    let servers = try zip(feeds, tracks).map { feed, track in
      try SimulatorServer(
        Blaster(feed, track.traffic, missing), loop: loop, onNote: { _ in })
    }
    let stopping: Mailbox<Void> = loop.mailbox("stop", limit: 1) { loop.stop() }
    let candidate = try start(
      zip(feeds, servers).map { $0.venue.simulatorEndpoints("127.0.0.1:\($1.port)") })
    // From here on the loop belongs to the worker.
    nonisolated(unsafe) let lent = loop
    let worker = Worker("blaster") { lent.run() }
    defer {
      candidate.end()
      _ = stopping.post(())
      worker.join()
      for server in servers { server.stop() }
    }
    return try read(candidate, Arrivals(form, tracks))
  }

  private func read(
    _ candidate: Candidate, _ arrivals: Arrivals
  ) throws -> Result {
    var arrivals = arrivals
    var floodBegan: (time: UInt64, processor: UInt64, next: Int)?
    var lastNext = 0
    var last = Clock.now().monotonic
    while true {
      guard arrivals.read(from: candidate.output, waiting: 50) else {
        throw Unmeasurable("\(candidate.name) has ended, or writes lines without end")
      }
      let now = Clock.now().monotonic
      if arrivals.next > lastNext { (lastNext, last) = (arrivals.next, now) }
      if floodBegan == nil, arrivals.tracks.allSatisfy(\.isInFlood) {
        floodBegan = (now, candidate.processorTime, arrivals.next)
      }
      if arrivals.tracks.allSatisfy(\.isOver) { break }
      guard now - last < (arrivals.next == 0 ? Self.startLimit : Self.silenceLimit) else {
        if floodBegan != nil,
          arrivals.tracks.allSatisfy({ $0.traffic.isOver.load(ordering: .acquiring) })
        {
          break
        }
        let places = zip(feeds, arrivals.tracks).map {
          "\($1.next) of \($1.traffic.sent.load(ordering: .acquiring)) of \($0.venue.id)"
        }
        throw Unmeasurable(
          "\(candidate.name): nothing came after message \(places.joined(separator: ", "))")
      }
    }
    guard let floodBegan else { throw Unmeasurable("\(candidate.name) never saw the flood") }
    let messages = Float(arrivals.next - floodBegan.next)
    let pause = Float(plan.pause)
    return Result(
      paced: Percentiles(arrivals.tracks.flatMap(\.paced)),
      bursts: Percentiles(arrivals.tracks.flatMap(\.bursts)),
      floodRate: messages / ((Float(last - floodBegan.time) - pause) / 1e9),
      processorSeconds: Float(candidate.processorTime - floodBegan.processor) / 1e3 / messages,
      kilobytes: candidate.mostMemory,
      leftOut: arrivals.tracks.reduce(0) { $0 + $1.leftOut })
  }
}
