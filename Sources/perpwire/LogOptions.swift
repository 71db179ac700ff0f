import ArgumentParser
import PerpIO
import PerpVenue

/// How much is said on stderr, and in what form.
struct LogOptions: ParsableArguments {
  @Option(help: "error, warning, notice, info or debug.")
  var logLevel = "notice"

  @Option(help: "text, or json for one object per line.")
  var logFormat = "text"

  @Flag(help: "Say nothing on stderr but errors.")
  var quiet = false

  func validate() throws {
    guard Note.Level(rawValue: logLevel) != nil else {
      throw ValidationError("--log-level is error, warning, notice, info or debug")
    }
    guard Log.Format(rawValue: logFormat) != nil else {
      throw ValidationError("--log-format is text or json")
    }
  }

  func log() -> Log {
    Log(
      level: quiet ? .error : Note.Level(rawValue: logLevel) ?? .notice,
      format: Log.Format(rawValue: logFormat) ?? .text)
  }
}
