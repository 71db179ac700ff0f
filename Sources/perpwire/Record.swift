import ArgumentParser

struct Record: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Record market data and every raw frame into SQLite.",
    discussion: """
      EXAMPLES
        perpwire record paradex:BTC --channels bbo,trade,book --into recordings
        perpwire record --sim --duration 60 --into minute.sqlite
        perpwire replay minute.sqlite | jq -c 'select(.type == "bbo")'

      Into a folder goes one file a day, UTC; a name that ends in .sqlite or .db is one file,
      which must not be there yet. What is said of the streams comes on stderr. The tables are
      described in RECORDING.md.
      """)

  @OptionGroup var feed: FeedOptions

  @Option(help: ArgumentHelp("A folder, or the name of a new file.", valueName: "path"))
  var into: String

  func run() throws { try Streaming(feed, destination: .recording, record: into).run() }
}
