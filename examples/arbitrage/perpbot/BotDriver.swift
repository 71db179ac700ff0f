import Bot
import Glibc
import PerpCore
import PerpIO

/// Runs the bot that `make` makes of settings that were found right. Files are named after `name`.
func runBot(
  _ arguments: [String], _ parameters: [Parameter], name: String, headers: [Table: String] = [:],
  attach: (RunSettings) throws -> (any BotAttachment)? = { _ in nil },
  transcript: (RunSettings) throws -> TranscriptFile? = { _ in nil },
  _ make: (RunSettings) throws -> (Ledger, Moment) -> any Bot
) throws {
  let all = parameters + RunSettings.parameters
  guard !arguments.contains("--help"), !arguments.contains("-h") else {
    return print(Settings.help(all))
  }
  do {
    let run = try RunSettings(all, arguments: arguments, name: name)
    let bot = try make(run)
    let driver = try BotDriver(
      run, headers: headers, attachment: attach(run), transcript: transcript(run))
    try driver.run(bot)
  } catch let problem as Settings.Problem {
    Failure(problem.description).end()
  } catch let failure as Failure {
    failure.end()
  }
}

/// What one bot has beside the others at its rim, such as a console.
protocol BotAttachment: AnyObject {
  /// `tell` brings the bot what happens here, on the loop's thread.
  func start(loop: EventLoop, tell: @escaping (BotInput) -> Void) throws
  /// What the driver itself knows nothing of.
  func carryOut(_ action: BotAction) throws
}

func runBot(_ arguments: [String], _ strategy: BotStrategy) throws {
  try runBot(
    arguments, strategy.parameters + [TranscriptFile.parameter], name: strategy.file,
    headers: strategy.headers, transcript: { try TranscriptFile(strategy.name, $0.settings) },
    strategy.make)
}

/// Runs one bot: brings it the gateway's lines, the time and the user's wishes, and carries out
/// what it wants in the order it wants it.
final class BotDriver {
  private static let switchInterval = Nanoseconds.seconds(1)
  /// Notifications may take so long at the end.
  private static let farewell = Nanoseconds.seconds(5)

  private let run: RunSettings
  private let loop = EventLoop()
  private let log: ActivityLog
  private let ledger: LedgerFile
  private let tables: TableFiles
  private let attachment: (any BotAttachment)?
  private let transcript: TranscriptFile?
  private var notifier: Notifier?
  private var peer: GatewayPeer?
  private var signals: StopSignals?
  private var timer: Timer?
  private var switchTimer: Timer?
  private var bot: (any Bot)?
  private var code: Int32?
  private var badLines = FailureRun()

  init(
    _ run: RunSettings, headers: [Table: String], attachment: (any BotAttachment)?,
    transcript: TranscriptFile?
  ) throws {
    (self.run, self.attachment, self.transcript) = (run, attachment, transcript)
    log = try ActivityLog("\(run.stem)_activity.log", time: run.time)
    ledger = try LedgerFile("\(run.stem)_ledger.jsonl")
    tables = TableFiles(run.stem, headers: headers)
  }

  /// Until the bot is done; the process ends with its code.
  func run(_ make: (Ledger, Moment) -> any Bot) throws {
    signals = StopSignals(loop: loop) { [unowned self] name in tell(.stop(reason: name)) }
    notifier = try Notifier(run.channels, loop: loop) { [unowned self] text in
      log.write(.warning, "Notification: \(text)", at: loop.now())
    }
    for line in run.settings.listing { log.write(.info, line, at: loop.now()) }
    try transcript?.begin(ledger.lines(), at: loop.now())
    bot = make(ledger.ledger, loop.now())
    timer = loop.timer { [unowned self] in tell(.wake) }
    switchTimer = loop.timer { [unowned self] in readSwitch() }
    readSwitch()
    peer = GatewayPeer(
      command: run.gateway, socket: run.settings.text("socket"), loop: loop,
      onLine: { [unowned self] in heard($0) },
      onEnd: { [unowned self] in tell(.disconnected($0)) })
    let hasGateway = run.settings.text("gateway") != "none" || !run.settings.text("socket").isEmpty
    if hasGateway { peer?.start() }
    try attachment?.start(loop: loop) { [unowned self] in tell($0) }
    loop.run()
    peer?.stop()
    exit(code ?? 0)
  }

  private func heard(_ text: [UInt8]) {
    do throws(JSONError) { tell(.line(try GatewayLine(text)), heard: text) } catch {
      if badLines.note() {
        log.write(
          .error, "A line of the gateway cannot be read [decode]: \(error)", at: loop.now())
      }
    }
  }

  private func readSwitch() {
    tell(.killSwitch(run.killSwitch.read()))
    switchTimer?.deadline = loop.now().monotonic + Self.switchInterval
  }

  private func tell(_ input: BotInput, heard: [UInt8] = []) {
    guard code == nil else { return }
    var actions: [BotAction] = []
    bot?.receive(input, at: loop.now(), into: &actions)
    do {
      try transcript?.keep(input, heard: heard, actions, at: loop.now())
      for action in actions { try carryOut(action) }
    } catch {
      // Without its ledger a bot must not trade on: nothing that follows was sent.
      log.write(.critical, "\(error)", at: loop.now())
      code = Failure.ioError
      loop.stop()
    }
    timer?.deadline = bot?.deadline
  }

  private func carryOut(_ action: BotAction) throws {
    switch action {
    case .keep(let record): try ledger.keep(record)
    case .send(let line): peer?.send(line)
    case .log(let level, let text): log.write(level, text, at: loop.now())
    case .notify(let text): notifier?.add(text)
    case .row(let table, let text): try tables.append(text, to: table)
    case .document(let document, let text):
      try replaceFile("\(run.stem)_\(document.rawValue).json", with: text)
    case .reply, .publish, .store, .credential: try attachment?.carryOut(action)
    case .restartGateway: peer?.restart()
    case .finish(let code, let summary):
      try tables.flush()
      let line = Array(summary.line.utf8)
      _ = write(STDOUT_FILENO, line, line.count)
      self.code = code
      sayFarewell(until: loop.now().monotonic + Self.farewell)
    }
  }

  private func sayFarewell(until deadline: UInt64) {
    loop.afterTurn { [unowned self] in
      if notifier?.isDone ?? true || loop.now().monotonic >= deadline { loop.stop() }
    }
    timer?.deadline = deadline
  }
}

/// The user's wish to end, by SIGINT, SIGTERM or SIGHUP. A second one changes nothing: the bot is
/// closing what it holds. (C-13)
///
/// The signals are blocked and asked for four times a second, so that none arrives in the midst of
/// anything.
final class StopSignals {
  private static let interval = Nanoseconds.milliseconds(250)
  private static let names = [SIGINT: "SIGINT", SIGTERM: "SIGTERM", SIGHUP: "SIGHUP"]

  private let loop: EventLoop
  private let onSignal: (String) -> Void
  private var set = sigset_t()
  private var timer: Timer?

  /// To be made before any thread begins, so that none of them takes a signal.
  init(loop: EventLoop, onSignal: @escaping (String) -> Void) {
    (self.loop, self.onSignal) = (loop, onSignal)
    sigemptyset(&set)
    for number in Self.names.keys { sigaddset(&set, number) }
    sigprocmask(SIG_BLOCK, &set, nil)
    timer = loop.timer { [unowned self] in look() }
    timer?.deadline = loop.now().monotonic
  }

  private func look() {
    var none = timespec()
    let number = sigtimedwait(&set, nil, &none)
    timer?.deadline = loop.now().monotonic + Self.interval
    if let name = Self.names[number] { onSignal(name) }
  }
}
