import CPerpBench

/// Where the parts of a run are: the gateway on a processor of its own, all others on another, and
/// whoever times its lines before them. Else most of what is timed is who runs where.
struct Placement: CustomStringConvertible {
  private let isGatewayApart: Bool
  private let isReaderFirst: Bool

  /// This process is the reader, and starts the others.
  init() {
    isReaderFirst = bench_come_first() != 0
    isGatewayApart = bench_run_on(1) != 0 && bench_run_on(0) != 0
    if !isGatewayApart { _ = bench_run_on(-1) }
  }

  /// Starts the gateway where it belongs.
  func gateway<Result, Failure>(
    _ start: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard isGatewayApart else { return try start() }
    _ = bench_run_on(1)
    defer { _ = bench_run_on(0) }
    return try start()
  }

  var description: String {
    "The gateway \(isGatewayApart ? "has a processor of its own" : "shares its processors"); "
      + "the reader \(isReaderFirst ? "runs before all others" : "waits as all others do")."
  }
}
