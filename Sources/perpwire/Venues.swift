import ArgumentParser
import PerpCore
import PerpVenue
import PerpVenues

struct Venues: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the venues, what each offers and where each is found.",
    discussion: """
      EXAMPLES
        perpwire venues
        perpwire venues --json | jq -r '.venue + " " + (.channels | keys | join(","))'
      """)

  @Flag(help: "One JSON object per venue instead of a table.")
  var json = false

  func run() throws {
    for venue in Registry.venues {
      try Output.write(json ? Self.line(venue) : Self.table(venue))
    }
  }

  private static func table(_ venue: VenueDescriptor) -> String {
    var rows = venue.environments.flatMap { environment in
      [
        ["", environment.name, environment.endpoints.ws],
        ["", "", environment.endpoints.rest],
      ]
    }
    rows += venue.channels.map { ["", $0.channel.rawValue, $0.source] }
    rows += venue.settings.map { ["", "\($0.name)=\($0.value)", $0.meaning] }
    rows += venue.secrets.map { ["", Secrets.variable($0.name, of: venue), $0.meaning] }
    rows += venue.simulatorSettings.map {
      ["", "\($0.name)=\($0.value)", "of the simulator: \($0.meaning)"]
    }
    return TextTable(rows: [["\(venue.title)", "", ""]] + rows).text
  }

  private static func line(_ venue: VenueDescriptor) -> String {
    var text = ByteBuffer()
    text.append(#"{"venue":"#)
    text.append(json: venue.id.description)
    text.append(#","title":"#)
    text.append(json: venue.title)
    text.append(#","channels":"#)
    text.append(object: venue.channels.map { ($0.channel.rawValue, $0.source) })
    text.append(#","environments":{"#)
    for (index, environment) in venue.environments.enumerated() {
      if index > 0 { text.append(",") }
      text.append(json: environment.name)
      text.append(":")
      text.append(object: [
        ("ws", environment.endpoints.ws), ("rest", environment.endpoints.rest),
      ])
    }
    text.append(#"},"settings":"#)
    text.append(object: venue.settings.map { ($0.name, $0.value) })
    text.append("}\n")
    return text.string
  }
}

extension ByteBuffer {
  /// `{"key":"value",…}`
  fileprivate mutating func append(object pairs: [(String, String)]) {
    append("{")
    for (index, (key, value)) in pairs.enumerated() {
      if index > 0 { append(",") }
      append(json: key)
      append(":")
      append(json: value)
    }
    append("}")
  }
}
