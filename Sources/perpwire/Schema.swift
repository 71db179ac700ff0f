import ArgumentParser
import PerpGateway

struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of one protocol line.",
    discussion: """
      EXAMPLES
        perpwire schema > perpwire.schema.json
        perpwire stream --sim paradex:BTC --count 50 | perpwire validate
      """)

  func run() throws {
    try Output.write(ProtocolSchema.document)
  }
}
