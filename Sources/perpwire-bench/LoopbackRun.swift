import PerpCore
import PerpIO
import PerpVenue

/// One candidate against one venue: a thread sends, a process works, this thread reads.
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

  let venue: VenueDescriptor
  let sample: WireSample
  let plan: Traffic.Plan

  func measure(
    _ form: Arrivals.Form, start: (Endpoints) throws -> Candidate
  ) throws -> Result {
    let traffic = Traffic(plan)
    let loop = EventLoop()
    let server = try SimulatorServer(
      Blaster(venue, sample, traffic), loop: loop, onNote: { _ in })
    let stopping: Mailbox<Void> = loop.mailbox("stop", limit: 1) { loop.stop() }
    let candidate = try start(venue.simulatorEndpoints("127.0.0.1:\(server.port)"))
    // From here on the loop belongs to the worker.
    nonisolated(unsafe) let lent = loop
    let worker = Worker("blaster") { lent.run() }
    defer {
      candidate.end()
      _ = stopping.post(())
      worker.join()
      server.stop()
    }
    return try read(candidate, Arrivals(form, traffic), traffic)
  }

  private func read(
    _ candidate: Candidate, _ arrivals: Arrivals, _ traffic: Traffic
  ) throws -> Result {
    var arrivals = arrivals
    var floodBegan: (time: UInt64, processor: UInt64, next: Int, count: Int)?
    var lastNext = 0
    var last = Clock.now().monotonic
    while true {
      guard arrivals.read(from: candidate.output, waiting: 50) else {
        throw Unmeasurable("\(candidate.name) has ended, or writes lines without end")
      }
      let now = Clock.now().monotonic
      if arrivals.next > lastNext { (lastNext, last) = (arrivals.next, now) }
      if floodBegan == nil, arrivals.next >= traffic.floodStart {
        floodBegan = (now, candidate.processorTime, arrivals.next, arrivals.count)
      }
      let sent = traffic.sent.load(ordering: .acquiring)
      if traffic.isOver.load(ordering: .acquiring), arrivals.next == sent { break }
      guard now - last < (arrivals.next == 0 ? Self.startLimit : Self.silenceLimit) else {
        if floodBegan != nil, traffic.isOver.load(ordering: .acquiring) { break }
        throw Unmeasurable(
          "\(candidate.name): nothing came after message \(arrivals.next) of \(sent)")
      }
    }
    guard let floodBegan else { throw Unmeasurable("\(candidate.name) never saw the flood") }
    let messages = Float(arrivals.next - floodBegan.next)
    let pause = Float(plan.pause)
    return Result(
      paced: Percentiles(arrivals.paced), bursts: Percentiles(arrivals.bursts),
      floodRate: messages / ((Float(last - floodBegan.time) - pause) / 1e9),
      processorSeconds: Float(candidate.processorTime - floodBegan.processor) / 1e3 / messages,
      kilobytes: candidate.mostMemory, leftOut: arrivals.next - arrivals.count)
  }
}
