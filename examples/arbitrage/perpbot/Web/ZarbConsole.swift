import Bot
import Glibc
import PerpCore
import PerpIO

/// What the z-score bot has beside other bots: a console, a database, and files of credentials.
final class ZarbConsole: BotAttachment {
  /// Requests that may wait for the bot.
  private static let waiting = 256

  private let settings: ZarbSettings
  private let store: ZarbStore
  private let credentials: CredentialFiles
  private let token: String
  private let hosts: [String]
  private var hub: StreamHub?
  private var server: ConsoleServer?
  private var replies: [Int: @Sendable (ConsoleReply) -> Void] = [:]
  private var lastRequest = 0
  private var failures = FailureRun()

  init(_ settings: ZarbSettings, _ run: Settings) throws {
    self.settings = settings
    token = try ConsoleToken.make(run.text("token-file"))
    hosts = run.text("web-allowed-hosts").split(separator: ",").map { $0.lowercased() }
    credentials = try CredentialFiles(run.text("credentials-dir"))
    credentials.export()
    do {
      store = try ZarbStore(
        run.text("sqlite-path"), tables: run.text("csv-dir"),
        retention: settings.warmup.retention)
    } catch let failure as Database.Failure {
      throw Failure(Failure.ioError, failure.description)
    }
  }

  func bot(_ ledger: Ledger, at now: Moment) -> any Bot {
    let memory = (try? store.memory()) ?? ZarbMemory()
    return ZarbBot(
      settings, ledger: ledger, memory: memory, credentials: credentials.states(), at: now)
  }

  func start(loop: EventLoop, tell: @escaping (BotInput) -> Void) throws {
    let calls: Mailbox<ConsoleServer.Call> = loop.mailbox("console", limit: Self.waiting) {
      [unowned self] call in
      lastRequest += 1
      replies[lastRequest] = call.reply
      var request = call.request
      request.id = lastRequest
      tell(.console(.request(request)))
    }
    let listeners: Mailbox<Int> = loop.mailbox("listeners", limit: Self.waiting) { count in
      tell(.console(.listeners(count)))
    }
    let reports: Mailbox<Result<UInt16, any Error>> = loop.mailbox("web", limit: 4) {
      [unowned self] result in
      switch result {
      case .success(let port): announce(port)
      case .failure(let error):
        Failure(
          Failure.ioError,
          "the console cannot listen at \(settings.webHost):\(settings.webPort): \(error)"
        ).end()
      }
    }
    let hub = StreamHub { listeners.post($0) }
    self.hub = hub
    let gate = ConsoleGate(token: token, hosts: names(settings.webPort))
    let server = ConsoleServer(gate, calls: calls, hub: hub)
    self.server = server
    try server.start(host: settings.webHost, port: UInt16(settings.webPort)) { reports.post($0) }
  }

  /// What browsers call this machine, and what the user calls it elsewhere.
  private func names(_ port: Int) -> Set<String> {
    Set(["127.0.0.1:\(port)", "localhost:\(port)", "\(settings.webHost):\(port)"] + hosts)
  }

  /// The one place that tells the token; it goes to no file.
  private func announce(_ port: UInt16) {
    say("Console: http://127.0.0.1:\(port)/trade?token=\(token)")
    if settings.webHost != "127.0.0.1" {
      say("It listens on \(settings.webHost): put TLS before it, such as deploy/nginx.conf.")
    }
  }

  func carryOut(_ action: BotAction) throws {
    switch action {
    case .reply(let reply): replies.removeValue(forKey: reply.id)?(reply)
    case .publish(let message): hub?.publish(message)
    case .store(let record):
      // A full disk must not stop a bot that holds positions.
      do { try store.keep(record) } catch {
        if failures.note() { say("The database does not take it: \(error)") }
      }
    case .credential(let change): try credentials.keep(change)
    default: break
    }
  }
}
