import Bot
import Glibc
import PerpCore
import PerpIO

/// The settings that all bots have: where the gateway is, where files go, who is told.
struct RunSettings {
  let settings: Settings
  let time: WallTime
  /// Where ledger, log and tables go, and what their names begin with.
  let stem: String

  static let parameters: [Parameter] = [
    Parameter(
      "gateway", .text, default: "perpwire serve --stdio", variable: "PERPBOT_GATEWAY",
      "the command that starts the gateway, which speaks on its standard streams; or none"),
    Parameter(
      "socket", .text, default: "", variable: "PERPBOT_SOCKET",
      "the socket of a gateway that runs already, instead"),
    Parameter("folder", .text, default: "logs", "where ledger, log and tables go"),
    Parameter(
      "kill-switch", .text, default: "", variable: "PERPBOT_KILL_SWITCH",
      "the file of `perpbot risk`"),
    Parameter("settings-file", .text, default: "", "lines of name = value"),
    Parameter("env-file", .text, default: ".env", "lines of NAME=value"),
    Parameter(
      "timezone", .text, default: "Asia/Shanghai", variable: "TIMEZONE", "of stamps in the log"),
    Parameter(
      "account-label", .text, default: "A1", variable: "ACCOUNT_LABEL",
      "what notifications begin with"),
    Parameter(
      "telegram-token", .text, default: "", variable: "TELEGRAM_BOT_TOKEN", isSecret: true,
      "of the bot that tells"),
    Parameter(
      "telegram-chat", .text, default: "", variable: "TELEGRAM_GROUP_ID", "who is told"),
    Parameter(
      "telegram-base", .text, default: NotificationChannel.telegramBase,
      variable: "TELEGRAM_BASE_URL", "the API"),
    Parameter(
      "lark-token", .text, default: "", variable: "LARK_TOKEN", isSecret: true,
      "of a webhook of Lark or Feishu"),
    Parameter(
      "lark-base", .text, default: NotificationChannel.larkBase, variable: "LARK_BASE_URL",
      "the webhook without its token"),
  ]

  init(_ parameters: [Parameter], arguments: [String], name: String) throws {
    // These two say where the rest is read from.
    let places = parameters.filter { ["settings-file", "env-file"].contains($0.name) }
    let given = arguments.indices.filter { index in
      places.contains { arguments[index].hasPrefix("--\($0.name)") }
    }
    let words = given.flatMap { index in
      arguments[index].contains("=") ? [arguments[index]] : Array(arguments[index...].prefix(2))
    }
    let sources = try Settings(places, arguments: words)
    let file = try Self.assignments(
      sources.text("settings-file"), isRequired: !sources.text("settings-file").isEmpty)
    let variables = try Self.assignments(
      sources.text("env-file"), isRequired: sources.source("env-file") == .commandLine)
    let environment = Dictionary(variables) { $1 }
      .merging(ProcessEnvironment.variables()) { $1 }
    settings = try Settings(parameters, arguments: arguments, file: file, environment: environment)
    time = try Self.zone(settings.text("timezone"))
    let ticker = settings.text("ticker")
    guard ticker.allSatisfy({ $0.isLetter || $0.isNumber }) else {
      throw Settings.Problem(lines: ["--ticker: \"\(ticker)\" is no asset"])
    }
    stem = "\(settings.text("folder"))/\(ticker.isEmpty ? name : "\(name)_\(ticker)")"
  }

  private static func assignments(
    _ path: String, isRequired: Bool
  ) throws -> [(String, String)] {
    guard !path.isEmpty else { return [] }
    guard let bytes = readFile(path) else {
      guard isRequired else { return [] }
      throw Settings.Problem(lines: ["\(path): \(systemError())"])
    }
    do throws(Assignments.Problem) {
      return try Assignments.read(String(decoding: bytes, as: UTF8.self), of: path)
    } catch {
      throw Settings.Problem(lines: [error.description])
    }
  }

  /// How far a zone is from UTC now.
  private static func zone(_ name: String) throws -> WallTime {
    let isKnown = access("/usr/share/zoneinfo/\(name)", R_OK) == 0 && !name.hasPrefix("/")
    guard isKnown else {
      // The default must work where there is no data of zones.
      if name == "Asia/Shanghai" { return WallTime(offset: 28_800) }
      if name == "UTC" { return WallTime(offset: 0) }
      throw Settings.Problem(
        lines: ["--timezone: \"\(name)\" is not known; names are like Asia/Shanghai"])
    }
    setenv("TZ", name, 1)
    tzset()
    var now = Glibc.time(nil)
    var parts = tm()
    localtime_r(&now, &parts)
    return WallTime(offset: parts.tm_gmtoff)
  }

  /// The command that starts the gateway, for the environment that the bot is to trade in.
  var gateway: String {
    let command = settings.text("gateway")
    let isTestnet = settings.flag("testnet") || settings.text("paradex.env") == "testnet"
    guard isTestnet else { return command }
    // Not every venue has such an environment.
    let venues =
      settings.source("gateway") == .fallback ? " --venues \(settings.text("venue"))" : ""
    return "\(command)\(venues) --environment testnet"
  }

  var channels: [NotificationChannel] {
    var result: [NotificationChannel] = []
    let (token, chat) = (settings.text("telegram-token"), settings.text("telegram-chat"))
    if !token.isEmpty, !chat.isEmpty {
      result.append(
        .telegram(
          base: settings.text("telegram-base"), token: token, chat: chat,
          label: settings.text("account-label")))
    }
    let lark = settings.text("lark-token")
    if !lark.isEmpty { result.append(.lark(base: settings.text("lark-base"), token: lark)) }
    return result
  }

  var killSwitch: KillSwitchFile {
    let path = settings.text("kill-switch")
    return KillSwitchFile(path.isEmpty ? KillSwitchFile.standard : path)
  }
}
