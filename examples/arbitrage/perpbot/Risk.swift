import ArgumentParser
import Bot
import Glibc
import PerpIO

/// The switch that all bots of this user look at once a second.
struct Risk: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The kill switch of all bots.", subcommands: [Status.self, Kill.self, Arm.self])

  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Tells whether bots may trade.")
    @OptionGroup var place: SwitchPlace

    func run() {
      let state = KillSwitchFile(place.path).read()
      print(
        state.reason.isEmpty ? state.state.rawValue : "\(state.state.rawValue): \(state.reason)")
    }
  }

  struct Kill: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Stops the entries of all bots, and cancels what works.")
    @OptionGroup var place: SwitchPlace
    @Option(help: "Why; bots tell it.") var reason = "by hand"
    @Flag(help: "Close all positions, too: bots end then.") var flatten = false

    func run() throws {
      try KillSwitchFile(place.path).write(
        KillSwitch(state: flatten ? .flatten : .killed, reason: reason))
    }
  }

  struct Arm: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Lets bots trade again.")
    @OptionGroup var place: SwitchPlace

    func run() throws { try KillSwitchFile(place.path).write(.armed) }
  }
}

struct SwitchPlace: ParsableArguments {
  @Option(help: "The file; by default $PERPBOT_KILL_SWITCH, or one of yours.")
  var killSwitch: String?

  var path: String { killSwitch ?? KillSwitchFile.standard }
}

struct KillSwitchFile {
  let path: String

  init(_ path: String) { self.path = path }

  static var standard: String {
    let variables = ProcessEnvironment.variables()
    if let path = variables["PERPBOT_KILL_SWITCH"] { return path }
    let state = variables["XDG_STATE_HOME"] ?? "\(variables["HOME"] ?? ".")/.local/state"
    return "\(state)/perpbot/kill-switch"
  }

  /// A file that is not there lets bots trade; one that cannot be read does not.
  func read() -> KillSwitch {
    if access(path, F_OK) != 0, errno == ENOENT { return .armed }
    return KillSwitch(file: readFile(path).map { String(decoding: $0, as: UTF8.self) } ?? "?")
  }

  func write(_ state: KillSwitch) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    for count in 1..<parts.count where count > 1 || !parts[0].isEmpty {
      mkdir(parts.prefix(count).joined(separator: "/"), 0o700)
    }
    try replaceFile(path, with: state.file)
  }
}
