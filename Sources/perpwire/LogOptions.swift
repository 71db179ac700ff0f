import ArgumentParser
import PerpIO

/// How much is said on stderr, and in what form.
struct LogOptions: ParsableArguments {
  @Option(help: "error, warning, notice, info or debug.")
  var logLevel: String = "notice"

  @Option(help: "text, or json for one object per line.")
  var logFormat: String = "text"

  @Flag(help: "Say nothing on stderr but errors.")
  var quiet = false
}
