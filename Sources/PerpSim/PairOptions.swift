import PerpCore

/// The network between the two ends of a `Pair`. Every span is in nanoseconds and drawn evenly.
package struct PairOptions: Sendable {
  package enum Trace: Sendable {
    case off
    /// Only `Pair.traceHash`.
    case hash
    /// The hash, and every line of `Pair.transcript`.
    case lines
  }

  package var start = Moment(monotonic: 1_000_000_000_000, wall: 1_795_132_800_000_000)
  /// One way, for each message; those of one connection never overtake each other.
  package var latency: ClosedRange<UInt64> = 200_000...3_000_000
  /// From `.open` until the upgrade reaches the simulator.
  package var openDelay: ClosedRange<UInt64> = 5_000_000...40_000_000
  /// One way, for each REST request and answer.
  package var restLatency: ClosedRange<UInt64> = 5_000_000...60_000_000
  /// After so long a simulator gives a connection up whose peer vanished.
  package var vanishedAfter = Nanoseconds.seconds(60)
  package var trace = Trace.off
  /// Keep the session's actions for `Pair.drainActions()`.
  package var keepsActions = true

  package init() {}

  /// The same delay for everything, so that a transcript can be foretold.
  package static func fixed(latency: UInt64, trace: Trace = .off) -> PairOptions {
    var options = PairOptions()
    options.latency = latency...latency
    options.openDelay = latency...latency
    options.restLatency = latency...latency
    options.trace = trace
    return options
  }
}
