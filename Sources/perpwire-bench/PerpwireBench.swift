import ArgumentParser
import Glibc

/// What `perpwire bench` runs. Ratios within one run are worth more than its numbers: a machine
/// that is busy with something else slows all candidates alike.
@main
struct PerpwireBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perpwire-bench",
    abstract: "Measure sessions in process, and the whole of perpwire over loopback.",
    discussion: """
      EXAMPLES
        perpwire bench
        perpwire bench in-process --only bbo
        perpwire bench loopback --rounds 5 --samples 'bbo (SBE)'
        perpwire bench signing
        perpwire bench soak --minutes 20
        perpwire bench clients
        perpwire bench orders
        script/bench            the same, beside other people's clients
      """,
    subcommands: [
      Everything.self, InProcess.self, Signing.self, ConstantTime.self, Loopback.self, Soak.self,
      Clients.self, Trouble.self, Orders.self, Forward.self,
    ],
    defaultSubcommand: Everything.self)
}

struct Everything: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "First in process, then loopback.")

  @OptionGroup var inProcess: InProcess
  @OptionGroup var loopback: Loopback

  func run() throws {
    try inProcess.run()
    print()
    try loopback.run()
  }
}

/// Where this program is; perpwire is beside it.
func ownProgram() -> String {
  var room = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let length = readlink("/proc/self/exe", &room, room.count)
  return String(decoding: room.prefix(max(length, 0)), as: UTF8.self)
}
/// For people who wait; results go to stdout.
func tell(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
