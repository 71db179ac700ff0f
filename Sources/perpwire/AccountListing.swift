import ArgumentParser
import PerpCore
import PerpVenue
import PerpVenues

/// What a command about accounts asks for, and how it shows it.
protocol AccountListing: ParsableCommand {
  static var columns: [String] { get }
  /// The gateway's method, and the member of its answer.
  static var method: String { get }
  var venues: [String] { get }
  var gateway: GatewayOptions { get }
  var parameters: String { get }
}

extension AccountListing {
  func run() throws {
    let chosen = try venues.map { try Registry.required($0).id }
    let link = try gateway.connect(chosen)
    defer { try? link.close() }
    try link.awaitAccounts(
      of: chosen.isEmpty ? try link.venuesWithAccounts() : chosen, seconds: gateway.timeout)
    // What the venue holds comes right after the account is signed in.
    if gateway.socket == nil {
      _ = try link.event(seconds: 5) { $0.text("type") == "balance" }
    }
    var rows: [JSONFields] = []
    for venue in chosen.isEmpty ? [nil] : chosen.map({ Optional($0) }) {
      let filter = venue.map { "\"venue\":\"\($0)\"" }
      let words = [filter, parameters.isEmpty ? nil : parameters].compactMap { $0 }
      let answer = try link.ask(Self.method, "{\(words.joined(separator: ","))}")
      rows += answer.objects(Self.method) ?? []
    }
    if gateway.json {
      for row in rows { try Output.write(row.line) }
    } else {
      let cells = rows.map { row in Self.columns.map { row.text($0) ?? "" } }
      try Output.write(TextTable(rows: [Self.columns] + cells).text)
    }
  }
}

extension GatewayLink {
  func venuesWithAccounts() throws -> [VenueID] {
    let names = try ask("status").objects("accounts")?.compactMap { $0.text("venue") } ?? []
    guard !names.isEmpty else {
      throw Failure(
        .configuration,
        "no venue has an account: give credentials; `perpwire doctor --config-only` shows where "
          + "they are looked for")
    }
    return names.compactMap { Registry.venue($0)?.id }
  }
}
