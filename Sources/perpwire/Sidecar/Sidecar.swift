import Glibc
import PerpCore
import PerpGateway
import PerpIO

/// `perpwire serve --s4`: a gateway of its own as a child, and a translator between it and the
/// program that started us. However one of the three ends, the others do: the gateway cancels
/// what was placed when its input ends.
final class Sidecar {
  private let loop = EventLoop()
  private let gateway: GatewayProcess
  private var translator: SidecarTranslator
  private var fromParent = LineSplitter()
  private var fromGateway = LineSplitter(limit: 16 << 20)
  private var watches: [Watch] = []
  private var signals: Signals?
  private var timer: Timer?
  private var isInputOpen = true
  private var isParentGone = false

  /// `arguments` are those of `serve`, without `--s4`.
  init(_ arguments: [String], run: String) throws {
    var settings = SidecarTranslator.Settings(run: run)
    let variables = ProcessEnvironment.variables()
    if let market = variables["PARADEX_MARKET"] { settings.market = market }
    settings.address = variables["PARADEX_L2_ADDRESS"] ?? variables["PARADEX_L1_ADDRESS"]
    let isTestnet =
      ["true", "1", "yes"].contains(variables["PARADEX_TESTNET"]?.lowercased() ?? "")
      || variables["PARADEX_ENVIRONMENT"] == "testnet"
    if isTestnet { settings.environment = "testnet" }
    translator = SidecarTranslator(settings)
    Self.passOn("PARADEX_L2_PRIVATE_KEY", as: "PERPWIRE_PARADEX_PRIVATE_KEY")
    Self.passOn("PARADEX_L2_ADDRESS", as: "PERPWIRE_PARADEX_ACCOUNT_ADDRESS")
    var words = arguments.filter { $0 != "--s4" && $0 != "--stdio" }
    func says(_ option: String) -> Bool {
      words.contains { $0 == option || $0.hasPrefix("\(option)=") }
    }
    if !says("--venues") { words += ["--venues", settings.venue] }
    if isTestnet, !says("--environment"), !says("--sim") {
      words += ["--environment", "testnet"]
    }
    gateway = try GatewayProcess(words)
    _ = ProcessEnvironment.take("PERPWIRE_PARADEX_PRIVATE_KEY")
  }

  /// A variable by the name that perpwire has for it, unless that is set already.
  private static func passOn(_ name: String, as ours: String) {
    guard let value = ProcessEnvironment.take(name), !value.isEmpty else { return }
    setenv(ours, value, 0)
  }

  /// Returns the gateway's status.
  func run() -> Int32 {
    watches = [
      loop.watch(STDIN_FILENO, .read) { [unowned self] _ in readParent() },
      loop.watch(gateway.reading, .read) { [unowned self] _ in readGateway() },
    ]
    signals = Signals(loop: loop) { [unowned self] _ in closeInput() }
    timer = loop.timer { [unowned self] in
      translator.wake(at: now)
      write()
      timer?.deadline = loop.now().monotonic + Nanoseconds.seconds(1)
    }
    timer?.deadline = loop.now().monotonic + Nanoseconds.seconds(1)
    translator.begin()
    write()
    loop.run()
    close(gateway.reading)
    return gateway.wait()
  }

  /// In milliseconds since the epoch.
  private var now: Int64 { loop.now().wall / 1_000 }

  // MARK: Lines

  private func readParent() {
    guard Self.read(STDIN_FILENO, into: &fromParent) else {
      watches[0].cancel()
      return closeInput()
    }
    let now = now
    while fromParent.take({ next in
      switch next {
      case .line(let text): translator.receive(parent: text, at: now)
      case .tooLong: translator.receiveTooLong(at: now)
      }
    }) {}
    write()
  }

  private func readGateway() {
    guard Self.read(gateway.reading, into: &fromGateway) else {
      watches[1].cancel()
      translator.gatewayEnded(isInputOpen ? "the gateway has ended" : "closed", at: now)
      write()
      return loop.stop()
    }
    let now = now
    while fromGateway.take({ next in
      if case .line(let text) = next { translator.receive(gateway: text, at: now) }
    }) {}
    write()
  }

  /// False at the end.
  private static func read(_ descriptor: Int32, into splitter: inout LineSplitter) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { room in
      let count = Glibc.read(descriptor, room.baseAddress, room.count)
      guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) }
      splitter.append(UnsafeRawBufferPointer(rebasing: room[..<count]))
      return true
    }
  }

  /// Both sides take what they get, or are waited for: the gateway leaves out what is old for a
  /// reader that is slow.
  private func write() {
    let (commands, events) = translator.take()
    if isInputOpen, !Self.write(commands, to: gateway.writing) { closeInput() }
    if !isParentGone, !Self.write(events, to: STDOUT_FILENO) {
      isParentGone = true
      closeInput()
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }

  /// The gateway takes the end of its input for the wish to end.
  private func closeInput() {
    guard isInputOpen else { return }
    isInputOpen = false
    close(gateway.writing)
  }
}
