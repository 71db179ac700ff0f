import ArgumentParser
import PerpIO
import PerpSetup
import PerpVenue

/// How much is said on stderr, and in what form.
struct LogOptions: ParsableArguments {
  @Option(help: "error, warning, notice, info or debug; notice by default.")
  var logLevel: String?

  @Option(help: "text, or json for one object per line; text by default.")
  var logFormat: String?

  @Flag(help: "Say nothing on stderr but errors.")
  var quiet = false

  func validate() throws {
    if let logLevel, Note.Level(rawValue: logLevel) == nil {
      throw ValidationError("--log-level is error, warning, notice, info or debug")
    }
    if let logFormat, Log.Format(rawValue: logFormat) == nil {
      throw ValidationError("--log-format is text or json")
    }
  }

  var flags: [Configuration.Flag] {
    var flags: [Configuration.Flag] = []
    if let logLevel { flags.append(.init("log.level", .text(logLevel), by: "--log-level")) }
    if let logFormat { flags.append(.init("log.format", .text(logFormat), by: "--log-format")) }
    if quiet { flags.append(.init("log.level", .text("error"), by: "--quiet")) }
    return flags
  }
}

extension Configuration {
  func log() -> Log {
    Log(
      level: text("log.level").flatMap(Note.Level.init) ?? .notice,
      format: text("log.format").flatMap(Log.Format.init) ?? .text)
  }
}
