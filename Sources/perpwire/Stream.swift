import ArgumentParser

struct Stream: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Stream market data as JSON lines to stdout.",
    discussion: """
      EXAMPLES
        perpwire stream --sim paradex:BTC paradex:ETH --count 20
        perpwire stream paradex:BTC --channels trade > trades.jsonl
        perpwire stream 'paradex:*' --channels book --duration 60 > books.jsonl
        perpwire stream paradex:BTC --record recordings > quotes.jsonl

      A TARGET is venue:SYMBOL, venue:BASE or 'venue:*'. Needs no credentials,
      reconnects for ever and never reads its input. Without targets, --sim
      streams BTC and ETH of every venue.
      """)

  @OptionGroup var feed: FeedOptions

  @Flag(help: "Write prices and sizes as JSON numbers with the same digits.")
  var numbers = false

  @Option(help: "Stop after so many lines.")
  var count: Int?

  @Option(
    help: ArgumentHelp(
      "Record the raw frames and the events into SQLite: a folder, or the name of a new file.",
      valueName: "path"))
  var record: String?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
  }

  func run() throws {
    try Streaming(
      feed, destination: .standardOutput(bareNumbers: numbers, lines: count), record: record
    ).run()
  }
}
